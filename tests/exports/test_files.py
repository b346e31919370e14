"""Where a file may be written, and that it appears whole or not at all."""

import geopandas as gpd
import pytest

from mine_geo import exports
from mine_geo.disclosure import restriction
from mine_geo.disclosure.layers import Selection
from mine_geo.disclosure.restriction import new_file
from mine_geo.errors import FileError, OptionError
from mine_geo.store import create_store
from tests.exports.conftest import disclosed


def write_half(path):
    with new_file(path, overwrite=True) as place:
        place.write_text("half")
        _ = 1 / 0


def write_late(path):
    with new_file(path) as place:
        place.write_text("mine")
        path.write_text("theirs")


@pytest.mark.parametrize("ending", exports.FORMATS)
def test_a_file_is_replaced_only_when_that_is_said(ending, split, tmp_path):
    path = tmp_path / f"ភូមិ ថ្មី.{ending.upper()}"
    path.write_text("mine")
    with pytest.raises(FileError, match="is there already"):
        exports.write(split, path)
    assert path.read_text() == "mine"
    exports.write(split, path, overwrite=True)
    assert len(path.read_bytes()) > 500
    others = {"cpg", "dbf", "prj", "shx"} if ending == "shp" else set()
    assert {each.suffix for each in tmp_path.iterdir()} == {
        f".{each}" for each in {ending.upper(), *others}
    }


def test_what_fails_on_the_way_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_comes_in_between_is_not_replaced(tmp_path):
    path = tmp_path / "a.csv"
    with pytest.raises(FileError, match="is there already"):
        write_late(path)
    assert path.read_text() == "theirs"


def test_places_where_no_file_can_be_are_refused_in_one_line(split, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("")
    for name, says in (
        ("folder.csv", "is a folder"),
        ("no/such/x.csv", "there is no folder"),
        ("file/x.csv", "there is no folder"),
        (f"{'x' * 300}.csv", "cannot be a file"),
    ):
        with pytest.raises(FileError, match=says) as refused:
            exports.write(split, tmp_path / name)
        assert "\n" not in str(refused.value)


def test_an_unknown_ending_lists_the_valid_ones(split, tmp_path):
    with pytest.raises(OptionError, match="'dxf' is unknown; valid: gpkg, kml, kmz, gpx, csv"):
        exports.write(split, tmp_path / "x.dxf")
    with pytest.raises(OptionError, match="valid: gpkg"):
        exports.write(split, tmp_path / "gpkg")


@pytest.mark.parametrize("ending", exports.POINTS)
def test_turning_points_are_never_public(ending, releases, admin, tmp_path):
    with pytest.raises(OptionError, match="outlines of hazards, which are not public"):
        exports.write_public(disclosed(admin, releases), tmp_path / f"x.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_a_public_file_is_written_from_what_was_disclosed_alone(split, admin, tmp_path):
    for given in (split, admin, None):
        with pytest.raises(OptionError, match=r"disclosed must be what disclose\(\) returned"):
            exports.write_public(given, tmp_path / "x.gpkg")
    told = disclosed(admin, admin.iloc[:0])
    with pytest.raises(OptionError, match="what waits on the workbench is not public"):
        exports.write_public(told, tmp_path / "x.gpkg", selection=Selection(workbench="only"))
    assert list(tmp_path.iterdir()) == []


def test_of_places_a_public_file_has_name_and_point(admin, tmp_path):
    places = gpd.GeoDataFrame(
        {"name": ["Ou Rumduol"], "remarks": ["ask for Sok Dara"]},
        geometry=gpd.points_from_xy([103.2], [13.1], crs=4326),
    )
    told = disclosed(admin, admin.iloc[:0])
    exports.write_public(told, tmp_path / "x.gpkg", places=places)
    assert list(gpd.read_file(tmp_path / "x.gpkg", layer="places")) == ["name", "geometry"]
    assert b"Sok Dara" not in (tmp_path / "x.gpkg").read_bytes()


@pytest.mark.parametrize("name", ["register.gpkg", "register.kml", "register.csv"])
def test_a_store_is_never_replaced(name, split, tmp_path):
    """Whatever it is called, and also where one says overwrite, or which kind may be replaced."""
    create_store(tmp_path / "register.gpkg").close()
    path = (tmp_path / "register.gpkg").rename(tmp_path / name)
    before = path.read_bytes()
    for how in ({}, {"overwrite": True}, {"overwrite": True, "replace": "restricted"}):
        with pytest.raises(FileError, match=r"is a store, with all its events|is there already"):
            exports.write(split, path, **how)
        assert path.read_bytes() == before
    with pytest.raises(FileError, match="is a store"):
        restriction.write_file(path, "a page", replace="restricted")
    damaged = tmp_path / "damaged.gpkg"
    damaged.write_bytes(before[:100] + b"\xff" * (len(before) - 100))
    with pytest.raises(FileError, match="may be a store"):
        exports.write(split, damaged, overwrite=True)
    assert path.read_bytes() == before
