"""However small a hazard is it can be seen and clicked, and what is shared stays shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from mine_geo import maps
from mine_geo.maps import ground

if TYPE_CHECKING:
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

METRE = 9.1e-6
"""Degrees, nearly, at 13.5 north."""

UNSEEN = """
const { map } = window.mineGeo;
map.setView(arguments[0], arguments[1], { animate: false });
const shapes = [];
map.eachLayer((layer) => {
  if (layer.mineGeoRow !== undefined && layer.getBounds().isValid()) { shapes.push(layer); }
});
const renderer = shapes[0]._renderer;
renderer._redraw();
const canvas = renderer._container;
const scale = canvas.width / renderer._bounds.getSize().x;
const pen = renderer._ctx;
const drawn = pen.getImageData(0, 0, canvas.width, canvas.height).data;
const inked = (x, y) => x >= 0 && y >= 0 && x < canvas.width && y < canvas.height
  && drawn[4 * (y * canvas.width + x) + 3] > 0;
const seen = (latlngs) => {
  const bounds = L.latLngBounds(latlngs);
  const [from, to] = [bounds.getNorthWest(), bounds.getSouthEast()]
    .map((corner) => map.latLngToLayerPoint(corner).subtract(renderer._bounds.min));
  for (let x = Math.floor(scale * from.x) - 1; x <= scale * to.x + 1; x += 1) {
    for (let y = Math.floor(scale * from.y) - 1; y <= scale * to.y + 1; y += 1) {
      if (inked(x, y)) { return true; }
    }
  }
  return false;
};
const crowded = new Set(renderer._crowds.flatMap(({ hazards, releases }) => (
  [...(hazards || []), ...(releases || [])])));
return shapes.filter((shape) => !crowded.has(shape))
  .flatMap((shape) => shape.getLatLngs().map((part) => [shape.mineGeoRow, part[0]]))
  .filter(([, ring]) => map.getBounds().contains(ring[0]) && !seen(ring)).map(([row]) => row);
"""
"""The rows of which a part in view is not drawn, but for those that a mark of many stands for."""

RINGS = """
const found = [];
window.mineGeo.map.eachLayer((layer) => {
  const { pane, fillColor } = layer.options;
  if (layer instanceof L.Polygon && pane === 'context' && typeof fillColor === 'string') {
    found.push([layer.options.fillColor, layer.toGeoJSON(7).geometry]);
  }
});
return found;
"""


def unseen(page: Page, zoom: float) -> list[int]:
    return page.js(UNSEEN, [13.5, 103.5], zoom)


def square(lon: float, lat: float, metres: float) -> shapely.Polygon:
    return shapely.box(lon, lat, lon + metres * METRE, lat + metres * METRE)


@pytest.fixture
def tiny_split(split: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give hazards of 1 m² and less, in parts, with a hole that is nothing, and side by side."""
    far = 103.5 + 0.03
    wide = square(103.51, 13.51, 300)
    tiny = split.copy()
    tiny.geometry = [
        square(103.5, 13.5, 1),
        shapely.MultiPolygon([square(103.47, 13.5, 1), square(far, 13.5, 1)]),
        shapely.Polygon(wide.exterior, [square(103.511, 13.511, 0.01).exterior]),
        # All vertices fall on one point of the lattice.
        square(103.49, 13.49, 0.01),
        # Along the east edge of the third.
        shapely.box(wide.bounds[2], 13.51, wide.bounds[2] + 0.001, wide.bounds[3]),
    ]
    return tiny


def test_the_smallest_hazard_is_seen_and_opens(
    open_page: Opener, tiny_split: gpd.GeoDataFrame
) -> None:
    page = open_page(maps.national(tiny_split))
    for zoom in (6, 9.25, 13, 16.5, 19):
        assert unseen(page, zoom) == [], zoom
    for row, (lat, lon) in {0: (13.5, 103.5), 1: (13.5, 103.53), 3: (13.49, 103.49)}.items():
        page.js(
            "window.mineGeo.map.setView([arguments[0], arguments[1]], 15, { animate: false })",
            lat,
            lon,
        )
        page.js(
            "const { map } = window.mineGeo;"
            "const box = map.getContainer().getBoundingClientRect();"
            "const { x, y } = map.latLngToContainerPoint([arguments[0], arguments[1]]);"
            "const at = { bubbles: true, clientX: box.left + x + 2, clientY: box.top + y - 2 };"
            "map.getPane('overlayPane').querySelector('canvas')"
            ".dispatchEvent(new MouseEvent('click', at))",
            lat, lon,
        )  # fmt: skip
        assert page.popup().startswith(f"AP-{row + 1}")
        page.js("window.mineGeo.map._fadeAnimated = false; window.mineGeo.map.closePopup()")
    page.read_logs()
    # Our own look at the canvas is what Chromium warns of.
    assert [line for line in page.console if "willReadFrequently" not in line] == []


def test_shared_vertices_stay_shared(
    open_page: Opener,
    tiny_split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    page = open_page(
        maps.province(maps.layers(tiny_split, border=border, admin=admin), "Battambang")
    )
    corners = page.js(
        "const found = [];"
        "window.mineGeo.map.eachLayer((layer) => { if ([2, 4].includes(layer.mineGeoRow)) {"
        "  found.push(layer.getLatLngs().flat(2).map(({ lat, lng }) => `${lat} ${lng}`)); } });"
        "return found"
    )
    assert len(set(corners[0]) & set(corners[1])) == 2
    # The areas beneath are put together from the lines: they are those of the frames.
    drawn = dict(page.js(RINGS))
    zone = ground.border_zone(border, 7000, include_coast=False, view=(102, 12, 105, 15))
    country = shapely.box(103, 13, 104, 14)
    expected = {
        "#f6f4ee": country,
        "#ffffff": shapely.box(103, 13, 103.5, 14),
        "#3f76d1": shapely.intersection(zone, country),
        "#b5d6ec": ground.sea(border),
    }
    assert set(drawn) == set(expected)
    for colour, shape in expected.items():
        found = shapely.geometry.shape(drawn[colour])
        assert found.is_valid
        assert shapely.symmetric_difference(found, shape).area < 1e-5 * shape.area, colour
