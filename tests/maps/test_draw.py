"""Tasks that are drawn on a page: the m² of `release_area`, by mouse, keyboard, touch and file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

import mine_geo as mg
from mine_geo import maps
from mine_geo.errors import OptionError
from mine_geo.geo.geometry import exact_size_m2, size_m2
from mine_geo.maps.pages.page import ASSETS
from tests.maps.browser import DESKTOP, PHONE
from tests.maps.test_accessibility import axe, faults

if TYPE_CHECKING:
    from pathlib import Path

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

DRAWINGS = 100
SEED = 17
OPEN = """
const done = arguments[1];
document.getElementById('mg-draw-clear').click();
document.getElementById('mg-draw-said').textContent = '';
const files = new DataTransfer();
files.items.add(new File([arguments[0]], 'task'));
window.mineGeo.map.getContainer().dispatchEvent(
  new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));
const wait = () => {
  const said = document.getElementById('mg-draw-said').textContent;
  if (!said) { setTimeout(wait, 5); return; }
  const { size, outside, found } = window.mineGeo.measured();
  done({ said, size, outside, found: (found || []).map(
    ({ id, before, inside, after, kind }) => [id, before, inside, after, kind]) });
};
wait();
"""


def blob(chance: np.random.Generator, lon: float, lat: float, wide: float, count: int) -> Any:
    """Return a star of odd corners about a place: concave, seldom convex."""
    angle = np.sort(chance.uniform(0, 2 * np.pi, count))
    radius = wide * chance.uniform(0.25, 1, count)
    shape = shapely.Polygon(
        np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)])
    )
    return shape if shape.is_valid and shape.area > 0 else blob(chance, lon, lat, wide, count)


@pytest.fixture(scope="module")
def fields() -> gpd.GeoDataFrame:
    """Give a split of 60 crowded hazards: concave, some with holes, some of two parts."""
    chance = np.random.default_rng(SEED)
    shapes = []
    for number in range(60):
        lon, lat = chance.uniform(103.0, 103.06), chance.uniform(13.0, 13.05)
        shape = blob(chance, lon, lat, 0.006, int(chance.integers(5, 30)))
        if number % 3 == 0:
            shape = shapely.difference(shape, blob(chance, lon, lat, 0.002, 7))
        if number % 5 == 0:
            shape = shapely.union(shape, blob(chance, lon + 0.013, lat, 0.003, 9))
        shapes.append(shape)
    near = np.arange(60) % 2 == 0
    size = size_m2(shapes)
    return gpd.GeoDataFrame(
        {
            "hazard_id": [f"AP-{n:02}" for n in range(60)],
            "kind": "ap_minefield",
            "area_type": "CHA",
            "status": "open",
            "province": "Battambang",
            "district": "Samlout",
            "size_m2": size,
            "border_distance_m": np.where(near, 10.0, 8000.0),
            "border_margin_m": np.where(near, -6990.0, 1000.0),
            "neighbour": "THA",
            "zone": np.where(near, "near", "far"),
            "near_size_m2": np.where(near, size, 0),
            "far_size_m2": np.where(near, 0, size),
            "threshold_m": 7000.0,
            "rule": "edge",
            "include_coast": False,
            "border_name": "drawn by hand",
            "border_version": "1",
        },
        geometry=shapes,
        crs="EPSG:4326",
    )


def opened(page: Page, text: str) -> dict[str, Any]:
    """Drop a file on the map; return what the page says of it."""
    return page.driver.execute_async_script(OPEN, text)


def geojson(shape: Any) -> str:
    return json.dumps(
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
    )


def test_the_m2_are_those_of_release_area(open_page: Opener, fields: gpd.GeoDataFrame) -> None:
    page = open_page(maps.border_zone(fields, "Battambang", draw=True))
    chance = np.random.default_rng(SEED + 1)
    crossed = 0
    for number in range(DRAWINGS):
        lon, lat = chance.uniform(103.0, 103.06), chance.uniform(13.0, 13.05)
        shape = blob(
            chance, lon, lat, chance.choice([0.001, 0.005, 0.02]), int(chance.integers(3, 40))
        )
        if number % 4 == 0:
            shape = shapely.difference(shape, blob(chance, lon, lat, 0.0008, 6))
            shape = max(shapely.get_parts(shape), key=shapely.area)
        if number % 7 == 0:  # exactly a hazard: nothing is left of it
            shape = max(shapely.get_parts(fields.geometry.iloc[number % 60]), key=shapely.area)
        # As the page has it: to 1e-9 degree.
        shape = shapely.transform(shape, lambda xy: np.rint(xy * 1e9) / 1e9)
        told = opened(page, geojson(shape))
        assert abs(told["size"] - exact_size_m2([shape])[0]) <= 0.51, number
        outside = shapely.difference(shape, shapely.union_all(fields.geometry.to_numpy()))
        assert abs(told["outside"] - exact_size_m2([outside])[0]) <= 1, number
        found = {row[0]: row[1:] for row in told["found"]}
        for hazard in fields[fields.intersects(shape)].itertuples():
            done = mg.release_area(fields, hazard.hazard_id, "reduced", shape).balance
            before, inside, after, kind = found.get(
                hazard.hazard_id, [done.before_m2, 0, done.before_m2, f"ap_minefield-{hazard.zone}"]
            )
            assert before == inside + after
            assert abs(before - done.before_m2) <= 1, (number, hazard.hazard_id)
            assert abs(inside - done.released_m2) <= 1, (number, hazard.hazard_id)
            assert abs(after - done.after_m2) <= 1, (number, hazard.hazard_id)
            assert kind == f"ap_minefield-{hazard.zone}"
            found.pop(hazard.hazard_id, None)
            crossed += 1
        assert found == {}, number
    assert crossed > 200
    page.check_alone()


def test_near_and_far_and_the_saved_file(
    open_page: Opener, fields: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    page = open_page(maps.national(fields, draw=True))
    shape = shapely.box(103.01, 13.01, 103.03, 13.03)
    told = opened(page, geojson(shape))
    table = page.js(
        "return [...document.querySelectorAll('#mg-draw-table tr')].map((row) =>"
        " [...row.cells].map((cell) => cell.textContent))"
    )
    assert table[0] == ["Hazard", "Zone", "Before, m²", "Inside, m²", "After, m²"]
    rows, sums = table[1:-2], table[-2:]
    assert [row[0] for row in rows] == [row[0] for row in told["found"]]

    def number(text: str) -> int:
        return int(text.replace(",", ""))

    for zone, line in zip(("near", "far"), sums, strict=True):
        mine = [row for row in rows if row[1] == zone]
        assert line[0] == f"AP minefields: {zone}"
        assert [number(text) for text in line[1:]] == [
            sum(number(row[at]) for row in mine) for at in (2, 3, 4)
        ]
    page.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    page.driver.find_element(By.ID, "mg-draw-save").send_keys(Keys.ENTER)
    path = tmp_path / f"{page.path.stem}_drawn.geojson"
    WebDriverWait(page.driver, 10).until(lambda _: path.exists())
    saved = json.loads(path.read_text(encoding="utf-8"))
    told_of = saved["features"][0]["properties"]
    assert told_of["restriction"].startswith("RESTRICTED")
    assert told_of["size_m2"] == size_m2([shape])[0]
    assert [one["hazard_id"] for one in told_of["hazards"]] == [row[0] for row in told["found"]]
    assert sum(one["inside_m2"] for one in told_of["hazards"]) == sum(
        row[2] for row in told["found"]
    )
    again = shapely.geometry.shape(saved["features"][0]["geometry"])
    assert exact_size_m2([shapely.symmetric_difference(again, shape)])[0] < 1e-6
    # What was saved is opened again, and says the same.
    assert opened(page, path.read_text(encoding="utf-8"))["found"] == told["found"]
    page.check_alone()


def test_what_is_no_task_is_refused(open_page: Opener, fields: gpd.GeoDataFrame) -> None:
    page = open_page(maps.national(fields, draw=True))

    def ring(*points: tuple[float, float]) -> str:
        return json.dumps({"type": "Polygon", "coordinates": [[*points, points[0]]]})

    square = [(103.0, 13.0), (103.1, 13.0), (103.1, 13.1), (103.0, 13.1)]
    hole = [(103.05, 13.05), (103.2, 13.05), (103.2, 13.06), (103.05, 13.05)]
    hole_outside = {"type": "Polygon", "coordinates": [[*square, square[0]], hole]}
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}}
    other = json.dumps({"type": "FeatureCollection", "features": [], "crs": system})
    crosses, few = "The outline crosses", "A polygon needs"
    refused = {
        ring(square[0], square[2], square[1], square[3]): crosses,
        ring((103, 13), (103.1, 13), (103.05, 13), (103.05, 13.1)): crosses,
        ring((103, 13), (103.1, 13), (103.1, 13.1), (103.05, 13), (103, 13.1)): crosses,
        json.dumps(hole_outside): crosses,
        ring((103, 13), (103.1, 13)): few,
        ring((103, 13), (103.1, 13), (103.05, 13)): crosses,
        ring((310588, 1493105), (310600, 1493105), (310600, 1493200)): "The coordinates are no",
        other: "The file says another reference system",
        "{": "The file is no GeoJSON",
        "<gpx><trk>": "The file is no GeoJSON",
        "<gpx/>": "The file holds no polygon",
        json.dumps({"type": "Point", "coordinates": [103, 13]}): "The file holds no polygon",
        json.dumps({"type": "Polygon", "coordinates": 7}): "The file is no GeoJSON",
    }
    for text, why in refused.items():
        told = opened(page, text)
        assert told["said"].startswith(why), (text, told["said"])
        assert told["found"] == []
    gpx = (
        '<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
        + "".join(f'<trkpt lat="{y}" lon="{x}"/>' for x, y in square)
        + "</trkseg></trk></gpx>"
    )
    assert opened(page, gpx)["size"] == size_m2([shapely.Polygon(square)])[0]
    page.check_alone()


def test_no_figure_stays_where_none_can_be_worked_out(
    open_page: Opener, fields: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(fields, draw=True))
    shape = shapely.box(103.01, 13.01, 103.03, 13.03)
    assert len(opened(page, geojson(shape))["found"]) > 5
    page.js("window.polyclip = { difference() { throw new Error('no ring'); } }")
    told = opened(page, geojson(shape))
    assert told["said"].startswith("What lies inside cannot be worked out")
    assert told["found"] == []
    assert not page.driver.find_element(By.ID, "mg-draw-table").is_displayed()
    assert not page.driver.find_element(By.ID, "mg-draw-save").is_enabled()


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_a_task_is_drawn_by_mouse_by_keyboard_and_by_touch(
    size: tuple[int, int], open_page: Opener, fields: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.border_zone(fields, "Battambang", draw=True))
    page.size(*size)
    page.js("window.mineGeo.map.setView([13.025, 103.03], 14, { animate: false })")

    def press(name: str) -> None:
        page.driver.find_element(By.ID, f"mg-draw-{name}").send_keys(Keys.ENTER)

    def at() -> tuple[float, float]:
        lat, lon = page.js("const at = window.mineGeo.map.getCenter(); return [at.lat, at.lng]")
        return lon, lat

    # By keyboard: the arrows move the map beneath its cross, Enter sets a point.
    press("start")
    points = []
    for keys in ([], [Keys.ARROW_RIGHT] * 2, [Keys.ARROW_DOWN] * 2, [Keys.ARROW_LEFT] * 4):
        ActionChains(page.driver).send_keys(*keys, Keys.ENTER).perform()
        points.append(at())
    assert page.js("return document.querySelector('.leaflet-popup')") is None
    press("undo")
    press("finish")
    told = page.js("const { size, found } = window.mineGeo.measured(); return [size, found.length]")
    drawn = shapely.Polygon(points[:3])
    assert abs(told[0] - exact_size_m2([drawn])[0]) <= 0.01 * told[0]
    assert told[1] == (shapely.area(shapely.intersection(fields.geometry, drawn)) > 1e-10).sum()
    press("clear")
    assert page.js("return window.mineGeo.measured().size") is None

    # By mouse or finger, over hazards, which take no click meanwhile.
    press("start")
    canvas = page.driver.find_element(By.CSS_SELECTOR, ".mg-canvas")
    page.js("arguments[0].scrollIntoView({ block: 'start' })", canvas)
    for x, y in ((-60, -60), (60, -60), (60, 60), (-60, 60)):
        if size == PHONE:
            box = page.js(
                "const box = arguments[0].getBoundingClientRect();"
                "return [box.left + box.width / 2, box.top + box.height / 2]",
                canvas,
            )
            where = [{"x": box[0] + x, "y": box[1] + y}]
            for kind, touches in (("touchStart", where), ("touchEnd", [])):
                page.driver.execute_cdp_cmd(
                    "Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches}
                )
            page.driver.execute_async_script("setTimeout(arguments[0], 400)")
        else:
            ActionChains(page.driver).move_to_element_with_offset(canvas, x, y).click().perform()
    assert page.js("return document.querySelector('.leaflet-popup')") is None
    page.js(axe())
    assert faults(page) == []  # while the tool is in use, too
    press("finish")
    corners = page.js(
        "const map = window.mineGeo.map; const middle = map.getSize().divideBy(2);"
        "return [[-60, -60], [60, -60], [60, 60], [-60, 60]].map((by) => {"
        " const at = map.containerPointToLatLng(middle.add(by)); return [at.lng, at.lat]; })"
    )
    told = page.js("return window.mineGeo.measured().size")
    assert abs(told - exact_size_m2([shapely.Polygon(corners)])[0]) <= 0.05 * told
    # A hazard takes clicks again.
    page.js("window.mineGeo.map.getContainer().focus()")
    taken = "return document.querySelector('.leaflet-overlay-pane canvas').style.pointerEvents"
    assert page.js(taken) == ""
    page.js(axe())
    assert faults(page) == []
    page.check_alone()


def test_only_pages_that_can_draw_hold_the_tools(fields: gpd.GeoDataFrame) -> None:
    plain, able = (maps.national(fields, draw=draw) for draw in (False, True))
    without, with_it = (page.get_root().render() for page in (plain, able))
    assert "polyclip" not in without
    assert "leaflet-geoman" not in without
    assert re.search(r"sourceMappingURL=leaflet-geoman", with_it) is None
    grown = len(with_it.encode()) - len(without.encode())
    assert plain.draw_bytes == 0
    assert 0 <= grown - able.draw_bytes < 5_000  # the words and buttons of the panel
    with pytest.raises(OptionError, match="no public page can draw"):
        maps.national(maps.layers(fields, restricted=fields), public=True, draw=True)
    licences = (ASSETS / "draw" / "LICENCES.txt").read_text(encoding="utf-8")
    assert licences.count("Permission is hereby granted") == 2


def test_outlines_of_a_page_that_can_draw_keep_their_sizes(
    open_page: Opener, fields: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(fields, draw=True))
    sizes = page.js(
        "const layer = []; window.mineGeo.map.eachLayer((one) => {"
        " if (one.mineGeoRow !== undefined) { layer[one.mineGeoRow] = window.mineGeo.areas.exactM2("
        "  one.getLatLngs().map((part) => part.map((ring) => window.mineGeo.areas.ringOf("
        "   ring.map(({ lat, lng }) => [lng, lat]))))); } }); return layer"
    )
    assert np.abs(np.array(sizes) - exact_size_m2(fields.geometry)).max() < 0.2
