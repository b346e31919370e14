"""Pages of WFS and OGC API Features: a page is no layer, refused with a mend that works."""

import json

import geopandas as gpd
import pandas as pd
import pytest

from mine_geo.errors import FileError
from mine_geo.geo.vector import of_geojson, read_vector
from mine_geo.intake import read, read_hazards

CORNERS = [(102.75, 12.7), (102.751, 12.7), (102.7511, 12.7012), (102.75, 12.7)]


def feature(number, **more):
    ring = [[x + number / 100, y] for x, y in CORNERS]
    return {
        "type": "Feature",
        "properties": {"hazard_id": f"BTB-{number}", "kind": "ap_minefield", **more},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


class Server:
    """Ten records, at most `most` of them in one answer."""

    def __init__(self, most=10, **members):
        self.most, self.members = most, members

    def geojson(self, count):
        given = [feature(n) for n in range(min(count, self.most))]
        return {
            "type": "FeatureCollection",
            **self.members,
            "numberReturned": len(given),
            "features": given,
        }

    def gml(self, count, **more):
        given = "".join(self._member(n) for n in range(min(count, self.most)))
        counts = {"numberReturned": min(count, self.most), **self.members, **more}
        said = " ".join(f'{name}="{value}"' for name, value in counts.items())
        return (
            '<?xml version="1.0"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"'
            ' xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:m="http://mines" '
            f"{said}>{given}</wfs:FeatureCollection>"
        )

    @staticmethod
    def _member(number):
        places = " ".join(f"{y} {x + number / 100}" for x, y in CORNERS)
        return (
            f'<wfs:member><m:field gml:id="f.{number}"><m:hazard_id>BTB-{number}</m:hazard_id>'
            "<m:kind>ap_minefield</m:kind>"
            f'<m:geom><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326" gml:id="p.{number}">'
            f"<gml:exterior><gml:LinearRing><gml:posList>{places}</gml:posList></gml:LinearRing>"
            "</gml:exterior></gml:Polygon></m:geom></m:field></wfs:member>"
        )


@pytest.mark.parametrize("ending", ["geojson", "gml"])
def test_a_page_of_border_lines_or_districts_is_refused_too(tmp_path, ending):
    path, server = tmp_path / f"a.{ending}", Server(numberMatched=10)
    made = server.gml if ending == "gml" else lambda count: json.dumps(server.geojson(count))
    path.write_text(made(3))
    with pytest.raises(FileError, match="3 of 10 records that match are in the file"):
        read_vector(path)
    whole = tmp_path / f"b.{ending}"  # beside the first GDAL has left a .gfs
    whole.write_text(made(10))
    assert len(read_vector(whole)) == 10


@pytest.mark.parametrize("name", ["numberMatched", "totalFeatures"])
def test_a_page_of_a_wfs_is_refused_and_the_whole_answer_is_read(tmp_path, name):
    path, server = tmp_path / "a.geojson", Server(**{name: 10})
    path.write_text(json.dumps(server.geojson(3)))
    with pytest.raises(FileError, match=r"3 of 10 records .*\(count=10 of WFS, limit=10"):
        read_hazards(path)
    path.write_text(json.dumps(server.geojson(10)))  # as the message says: count=10
    assert len(read_hazards(path)) == 10


def test_a_page_of_a_wfs_in_gml_is_refused_and_the_whole_answer_is_read(tmp_path):
    path, server = tmp_path / "a.gml", Server(numberMatched=10)
    path.write_text(server.gml(3))
    with pytest.raises(FileError, match=r"3 of 10 records .*\(count=10 of WFS"):
        read_hazards(path)
    path.write_text(server.gml(10))
    assert sorted(read_hazards(path)["hazard_id"]) == [f"BTB-{n}" for n in range(10)]


@pytest.mark.parametrize("said", ["unknown", None, 10, "10", -1, True, 1e30])
def test_what_is_no_larger_count_says_nothing(tmp_path, said):
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(Server(numberMatched=said).geojson(10)))
    assert len(read_hazards(path)) == 10
    gml = tmp_path / "a.gml"
    gml.write_text(Server(numberMatched=said).gml(10))
    assert len(read_hazards(gml)) == 10


def test_fewer_records_than_the_server_gave(tmp_path):
    answer = Server(numberMatched="unknown").geojson(10)
    del answer["features"][4:]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(answer))
    with pytest.raises(FileError, match="4 of 10 records that the server gave are in the file"):
        read_hazards(path)
    gml = tmp_path / "a.gml"
    gml.write_text(Server(numberMatched="unknown").gml(4, numberReturned=10))
    with pytest.raises(FileError, match="4 of 10 records that the server gave"):
        read_hazards(gml)


NEXT = [{"rel": "self", "href": "x"}, {"rel": "next", "href": "x?offset=10"}]


@pytest.mark.parametrize(
    ("members", "whole"),
    [
        ({"links": NEXT}, False),
        ({"links": NEXT, "numberMatched": 11}, False),
        ({"links": NEXT, "numberMatched": "unknown"}, False),
        ({"links": NEXT, "numberMatched": 10}, True),
        ({"links": NEXT[:1]}, True),
    ],
)
def test_a_link_to_the_next_page_counts_where_no_count_denies_it(tmp_path, members, whole):
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(Server(**members).geojson(10)))
    codes = {finding.code for finding in read(path).findings}
    assert ("more_on_server" not in codes) is whole
    if not whole:
        with pytest.raises(FileError, match="into one GeoPackage"):
            read_hazards(path)


def test_a_next_page_in_gml(tmp_path):
    path = tmp_path / "a.gml"
    path.write_text(Server(numberMatched="unknown").gml(10, next="x"))
    with pytest.raises(FileError, match="link to a next page"):
        read_hazards(path)


def test_all_pages_in_one_geopackage_are_read(tmp_path):
    """The mend of a server that gives no more at once."""
    every = [feature(n) for n in range(10)]
    pages = [
        {"type": "FeatureCollection", "numberMatched": 10, "links": NEXT, "features": part}
        for part in (every[:6], every[6:])
    ]
    frames = []
    for number, page in enumerate(pages):
        path = tmp_path / f"{number}.geojson"
        path.write_text(json.dumps(page))
        with pytest.raises(FileError, match="put all pages into one GeoPackage"):
            read_hazards(path)
        frames.append(gpd.read_file(path))
    pd.concat(frames).to_file(tmp_path / "all.gpkg")
    assert len(read_hazards(tmp_path / "all.gpkg")) == 10


def test_attributes_of_records_are_no_counts(tmp_path):
    collection = {
        "type": "FeatureCollection",
        "features": [
            feature(n, numberMatched=99, rel="next", exceededTransferLimit=True, totalFeatures=99)
            for n in range(3)
        ],
    }
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(collection))
    assert len(read_hazards(path)) == 3


def test_counts_are_found_behind_a_long_list_of_records(tmp_path):
    """The head and the end of a file of some megabytes were all that was looked at."""
    given = [feature(n % 10, comment='"]}' * 300) for n in range(600)]
    text = json.dumps({"type": "FeatureCollection", "features": given})
    middle = '"numberMatched": 601, "x": "' + "y" * 300_000 + '"'
    path = tmp_path / "a.geojson"
    path.write_text(f"{text[:-1]}, {middle}}}")
    assert of_geojson(path, 600).startswith("600 of 601 records")
    assert of_geojson(path, 601) is None


def test_several_layers_of_a_gml_are_counted_together(tmp_path):
    text = Server(numberMatched=10).gml(10).replace("m:field", "m:area", 2)
    path = tmp_path / "a.gml"
    path.write_text(text)
    raw = read(path, layer="field")
    assert (len(raw.table), [f.code for f in raw.findings if f.code == "more_on_server"]) == (9, [])
