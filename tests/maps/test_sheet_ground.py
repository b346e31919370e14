"""Ground and paper: the scale, the bar, the graticule and north, computed another way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.patches import PathPatch

from mine_geo import intake, maps
from mine_geo.geo import sample
from mine_geo.maps import ground as maps_ground
from mine_geo.maps import symbols
from mine_geo.maps.sheets import sheet
from mine_geo.maps.sheets.paper import Page
from mine_geo.maps.sheets.view import View, bar_of, convergence, graticule, round_scale
from mine_geo.split import zones
from mine_geo.tables.totals import totals
from tests.maps.papers import printed, rows, texts, untidy, written

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.maps.sheets.compose import Sheet

GEOD = pyproj.Geod(ellps="WGS84")
UTM = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)


def lonlat(sheet: Sheet, x: float, y: float) -> tuple[float, float]:
    """Return the place under a point of the paper (mm), from the scale and the middle alone."""
    left, bottom, right, top = sheet.page.blocks["map"]
    east, north = sheet.view.centre
    east += (x - (left + right) / 2) * sheet.scale / 1000
    north += (y - (bottom + top) / 2) * sheet.scale / 1000
    return UTM.transform(east, north, direction="INVERSE")


@pytest.fixture(scope="module")
def layers() -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    return {
        "border": intake.read_border(sample.path("border")),
        "admin": intake.read_admin(sample.path("districts")),
        "places": pd.read_csv(sample.path("places")),
    }


@pytest.fixture(scope="module")
def sample_split(layers) -> gpd.GeoDataFrame:
    fields = intake.read_hazards(sample.path("minefields"))
    return zones.border_split(fields, layers["border"], include_coast=True)


@pytest.fixture(scope="module")
def national(sample_split, layers) -> Sheet:
    return sheet(maps.layers(sample_split, **layers, as_of="2022-12-31"))


def test_the_national_sheet_has_table_3(national, sample_split) -> None:
    table = rows(national)
    assert table[-1] == ["Total", "4,075", "353,402,819", "3,317", "327,881,692"]
    figures = ["near_hazards", "near_size_m2", "far_hazards", "far_size_m2"]
    ours = totals(sample_split, by=["province"]).set_index("province")[figures]
    assert {line[0]: line[1:] for line in table[:-1]} == {
        name: [f"{figure:,}" for figure in row] for name, row in ours.iterrows()
    }
    assert untidy(national) == []
    names = {each.text for each in written(national) if each.name}
    assert set(sample_split["province"]) <= names
    assert {"Thailand", "Lao PDR", "Viet Nam", "ភ្នំពេញ", "Phnom Penh"} <= names
    assert any("OpenStreetMap" in text and "GeoNames" in text for text in texts(national))


def test_koh_kong_is_tidy_at_a3_in_khmer(sample_split, layers) -> None:
    drawn = sheet(maps.layers(sample_split, **layers), "Koh Kong", paper="A3", language="km")
    assert untidy(drawn) == []
    assert rows(drawn)[-1][1:] == ["324", "20,403,677", "31", "2,442,908"]
    assert "overview.pdf" in drawn.document.pictures


def test_the_scale_bar_is_as_long_as_it_says(national) -> None:
    told = national.document.data["furniture"]
    assert told["unit"].en == "km"
    left, bottom, right, top = national.page.blocks["map"]
    x, y, half = (left + right) / 2, (bottom + top) / 2, told["length_mm"] / 2
    one, other = (lonlat(national, x + side * half, y) for side in (-1, 1))
    said = 1000 * float(told["labels"][-1])
    assert GEOD.inv(*one, *other)[2] == pytest.approx(said, abs=0.01)
    # On the paper: its first and last figure stand so far apart.
    page = printed(national)[0]
    zero = min(each.box[1] for each in page if each.text == "0" and each.box[0] < 25)
    row = [each for each in page if abs(each.box[1] - zero) < 0.2 and each.box[0] < 120]
    ends = [each for each in row if each.text.isdigit()]
    first = sum(ends[0].box[::2]) / 2
    digits = ends[-len(told["labels"][-1]) :]
    last = (digits[0].box[0] + digits[-1].box[2]) / 2
    assert last - first == pytest.approx(told["length_mm"], abs=0.2)


@given(
    east=st.floats(180_000, 830_000),
    north=st.floats(1_100_000, 1_640_000),
    denominator=st.sampled_from([5_000.0, 250_000.0, 4_000_000.0]),
)
def test_a_bar_is_round_and_right_everywhere(east, north, denominator) -> None:
    view = View((0, 0, 100, 80), (east, north), denominator)
    bar = bar_of(view, 60)
    assert 60 / 2.5 <= bar.length_mm <= 60 + 1e-9
    assert float(f"{bar.metres:.1e}") == bar.metres
    half = bar.length_mm / 2 * denominator / 1000
    ends = [UTM.transform(east + side * half, north, direction="INVERSE") for side in (-1, 1)]
    assert GEOD.inv(*ends[0], *ends[1])[2] == pytest.approx(bar.metres, rel=1e-9)


def test_hazards_lie_where_the_scale_puts_them(split, border, admin) -> None:
    drawn = sheet(maps.layers(split, border=border, admin=admin), "02", "0209")
    (patch,) = [
        each
        for each in drawn.page.figure.findobj(PathPatch)
        if each.get_fill() and each.get_facecolor()[:3] == to_rgb("#f4a718")
    ]
    west, south, east, north = shapely.bounds(split.geometry.iloc[1])  # the SHA of Samlout
    places = [lonlat(drawn, x, y) for x, y in patch.get_path().vertices]
    lon, lat = zip(*places, strict=True)
    assert (min(lon), min(lat), max(lon), max(lat)) == pytest.approx(
        (west, south, east, north), abs=2e-5
    )


def test_the_graticule_is_where_its_names_say(national) -> None:
    ticks = graticule(national.view, 1.0).ticks
    assert len(ticks) > 10
    for tick in ticks:
        lon, lat = lonlat(national, tick.x, tick.y)
        degrees, minutes = map(int, re.findall(r"\d+", tick.text))
        value = lon if tick.text.endswith("E") else lat
        assert value == pytest.approx(degrees + minutes / 60, abs=2e-4)  # 0.006 mm on the paper


@pytest.mark.parametrize(("lon", "lat"), [(102.5, 13.0), (105.0, 12.0), (107.5, 14.5)])
def test_convergence_is_the_bearing_of_grid_north(lon: float, lat: float) -> None:
    east, north = UTM.transform(lon, lat)
    above = UTM.transform(east, north + 10, direction="INVERSE")
    view = View((0, 0, 100, 100), (east, north), 1e5)
    assert convergence(view) == pytest.approx(GEOD.inv(lon, lat, *above)[0], abs=1e-4)


@given(st.floats(10, 1e8))
def test_a_scale_is_round_and_not_much_smaller_than_it_could_be(least: float) -> None:
    scale = round_scale(least)
    assert least * (1 - 1e-9) <= scale <= least * 1.26
    assert float(f"{scale:.2e}") == pytest.approx(scale)


@given(
    st.text() | st.text(alphabet="aW ខ្មែរុំ័\u200b\u200c\u200d\u0301é◌\u0e34\u05d0\u05b0\ud800\x00")
)
def test_any_text_can_be_drawn_without_a_missing_glyph(text: str) -> None:
    assert PAGE.width_of(text, 7.0) >= 0  # a missing glyph is a warning, and so an error


PAGE = Page(100, 100, 1.0, "en")

DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
PAIRS = (
    *(("CHA open", "SHA open"), ("CHA open", "cleared"), ("SHA open", "cleared")),
    *(("cancelled", "reduced"), ("reduced", "cleared"), ("SHA open", "cancelled")),
)


def lab(name: str, eye: tuple[tuple[float, ...], ...], part: str) -> np.ndarray:
    """Return the colour of a symbol on white as an eye sees it (Machado 2009), in CIE Lab."""
    style = symbols.symbol(name)
    colour, share = (style.fill, style.fill_opacity) if part == "fill" else (style.line, 1.0)
    mixed = np.array(to_rgb(colour)) * share + 1 - share
    linear = np.where(mixed <= 0.04045, mixed / 12.92, ((mixed + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(eye) @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(np.array(TO_XYZ) @ seen / (0.9505, 1.0, 1.089), 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eye", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "deut", "prot"])
def test_colours_can_be_told_apart_by_a_colour_blind_reader(eye) -> None:
    for one, other in PAIRS:
        apart = np.linalg.norm(lab(one, eye, "fill") - lab(other, eye, "fill"))
        assert apart > 10, (one, other)  # 2.3 is just noticeable
    for outline in ("open", "worked_on"):
        red = lab(f"CHA {outline}", eye, "line")
        assert np.linalg.norm(red - lab("cleared", eye, "line")) > 30


def test_the_sea_lies_along_the_coast_and_on_nothing_else(layers) -> None:
    """Places by their known coordinates: none of another country is drawn as sea."""
    water = maps_ground.sea(layers["border"])
    shapely.prepare(water)
    land = maps_ground.country(layers["border"], None)
    wet = shapely.difference(water, land)
    assert wet.contains(shapely.Point(102.95, 11.30))  # off Koh Kong
    assert wet.contains(shapely.Point(103.45, 10.60))  # off Sihanoukville
    for lon, lat in [
        (102.89, 11.66),  # Hat Lek, Thailand
        (103.96, 10.22),  # Duong Dong on Phu Quoc, Viet Nam
        (104.01, 10.40),  # Phu Quoc's north
        (104.49, 10.39),  # Ha Tien, Viet Nam
        (102.5, 13.69),  # Aranyaprathet, Thailand
    ]:
        assert not water.contains(shapely.Point(lon, lat)), (lon, lat)
    inland = layers["border"]["kind"] != "coast"
    away = shapely.distance(water, shapely.union_all(layers["border"].geometry[inland].to_numpy()))
    assert away >= maps_ground.SEA_DEGREES - 0.003  # lines within 0.002 degree
    assert maps_ground.sea(None).is_empty
    assert maps_ground.sea(layers["border"][inland]).is_empty
