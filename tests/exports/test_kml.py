"""KML: what a strict parser, an HTML parser and GDAL make of it."""

from html.parser import HTMLParser
from zipfile import ZipFile

import geopandas as gpd
import pyogrio
import pytest
import shapely
from defusedxml import ElementTree

from mine_geo import exports, maps
from tests.exports.conftest import ATTACK, disclosed, table

NS = {"k": "http://www.opengis.net/kml/2.2"}
SHOWN = ATTACK.replace("\x0b", "\ufffd").replace("\x00", "\ufffd").replace("\r\n", "\n")
"""As any XML parser reads it: line ends are one character."""
ORDER = [
    "name", "visibility", "open", "Snippet", "description", "styleUrl", "Style", "ExtendedData",
    "Schema", "Folder", "Placemark", "MultiGeometry", "Polygon", "LineString", "Point",
]  # fmt: skip


class Shown(HTMLParser):
    """What a page would show of a description: its tags and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def path(split, border, admin, releases, places, tmp_path):
    place = tmp_path / "all.kml"
    exports.write(
        maps.layers(split, border=border, admin=admin, releases=releases, places=places),
        place,
        title=ATTACK,
    )
    return place


@pytest.fixture
def root(path):
    return ElementTree.parse(path, forbid_dtd=True).getroot()


def local(element):
    return [child.tag.rpartition("}")[2] for child in element]


def test_features_have_their_elements_in_the_order_of_the_schema(root):
    (document,) = root
    for feature in [
        document,
        *root.iterfind(".//k:Folder", NS),
        *root.iterfind(".//k:Placemark", NS),
    ]:
        assert local(feature) == sorted(local(feature), key=ORDER.index)


def test_styles_are_shared_and_every_one_that_is_named_is_there(root):
    styles = {style.get("id") for style in root.iterfind("k:Document/k:Style", NS)}
    named = {url.text.removeprefix("#") for url in root.iterfind(".//k:styleUrl", NS)}
    assert named == styles
    assert {"CHA_open", "SHA_worked_on", "unknown_closed", "unknown_open"} <= styles
    assert not root.findall(".//k:Placemark/k:Style", NS)
    color = root.findtext(".//k:Style[@id='SHA_worked_on']/k:PolyStyle/k:color", namespaces=NS)
    assert color == "8018a7f4"  # aabbggrr of #f4a718 at a half
    balloons = {each.text for each in root.iterfind(".//k:BalloonStyle/k:text", NS)}
    assert balloons == {"$[description]"}


def test_hazards_lie_in_folders_by_zone_and_released_land_by_outcome(root):
    folders = {
        folder.findtext("k:name", namespaces=NS): len(folder.findall("k:Placemark", NS))
        for folder in root.iterfind(".//k:Folder", NS)
    }
    assert {"Near (3)", "Far (2)", "Cancelled (1)", "Reduced (1)", "Cleared (1)"} <= set(folders)
    assert (folders["Near (3)"], folders["Far (2)"], folders["Border"]) == (3, 2, 5)


def test_attributes_are_text_in_balloons_names_and_data(root):
    described = [each.text for each in root.iterfind(".//k:description", NS)]
    pages = [Shown(text) for text in described]
    assert {tag for page in pages for tag in page.tags} == {"table", "tr", "th", "td", "font"}
    assert not any("$[" in text for text in described)
    attacked = [page for page in pages if SHOWN in "".join(page.text)]
    assert len(attacked) == 9  # the document, each hazard (Task), a release, a district, a place
    names = [each.text for each in root.iterfind(".//k:Placemark/k:name", NS)]
    assert "X" + SHOWN in names
    data = root.findall(".//k:SimpleData[@name='operator']", NS)
    assert SHOWN in [each.text for each in data]


def test_the_document_says_what_it_is_and_holds_the_legend(root):
    (document,) = root
    assert "SYNTHETIC SAMPLE" in document.findtext("k:name", namespaces=NS)
    page = Shown(document.findtext("k:description", namespaces=NS))
    text = "|".join(page.text)
    for said in (
        "threshold_m|7000", "latest_survey|2020-02-29", "border_version|1", "OpenStreetMap",
        "Suspected hazardous area (SHA)", "Status: worked on · ស្ថានភាព៖ កំពុងធ្វើ", "Cleared · ",
        "schematic",
    ):  # fmt: skip
        assert said in text


def test_gdal_reads_the_polygons_with_their_holes_and_types(path, split):
    far = gpd.read_file(path, layer="Far (2)", driver="LIBKML")
    assert far["size_m2"].tolist() == [12_000, 12_000]
    assert far["border_distance_m"].tolist() == [6_999.99, 6_999.99]
    drawn = far.set_index("hazard_id").geometry["AP-2"]
    assert shapely.equals(shapely.force_2d(drawn), split.geometry[3])
    assert [part.exterior.is_ccw for part in drawn.geoms] == [True, True]
    info = pyogrio.read_info(path, layer="Near (3)")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert (types["task_2"], types["in_workbench"]) == ("OFTInteger", "OFTInteger")


def test_a_kmz_is_the_document_in_a_zip(split, tmp_path):
    exports.write(split, tmp_path / "a.kmz")
    with ZipFile(tmp_path / "a.kmz") as archive:
        assert archive.namelist() == ["doc.kml"]
        assert ElementTree.fromstring(archive.read("doc.kml")).tag.endswith("}kml")
    assert len(gpd.read_file(tmp_path / "a.kmz", layer="Near (3)")) == 3


def test_no_hazard_gives_a_document_without_placemarks(tmp_path):
    exports.write(table([], []), tmp_path / "none.kml")
    root = ElementTree.parse(tmp_path / "none.kml").getroot()
    assert not root.findall(".//k:Placemark", NS)
    assert "data_day" in root.findtext("k:Document/k:description", namespaces=NS)


def test_public_layers_are_seen_when_the_file_opens(releases, admin, tmp_path):
    told = disclosed(admin.assign(hazards=[3, 0]), releases)
    exports.write_public(told, tmp_path / "p.kml")
    root = ElementTree.parse(tmp_path / "p.kml").getroot()
    assert not root.findall(".//k:visibility", NS)
    page = Shown(root.findtext("k:Document/k:description", namespaces=NS))
    assert "Status: open" not in page.text
