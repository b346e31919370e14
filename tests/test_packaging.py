"""The package as others get it: what a wheel holds, and that it works from another folder.

The sample and the migrations lie beside the package in a checkout and inside it in a wheel; both
must be found, whichever way mine_geo was installed, from whichever folder it is used.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import mine_geo

ROOT = Path(__file__).parent.parent
MOST_BYTES = 20_000_000
HEAVY = {"alembic", "folium", "geopandas", "numpy", "pandas", "pyogrio", "shapely", "sqlalchemy"}
FIND = """
import json, mine_geo
from mine_geo.store.schema import models
print(json.dumps({
    "package": mine_geo.__file__,
    "minefields": str(mine_geo.sample.path("minefields")),
    "published": str(mine_geo.sample.path("published")),
    "migrations": str(models.revisions_folder()),
    "revisions": models.known_revisions(),
}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command as a user would who never saw this checkout; return what it printed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COV_", "COVERAGE_", "MINE_GEO_"))
    }
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def build(source: Path, target: str, out: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out, cwd=source)
    (made,) = out.iterdir()
    return made


def environment(folder: Path) -> Path:
    """Make a fresh environment that sees this one's libraries, but not its mine_geo."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    (site,) = folder.glob("lib/python*/site-packages")
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "libraries.pth").write_text("\n".join(sorted(libraries)))
    return folder / "bin" / "python"


def install(python: Path, *what: str | Path) -> None:
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", *what, cwd=python.parent)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    python = environment(tmp_path_factory.mktemp("installed") / "env")
    install(python, "--ignore-installed", wheel)
    return python


def files(folder: str) -> set[str]:
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_with_everything_it_reads(names: set[str]) -> None:
    assert files("mine_geo") <= names
    assert {
        "mine_geo/py.typed",
        "mine_geo/geo/admin_units.csv",
        "mine_geo/geo/admin_aliases.csv",
        "mine_geo/maps/assets/page.html",
    } <= names


def test_the_wheel_holds_the_migrations_and_the_sample_with_its_licences(names: set[str]) -> None:
    assert {f"mine_geo/{name}" for name in files("migrations")} <= names
    data = {name for name in files("sample_data") if not name.endswith(".py")}
    assert {f"mine_geo/{name}" for name in data} <= names
    assert "mine_geo/sample_data/README.md" in names
    assert {f"mine_geo/sample_data/{file}" for file in ("border.gpkg", "minefields.gpkg")} <= names


def test_the_wheel_holds_nothing_else(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert tops == {"mine_geo", f"mine_geo-{mine_geo.__version__}.dist-info"}
    assert not [name for name in names if "sample_data" in name and name.endswith(".py")]
    assert not [name for name in names if "__pycache__" in name or name.endswith(("-wal", "-shm"))]


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < MOST_BYTES


ENGINE = """
import geopandas as gpd, shapely
from mine_geo import border_distance, read_border, sample
from mine_geo.split.distance import engine
field = gpd.GeoSeries([shapely.box(103, 13, 103.01, 13.01)], crs=4326)
print(engine(), border_distance(field, read_border(sample.path("border"))).round(1)[0])
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_wheel_holds_the_compiled_kernel_and_is_for_this_platform(
    wheel: Path, names: set[str], installed: Path, tmp_path: Path
) -> None:
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.name == f"mine_geo-{mine_geo.__version__}-py3-none-{platform}.whl"
    assert "mine_geo/split/libkernel.so" in names
    found = run(installed, "-W", "error", "-c", ENGINE, cwd=tmp_path)
    assert found.split() == ["compiled", "50973.4"]
    said = run(installed.parent / "mine-geo", "--version", cwd=tmp_path)
    assert said == f"mine-geo, version {mine_geo.__version__}, distances by the compiled engine\n"


def test_without_a_compiler_the_wheel_is_for_any_platform_and_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "/nowhere/cc")
    (tmp_path / "out").mkdir()
    made = build(ROOT, "wheel", tmp_path / "out")
    assert made.name == f"mine_geo-{mine_geo.__version__}-py3-none-any.whl"
    assert "mine_geo/split/libkernel.so" not in zipfile.ZipFile(made).namelist()
    python = environment(tmp_path / "env")
    install(python, "--ignore-installed", made)
    found = run(python, "-W", "error", "-c", ENGINE, cwd=tmp_path)
    assert found.split() == ["numpy", "50973.4"]
    said = run(python.parent / "mine-geo", "--version", cwd=tmp_path)
    assert said == f"mine-geo, version {mine_geo.__version__}, distances by the numpy engine\n"


def test_a_build_that_must_have_the_kernel_fails_without_a_compiler(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path)
    given = {**os.environ, "CC": "/nowhere/cc", "MINE_GEO_KERNEL": "required"}
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "the distance kernel was not compiled: /nowhere/cc" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    info = f"mine_geo-{mine_geo.__version__}.dist-info"
    archive = zipfile.ZipFile(wheel)
    metadata = HeaderParser().parsestr(archive.read(f"{info}/METADATA").decode())
    assert metadata["Version"] == mine_geo.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert "mine-geo = mine_geo.__main__:run" in archive.read(f"{info}/entry_points.txt").decode()
    licence = archive.read(f"{info}/licenses/LICENSE").decode()
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_the_source_archive_is_complete(sdist: Path, names: set[str], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "unpacked").mkdir()
    run("tar", "-xzf", sdist, cwd=tmp_path / "unpacked")
    (source,) = (tmp_path / "unpacked").iterdir()
    again = build(source, "wheel", tmp_path / "out")
    assert set(zipfile.ZipFile(again).namelist()) == names
    for name in (".ci/run", "Makefile", "docker/compose.yaml", "sample_data/build.py", "tests"):
        assert (source / name).exists(), name


def test_installed_as_a_wheel_it_finds_sample_and_migrations(
    installed: Path, tmp_path: Path
) -> None:
    found = json.loads(run(installed, "-W", "error", "-c", FIND, cwd=tmp_path))
    package = Path(found["package"]).parent
    assert package.is_relative_to(installed.parent.parent)
    assert Path(found["minefields"]) == package / "sample_data" / "minefields.gpkg"
    assert Path(found["published"]) == package / "sample_data" / "published"
    assert Path(found["migrations"]) == package / "migrations"
    assert found["revisions"][0] == "0003"


def test_installed_as_a_wheel_its_store_and_split_work(installed: Path, tmp_path: Path) -> None:
    code = """
import mine_geo as mg
store = mg.create_store("here.gpkg")
store.load_border(mg.read_border(mg.sample.path("border")))
store.close()
print(mg.published_table("wp2023_table3").shape[0] > 0)
"""
    assert run(installed, "-W", "error", "-c", code, cwd=tmp_path).split() == ["True"]
    assert (tmp_path / "here.gpkg").exists()


def test_installed_as_a_wheel_the_command_runs(installed: Path, tmp_path: Path) -> None:
    assert "demo" in run(installed.parent / "mine-geo", "--help", cwd=tmp_path)


def test_installed_as_editable_it_reads_the_checkout(tmp_path: Path) -> None:
    python = environment(tmp_path / "env")
    install(python, "--ignore-installed", "--no-build-isolation", "--editable", ROOT)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = json.loads(run(python, "-W", "error", "-c", FIND, cwd=elsewhere))
    assert Path(found["package"]) == ROOT / "mine_geo" / "__init__.py"
    assert Path(found["minefields"]) == ROOT / "sample_data" / "minefields.gpkg"
    assert Path(found["migrations"]) == ROOT / "migrations"
    copies = [path for path in (tmp_path / "env").rglob("mine_geo") if path.is_dir()]
    assert copies == []


def loaded(code: str, cwd: Path) -> set[str]:
    """Return the modules of a fresh interpreter after some code."""
    code += "\nimport json, sys; print(); print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(run(sys.executable, "-c", code, cwd=cwd).splitlines()[-1]))


def test_importing_it_loads_no_heavy_library(tmp_path: Path) -> None:
    modules = loaded("import mine_geo", tmp_path)
    assert "mine_geo" in modules
    assert modules.isdisjoint(HEAVY)


def test_the_help_of_the_command_loads_no_heavy_library(tmp_path: Path) -> None:
    code = "from mine_geo.cli import main; main(['--help'], standalone_mode=False)"
    modules = loaded(code, tmp_path)
    assert "mine_geo.cli" in modules
    assert modules.isdisjoint(HEAVY)


def test_the_facade_gives_all_that_it_names() -> None:
    assert sorted(mine_geo.__all__) == list(mine_geo.__all__)
    assert [name for name in mine_geo.__all__ if getattr(mine_geo, name) is None] == []
    assert dir(mine_geo) == list(mine_geo.__all__)
    with pytest.raises(AttributeError, match="no attribute 'border_spilt'"):
        mine_geo.border_spilt  # noqa: B018 - the misspelling is the test


WRONG = """
import geopandas as gpd
import mine_geo as mg


def wrong(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, store: mg.Store) -> None:
    mg.border_split(hazards, border, rule="egde")
    mg.border_splt(hazards, border)
    store.split(workbench="excluded")
    store.record("A", "reducd", None, happened_on="2022-01-01")
    mg.totals(hazards, by=["zon"])
    store.releases(by=["yaer"])
    store.balance(by=["year"])
    mg.totals(hazards, size="reportd")
    store.split(kind="ap_minefeld")
    mg.border_split(hazards, border, on_outside="rais")
    store.record("A", "cleared", None, happened_on="2022-01-01", operatr="x")
    store.describe("A", {}, happened_on="2022-01-01", operator="x")


def right(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, store: mg.Store) -> None:
    mg.border_split(hazards, border, rule="edge")
    store.split(workbench="exclude", kind="ap_minefield")
    mg.totals(hazards, by=["province", "zone"], size="reported")
    mg.totals(hazards, "district")
    store.releases(by=["year", "province"])
    store.balance(by="zone")
    store.record("A", "cleared", None, happened_on="2022-01-01", operator="x", uxo=2)
"""


def test_a_type_checker_refuses_what_the_library_would(tmp_path: Path) -> None:
    script = tmp_path / "wrong.py"
    script.write_text(WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(script)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in told.stdout.splitlines() if ": error: " in line]
    assert [int(line.split(":")[1]) for line in lines] == list(range(7, 19))
