"""Files of tests/cases/intake that were read wrongly or not at all: place, id and size of each."""

import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import shapely

from mine_geo.errors import FileError, MineGeoError, RecordError
from mine_geo.intake import check_received, guard, read, read_hazards

CASES = Path(__file__).parents[1] / "cases" / "intake"
IDS = ["BTB-0001", "BTB-0002", "BTB-0003"]
RINGS = [
    [(x, y), (x + 0.001, y), (x + 0.0011, y + 0.0012), (x + 0.0003, y + 0.00144)]
    for x, y in ((102.75, 12.7), (102.8, 12.72), (102.9, 12.85))
]
"""The three polygons that every case holds, in degrees on WGS 84."""
SIZES = [14563, 14562, 14555]


def assert_there(table, ids=IDS, off_m=0.001, off_m2=0):
    """See that polygons lie where they are meant to lie, and are as large."""
    assert table.crs == "EPSG:4326"
    if ids is not None:
        assert table["hazard_id"].tolist() == list(ids)
    for size, true in zip(table["size_m2"], SIZES, strict=False):
        assert abs(size - true) <= off_m2
    for shape, ring in zip(table.geometry, RINGS, strict=False):
        apart = shapely.hausdorff_distance(shapely.force_2d(shape), shapely.Polygon(ring))
        assert apart * 111_320 < off_m


def test_the_polygons_by_hand():
    """The shoelace formula, and the metres of a degree at 12.7 north (WGS 84)."""
    for ring, size in zip(RINGS, SIZES, strict=True):
        x, y = (np.array(ring) - ring[0]).T
        degrees2 = abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2
        latitude = np.radians(ring[0][1] + 0.0006)
        a, e2 = 6378137.0, 0.00669437999014
        root = 1 - e2 * np.sin(latitude) ** 2
        metres = a * (1 - e2) / root**1.5 * a * np.cos(latitude) / root**0.5
        assert size == pytest.approx(degrees2 * metres * np.radians(1) ** 2, abs=1)


@pytest.mark.parametrize("name", ["a.tab", "b.mif"])
def test_mapinfo(name):
    received = read(CASES / name)
    assert_there(read_hazards(CASES / name))
    assert received.table["village"].tolist() == ["ភូមិ ក", "O Rumchek", "Sre Sdau"]
    assert received.source.format == {"a.tab": "MapInfo TAB", "b.mif": "MapInfo MIF"}[name]
    assert not [f for f in received.findings if f.severity != "note"]


def test_a_mapinfo_table_in_a_zip_and_under_capital_names(tmp_path):
    folder = tmp_path / "table"
    folder.mkdir()
    for name in ("a.tab", "a.dat", "a.map", "a.id"):
        shutil.copy(CASES / name, folder / name.upper())
    assert_there(read_hazards(folder / "A.TAB"))
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    assert_there(read_hazards(archive))


@pytest.mark.parametrize(
    ("name", "parts", "gone", "told"),
    [
        ("a.tab", "tab dat map id", "dat", "a.dat is missing beside it; ask for all files"),
        ("a.tab", "tab dat map id", "map", "a.map is missing"),
        ("a.tab", "tab dat map id", "id", "a.id is missing"),
        ("b.mif", "mif mid", "mid", "b.mid is missing beside it; ask for both files"),
    ],
)
def test_a_part_of_mapinfo_that_is_missing(tmp_path, name, parts, gone, told):
    for ending in parts.split():
        if ending != gone:
            shutil.copy(CASES / f"{name[0]}.{ending}", tmp_path)
    with pytest.raises(FileError, match=told):
        read(tmp_path / name)
    shutil.copy(CASES / f"{name[0]}.{gone}", tmp_path)  # as the message says
    assert_there(read_hazards(tmp_path / name))


@pytest.mark.parametrize("ending", ["dat", "map", "id", "mif", "mid"])
def test_no_part_of_mapinfo_may_be_cut_off(tmp_path, ending):
    """At any length: refused, or (a last line break, padding) all of it read."""
    name = "a.tab" if ending in {"dat", "map", "id"} else "b.mif"
    for part in CASES.glob(f"{name[0]}.*"):
        shutil.copy(part, tmp_path)
    whole = (CASES / f"{name[0]}.{ending}").read_bytes()
    for length in np.unique(np.linspace(0, len(whole), 37).astype(int)):
        (tmp_path / f"{name[0]}.{ending}").write_bytes(whole[:length])
        with suppress(MineGeoError):
            assert_there(read_hazards(tmp_path / name))


def test_a_part_of_mapinfo_named_for_the_whole():
    with pytest.raises(FileError, match=r"a part of a MapInfo TAB; name a\.tab instead"):
        read(CASES / "a.map")
    with pytest.raises(FileError, match=r"a part of a MapInfo MIF; name b\.mif instead"):
        read(CASES / "b.mid")


def test_the_checksum_of_a_mapinfo_table_is_that_of_all_its_files(tmp_path):
    for part in CASES.glob("a.*"):
        shutil.copy(part, tmp_path)
    before, size = guard.checksum(tmp_path / "a.tab")
    assert size == sum((CASES / f"a.{e}").stat().st_size for e in ("tab", "dat", "map", "id"))
    with (tmp_path / "a.dat").open("ab") as file:
        file.write(b"x")
    assert guard.checksum(tmp_path / "a.tab")[0] != before


@pytest.mark.parametrize("text", ['File "/etc/passwd"', 'Open Table "b.tab" Hide', "create view x"])
def test_a_table_that_points_elsewhere_is_refused(tmp_path, text):
    for part in CASES.glob("a.*"):
        shutil.copy(part, tmp_path)
    path = tmp_path / "a.tab"
    path.write_text(path.read_text() + f"\n  {text}\n")
    with pytest.raises(FileError, match="points to other files"):
        read(path)


def test_a_day_that_is_not_in_the_calendar():
    """00000000 is how ESRI writes none; 20221131 became 1 December."""
    found = check_received(read(CASES / "h_date0.shp"))
    errors = found[found["severity"] == "error"]
    assert errors[["code", "hazard_id", "record"]].values.tolist() == [["bad_date", "BTB-0002", 2]]
    assert "'20221131'" in errors["message"].iloc[0]
    days = read(CASES / "h_date0.shp").table["surveyed_on"]
    assert days.isna().tolist() == [True, True, False]
    assert days[2].date().isoformat() == "2023-01-02"
    with pytest.raises(RecordError, match="BTB-0002: surveyed_o '20221131'"):
        read_hazards(CASES / "h_date0.shp")


def test_stars_for_a_number_are_said():
    received = read(CASES / "h_stars.shp")
    assert_there(received.table)
    assert received.table["reported_size_m2"].tolist()[1:] == [15000.0, 15500.0]
    said = [f.message for f in received.findings if f.code == "no_number"]
    assert len(said) == 1
    assert said[0].startswith("stars for a number in reported_s, taken as missing: record number 1")


def test_a_record_marked_as_deleted_is_left_out_and_counted():
    received = read(CASES / "h_deleted.shp")
    assert received.table["hazard_id"].tolist() == ["BTB-0001", "BTB-0003"]
    assert received.table["size_m2"].tolist() == [14563, 14555]
    said = [f.message for f in received.findings if f.code == "deleted_left_out"]
    assert said == ["1 records that are marked as deleted in the .dbf are left out"]
    assert len(read_hazards(CASES / "h_deleted.shp")) == 2


def test_a_page_of_a_server():
    with pytest.raises(FileError, match="3 of 10 records that match are in the file") as caught:
        read_hazards(CASES / "j_trunc_feature.geojson")
    assert "\n" not in str(caught.value)
    assert "nan" not in str(caught.value)


@pytest.mark.parametrize("name", ["k_ring.kml", "k_multigeom_pt.kml"])
def test_kml_drawn_otherwise(name):
    received = read(CASES / name)
    assert_there(received.table, ids=None)
    said = [f for f in received.findings if f.code == "as_polygon"]
    assert len(said) == 1
    assert said[0].message.endswith("record number 1, 2, 3")
    assert not [f for f in received.findings if f.severity == "error" and f.code != "missing_id"]


def test_what_mapinfo_draws_coarsely_or_keeps_as_zero_is_said(tmp_path):
    head = 'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 104\n'
    columns = "Columns 2\n  hazard_id Char(20)\n  reported_size_m2 Float\nData\n\n"
    (tmp_path / "a.mif").write_text(f"{head}{columns}Ellipse 102.75 12.7 102.752 12.702\n")
    (tmp_path / "a.mid").write_text('"A",0\n')
    received = read(tmp_path / "a.mif")
    said = {finding.code: finding.message for finding in received.findings}
    assert said["as_polygon"] == "ellipses are drawn with a point every 2 degrees"
    assert said["no_number"].startswith("0 in reported_size_m2: MapInfo writes it also")
    assert received.table.geometry[0].area == pytest.approx(np.pi * 0.001**2, rel=3e-4)


def test_rings_of_a_kml_that_have_a_prefix_or_a_hole_beside_them(tmp_path):
    """Only a ring that is a geometry of its own is taken for a line; those of polygons stay."""
    ring = "<k:coordinates>{}</k:coordinates>"
    place = " ".join(f"{x},{y}" for x, y in [*RINGS[0], RINGS[0][0]])
    hole = "102.7503,12.7003 102.7505,12.7003 102.7505,12.7005 102.7503,12.7003"
    polygon = (
        f"<k:Polygon><k:outerBoundaryIs><k:LinearRing>{ring.format(place)}</k:LinearRing>"
        f"</k:outerBoundaryIs><k:innerBoundaryIs><k:LinearRing>{ring.format(hole)}</k:LinearRing>"
        "</k:innerBoundaryIs></k:Polygon>"
    )
    alone = f"<k:LinearRing>{ring.format(place)}</k:LinearRing>"
    marks = "".join(
        f"<k:Placemark><k:name>A</k:name>{one}</k:Placemark>" for one in (polygon, alone)
    )
    path = tmp_path / "a.kml"
    path.write_text(
        f'<?xml version="1.0"?><k:kml xmlns:k="http://www.opengis.net/kml/2.2"><k:Document>{marks}'
        "</k:Document></k:kml>"
    )
    table = read(path).table
    assert [len(shape.geoms[0].interiors) for shape in table.geometry] == [1, 0]
    assert table["size_m2"][1] == 14563
    assert table["size_m2"][0] == 14563 - 240
