"""`import mine_geo`: every name is there, and nothing heavy is loaded."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import mine_geo as mg
from mine_geo import errors


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_import_loads_nothing_heavy():
    heavy = {"geopandas", "pandas", "numpy", "shapely", "pyproj", "sqlalchemy", "folium", "click"}
    loaded = run("import mine_geo, sys; print(*sys.modules)").split()
    assert heavy.isdisjoint(loaded)


def test_every_name_is_there_and_listed():
    for name in mg.__all__:
        assert getattr(mg, name) is not None
    assert set(mg.__all__) <= set(dir(mg))
    assert callable(mg.totals)
    with pytest.raises(AttributeError, match="no attribute 'total'"):
        mg.total  # noqa: B018


def test_help_begins_with_every_public_name():
    head, *sections = mg.__doc__.split("\n\n")
    named = [
        name.strip()
        for section in sections[1:]
        for line in section.splitlines()[1:]
        for name in line.strip().partition("  ")[0].split(",")
    ]
    assert sorted(named) == sorted(mg.__all__)
    assert "land release" in head
    assert all(len(line) <= 80 for section in sections[1:] for line in section.splitlines())


@pytest.mark.parametrize("module", [mg.errors, mg.terms])
def test_a_module_shows_its_own_names_and_no_imports(module):
    defined = set()
    for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                defined.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                defined.add(name)
    assert dir(module) == sorted(name for name in defined if not name.startswith("_"))


def test_the_tuples_of_words_are_those_of_their_types():
    pairs = {
        "KINDS": "Kind", "AREA_TYPES": "AreaType", "OUTCOMES": "Outcome", "STATUSES": "Status",
        "DIFFICULTIES": "Difficulty", "ZONES": "Zone", "RULES": "Rule", "WORKBENCH": "Workbench",
        "NEIGHBOURS": "Neighbour", "EVENT_TYPES": "EventType", "SIZES": "Size",
    }  # fmt: skip
    for words, kind in pairs.items():
        assert getattr(mg.terms, words) == get_args(getattr(mg.terms, kind))
    assert set(get_args(mg.terms.Group)) - {"zone"} <= set(mg.terms.HAZARD_COLUMNS)


def test_totals_is_the_function_however_it_is_reached():
    code = "import mine_geo.tables.totals; import mine_geo as mg; "
    code += "from mine_geo.tables.totals import totals; "
    assert run(code + "print(mg.totals is totals)").strip() == "True"


def test_each_error_class_has_its_exit_code():
    classes = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.MineGeoError)
    }
    assert classes == set(errors.EXIT_CODES)
    codes = list(errors.EXIT_CODES.values())
    assert len(codes) == len(set(codes))
    assert not {0, errors.DIFFERENCES_EXIT} & set(codes)
    assert all(errors.exit_code(kind("x")) == code for kind, code in errors.EXIT_CODES.items())

    class Unlisted(errors.ConflictError):
        pass

    assert errors.exit_code(Unlisted("x")) == errors.EXIT_CODES[errors.ConflictError]


def test_messages_are_shortened_and_options_listed():
    assert errors.some(range(9), 3) == "0, 1, 2 and 6 more"
    assert errors.some([]) == ""
    with pytest.raises(mg.MineGeoError, match="valid: a, b"):
        errors.choose("c", ("a", "b"), "letter")
