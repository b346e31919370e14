"""GPX: what a strict parser, GDAL, and the schema's order of elements make of it."""

import geopandas as gpd
import pytest
from defusedxml import ElementTree

from mine_geo import exports, maps
from mine_geo.disclosure.layers import Selection
from tests.exports.conftest import ATTACK, table

NS = {"g": "http://www.topografix.com/GPX/1/1"}
WAYPOINT = ["name", "desc", "sym", "type"]
TRACK = ["name", "desc", "type", "trkseg"]


def local(element):
    return [child.tag.rpartition("}")[2] for child in element]


@pytest.fixture
def path(split, tmp_path):
    exports.write(maps.layers(split, as_of="2022-12-31"), tmp_path / "points.gpx", title=ATTACK)
    return tmp_path / "points.gpx"


def test_elements_stand_in_the_order_of_the_schema_and_texts_are_texts(path):
    root = ElementTree.parse(path).getroot()
    assert local(root) == sorted(local(root), key=["metadata", "wpt", "trk"].index)
    assert local(root[0]) == ["name", "desc", "time", "keywords", "bounds"]
    assert {tuple(local(each)) for each in root.findall("g:wpt", NS)} == {tuple(WAYPOINT)}
    assert {tuple(local(each)) for each in root.findall("g:trk", NS)} == {tuple(TRACK)}
    assert root.findtext("g:metadata/g:time", namespaces=NS) == "2022-12-31T00:00:00Z"
    said = root.findtext("g:metadata/g:name", namespaces=NS)
    assert "</script><b>`${x}`" in said
    assert "SYNTHETIC SAMPLE" in said
    about = root.findtext("g:metadata/g:desc", namespaces=NS)
    assert "threshold_m: 7000" in about
    assert "border_version: 1" in about
    names = [each.text for each in root.findall("g:wpt/g:name", NS)]
    assert len(names) == len(set(names))
    assert any(name.startswith("X</script><b>") and "\ufffd" in name for name in names)


def test_gdal_reads_each_turning_point_and_closed_tracks(path, split):
    waypoints = gpd.read_file(path, layer="waypoints")
    points = exports.turning_points(split)
    assert waypoints["name"].head(4).tolist() == [
        "AP-1 TP01",
        "AP-1 TP02",
        "AP-1 TP03",
        "AP-1 TP04",
    ]
    assert waypoints.geometry.x.tolist() == points["longitude"].tolist()
    assert waypoints["desc"][0] == (
        "AP-1, part 1, outer: turning point 1 of 4; next: 270.0001° true, 108.44 m; "
        + points["mgrs"][0]
    )
    tracks = gpd.read_file(path, layer="tracks")
    assert len(tracks) == 1 + 4 + 3  # AP-2: two outer rings and two holes
    assert tracks["name"].tolist()[:5] == ["AP-1", "AP-2 P1", "AP-2 P1H1", "AP-2 P1H2", "AP-2 P2"]
    assert tracks["type"].tolist()[1:4] == ["hazard", "hole in a hazard", "hole in a hazard"]
    assert all(line.geoms[0].is_closed for line in tracks.geometry)


def test_no_hazard_gives_a_file_that_says_so_and_no_day_is_made_up(tmp_path):
    exports.write(
        maps.layers(table([], []), selection=Selection(synthetic=True)), tmp_path / "none.gpx"
    )
    root = ElementTree.parse(tmp_path / "none.gpx").getroot()
    assert local(root) == ["metadata"]
    assert local(root[0]) == ["name", "desc", "keywords"]
    assert "data_day: not recorded" in root[0][1].text
