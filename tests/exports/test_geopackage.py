"""The GeoPackage: types that come back, a valid file, and styles that fit its layers.

The styles were opened in QGIS 3.22 and looked at; here their XML is held to the columns and values
of the layers, which is what a change is likely to break.
"""

import re
import sqlite3
from dataclasses import astuple
from datetime import date
from itertools import product
from xml.etree.ElementTree import Element

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from defusedxml import ElementTree

from mine_geo import exports, maps
from mine_geo.disclosure.layers import Selection
from mine_geo.errors import CRSError, MixedError, RecordError
from mine_geo.exports.geopackage import Condition, Style, styles
from mine_geo.maps.symbols import symbol
from tests.exports.conftest import ATTACK, LONG, disclosed, square, table

LAYERS = ["districts", "near_zone", "near_zone_limit", "border", "released", "hazards", "places"]
SHOWN = ATTACK.replace("\x0b", "\ufffd").replace("\x00", "\ufffd")


@pytest.fixture
def path(split, border, admin, releases, places, tmp_path):
    place = tmp_path / "all.gpkg"
    exports.write(
        maps.layers(
            split,
            border=border,
            admin=admin,
            releases=releases,
            places=places,
            as_of=date(2022, 12, 31),
        ),
        place,
    )
    return place


def columns(path, layer):
    return set(pyogrio.read_info(path, layer=layer)["fields"])


def holds(condition: Condition, row: dict[str, object]) -> bool:
    value, among = row.get(condition.column), astuple(condition)[1]
    return (value is None or value not in among) if condition.others else (
        value in among
    )  # fmt: skip


def fitting(style: Style, **row: object) -> list[str]:
    return [
        rule.label.en for rule in style.rules if all(holds(one, row) for one in rule.conditions)
    ]


def test_columns_come_back_with_their_types_and_texts_as_they_were(path, split):
    info = pyogrio.read_info(path, layer="hazards")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert types["surveyed_on"] == "OFTDate"
    assert types["size_m2"] == types["near_size_m2"] == types["task_2"] == "OFTInteger64"
    assert types["border_distance_m"] == types["reported_size_m2"] == "OFTReal"
    assert types["area_type"] == types["Task"] == "OFTString"
    found = gpd.read_file(path, layer="hazards", engine="pyogrio", use_arrow=True)
    assert found["in_workbench"].dtype == bool
    assert found["surveyed_on"].tolist()[:2] == [date(2012, 3, 4), None]
    assert found["hazard_id"].tolist() == ["AP-1", "AP-2", "AP 3 / ក", "X" + SHOWN, LONG]
    assert found["operator"].tolist()[2:4] == ["MAG", SHOWN]
    assert found["operator"].isna().tolist() == [False, True, False, False, False]
    assert found["fid_2"].tolist()[:2] == [1, 2]
    assert shapely.equals_exact(
        found.geometry.to_numpy(), [_multi(one) for one in split.geometry], normalize=True
    ).all()


def _multi(geometry):
    return geometry if geometry.geom_type == "MultiPolygon" else shapely.MultiPolygon([geometry])


def test_the_file_is_a_geopackage_and_layer_styles_stands_as_qgis_has_it(path):
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA application_id").fetchone()[0] == int.from_bytes(b"GPKG")
        assert file.execute("PRAGMA user_version").fetchone()[0] == 10200
        assert file.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        held = dict(file.execute("SELECT table_name, data_type FROM gpkg_contents"))
        assert held == dict.fromkeys(LAYERS, "features") | dict.fromkeys(
            ["layer_styles", "provenance"], "attributes"
        )
        systems = file.execute("SELECT DISTINCT srs_id FROM gpkg_geometry_columns").fetchall()
        assert systems == [(4326,)]
        named = [row[1] for row in file.execute("PRAGMA table_info(layer_styles)")]
        assert named == [
            "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column",
            "styleName", "styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui",
            "update_time",
        ]  # fmt: skip
        usual = file.execute(
            "SELECT s.f_table_name, s.f_table_catalog, s.f_table_schema FROM layer_styles s "
            "JOIN gpkg_geometry_columns g ON g.table_name = s.f_table_name "
            "AND g.column_name = s.f_geometry_column WHERE useAsDefault"
        ).fetchall()
        assert usual == [(name, "", "") for name in LAYERS]
        assert file.execute("SELECT max(length(styleName)) FROM layer_styles").fetchone()[0] <= 30
        said = file.execute("SELECT name, text FROM provenance").fetchall()
        described = file.execute("SELECT description FROM gpkg_contents").fetchone()[0]
    assert ("threshold_m", "7000") in said
    assert ("data_day", "2022-12-31") in said
    assert ("border_version", "1") in said
    assert ("source", "© OpenStreetMap contributors (ODbL 1.0)") in said
    assert [name for name, _ in said[:3]] == ["restriction", "access", "synthetic"]
    assert "SYNTHETIC SAMPLE" in described


def test_styles_are_well_formed_and_name_only_columns_of_their_layer(path):
    with sqlite3.connect(path) as file:
        rows = file.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
    assert len(rows) == 8
    for layer, qml in rows:
        there = columns(path, layer)
        drawn = ElementTree.fromstring(qml, forbid_dtd=False)
        texts = [rule.get("filter") for rule in drawn.iterfind(".//rule") if rule.get("filter")]
        texts += [label.get("fieldName") for label in drawn.iterfind(".//text-style")]
        assert {name for text in texts for name in re.findall(r'"([^"]+)"', text)} <= there
        symbols = [one.get("name") for one in drawn.iterfind(".//symbols/symbol")]
        assert [rule.get("symbol") for rule in drawn.iterfind(".//rule")] == symbols
        assert all(len(one) for one in drawn.iterfind(".//symbols/symbol"))
        labels = [rule.get("label") for rule in drawn.iterfind(".//rule")]
        assert all(re.search(r"^[A-Z].* · .*[\u1780-\u17ff]", label) for label in labels), labels


def test_each_hazard_has_one_fill_and_one_outline_whatever_is_recorded():
    style, zones = styles("hazards", [])
    values = (["CHA", "SHA", None, "odd"], ["open", "worked_on", "closed", None, "odd"])
    for area_type, status in product(*values):
        fill, outline = fitting(style, area_type=area_type, status=status)
        assert (area_type or "not recorded") in fill or fill == "Area type not recorded"
        wanted = status if status in ("worked_on", "closed") else "open"
        assert outline == f"Status: {wanted.replace('_', ' ')}"
    assert [fitting(zones, zone=zone) for zone in ("near", "far")] == [
        ["Zone: near"],
        ["Zone: far"],
    ]


def test_several_kinds_are_told_apart_by_hatching_and_one_is_not_hatched():
    alone, _ = styles("hazards", ["kind"], ["cluster_munition"])
    assert not any(rule.symbol.hatch for rule in alone.rules)
    together, _ = styles("hazards", ["kind"], ["cluster_munition", "ap_minefield", "odd"])
    (rule,) = [rule for rule in together.rules if rule.symbol.hatch]
    assert fitting(together, area_type="CHA", status="open", kind="cluster_munition")[2:] == [
        rule.label.en
    ]
    assert len(fitting(together, area_type="CHA", status="open", kind="ap_minefield")) == 2
    drawn = ElementTree.fromstring(together.qml(), forbid_dtd=False)
    (lines,) = drawn.iterfind(".//layer[@class='LinePatternFill']")
    assert lines.find("prop[@k='angle']").get("v") == "45"


def test_released_land_of_no_outcome_is_never_said_to_be_cleared():
    (style,) = styles("released", ["outcome"])
    outcomes = ["cancelled", "reduced", "cleared", None, "odd"]
    assert [fitting(style, outcome=outcome) for outcome in outcomes] == [
        ["Cancelled"], ["Reduced"], ["Cleared"], ["Outcome not recorded"], ["Outcome not recorded"],
    ]  # fmt: skip


@pytest.mark.parametrize("there", [[], ["demarcated"]])
def test_each_border_line_is_drawn_once_dashed_where_it_is_not_demarcated(there):
    (style,) = styles("border", there)
    sides = product(["land", "coast", None], ["THA", "LAO", "VNM", None, "XXX"])
    for (kind, neighbour), demarcated in product(sides, [True, False, None]):
        (label,) = fitting(style, kind=kind, neighbour=neighbour, demarcated=demarcated)
        open_ = demarcated is False and kind != "coast" and bool(there)
        assert label.endswith("(not demarcated)") == open_
    dashed = [rule.label.en for rule in style.rules if rule.symbol.dashes]
    assert len(dashed) == (4 if there else 0)
    assert all(label.endswith("(not demarcated)") for label in dashed)


def test_colours_are_those_of_the_maps():
    def layers(qml: str) -> list[dict[str, str]]:
        drawn = ElementTree.fromstring(qml, forbid_dtd=False)
        return [properties(one) for one in drawn.iterfind(".//symbols/symbol/layer")]

    def properties(layer: Element) -> dict[str, str]:
        return {one.get("k", ""): one.get("v", "") for one in layer.iterfind("prop")}

    def rgba(color: str | None, opacity: float) -> str:
        assert color is not None
        return ",".join(map(str, [*bytes.fromhex(color[1:]), round(opacity * 255)]))

    (style, _), (released,) = styles("hazards", []), styles("released", [])
    drawn = layers(style.qml())
    fills = [symbol(f"{name} open") for name in ("CHA", "SHA", "unknown")]
    assert drawn[0]["color"] == "255,0,0,128"  # as the Technical Note has it
    assert [one["color"] for one in drawn[:3]] == [
        rgba(look.fill, look.fill_opacity) for look in fills
    ]
    lines = [symbol(f"CHA {name}") for name in ("open", "worked_on", "closed")]
    assert [one["line_color"] for one in drawn[3:]] == [rgba(look.line, 1) for look in lines]
    assert drawn[4]["customdash"] == "3.75;3"  # 5 and 4 pixels of 1/96 inch, in points
    outcomes = ("cancelled", "reduced", "cleared", "released")
    assert [one["color"] for one in layers(released.qml())[::2]] == [
        rgba(symbol(name).fill, symbol(name).fill_opacity) for name in outcomes
    ]


def test_an_empty_selection_keeps_its_columns_and_styles(tmp_path, admin):
    place = tmp_path / "none.gpkg"
    exports.write(maps.layers(table([], []), admin=admin), place)
    assert [name for name, _ in pyogrio.list_layers(place)] == [
        "districts", "hazards", "layer_styles", "provenance",
    ]  # fmt: skip
    info = pyogrio.read_info(place, layer="hazards")
    assert (info["features"], info["geometry_type"]) == (0, "MultiPolygon")
    assert {"hazard_id", "area_type", "zone"} <= set(info["fields"])


def test_the_near_zone_lies_in_the_districts_and_ends_at_the_threshold(path):
    (zone,) = gpd.read_file(path, layer="near_zone").geometry
    west, south, east, north = zone.bounds
    assert (west, south, north) == (103.0, 13.0, 14.0)
    # 7,000 m along a parallel at 13 degrees: N cos φ = 6,217,9 km
    assert east == pytest.approx(103 + np.degrees(7000 / 6_217_900), abs=3e-4)
    (limit,) = gpd.read_file(path, layer="near_zone_limit").geometry
    assert shapely.distance(limit, shapely.Point(east, 13.5)) < 3e-4
    assert limit.length < 1.1


@pytest.mark.parametrize(
    ("broken", "error", "says"),
    [
        (lambda f: f.to_crs(32648), CRSError, "EPSG:4326, not in WGS 84 / UTM zone 48N"),
        (lambda f: f.set_crs(None, allow_override=True), CRSError, "no reference system"),
        (lambda f: f.drop(columns="zone"), RecordError, "the split lacks zone"),
        (lambda f: f.assign(rule=["edge", "area", *f["rule"][2:]]), MixedError, "mixes rule"),
        (lambda f: pd.concat([f, f]), RecordError, "hazards of one id"),
    ],
)
@pytest.mark.parametrize("ending", ["gpkg", "csv"])
def test_what_is_no_split_is_refused_and_nothing_is_written(
    broken, error, says, ending, split, tmp_path
):
    with pytest.raises(error, match=says):
        exports.write(broken(split), tmp_path / f"x.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_another_system_of_any_layer_is_refused(split, border, tmp_path):
    with pytest.raises(CRSError, match="border must be in EPSG:4326, not in WGS 84 / UTM"):
        exports.write(maps.layers(split, border=border.to_crs(32648)), tmp_path / "x.kml")


def test_public_files_hold_figures_and_released_land_alone(releases, tmp_path):
    figures = gpd.GeoDataFrame(
        {"district": ["Samlout", "Bavel"], "hazards": [3, 0], "size_m2": [36000, 0]},
        geometry=[square(103, 13, 0.5), None],
        crs=4326,
    )
    place = tmp_path / "public.gpkg"
    told = disclosed(figures, releases)
    exports.write_public(told, place, selection=Selection(synthetic=True))
    assert [name for name, _ in pyogrio.list_layers(place)] == [
        "districts", "released", "layer_styles", "provenance",
    ]  # fmt: skip
    found = gpd.read_file(place, layer="districts")
    assert found["hazards"].tolist() == [3, 0]
    assert found.geometry.isna().tolist() == [False, True]
    told = gpd.read_file(place, layer="provenance")["text"]
    assert told[0] == "public"
    assert "SYNTHETIC" in told[1]
