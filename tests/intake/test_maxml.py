"""maXML: items to rows, points to polygons, what is no maXML, and memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import numpy as np
import pyproj
import pytest
import shapely

from mine_geo.errors import FileError
from mine_geo.intake import read as intake_read
from mine_geo.intake.formats import maxml
from mine_geo.intake.received import Profile, Raw, Received, Wanted

GEOD = pyproj.Geod(ellps="WGS84")
MM = 1e-8
"""A millimetre in degrees, at most."""


def element(name: str, *inside: str, **texts: object) -> str:
    """Return an element with leaves, those without text left out, then other elements."""
    leaves = [
        f"<{leaf}>{escape(str(text))}</{leaf}>" for leaf, text in texts.items() if text is not None
    ]
    return f"<{name}>{''.join(leaves)}{''.join(inside)}</{name}>"


def point(number: int, lon: float | None, lat: float | None, **more: object) -> str:
    return element("GeoPoint", PointNumber=number, Longitude=lon, Latitude=lat, **more)


def report(*items: str, **info: object) -> str:
    return element("FieldReport", element("FieldReportInfo", **info), *items)


def document(*reports: str, header: str = "") -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + element(
        "MineActionFieldReport", header, *reports
    )


def read(folder: Path, text: str | bytes, **options) -> Raw:
    path = folder / "reports.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return maxml.read_items(path, Wanted(**options))


TRIANGLE = "".join(
    point(n, lon, lat) for n, lon, lat in [(3, 103.01, 13.01), (1, 103, 13), (2, 103.01, 13)]
)
HAZARD = element("Hazard", element("GeospatialInfo", TRIANGLE), HazardLocalID="MF-1")
WKT = "POLYGON ((103 13, 103.01 13, 103.01 13.01, 103 13))"


def test_hazards_and_activities_are_rows_with_what_their_report_says(tmp_path) -> None:
    clearance = element(
        "HazardReduction",
        element("Hazard", HazardLocalID="MF-1"),  # of which land it tells: no item of its own
        element("GeospatialInfo", TRIANGLE),
        element("Ordnance", Model="PMN", Quantity=3),
        element("Ordnance", Model="Type 72", Quantity=12),
        HazardReductionType="Completion report",
        EndDate="2022-11-30",
    )
    raw = read(
        tmp_path,
        document(
            report(HAZARD, ReportingDate="2019-03-01", ReportingOrg="CMAC"),
            report(clearance, ReportingDate="2022-12-05"),
        ),
    )
    assert raw.table["item"].tolist() == ["Hazard", "HazardReduction"]
    assert raw.table["FieldReportInfo/ReportingDate"].tolist() == ["2019-03-01", "2022-12-05"]
    assert raw.table["FieldReportInfo/ReportingOrg"].fillna("").tolist() == ["CMAC", ""]
    assert raw.table["HazardLocalID"].fillna("").tolist() == ["MF-1", ""]
    assert raw.table["Hazard/HazardLocalID"].fillna("").tolist() == ["", "MF-1"]
    assert raw.table["Ordnance/Quantity"].fillna("").tolist() == ["", "3; 12"]
    assert [polygon.wkt for polygon in raw.table.geometry] == [WKT, WKT]
    assert not [name for name in raw.table if "Point" in name]  # points are no columns
    assert (raw.format, raw.profile, raw.findings) == ("maXML", "maxml", ())
    assert raw.table.crs == "EPSG:4326"


def test_a_layer_is_one_kind_of_item(tmp_path) -> None:
    both = element("HazardReduction", Name="CL-1")
    text = document(report(HAZARD), report(both))
    raw = read(tmp_path, text, layer="hazardreduction")
    assert raw.table[["item", "Name"]].values.tolist() == [["HazardReduction", "CL-1"]]
    assert raw.table.geometry.isna().all()
    assert read(tmp_path, text, layer="Hazard").table.geometry[0].wkt == WKT
    with pytest.raises(
        FileError, match="no item 'Task' in it; it has: 1 Hazard, 1 HazardReduction"
    ):
        read(tmp_path, text, layer="Task")


def test_hazards_and_reports_are_kept_apart(tmp_path) -> None:
    text = document(report(HAZARD), report(element("HazardReduction", Name="CL-1")))
    for what, item, other in (
        ("hazards", "Hazard", "1 HazardReduction"),
        ("reports", "HazardReduction", "1 Hazard"),
    ):
        raw = read(tmp_path, text, what=what)
        assert raw.table["item"].tolist() == [item]
        (finding,) = raw.findings
        assert (finding.code, finding.record) == ("unread_part", None)
        assert finding.message == f"items that are not {what}: {other}"
    with pytest.raises(FileError, match="no item for reports in it; it has: 1 Hazard"):
        read(tmp_path, document(report(HAZARD)), what="reports")
    assert read(tmp_path, text, what="reports", layer="Hazard").table["item"].tolist() == ["Hazard"]


def test_namespaces_and_case_do_not_count(tmp_path) -> None:
    text = document(report(HAZARD, ReportingDate="2019-03-01"))
    text = text.replace("<MineActionFieldReport", '<MineActionFieldReport xmlns="urn:maxml:4"')
    for old, new in (("Longitude", "longitude"), ("GeoPoint", "GEOPOINT")):
        text = text.replace(f"{old}>", f"{new}>")
    raw = read(tmp_path, text)
    assert raw.table.geometry[0].wkt == WKT
    assert raw.table["FieldReportInfo/ReportingDate"].tolist() == ["2019-03-01"]


def test_attributes_and_nested_coordinates_say_places_too(tmp_path) -> None:
    corners = [(103, 13), (103.01, 13), (103.01, 13.01)]
    by_attribute = "".join(f'<Point longitude="{lon}" latitude="{lat}"/>' for lon, lat in corners)
    nested = "".join(
        element("Point", element("Coordinates", Latitude=lat, Longitude=lon), PointID=n)
        for n, (lon, lat) in enumerate(corners)
    )
    unnamed = "".join(
        element("Vertex", Latitude=lat, Longitude=lon, PointNo=n)
        for n, (lon, lat) in enumerate(corners)
    )
    repeated = "".join(
        element("GeospatialInfo", Latitude=lat, Longitude=lon, ShapeID="P1") for lon, lat in corners
    )
    for inside in (by_attribute, nested, unnamed):
        text = document(report(element("Hazard", element("GeospatialInfo", inside))))
        assert read(tmp_path, text).table.geometry[0].wkt == WKT
    text = document(report(element("Hazard", repeated)))
    assert read(tmp_path, text).table.geometry[0].wkt == WKT


def test_rings_are_told_by_shape_or_by_where_their_points_stand(tmp_path) -> None:
    there = TRIANGLE.replace("103", "104")
    wkt = "MULTIPOLYGON (((103 13, 103.01 13, 103.01 13.01, 103 13)), "
    wkt += "((104 13, 104.01 13, 104.01 13.01, 104 13)))"
    for inside in (
        element("GeospatialInfo", element("Polygon", TRIANGLE), element("Polygon", there)),
        element("GeospatialInfo", TRIANGLE) + element("GeospatialInfo", there),
        element("GeospatialInfo", element("Points", TRIANGLE), ShapeID="P1")
        + element("GeospatialInfo", element("Points", there), ShapeID="P2"),
    ):
        raw = read(tmp_path, document(report(element("Hazard", inside))))
        assert raw.table.geometry[0].wkt == wkt
        assert raw.findings == ()
    line = element("GeospatialInfo", TRIANGLE) + element(
        "GeospatialInfo", element("Polyline", there)
    )
    assert read(tmp_path, document(report(element("Hazard", line)))).table.geometry[0].wkt == WKT


def test_a_place_outside_the_geodata_is_no_corner(tmp_path) -> None:
    town = element("NearestTown", Latitude=14, Longitude=104, Distance=3, Bearing=90)
    hazard = element("Hazard", town, element("GeospatialInfo", TRIANGLE))
    raw = read(tmp_path, document(report(hazard)))
    assert raw.table.geometry[0].wkt == WKT
    assert raw.table["NearestTown/Bearing"].tolist() == ["90"]
    raw = read(tmp_path, document(report(element("Hazard", town))))
    assert raw.table.geometry[0] is None
    assert raw.findings == ()


def test_a_traverse_from_a_benchmark(tmp_path) -> None:
    legs = [("SP", "BM", 90, 50), ("TP1", "SP", 0, 101), ("TP2", "TP1", 90, 100)]
    legs += [("TP3", "TP2", 180, 99), ("SP", "TP3", 270, 100)]
    kinds = {"SP": "Start Point"}
    points = [point(0, 103, 13, PointID="BM", PointType="Benchmark")]
    for number, (name, before, bearing, metres) in enumerate(legs, start=1):
        kind = kinds.get(name, "Turning Point")
        leg = {"Bearing": bearing, "Distance": metres, "FromPoint": before}
        points.append(point(number, None, None, PointID=name, PointType=kind, **leg))
    hazard = element("Hazard", element("GeospatialInfo", *points))
    raw = read(tmp_path, document(report(hazard)))
    lon, lat = 103.0, 13.0
    expected = []
    for _, _, bearing, metres in legs:
        lon, lat, _ = GEOD.fwd(lon, lat, bearing, metres)
        expected.append((lon, lat))
    ring = shapely.get_coordinates(raw.table.geometry[0])
    np.testing.assert_allclose(ring[:4], expected[:4], rtol=0, atol=MM)
    assert ring[4].tolist() == ring[0].tolist()
    (finding,) = raw.findings
    assert (finding.code, finding.record) == ("closure", 0)
    assert "2.00 m (1:200)" in finding.message


def test_findings_say_which_row(tmp_path) -> None:
    broken = element("Hazard", element("GeospatialInfo", TRIANGLE.replace(">13<", ">x<")))
    raw = read(tmp_path, document(report(HAZARD), report(broken)))
    assert raw.table.geometry.isna().tolist() == [False, True]
    assert {(finding.code, finding.record) for finding in raw.findings} == {("bad_point", 1)}


def test_a_profile_names_elements_and_turns_bearings(tmp_path) -> None:
    points = "".join(
        f"<Corner><Nord>{lat}</Nord><Ost>{lon}</Ost><Nr>{n}</Nr></Corner>"
        for n, lon, lat in [(2, 103.01, 13), (1, 103, 13), (3, 103.01, 13.01)]
    )
    text = document(report(element("Hazard", element("GeospatialInfo", points))))
    assert read(tmp_path, text).table.geometry[0] is None
    profile = Profile("own", "Own", points={"lon": ("ost",), "lat": ("nord",), "order": ("nr",)})
    assert read(tmp_path, text, profile=profile).table.geometry[0].wkt == WKT


def test_other_items_are_counted(tmp_path) -> None:
    accidents = [report(element("Accident", Date="2020-01-01")) for _ in range(3)]
    raw = read(tmp_path, document(report(HAZARD), *accidents))
    assert len(raw.table) == 1
    (finding,) = raw.findings
    assert (finding.code, finding.record) == ("unread_part", None)
    assert finding.message == "items that are no land and no activity: 3 Accident"
    with pytest.raises(FileError, match="no item for hazards or reports in it; it has: 3 Accident"):
        read(tmp_path, document(*accidents))


def test_a_datum_in_the_header_is_kept(tmp_path) -> None:
    def header(datum: str) -> str:
        system = element("DocumentCoordinateReferenceSystem", Datum=datum)
        return element("DocumentHeader", system)

    for datum in ("WGS84", "WGS 1984", "World Geodetic System WGS-84", ""):
        assert read(tmp_path, document(report(HAZARD), header=header(datum))).table.crs == 4326
    raw = read(tmp_path, document(report(HAZARD), header=header("Indian 1960")))
    assert raw.table.crs.to_epsg() == 4131
    for datum in ("of our own", "+proj=longlat +nadgrids=/etc/passwd", '{"type": 1}'):
        with pytest.raises(FileError, match=r"datum .* which is not known"):
            read(tmp_path, document(report(HAZARD), header=header(datum)))


# -- what is no maXML


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no XML that can be read"),
        ("<a><b></a>", "no XML that can be read"),
        (document(report(HAZARD))[:-40], "no XML that can be read"),
        ("<kml><Placemark/></kml>", "no item for hazards or reports in it; it has: none"),
        ("<!DOCTYPE a><a/>", "document type or entities"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type or entities"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type or entities"),
        ("<a>" * 100 + "</a>" * 100, "more than 60 deep"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "no XML that can be read"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "no XML that can be read"),
        (b'<?xml version="1.0"?><a>\xff\xfe</a>', "no XML that can be read"),
        (b"<a>\x00</a>", "no XML that can be read"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, text, words) -> None:
    with pytest.raises(FileError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert "reports.xml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder_are_one_line(tmp_path) -> None:
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(FileError) as caught:
            maxml.read_items(path)
        assert "\n" not in str(caught.value)


def test_endless_names_are_refused(tmp_path) -> None:
    leaves = {f"Field{number}": number for number in range(3000)}
    with pytest.raises(FileError, match="more than 2,000 different elements"):
        read(tmp_path, document(report(element("Hazard", **leaves))))


def test_utf_16_and_khmer_are_read(tmp_path) -> None:
    hazard = element("Hazard", Village="ភូមិបឹង")
    text = document(report(hazard)).replace("UTF-8", "UTF-16")
    assert read(tmp_path, text.encode("utf-16")).table["Village"].tolist() == ["ភូមិបឹង"]


def test_memory_does_not_hold_the_tree(tmp_path) -> None:
    # 3,000 accidents with long texts, 30 MB, and one hazard: what was read is let go of.
    path = tmp_path / "large.xml"
    with path.open("w") as stream:
        stream.write("<MineActionFieldReport>")
        accident = report(element("Accident", Comment="x" * 10_000))
        for _ in range(3000):
            stream.write(accident)
        stream.write(report(HAZARD) + "</MineActionFieldReport>")
    tracemalloc.start()
    raw = maxml.read_items(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert raw.table.geometry[0].wkt == WKT
    assert peak < 6_000_000
    tree = ET.parse(path)  # the same file as a tree, for the comparison that the bound means
    assert len(tree.getroot()) == 3001


# -- a datum that is named elsewhere than in the header


@pytest.mark.parametrize("name", ["Datum", "CoordinateReferenceSystem", "CoordRefSys"])
def test_another_datum_at_points_or_in_a_report_is_said(tmp_path, name) -> None:
    corners = [(1, 103, 13), (2, 103.01, 13), (3, 103.01, 13.01)]

    def hazard(**more: str) -> str:
        points = "".join(point(n, lon, lat, **more) for n, lon, lat in corners)
        return element("Hazard", element("GeospatialInfo", points), HazardLocalID="MF-1")

    here = document(report(hazard(**{name: "Indian 1960"})))
    above = document(report(hazard(), **{name: "Indian 1960"}))
    for text in (here, above):
        (finding,) = read(tmp_path, text).findings
        assert finding.code == "datum_taken"
        assert "'Indian 1960'" in finding.message
    assert not read(tmp_path, document(report(hazard(**{name: "WGS 84"})))).findings
    assert not read(tmp_path, here, profile=Profile("", "", options={"crs": "EPSG:4131"})).findings


def test_grid_coordinates_on_the_datum_of_the_header_are_not_taken_for_wgs_84(tmp_path) -> None:
    points = "".join(
        element("GeoPoint", PointNumber=n, XCoord=x, YCoord=y, Zone="48P")
        for n, x, y in [(1, 305000, 1460000), (2, 305400, 1460000), (3, 305400, 1460300)]
    )
    hazard = element("Hazard", element("GeospatialInfo", points), HazardLocalID="MF-1")
    header = element(
        "DocumentHeader", element("DocumentCoordinateReferenceSystem", Datum="Indian 1960")
    )
    assert not read(tmp_path, document(report(hazard))).findings
    given = Profile("", "", options={"crs": "EPSG:4131"})
    for raw in (
        read(tmp_path, document(report(hazard), header=header)),
        read(tmp_path, document(report(hazard)), profile=given),
    ):
        assert raw.table.geometry.isna().all()
        assert {finding.code for finding in raw.findings} == {"bad_point"}
        assert "without latitude and longitude" in raw.findings[0].message


CLEARANCE = element(
    "HazardReduction",
    element("GeospatialInfo", TRIANGLE),
    HazardLocalID="MF-1",
    HazardReductionType="Clearance",
    EndDate="2022-11-30",
)


def received(folder: Path, *items: str, **options) -> Received:
    path = folder / "reports.xml"
    path.write_text(document(*(report(item) for item in items)), encoding="utf-8")
    return intake_read(path, **options)


def said(got: Received, code: str) -> list[str]:
    return [each.message for each in got.findings if each.code == code]


def test_a_file_of_activities_only_is_one_of_reports(tmp_path) -> None:
    """It says so itself: nobody need say it, and what it was taken for is said."""
    got = received(tmp_path, CLEARANCE, CLEARANCE)
    assert got.what == "reports"
    assert got.table["event_type"].tolist() == ["cleared", "cleared"]
    assert got.table["hazard_id"].tolist() == ["MF-1", "MF-1"]
    assert said(got, "taken_for") == [
        "taken for reports of released land by its items: 2 HazardReduction"
    ]
    assert got.table.equals(received(tmp_path, CLEARANCE, CLEARANCE, what="reports").table)
    with pytest.raises(FileError, match="no item for hazards in it; it has: 2 HazardReduction"):
        received(tmp_path, CLEARANCE, CLEARANCE, what="hazards")


def test_a_file_of_hazards_and_activities_is_one_of_hazards(tmp_path) -> None:
    """As before: the activities are said, and read where they are asked for."""
    got = received(tmp_path, HAZARD, CLEARANCE)
    assert (got.what, len(got.table)) == ("hazards", 1)
    assert said(got, "taken_for") == []
    assert said(got, "unread_part") == ["items that are not hazards: 1 HazardReduction"]
    alone = received(tmp_path, HAZARD)
    assert (alone.what, said(alone, "unread_part")) == ("hazards", [])
    asked = received(tmp_path, HAZARD, CLEARANCE, what="reports")
    assert (asked.what, len(asked.table)) == ("reports", 1)


def test_a_layer_of_activities_is_one_of_reports(tmp_path) -> None:
    got = received(tmp_path, HAZARD, CLEARANCE, layer="HazardReduction")
    assert (got.what, len(got.table)) == ("reports", 1)
    assert said(got, "taken_for")
