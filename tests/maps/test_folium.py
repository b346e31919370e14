"""What users add from Folium works on our pages without network, and knows our layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium
import pytest
from folium import plugins
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from mine_geo import maps
from tests.maps.test_accessibility import axe, faults

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.conftest import Opener

MARKER = ".leaflet-marker-icon[src]"


def drawn(split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> folium.Map:
    return maps.national(maps.layers(split, border=border, admin=admin))


def test_a_marker_has_a_popup(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    shown = maps.national(split)
    folium.Marker([13.5, 103.15], popup="<b>Office</b> of x &amp; y").add_to(shown)
    page = open_page(shown)
    page.driver.find_element(By.CSS_SELECTOR, MARKER).click()
    assert page.popup() == "Office of x & y"
    page.check_alone()


def test_jquery_is_inside_only_where_it_is_used(split: gpd.GeoDataFrame) -> None:
    plain, popped = maps.national(split), maps.national(split)
    folium.Marker([13.5, 103.15], tooltip="$5, ${x}").add_to(plain)
    folium.Marker([13.5, 103.15], popup="x").add_to(popped)
    sizes = [len(shown.get_root().render()) for shown in (plain, popped)]
    assert 80_000 < sizes[1] - sizes[0] < 95_000
    assert len(popped.get_root().render()) == sizes[1]  # a page can be written twice


PLUGINS = {
    "measure": (plugins.MeasureControl, ".leaflet-control-measure-toggle"),
    "fullscreen": (plugins.Fullscreen, ".fullscreen-icon"),
    "minimap": (plugins.MiniMap, ".leaflet-control-minimap path"),
    "draw": (plugins.Draw, ".leaflet-draw-draw-polygon"),
}


@pytest.mark.parametrize("name", list(PLUGINS))
def test_a_control_works_without_network(
    name: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    made, seen = PLUGINS[name]
    shown = drawn(split, border, admin)
    made().add_to(shown)
    page = open_page(shown)
    found = page.driver.find_element(By.CSS_SELECTOR, seen)
    assert found.is_displayed()
    assert found.rect["width"] >= 20
    picture = page.js("return getComputedStyle(arguments[0]).backgroundImage", found)
    assert picture.startswith("none" if name == "minimap" else ("url", "linear"))
    page.check_alone()


def test_a_polygon_is_drawn_and_measured(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    shown = maps.national(split)
    plugins.Draw(export=True).add_to(shown)
    plugins.MeasureControl(position="bottomleft").add_to(shown)
    page = open_page(shown)
    page.driver.find_element(By.CSS_SELECTOR, ".leaflet-draw-draw-polygon").click()
    canvas = page.driver.find_element(By.CSS_SELECTOR, ".mg-canvas")
    for x, y in ((-90, -60), (60, -60), (60, 60), (-90, -60)):
        ActionChains(page.driver).move_to_element_with_offset(canvas, x, y).click().perform()
    assert page.js(
        "let found = 0; window.mineGeo.map.eachLayer((layer) => {"
        "  found += layer instanceof L.Polygon && layer.mineGeoRow === undefined"
        "    && layer.getLatLngs()[0].length === 3 && !layer.options.renderer ? 1 : 0; });"
        "return found"
    )
    page.check_alone()


def test_markers_cluster(open_page: Opener, split: gpd.GeoDataFrame) -> None:
    shown = maps.national(split)
    near = plugins.MarkerCluster().add_to(shown)
    for at in range(7):
        folium.Marker([13.5, 103.15 + at / 1000], popup=f"m{at}").add_to(near)
    page = open_page(shown)
    cluster = page.driver.find_element(By.CSS_SELECTOR, ".marker-cluster")
    assert cluster.text == "7"
    page.check_alone()


def test_bounds_and_location_are_true(
    split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    shown = drawn(split, border, admin)
    assert shown.get_bounds() == [[13.0, 103.0], [14.0, 104.0]]
    assert shown.location == [13.5, 103.5]
    folium.Marker([11.5, 105.0]).add_to(shown)
    assert shown.get_bounds() == [[11.5, 103.0], [14.0, 105.0]]
    shown.fit_bounds(shown.get_bounds())


def test_our_layers_stand_in_a_layer_control(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    shown = drawn(split, border, admin)
    offices = folium.FeatureGroup(name="Offices").add_to(shown)
    folium.Marker([13.5, 103.15]).add_to(offices)
    folium.LayerControl(collapsed=False).add_to(shown)
    page = open_page(shown)
    rows = page.driver.find_elements(By.CSS_SELECTOR, ".leaflet-control-layers-overlays label")
    texts = [row.text.partition(" · ")[0].strip() for row in rows]
    near = next(row for row in rows if "ជិត" in row.text)
    assert {"Offices", "AP minefields", "Districts", "Provinces"} <= set(texts)
    box = near.find_element(By.TAG_NAME, "input")
    ours = page.driver.find_element(By.CSS_SELECTOR, "[data-layer='ap_minefield-near']")
    assert box.is_selected()
    box.click()
    assert page.counts() == {"ap_minefield-near": 0, "ap_minefield-far": 2}
    assert not ours.is_selected()
    ours.click()
    assert page.counts() == {"ap_minefield-near": 3, "ap_minefield-far": 2}
    assert page.js(
        "return [...document.querySelectorAll('.leaflet-control-layers-overlays input')]"
        ".every((one) => one.checked)"
    )
    page.check_alone()


def test_axe_finds_nothing_that_is_ours_beside_controls_of_folium(
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    """All of them at once, with a marker, a cluster and a list of layers."""
    shown = drawn(split, border, admin)
    folium.Marker([13.5, 103.15], popup="Office", tooltip="Office").add_to(shown)
    cluster = plugins.MarkerCluster(name="Offices").add_to(shown)
    for at in range(7):
        folium.Marker([13.8, 103.6 + at / 1000]).add_to(cluster)
    corners = {"draw": "bottomleft", "measure": "topleft", "fullscreen": "topleft",
               "minimap": "bottomright"}  # fmt: skip
    for name, (made, _) in PLUGINS.items():
        made(position=corners[name]).add_to(shown)
    folium.LayerControl(collapsed=False).add_to(shown)
    page = open_page(shown)
    page.js(axe())
    for language in ("en", "km"):
        page.js("document.querySelector(`[data-language='${arguments[0]}']`).click()", language)
        assert faults(page) == []
    page.check_alone()
