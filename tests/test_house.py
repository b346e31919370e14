"""The house itself: what the linters do not see.

Every promise of the documents is kept by the code, and the other way round.
"""

import graphlib
import inspect
import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import grimp
import pytest

import mine_geo
from mine_geo.cli import main

if TYPE_CHECKING:
    import geopandas as gpd

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared"}
BINARY = {".gpkg", ".png", ".tif", ".gif", ".ico", ".ttf", ".woff2", ".xlsx"}
BINARY |= {".shp", ".shx", ".dbf", ".dat", ".map", ".id", ".docx"}
SKIPPED = {"__pycache__", "node_modules"}


def rooms(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def said(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def project_files() -> list[Path]:
    """List the files that make up the project: those of git, or all that a source archive has."""
    if (ROOT / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
        return [path for path in paths if path.is_file()]
    hidden = {".venv", ".venv-lowest", "demo", "dist", "build"}
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not (SKIPPED | hidden).intersection(path.parts)
    ]


def texts() -> Iterator[tuple[Path, str]]:
    for path in project_files():
        if path.suffix not in BINARY:
            yield path, path.read_text(encoding="utf-8")


def commands(
    group: click.Group = main, words: tuple[str, ...] = ("mine-geo",)
) -> Iterator[tuple[str, click.Command]]:
    """Give each command with its full name: "mine-geo db upgrade"."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*words, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


def help_of(command: click.Command, name: str) -> str:
    return command.get_help(click.Context(command, info_name=name))


COMMANDS = dict(commands())


def test_no_room_is_a_drawer_for_odds_and_ends() -> None:
    found = [said(path) for path in rooms("mine_geo", "sample_data") if path.stem in DRAWERS]
    assert found == []


def test_no_import_goes_in_a_circle() -> None:
    graph = grimp.build_graph("mine_geo", exclude_type_checking_imports=True, cache_dir=None)
    needs = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    order = list(graphlib.TopologicalSorter(needs).static_order())  # raises CycleError, naming it
    assert "mine_geo.errors" in order


FLOORS = {
    package: [name.strip() for layer in contract["layers"] for name in layer.split("|")]
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    for package in contract["containers"]
}


@pytest.mark.parametrize("package", FLOORS)
def test_every_room_stands_on_a_floor(package: str) -> None:
    folder = ROOT.joinpath(*package.split("."))
    there = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}  # doors
    there |= {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(FLOORS[package]) == sorted(there)


def test_provenance_travels_as_columns_not_as_attrs() -> None:
    # DataFrame.attrs is lost in merge, dissolve and files.
    found = [said(path) for path in rooms("mine_geo") if re.search(r"\.attrs\b", path.read_text())]
    assert found == []


def public_functions() -> Iterator[tuple[str, Any]]:
    """Give the functions of the facade, and the methods of a store, inherited ones too."""
    for name in mine_geo.__all__:
        if inspect.isfunction(thing := getattr(mine_geo, name)):
            yield name, thing
    for name, thing in inspect.getmembers(mine_geo.Store, inspect.isfunction):
        if not name.startswith("_"):
            yield f"Store.{name}", thing


PUBLIC = dict(public_functions())
PLUMBING = {"errors", "terms"}
"""Modules of the facade whose functions serve the others."""


def functions_of_modules() -> Iterator[tuple[str, Any]]:
    """Give what the modules of the facade say that they have: `maps.national`."""
    for room in mine_geo.__all__:
        module = getattr(mine_geo, room)
        if inspect.ismodule(module) and room not in PLUMBING:
            for name in getattr(module, "__all__", ()):
                if inspect.isfunction(thing := getattr(module, name)):
                    yield f"{room}.{name}", thing


DESCRIBED = PUBLIC | dict(functions_of_modules())
RAISE_NOTHING = {
    "checks.is_fit",
    "intake.assign_units",
    "intake.propose",
    "intake.said_without_unit",
    "maps.report_map",
}
"""They take what another function has checked, and refuse none of it."""


def without_an_example(thing: Any) -> bool:
    doc = inspect.getdoc(thing) or ""
    return "Examples\n--------" not in doc or ">>> " not in doc


def without_errors(thing: Any) -> bool:
    # What is only switched on or off cannot be wrong.
    given = [
        each
        for each in inspect.signature(thing).parameters.values()
        if each.name != "self" and each.annotation != "bool"
    ]
    return bool(given) and "Raises\n------" not in (inspect.getdoc(thing) or "")


def without_units(thing: Any) -> list[str]:
    """Name what the words of a function leave open: a reference system, or a unit."""
    signature = inspect.signature(thing)
    doc = (inspect.getdoc(thing) or "").partition("Examples\n---")[0]
    said = {
        "EPSG:4326": bool(re.search(r"GeoDataFrame|GeoSeries|\bpolygon\b", str(signature))),
        "m²": bool(re.search(r"_m2\b", doc))
        or any(p.endswith("_m2") for p in signature.parameters),
    }
    left = [word for word, needed in said.items() if needed and word not in doc]
    metres = any(parameter.endswith("_m") for parameter in signature.parameters)
    if metres and not re.search(r"metres|\bm\b", doc, re.IGNORECASE):
        left.append("metres")
    return left


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_every_public_function_shows_an_example(name: str) -> None:
    assert not without_an_example(DESCRIBED[name])


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_every_public_function_says_its_errors(name: str) -> None:
    assert without_errors(DESCRIBED[name]) == (name in RAISE_NOTHING)


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_every_public_function_says_its_units_and_reference_system(name: str) -> None:
    assert without_units(DESCRIBED[name]) == []


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_every_parameter_of_a_public_function_is_described(name: str) -> None:
    doc = (inspect.getdoc(DESCRIBED[name]) or "").partition("Examples\n---")[0]
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    given = [
        each.name
        for each in inspect.signature(DESCRIBED[name]).parameters.values()
        if each.name != "self" and each.kind not in kinds
    ]
    heads = re.findall(r"^([a-z_][\w, ]*)$", doc, re.MULTILINE)
    described = {word.strip() for head in heads for word in head.split(",")}
    assert [one for one in given if one not in described and f"`{one}`" not in doc] == []


def test_a_function_that_says_too_little_is_found() -> None:
    def area(hazards: "gpd.GeoDataFrame", within_m: float, least_m2: int) -> None:
        """Return what lies within a distance."""

    assert without_an_example(area)
    assert without_errors(area)
    assert without_units(area) == ["EPSG:4326", "m²", "metres"]
    area.__doc__ = """Return what lies within a distance.

    Parameters
    ----------
    hazards
        In EPSG:4326.
    within_m
        Metres.
    least_m2
        Whole m².

    Raises
    ------
    OptionError
        If a length is none.

    Examples
    --------
    >>> area
    """
    assert not without_an_example(area)
    assert not without_errors(area)
    assert without_units(area) == []


def test_every_public_class_and_method_is_described() -> None:
    classes = [
        thing for name in mine_geo.__all__ if inspect.isclass(thing := getattr(mine_geo, name))
    ]
    bare = [
        f"{each.__name__}.{name}"
        for each in classes
        for name, member in vars(each).items()
        if not name.startswith("_") and callable(member) and not inspect.getdoc(member)
    ]
    assert [each.__name__ for each in classes if not inspect.getdoc(each)] == []
    assert bare == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = COMMANDS[name]
    text = help_of(command, name)
    assert command.get_short_help_str(), f"{name} says nothing of itself"
    if not isinstance(command, click.Group):
        words = name.removeprefix("mine-geo ")
        assert re.search(rf"Example.*mine-geo (--database \S+ )?{words}", text, re.DOTALL), text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    options = [each for each in COMMANDS[name].params if isinstance(each, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_names_every_command(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    *_, last = name.split()
    assert re.search(rf"\bmine-geo\b[^\n]*\b{re.escape(last)}\b", readme), f"README lacks {name}"


def test_the_readme_names_no_command_that_is_not_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\s*(?:\$ )?mine-geo ([a-z]+)", readme, flags=re.MULTILINE))
    assert named <= {name.split()[1] for name in COMMANDS}


def test_the_command_prints_through_one_function_that_escapes() -> None:
    found = [
        f"{said(path)}:{number}"
        for path in rooms("mine_geo/cli")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\bclick\.(secho|echo)\(|^\s*print\(", line)
    ]
    assert [each.split(":")[0] for each in found] == ["mine_geo/cli/options.py"], found


def test_versions_agree() -> None:
    version = PROJECT["project"]["version"]
    assert mine_geo.__version__ == version
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(version)}\]?", changelog, flags=re.MULTILINE)
    assert PROJECT["project"]["requires-python"] == f">={PROJECT['tool']['mypy']['python_version']}"


GROUPS = [None, *(name for name, command in COMMANDS.items() if isinstance(command, click.Group))]


@pytest.mark.parametrize("name", GROUPS)
def test_what_each_command_is_for_is_said_in_whole_words(name: str | None) -> None:
    group = main if name is None else COMMANDS[name]
    assert isinstance(group, click.Group)
    listed = help_of(group, "mine-geo").partition("Commands:\n")[2].partition("\n\n")[0]
    lines = listed.splitlines()
    assert [line.split()[0] for line in lines] == sorted(group.commands)  # a line each
    assert [line for line in lines if len(line) > 80 or line.endswith("...")] == []


def test_every_need_has_a_lower_bound() -> None:
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    needs = [*project["dependencies"], *chain.from_iterable(extras)]
    loose = [need for need in needs if ">=" not in need and not need.startswith("mine_geo[")]
    assert loose == []


def test_nothing_names_a_developers_folder() -> None:
    personal = re.compile(r"""(?<![\w.$}/-])/(?:home|root|Users|work)/\w|[A-Z]:\\Users\\""")
    foreign = "mine_geo/maps/assets/folium/"  # files of plugins, as their makers published them
    found = [said(path) for path, text in texts() if personal.search(text)]
    found = [name for name in found if not name.startswith(foreign)]
    assert [name for name in found if name != said(Path(__file__))] == []


def system_packages(*things: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [ROOT / "scripts" / "system_packages.sh", *things],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_nothing_is_installed_where_nothing_lacks(tmp_path: Path) -> None:
    # Neither apt-get nor sudo is on this path: to install anything would fail.
    for name in ("chromium", "chromedriver", "python3", "cc", "pgbouncer"):
        (tmp_path / name).symlink_to("/bin/true")
    things = ("venv", "compiler", "postgis", "browser")
    given = {"PATH": str(tmp_path), "MINE_GEO_TEST_DATABASE_URL": "postgresql://here"}
    assert system_packages(*things, **given) == (0, "")


@pytest.mark.parametrize(
    ("python", "things", "says"),
    [
        ("exit 0", ("kitchen",), "knows venv, compiler, postgis and browser, not 'kitchen'"),
        ("exit 1", ("venv",), "mine_geo needs Python 3.11 or newer; name one: make PYTHON="),
        ("exit 0", ("compiler",), "lacks: gcc libc6-dev"),
        ("exit 0", ("browser",), "lacks: chromium fonts-dejavu-core chromium-driver"),
    ],
)
def test_what_cannot_be_installed_is_said_in_one_line(
    tmp_path: Path, python: str, things: tuple[str, ...], says: str
) -> None:
    (tmp_path / "python3").write_text(f"#!/bin/sh\n{python}\n")
    (tmp_path / "python3").chmod(0o755)
    code, text = system_packages(*things, PATH=str(tmp_path))
    assert code == 1
    assert says in text
    assert len(text.splitlines()) == 1


def test_the_makefile_says_what_each_target_does() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, flags=re.MULTILINE)
    shown = re.findall(r"^([a-z-]+):.*## ", text, flags=re.MULTILINE)
    assert sorted(phony.split()) == sorted(shown)
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)", contributing))
    assert named <= set(shown)


def test_no_file_is_left_in_conflict() -> None:
    marks = ("<" * 7 + " ", ">" * 7 + " ")
    assert [
        said(path)
        for path, text in texts()
        if any(line.startswith(marks) for line in text.splitlines())
    ] == []
