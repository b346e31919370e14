"""`import mine_geo`: every name is there, and nothing heavy is loaded."""

import subprocess
import sys

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
