"""Esri JSON written by hand, as servers answer: only a server makes it."""

import copy
import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError, FileError, MineGeoError
from mine_geo.geo.geometry import size_m2
from mine_geo.intake.findings import as_table
from mine_geo.intake.formats import esri
from mine_geo.intake.formats.esri import MOST_BYTES
from mine_geo.intake.received import Wanted

MERCATOR = {"wkid": 102100, "latestWkid": 3857}
UTM_WKT = (
    'PROJCS["WGS_1984_UTM_Zone_48N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",'
    'SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",105.0],PARAMETER["Scale_Factor",0.9996],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def square(x, y, side, *, clockwise=True):
    ring = [[x, y], [x, y + side], [x + side, y + side], [x + side, y], [x, y]]
    return ring if clockwise else ring[::-1]


def field(name, kind="String", **more):
    return {"name": name, "type": f"esriFieldType{kind}", "alias": f"{name} alias", **more}


def feature(number, geometry=None, **attributes):
    return {"attributes": {"objectid": number, **attributes}, "geometry": geometry}


def answer(*features, fields=(), **more):
    return {
        "objectIdFieldName": "objectid",
        "geometryType": "esriGeometryPolygon",
        "spatialReference": MERCATOR,
        "fields": [field("objectid", "OID"), *fields],
        "features": list(features),
        **more,
    }


def coded(**codes):
    words = [{"name": name, "code": code} for name, code in codes.items()]
    return {"type": "codedValue", "name": "words", "codedValues": words}


@pytest.fixture
def save(tmp_path):
    def _save(content, name="hazards.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return _save


def shapes(save, *geometries, **more):
    features = [feature(n, geometry) for n, geometry in enumerate(geometries, 1)]
    return esri.read_answer(save(answer(*features, **more)))


def codes(raw):
    return [(finding.code, finding.record) for finding in raw.findings]


# --- geometry


@pytest.mark.parametrize("shell", [True, False])
@pytest.mark.parametrize("hole", [True, False])
@pytest.mark.parametrize("hole_first", [True, False])
def test_a_hole_is_a_hole_whichever_way_rings_run(save, shell, hole, hole_first):
    rings = [square(0, 0, 10, clockwise=shell), square(2, 2, 2, clockwise=hole)]
    raw = shapes(save, {"rings": rings[::-1] if hole_first else rings})
    assert raw.table.geometry[0].geom_type == "Polygon"
    assert raw.table.geometry[0].area == 100 - 4
    assert raw.findings == ()


def test_an_island_in_a_hole_is_land(save):
    rings = [square(0, 0, 20), square(2, 2, 10, clockwise=False), square(4, 4, 2)]
    raw = shapes(save, {"rings": rings})
    assert raw.table.geometry[0].area == 400 - 100 + 4
    assert raw.table.geometry[0].is_valid


@pytest.mark.parametrize("clockwise", [True, False])
def test_several_parts_whichever_way_they_run(save, clockwise):
    parts = [square(0, 0, 10, clockwise=clockwise), square(20, 0, 5, clockwise=clockwise)]
    raw = shapes(save, {"rings": parts})
    assert raw.table.geometry[0].geom_type == "MultiPolygon"
    assert raw.table.geometry[0].area == 100 + 25


def test_rings_that_cross_stay_as_they_are_drawn(save):
    bow_tie = [[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]
    overlap = [square(0, 0, 10), square(5, 5, 10)]
    raw = shapes(save, {"rings": [bow_tie]}, {"rings": overlap})
    assert not raw.table.geometry.is_valid.any()
    assert shapely.get_coordinates(raw.table.geometry[0]).tolist() == bow_tie


@pytest.mark.parametrize(
    ("flags", "tail"),
    [
        ({"hasZ": True}, [12.5]),
        ({"hasZ": True}, [None]),
        ({"hasZ": True}, ["NaN"]),
        ({"hasM": True}, [None]),
        ({"hasZ": True, "hasM": True}, ["NaN", None]),
    ],
)
def test_heights_and_measures_never_cost_a_polygon(save, flags, tail):
    ring = [[*point, *tail] for point in square(0, 0, 10)]
    raw = shapes(save, {"rings": [ring]}, **flags)
    assert raw.table.geometry[0].area == 100
    assert not raw.table.geometry[0].has_z
    assert raw.findings == ()


def test_curves_are_refused_and_said(save):
    curve = {"curveRings": [[[0, 0], {"c": [[3, 3], [1, 4]]}, [0, 0]]]}
    both = {"curveRings": [[[0, 0], [5, 5], [0, 0]]], "rings": [square(0, 0, 10)]}
    straight = {"rings": [square(0, 0, 10)], "curveRings": []}
    raw = shapes(save, curve, both, straight)
    assert codes(raw) == [("not_polygon", 0), ("not_polygon", 1)]
    assert "returnTrueCurves=false" in raw.findings[0].message
    assert raw.table.geometry.isna().tolist() == [True, True, False]


def test_no_geometry_is_null_and_no_fault(save):
    raw = esri.read_answer(
        save(
            answer(
                feature(1),
                feature(2, {}),
                feature(3, {"rings": []}),
                feature(4, {"rings": [[]]}),
                {"attributes": {"objectid": 5}},
                feature(6, {"x": None, "y": None}),
                feature(7, {"x": "NaN", "y": "NaN"}),
            )
        )
    )
    assert raw.table.geometry.isna().all()
    assert raw.table.objectid.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert raw.findings == ()
    assert raw.table.crs.to_epsg() == 3857


@pytest.mark.parametrize(
    "geometry",
    [
        {"rings": [[["NaN", 0], [1, 1], [1, 0], ["NaN", 0]]]},
        {"rings": [[[None, 0], [1, 1], [1, 0], [None, 0]]]},
        {"rings": [[["east", 0], [1, 1], [1, 0], [0, 0]]]},
        {"rings": [[[1e400, 0], [1, 1], [1, 0], [1e400, 0]]]},
        {"rings": [[[float("nan"), 0], [1, 1], [1, 0], [0, 0]]]},
        {"rings": [[[1], [1, 1], [1, 0], [1]]]},
        {"rings": [[1, 1], [1, 0]]},
        {"rings": [5]},
        {"rings": {"0": []}},
        {"rings": "none"},
        {"rings": [[{"x": 1, "y": 2}]]},
        {"rings": [[[[0], 0], [1, 1], [1, 0], [0, 0]]]},
        {"rings": [square(0, 0, 10), [["a", "b"]]]},
        {"x": 1},
        {"x": [1], "y": 2},
        {"points": [[1]]},
        {"paths": [[["a", 1]]]},
        "POLYGON EMPTY",
        17,
    ],
)
def test_bad_coordinates_are_named_and_the_others_read(save, geometry):
    good = {"rings": [square(0, 0, 10)]}
    raw = shapes(save, good, geometry, good)
    assert codes(raw) == [("bad_coordinates", 1)]
    assert raw.table.geometry.isna().tolist() == [False, True, False]


def test_a_ring_of_two_points_is_said_and_the_rest_stays(save):
    raw = shapes(
        save,
        {"rings": [[[0, 0], [1, 1], [0, 0]]]},
        {"rings": [square(0, 0, 10), [[2, 2]]]},
        {"rings": [[[0, 0], [1, 1]]]},
    )
    assert codes(raw) == [("few_points", 0), ("few_points", 1), ("few_points", 2)]
    assert "ring 2 has 1 points" in raw.findings[1].message
    assert raw.table.geometry.isna().tolist() == [True, False, True]
    assert raw.table.geometry[1].area == 100


def test_an_open_ring_is_closed_and_said(save):
    raw = shapes(save, {"rings": [square(0, 0, 10)[:-1]]})
    assert codes(raw) == [("repaired", 0)]
    assert raw.table.geometry[0].equals_exact(shapely.Polygon(square(0, 0, 10)))


def test_points_and_lines_are_read_as_what_they_are(save):
    raw = shapes(
        save,
        {"x": 1, "y": 2, "z": "NaN"},
        {"paths": [[[0, 0], [1, 1]]]},
        {"points": [[0, 0], [1, 1]]},
        {"xmin": 0, "ymin": 0, "xmax": 1, "ymax": 1},
        {"rings": [square(0, 0, 10)]},
    )
    kinds = raw.table.geometry.geom_type.fillna("none").tolist()
    assert kinds == ["Point", "LineString", "MultiPoint", "none", "Polygon"]
    assert codes(raw) == [("not_polygon", 3)]


def test_coordinates_are_exact(save):
    ring = [[102.70000050000001, 13.1], [102.8, 13.100000000000001], [102.8, 13.2]]
    ring.append(ring[0])
    raw = shapes(save, {"rings": [ring]}, spatialReference={"wkid": 4326})
    assert shapely.get_coordinates(raw.table.geometry[0]).tolist() == ring


# --- reference systems


@pytest.mark.parametrize(
    ("reference", "epsg"),
    [
        ({"wkid": 102100}, 3857),
        ({"wkid": 102100, "latestWkid": 3857}, 3857),
        ({"wkid": "102100"}, 3857),
        ({"latestWkid": 32648}, 32648),
        ({"wkid": 4326}, 4326),
        ({"wkid": 4236, "latestWkid": 4236}, 4236),
        ({"wkid": 3148}, 3148),
        ({"wkt": UTM_WKT}, 32648),
    ],
)
def test_the_reference_system_is_the_declared_one(save, reference, epsg):
    raw = shapes(save, {"rings": [square(0, 0, 10)]}, spatialReference=reference)
    assert raw.table.crs.to_epsg() == epsg
    assert raw.findings == ()


@pytest.mark.parametrize("reference", [{"wkid": 999999}, {"wkt": 'FOO["a"]'}, {"wkid": [1]}])
def test_an_unknown_reference_system_is_said(save, reference):
    raw = shapes(save, {"rings": [square(0, 0, 10)]}, spatialReference=reference)
    assert raw.table.crs is None
    assert codes(raw) == [("unread_part", None)]


@pytest.mark.parametrize("reference", [None, {}, 5])
def test_no_reference_system_is_none(save, reference):
    raw = shapes(save, {"rings": [square(0, 0, 10)]}, spatialReference=reference)
    assert raw.table.crs is None
    assert raw.findings == ()


def test_a_reference_system_may_stand_in_the_geometries(save):
    one = {"rings": [square(0, 0, 10)], "spatialReference": {"wkid": 32648}}
    other = {"rings": [square(0, 0, 10)], "spatialReference": {"wkid": 32647}}
    assert shapes(save, one, one, spatialReference=None).table.crs.to_epsg() == 32648
    assert "32648" in str(shapes(save, one, other, spatialReference=None).unclear)
    assert "32647" in str(shapes(save, one, spatialReference={"wkid": 32647}).unclear)
    assert "none" in str(shapes(save, one, {"rings": one["rings"]}, spatialReference=None).unclear)
    mercator = {"rings": [square(0, 0, 10)], "spatialReference": {"wkid": 102100}}
    assert shapes(save, mercator, spatialReference={"wkid": 3857}).unclear is None


def test_the_planar_size_of_web_mercator_is_wrong_and_ours_is_right(save):
    """A square of 0.001 degree at 103 E, 12.8 N: M N cos(lat) dlat dlon, by hand."""
    a, e2 = 6378137.0, 0.00669437999014
    west, south, side = 103.0, 12.8, 0.001

    def mercator(lon, lat):
        north = a * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
        return [a * math.radians(lon), north]

    corners = [(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)]
    ring = [mercator(west + side * x, south + side * y) for x, y in corners]
    raw = shapes(save, {"rings": [ring]})
    middle = math.radians(south + side / 2)
    w = 1 - e2 * math.sin(middle) ** 2
    meridian, normal = a * (1 - e2) / w**1.5, a / w**0.5
    by_hand = meridian * normal * math.cos(middle) * math.radians(side) ** 2

    ours = size_m2(raw.table.to_crs(4326))[0]
    assert ours == round(by_hand) == 12011
    assert 1.05 < raw.table.geometry.area[0] / by_hand < 1.06


# --- attributes


def test_names_are_those_of_fields_not_aliases_in_their_order(save):
    fields = [field("hazard_id"), field("SHAPE", "Geometry"), field("never_filled")]
    row = feature(1, hazard_id="AP-1", beyond="kept")
    raw = esri.read_answer(save(answer(row, fields=fields)))
    assert list(raw.table.columns) == [
        "objectid",
        "hazard_id",
        "never_filled",
        "beyond",
        "geometry",
    ]
    assert raw.table.beyond[0] == "kept"
    assert raw.format == "Esri JSON"


def test_dates_are_utc_to_the_millisecond(save):
    # 2024-05-02T17:00Z is the first moment of 3 May in Phnom Penh; 1960-01-01 is 3653 days
    # before 1970 (10 years, 3 leap days); -1 ms is the last moment of 1969.
    moments = [1714669200000, -3653 * 86_400_000, -1, 0, None, 1714669200000.0]
    fields = [field("day", "Date")]
    rows = [feature(n, day=day) for n, day in enumerate(moments)]
    raw = esri.read_answer(save(answer(*rows, fields=fields)))
    assert str(raw.table.day.dtype) == "datetime64[ms, UTC]"
    expected = ["2024-05-02T17:00Z", "1960-01-01T00:00Z", "1969-12-31T23:59:59.999Z"]
    expected += ["1970-01-01T00:00Z", pd.NaT, "2024-05-02T17:00Z"]
    assert raw.table.day.tolist() == pd.to_datetime(expected, format="ISO8601").tolist()
    local = raw.table.day.dt.tz_convert("Asia/Phnom_Penh").dt.tz_localize(None)
    assert local[0] == pd.Timestamp("2024-05-03")


def test_what_is_no_day_is_said_and_the_others_stay_days(save):
    days = ["2024-05-03", "soon", 10**18, True, {"year": 2024}, "99999-01-01"]
    days += ["2024", "2024-05", "20240503", "05/03/2024"]
    fields = [field("day", "Date")]
    raw = esri.read_answer(
        save(answer(*[feature(n, day=day) for n, day in enumerate(days)], fields=fields))
    )
    assert raw.table.day[0] == pd.Timestamp("2024-05-03", tz="UTC")
    assert codes(raw) == [("bad_date", n) for n in range(1, 10)]
    assert "day 'soon' is no day" in raw.findings[0].message


def test_newer_kinds_of_days(save):
    fields = [field("d", "DateOnly"), field("t", "TimeOnly"), field("o", "TimestampOffset")]
    row = feature(1, d="2024-05-03", t="07:05:00", o="2024-05-03T01:05:00+07:00")
    raw = esri.read_answer(save(answer(row, fields=fields)))
    assert raw.table.d[0] == pd.Timestamp("2024-05-03")
    assert raw.table.t[0] == "07:05:00"
    assert raw.table.o[0] == pd.Timestamp("2024-05-02T18:05Z")


def test_dates_of_no_known_zone_get_none(save):
    day = answer(feature(1, day=1714694400000), fields=[field("day", "Date")])
    assert esri.read_answer(save(day)).table.day[0] == pd.Timestamp("2024-05-03", tz="UTC")
    path = save(day | {"datesInUnknownTimezone": True})
    assert esri.read_answer(path).table.day[0] == pd.Timestamp("2024-05-03")


def test_numbers_are_not_cut_rounded_or_made_up(save):
    fields = [field("big", "BigInteger"), field("whole", "Integer"), field("real", "Double")]
    fields += [field("guid", "GUID"), field("global", "GlobalID"), field("strange", "Hologram")]
    rows = [
        feature(5_000_000_000, big=9_007_199_254_740_993, whole=1, real=0.1, guid="{A}"),
        feature(2, big=None, whole="many", real=3, **{"global": "B"}, strange=[1, "é"]),
    ]
    table = esri.read_answer(save(answer(*rows, fields=fields))).table
    assert table.objectid.tolist() == [5_000_000_000, 2]
    assert table.big[0] == 9_007_199_254_740_993
    assert table.big.isna().tolist() == [False, True]
    assert table.whole.tolist() == ["1", "many"]
    assert table.real.tolist() == [0.1, 3.0]
    assert table.guid[0] == "{A}"
    assert table["global"][1] == "B"
    assert table.strange[1] == '[1, "é"]'


def test_without_fields_types_are_those_of_the_values(save):
    rows = [feature(1, text="a", n=1, x=0.5), feature(2, text=None, n=None, x=1)]
    page = answer(*rows)
    del page["fields"], page["objectIdFieldName"]
    table = esri.read_answer(save(page)).table
    assert [str(table[c].dtype) for c in ("text", "n", "x")] == ["str", "Int64", "float64"]


def test_khmer_utf16_and_byte_order_marks(tmp_path):
    text = json.dumps(answer(feature(1, name="ខេត្តបាត់ដំបង")), ensure_ascii=False)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        path = tmp_path / "hazards.json"
        path.write_bytes(text.encode(encoding))
        assert esri.read_answer(path).table.name[0] == "ខេត្តបាត់ដំបង"


def test_half_a_character_is_replaced(tmp_path):
    path = tmp_path / "hazards.json"
    path.write_text(json.dumps(answer(feature(1, **{"na\ud800me": "a\ud800b"}))))
    table = esri.read_answer(path).table
    assert table["na?me"][0] == "a?b"


def test_an_attribute_called_geometry_is_kept_beside_ours(save):
    row = feature(1, {"rings": [square(0, 0, 10)]})
    row["attributes"]["geometry"] = "drawn from memory"
    table = esri.read_answer(save(answer(row))).table
    assert table["geometry_"][0] == "drawn from memory"
    assert table.geometry.area[0] == 100


# --- domains


def test_codes_get_their_names_and_unknown_codes_stay(save):
    fields = [
        field("kind", "Integer", domain=coded(**{"AP mines": 1, "AV mines": 2})),
        field("depth", "Integer", domain={"type": "range", "range": [0, 100]}),
        field("status", domain=coded(Open="O", Closed="C")),
    ]
    rows = [
        feature(1, kind=1, depth=20, status="O"),
        feature(2, kind=2.0, depth=30, status="C"),
        feature(3, kind=9, depth=None, status=None),
    ]
    table = esri.read_answer(save(answer(*rows, fields=fields))).table
    assert table.kind.tolist() == ["AP mines", "AV mines", "9"]
    assert table.depth.dropna().tolist() == [20, 30]
    assert table.status.tolist()[:2] == ["Open", "Closed"]
    assert table.status.isna().tolist() == [False, False, True]


def layer(*fields, **more):
    return {"type": "Feature Layer", "id": 0, "fields": [field("objectid", "OID"), *fields], **more}


@pytest.mark.parametrize("name", ["layer.json", "hazards.layer.json"])
def test_the_description_beside_gives_names_and_types(save, name):
    save(layer(field("kind", "Integer", domain=coded(AP=1)), field("day", "Date")), name)
    page = answer(feature(1, kind=1, day=86_400_000))
    del page["fields"]
    table = esri.read_answer(save(page)).table
    assert table.kind[0] == "AP"
    assert table.day[0] == pd.Timestamp("1970-01-02", tz="UTC")


def test_the_description_of_the_file_comes_before_that_of_the_folder(save):
    save(layer(field("kind", domain=coded(Wrong=1))), "layer.json")
    save(layer(field("kind", domain=coded(Right=1))), "hazards.layer.json")
    page = answer(feature(1, kind=1), fields=[field("kind", domain=None)])
    assert esri.read_answer(save(page)).table.kind[0] == "Right"


@pytest.mark.parametrize(
    "content", [layer(field("other", domain=coded(Wrong=1))), {"error": {}}, [1], "text"]
)
def test_the_description_of_another_layer_is_not_used(save, content):
    save(content, "layer.json")
    page = answer(feature(1, kind=1), fields=[field("kind", "Integer")])
    raw = esri.read_answer(save(page))
    assert raw.table.kind[0] == 1
    other = isinstance(content, dict) and "fields" in content
    assert codes(raw) == ([("unread_part", None)] if other else [])


def test_a_description_that_cannot_be_read_is_said(save, tmp_path):
    (tmp_path / "layer.json").write_text("{")
    raw = esri.read_answer(save(answer(feature(1))))
    assert codes(raw) == [("unread_part", None)]


@pytest.mark.parametrize(
    ("by", "types", "key"), [("typeIdField", "types", "id"), ("subtypeField", "subtypes", "code")]
)
def test_subtypes_give_their_own_names(save, by, types, key):
    kinds = [
        {
            key: 1,
            "name": "Minefield",
            "domains": {"state": coded(Open=1), "size": {"type": "range"}},
        },
        {key: 2, "name": "Strike", "domains": {"state": {"type": "inherited"}}},
        {key: 3, "name": "Dump", "domains": None},
        "no type",
    ]
    fields = [field("area", "Integer"), field("state", "Integer", domain=coded(Usual=1))]
    save(layer(*fields, **{by: "area", types: kinds}), "layer.json")
    rows = [feature(n, area=n, state=1) for n in (1, 2, 3, 4)]
    table = esri.read_answer(save(answer(*rows, fields=fields))).table
    assert table.state.tolist() == ["Open", "Usual", "Usual", "Usual"]
    assert table["area"].tolist() == ["Minefield", "Strike", "Dump", "4"]


# --- pages


def pages_of(*groups, more_last=False):
    pages = [answer(*[feature(n) for n in group], exceededTransferLimit=True) for group in groups]
    if not more_last:
        del pages[-1]["exceededTransferLimit"]
    return pages


def test_a_list_of_pages_is_one_table(save):
    raw = esri.read_answer(save(pages_of([1, 2], [3], [4])))
    assert raw.table.objectid.tolist() == [1, 2, 3, 4]
    assert isinstance(raw.table.index, pd.RangeIndex)
    assert raw.findings == ()


def test_a_folder_of_pages_is_read_in_the_order_of_their_numbers(save, tmp_path):
    for number, page in zip((1, 2, 10), pages_of([1], [2], [3]), strict=True):
        save(page, f"pages/page_{number}.json")
    save(layer(field("kind", domain=coded(AP=1))), "pages/zz description.json")
    save(answer(feature(11)), "pages/page_11.txt")
    (tmp_path / "pages" / "readme.txt").write_text("not read")
    raw = esri.read_answer(tmp_path / "pages")
    assert raw.table.objectid.tolist() == [1, 2, 3, 11]
    assert raw.findings == ()


def test_a_description_among_the_pages_gives_names(save, tmp_path):
    save(answer(feature(1, kind=1)), "pages/a.json")
    save(layer(field("kind", domain=coded(AP=1))), "pages/b.json")
    assert esri.read_answer(tmp_path / "pages").table.kind[0] == "AP"


def test_a_file_does_not_drag_in_its_siblings(save):
    first, second = pages_of([1], [2])
    save(second, "page_2.json")
    raw = esri.read_answer(save(first, "page_1.json"))
    assert raw.table.objectid.tolist() == [1]
    assert codes(raw) == [("more_on_server", None)]


@pytest.mark.parametrize(
    "said", [{"exceededTransferLimit": True}, {"properties": {"exceededTransferLimit": True}}]
)
def test_more_on_the_server_is_said(save, said):
    raw = esri.read_answer(save(answer(feature(1)) | said))
    assert codes(raw) == [("more_on_server", None)]
    assert "resultOffset" in raw.findings[0].message
    assert raw.findings[0].severity == "error"


@pytest.mark.parametrize("said", [False, None, "no"])
def test_no_more_on_the_server(save, said):
    assert esri.read_answer(save(answer(feature(1), exceededTransferLimit=said))).findings == ()


def test_an_object_id_on_two_pages_is_said(save):
    raw = esri.read_answer(save(pages_of([1, 2], [2, 3])))
    assert raw.table.objectid.tolist() == [1, 2, 2, 3]
    assert codes(raw) == [("duplicate_id", 2)]
    message = raw.findings[0].message
    assert "objectid 2 stands in" in message
    assert "page 1" in message
    assert "page 2" in message


def test_findings_of_later_pages_carry_the_place_in_the_table(save):
    pages = pages_of([1, 2], [3])
    pages[1]["features"][0]["geometry"] = {"rings": [["x"]]}
    assert codes(esri.read_answer(save(pages))) == [("bad_coordinates", 2)]


def test_pages_in_different_systems_are_refused(save):
    pages = pages_of([1], [2])
    pages[1]["spatialReference"] = {"wkid": 3857}
    assert esri.read_answer(save(pages)).table.crs.to_epsg() == 3857
    pages[1]["spatialReference"] = {"wkid": 4326}
    with pytest.raises(CRSError, match=r"page 2.*another reference system.*outSR=4326"):
        esri.read_answer(save(pages))


def test_an_empty_last_page_needs_no_system(save):
    pages = pages_of([1], [2], [])
    del pages[2]["spatialReference"], pages[2]["fields"]
    raw = esri.read_answer(save(pages))
    assert raw.table.crs.to_epsg() == 3857
    assert len(raw.table) == 2


def test_an_answer_without_records_is_an_empty_table(save):
    raw = esri.read_answer(save(answer(fields=[field("hazard_id")])))
    assert len(raw.table) == 0
    assert list(raw.table.columns) == ["objectid", "hazard_id", "geometry"]
    assert raw.table.crs.to_epsg() == 3857


def test_features_that_are_no_records_are_counted(save):
    page = answer(feature(1), fields=[])
    page["features"] += [1, "a", None, [], {"attributes": 5, "geometry": None}]
    raw = esri.read_answer(save(page))
    assert len(raw.table) == 2
    assert raw.table.objectid.isna().tolist() == [False, True]
    assert codes(raw) == [("unread_part", None)]
    assert "4 features" in raw.findings[0].message


# --- what is no answer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"error": {"code": 498, "message": "Invalid token.", "details": []}}', "Invalid token"),
        ('[{"features": []}, {"error": {"code": 504, "message": "Timed out"}}]', "page 2.*504"),
        ('{"error": {}}', "no reason given"),
        ('{"count": 5}', "only a count or ids"),
        ('{"objectIds": [1, 2]}', "only a count or ids"),
        ('{"type": "Feature Layer", "fields": []}', "description of a layer"),
        ('{"type": "FeatureCollection", "features": []}', "GeoJSON"),
        ('{"features": {"a": 1}}', "no features"),
        ("{}", "no features"),
        ("[]", "empty list"),
        ("[1]", "no answer"),
        ("null", "no answer"),
        ('"features"', "no answer"),
        ("", "cut short"),
        ('{"features": [', "cut short"),
        ('{"features": [' + "1" * 5000 + "]}", "no JSON"),
        ("[" * 200_000, "lists in lists"),
        ("  <html><body>Sign in</body></html>", "web page"),
        ('{"features": [{"attributes": {"a": "x\\u0000y"}}]}', "NUL"),
        ('{"features": [], "transform": {"scale": [1, 1]}}', "quantizationParameters"),
    ],
)
def test_what_is_no_answer_is_one_line(tmp_path, text, said):
    path = tmp_path / "hazards.json"
    path.write_text(text)
    with pytest.raises(FileError, match=said) as caught:
        esri.read_answer(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_are_one_line(tmp_path):
    path = tmp_path / "hazards.json"
    for data in (b"\0" * 50, b'{"features": [\0\0\0', b"\xff\xfe\x00\xd8", b"\x81\x8d{}"):
        path.write_bytes(data)
        with pytest.raises(FileError, match=r"no JSON|NUL"):
            esri.read_answer(path)


def test_missing_files_folders_and_layers(tmp_path, save):
    with pytest.raises(FileError, match=r"missing\.json: cannot be read"):
        esri.read_answer(tmp_path / "missing.json")
    with pytest.raises(FileError, match="no pages"):
        esri.read_answer(tmp_path)
    with pytest.raises(FileError, match="has no layers"):
        esri.read_answer(save(answer(feature(1))), Wanted(layer="hazards"))


def test_a_file_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "hazards.json"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)  # a sparse file: no disk is filled
    with pytest.raises(FileError, match=r"256 MB, more than 256 MB.*resultRecordCount"):
        esri.read_answer(path)


# --- whatever a file holds

WHOLE_ANSWER = answer(
    feature(1, {"rings": [square(0, 0, 10), square(2, 2, 2)]}, kind=1, day=0, text="a"),
    feature(2, {"rings": [square(0, 0, 10)], "spatialReference": MERCATOR}, kind=2, day=-5),
    fields=[
        field("kind", "Integer", domain=coded(AP=1)),
        field("day", "Date"),
        field("text"),
    ],
    exceededTransferLimit=False,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(["name", "code", "rings"]), inner)
    ),
    max_leaves=8,
)


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


PLACES = list(places([WHOLE_ANSWER]))


def put(value, path, new):
    if not path:
        return new
    here = value
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = new
    return value


@given(path=st.sampled_from(PLACES), new=JSON, twice=st.booleans())
def test_a_damaged_answer_is_read_or_refused_in_one_line(tmp_path_factory, path, new, twice):
    content = put([copy.deepcopy(WHOLE_ANSWER)], path, new)
    if twice and isinstance(content, list):
        content.append(WHOLE_ANSWER)
    file = tmp_path_factory.mktemp("fuzz") / "hazards.json"
    file.write_text(json.dumps(content))
    try:
        raw = esri.read_answer(file)
    except MineGeoError as error:
        lines = str(error).splitlines()
        raw = None
    if raw is None:
        assert len(lines) == 1
        return
    assert isinstance(raw.table, gpd.GeoDataFrame)
    assert isinstance(raw.table.index, pd.RangeIndex)
    assert raw.table.active_geometry_name == "geometry"
    records = as_table(raw.findings).record.dropna()
    assert records.between(1, len(raw.table)).all()


WHOLE_DESCRIPTION = layer(
    field("kind", "Integer", domain=coded(AP=1)),
    field("day", "Date"),
    field("text"),
    typeIdField="kind",
    types=[{"id": 1, "name": "Minefield", "domains": {"text": coded(A="a")}}],
)


@given(path=st.sampled_from(list(places(WHOLE_DESCRIPTION))), new=JSON)
def test_a_damaged_description_never_keeps_the_records_out(tmp_path_factory, path, new):
    folder = tmp_path_factory.mktemp("fuzz")
    content = put(copy.deepcopy(WHOLE_DESCRIPTION), path, new)
    (folder / "layer.json").write_text(json.dumps(content))
    (folder / "hazards.json").write_text(json.dumps(WHOLE_ANSWER))
    table = esri.read_answer(folder / "hazards.json").table
    assert table.objectid.astype("str").tolist() == ["1", "2"]
    assert table.geometry.area.tolist() == [100 - 4, 100]


@given(ring=st.lists(st.lists(st.floats(-1e7, 1e7), min_size=2, max_size=4), max_size=8))
def test_any_ring_is_drawn_as_written(tmp_path_factory, ring):
    closed = [point[:2] for point in ring]
    if closed and closed[0] != closed[-1]:
        closed.append(closed[0])
    file = tmp_path_factory.mktemp("ring") / "hazards.json"
    file.write_text(json.dumps(answer(feature(1, {"rings": [ring]}))))
    drawn = esri.read_answer(file).table.geometry[0]
    if len(closed) < 4:
        assert drawn is None
    else:
        assert np.array_equal(shapely.get_coordinates(drawn), closed)
