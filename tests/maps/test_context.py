"""Roads, rivers and villages of the office's own: where they lie, how cut, whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely
from selenium.webdriver.common.by import By

from mine_geo import maps
from mine_geo.errors import CRSError, GeometryError, OptionError

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.maps import Context
    from tests.maps.conftest import Opener

CREDIT = "Ministry of <Roads> & Works, free to use"
FOUND = """
const found = {};
window.mineGeo.map.eachLayer((layer) => {
  if (layer instanceof L.Polyline && layer.options.pane === 'context') {
    const { color, fill, fillColor } = layer.options;
    found[fill ? fillColor : color] = layer.toGeoJSON(7).geometry;
  }
});
return found;
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Write a road and a river, a lake, and two villages; the road in UTM."""
    road = shapely.LineString([(101, 13.2), (103.2, 13.2), (103.20001, 13.20001), (106, 13.2)])
    lake = shapely.Point(103.3, 13.6).buffer(0.05)
    river = shapely.LineString([(103.1, 12), (103.1, 15)])
    frames = {
        "roads": gpd.GeoDataFrame(geometry=[road.segmentize(0.005)], crs=4326).to_crs(32648),
        "rivers": gpd.GeoDataFrame(geometry=[river, lake], crs=4326),
        "villages": gpd.GeoDataFrame(
            {"name": ["Ou <b>Doung", "Far away"]},
            geometry=gpd.points_from_xy([103.4, 120], [13.4, 13]),
            crs=4326,
        ),
    }
    paths = {name: tmp_path / f"{name}.gpkg" for name in frames}
    for name, frame in frames.items():
        frame.to_file(paths[name])
    return paths


@pytest.fixture
def context(files: dict[str, Path]) -> Context:
    return maps.read_context(credit=CREDIT, **files)


def test_it_is_drawn_where_it_lies(
    open_page: Opener,
    context: Context,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
) -> None:
    layers = maps.layers(split, border=border, admin=admin)
    drawn = maps.district(layers, "Battambang", "Samlout", context=context)
    assert drawn.context_bytes() > 200
    page = open_page(drawn)
    found = {colour: shapely.geometry.shape(one) for colour, one in page.js(FOUND).items()}
    road, river, lake = (found[colour] for colour in ("#8a6a3b", "#2f78ad", "#c3dcec"))
    # Cut to the view with its margin, 0.6 of its longer side; straight where it was straight.
    west, south, east, north = 102.7, 12.7, 103.8, 13.8
    assert road.bounds == pytest.approx((west, 13.2, east, 13.2), abs=2e-4)
    assert shapely.get_num_coordinates(road) <= 4
    assert river.bounds == pytest.approx((103.1, south, 103.1, north), abs=1e-6)
    assert lake.area == pytest.approx(shapely.Point(103.3, 13.6).buffer(0.05).area, rel=0.01)
    assert CREDIT in page.js("return document.querySelector('.mg-credit').textContent")
    page.driver.find_element(By.CSS_SELECTOR, "[data-layer='roads']").send_keys(" ")
    assert "#8a6a3b" not in page.js(FOUND)
    page.js("window.mineGeo.map.setView([13.4, 103.4], 12, { animate: false })")
    names = "return [...document.querySelectorAll('.mg-label-village')].map((b) => b.textContent)"
    assert page.js(names) == ["Ou <b>Doung"]
    page.check_alone()


def test_an_atlas_cuts_it_for_each_page_and_the_public_gets_none(
    context: Context, split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    made = maps.atlas(maps.layers(split, admin=admin), tmp_path / "a", context=context)
    assert all("Ministry of" in page.read_text() for page in made.pages)
    layers = maps.layers(split, admin=admin, restricted=split)
    assert "Ministry" not in maps.national(layers, context=context, public=True).get_root().render()


def test_what_cannot_be_used_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="whose"):
        maps.read_context(credit=" ", roads=files["roads"])
    with pytest.raises(OptionError, match="give a file"):
        maps.read_context(credit="x")
    with pytest.raises(GeometryError, match="no lines"):
        maps.read_context(credit="x", roads=files["villages"])
    bare = gpd.GeoDataFrame(geometry=[shapely.LineString([(103, 13), (104, 13)])])
    with pytest.warns(UserWarning, match="crs"):
        bare.to_file(tmp_path / "bare.shp")
    with pytest.raises(CRSError):
        maps.read_context(credit="x", roads=tmp_path / "bare.shp")
