# mine_geo: `make demo` shows what it does, `make test` proves it. `make help` lists the rest.
#
# All of it goes into .venv; the demo writes only into demo/. As root, or as a user with sudo,
# missing Debian packages are installed; with everything in place nothing is asked or fetched.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# more options for pytest: make test ARGS="-k border -m 'not postgis'"
ARGS ?=
ROUNDS ?= 7
SIZE ?= 100000
SYSTEM := PYTHON="$(PYTHON)" scripts/system_packages.sh
PIP := "$(BIN)/python" -m pip --disable-pip-version-check --no-input

export PIP_ROOT_USER_ACTION := ignore

.PHONY: help demo install dev test test-lowest soak bench lint format docs wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 20

demo: $(VENV)/.installed ## install, then run `mine-geo demo` into demo/
	@env -u MINE_GEO_DATABASE_URL "$(BIN)/mine-geo" demo

install: $(VENV)/.installed ## a virtual environment in .venv with mine_geo, as editable

dev: $(VENV)/.dev ## the same with what the tests and linters need

# What the compiled kernel is made from: an editable install builds it in place. Where no compiler can
# be had, distances are measured by NumPy.
KERNEL := hatch_build.py mine_geo/split/kernel.c mine_geo/split/kernel.h
COMPILER := $(SYSTEM) compiler || \
	echo "mine_geo: going on without a C compiler: distances will be measured by NumPy, slower"

# Each stamp is younger than what it was made from, so a second run does nothing.
$(VENV)/.made:
	@$(SYSTEM) venv
	@"$(PYTHON)" -m venv --clear "$(VENV)"
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml $(KERNEL)
	@$(COMPILER)
	@echo "mine_geo: installing it and what it needs into $(VENV) (about 600 MB, a minute or two)"
	@$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml $(KERNEL)
	@$(COMPILER)
	@echo "mine_geo: installing it and what its tests need into $(VENV) (about 900 MB, some minutes)"
	@$(PIP) install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

test: $(VENV)/.dev ## linters, then the whole suite with coverage; installs PostGIS and Chromium
	@$(SYSTEM) postgis browser
	@$(MAKE) --no-print-directory lint
	@"$(BIN)/python" -m pytest --numprocesses=auto --dist=loadfile --doctest-modules \
		--cov --cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)

test-lowest: $(VENV)/.dev ## the suite on the lowest versions that pyproject.toml allows
	@$(SYSTEM) postgis browser
	@PYTHON="$(PYTHON)" "$(BIN)/python" scripts/lowest.py .venv-lowest
	@.venv-lowest/bin/python -m pytest --numprocesses=auto --dist=loadfile --doctest-modules $(ARGS)

soak: $(VENV)/.dev ## what `make test` runs thinned, in full: property tests, nasty polygons, public outputs; hours
	@$(SYSTEM) postgis
	@"$(BIN)/python" -m pytest --numprocesses=auto --dist=loadfile --hypothesis-profile=search \
		-m "untraced and not browser" $(ARGS)
	@"$(BIN)/python" -m tests.benchmarks.engines
	@"$(BIN)/python" -m tests.benchmarks.nasty_polygons
	@"$(BIN)/python" -m tests.benchmarks.public_search

bench: $(VENV)/.dev ## speed beside geopandas, PostGIS, SedonaDB: ROUNDS=7 SIZE=100000; a quiet machine, please
	@$(SYSTEM) postgis
	@$(PIP) install --quiet --editable '.[bench]'
	@"$(BIN)/python" -m tests.benchmarks.bench --rounds $(ROUNDS) --size $(SIZE)

lint: $(VENV)/.dev ## ruff, mypy, the house's floors; biome and djlint for what pages are made of
	@"$(BIN)/ruff" check --quiet .
	@"$(BIN)/ruff" format --quiet --check .
	@"$(BIN)/mypy"
	@"$(BIN)/lint-imports"
	@"$(BIN)/biome" lint --error-on-warnings
	@"$(BIN)/djlint" mine_geo/maps/assets --lint --quiet

format: $(VENV)/.dev ## put the code into its standard form
	@"$(BIN)/ruff" check --quiet --fix .
	@"$(BIN)/ruff" format --quiet .

docs: $(VENV)/.installed ## the site in site/: it opens from a folder and asks no other host
	@$(PIP) install --quiet --editable '.[docs]'
	@"$(BIN)/mkdocs" build --strict --quiet
	@echo "Site: site/index.html"

wheel: $(VENV)/.dev ## a wheel for this platform, which needs no compiler, and a source archive in dist/
	@$(SYSTEM) compiler
	@MINE_GEO_KERNEL=required $(PIP) wheel --quiet --no-deps --wheel-dir dist .
	@"$(BIN)/python" -m hatchling build --target sdist

clean: ## remove everything that the targets above made, stores in demo/ included
	@rm -rf $(VENV) .venv-lowest demo site build dist .coverage .hypothesis .mypy_cache .pytest_cache \
		.ruff_cache .import_linter_cache mine_geo/split/libkernel.so
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
