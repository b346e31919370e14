"""White ground is ground on which nothing is recorded; figures are those of the page's own unit.

Of other units the hazards and the released land are drawn, or neither and the ground is veiled.
Hazards for which no unit is recorded are drawn and counted, and nothing says that there is none.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch
from PIL import Image

from mine_geo import maps
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.maps import symbols
from mine_geo.maps.atlas.build import atlas
from mine_geo.maps.ground import frame_of
from mine_geo.maps.sheets import sheet
from mine_geo.tables.totals import totals
from tests.benchmarks import map_pages
from tests.maps.papers import texts, untidy

if TYPE_CHECKING:
    from collections.abc import Callable

    from mine_geo.maps.pages.page import OfflinePage
    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

# The sample's Table 3 counts the coast; nothing is left out or rounded.
EVERY_FIGURE = PublicSettings(include_coast=True, least_count=1, round_m2=1)
SAMLOUT = ("Battambang", "Samlout")
MALAI = ("Banteay Meanchey", "Malai")
FIGURES = """
return Object.fromEntries([...document.querySelectorAll('.mg-legend input[data-layer]')]
  .filter((box) => box.parentElement.querySelector('.mg-count'))
  .map((box) => [box.dataset.layer, Number(box.parentElement.querySelector('.mg-count')
    .textContent.replace(/,/g, ''))]))
"""
ABSENT = ("No hazard is recorded here", "none is recorded here", "គ្មានតំបន់គ្រោះថ្នាក់កត់ត្រានៅទីនេះ")


@pytest.fixture(scope="module")
def frames() -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    return map_pages.frames()


@pytest.fixture(scope="module")
def sample_split(frames) -> gpd.GeoDataFrame:
    return frames[0]


@pytest.fixture(scope="module")
def layers(frames) -> dict[str, Any]:
    return frames[1]


def page_of(
    split: gpd.GeoDataFrame, *unit: str, public: bool = False, **layers: Any
) -> OfflinePage:
    draw: Callable[..., OfflinePage] = maps.district if len(unit) == 2 else maps.province
    return draw(maps.layers(split, **layers), *unit, public=public)


def of_unit(frame: pd.DataFrame, *unit: str) -> pd.Series:
    found = frame["province"].eq(unit[0])
    return found & frame["district"].eq(unit[1]) if len(unit) == 2 else found


def frame_around(layers: dict[str, Any], *unit: str) -> shapely.Polygon:
    """Return the box of the unit, wider on each side by three tenths of its longer side."""
    districts = layers["admin"]
    west, south, east, north = districts[of_unit(districts, *unit)].total_bounds
    more = 0.3 * max(east - west, north - south)
    return shapely.box(west - more, south - more, east + more, north + more)


def veiled(page: Page, lon: float, lat: float) -> bool:
    """Say whether the ground about a place has the colour of the veil, and not that of land."""
    x, y, scale = page.js(
        "const { map } = window.mineGeo;"
        "const { left, top } = map.getContainer().getBoundingClientRect();"
        "const at = map.latLngToContainerPoint([arguments[1], arguments[0]]);"
        "return [left + at.x, top + at.y, window.devicePixelRatio]",
        lon,
        lat,
    )
    image = Image.open(io.BytesIO(page.driver.get_screenshot_as_png())).convert("RGB")
    box = [round(scale * side) for side in (x - 40, y - 40, x + 40, y + 40)]
    pixels = np.asarray(image.crop(box)).reshape(-1, 3).astype(int)
    veil = symbols.symbol("veil")
    wanted = [veil.fill_opacity * int((veil.fill or "")[at : at + 2], 16) for at in (1, 3, 5)]
    lit = wanted + (1 - veil.fill_opacity) * np.array([246, 244, 238])  # over the land
    return bool((np.abs(pixels - lit).max(axis=1) < 12).mean() > 0.4)


def shares(image: Image.Image) -> tuple[int, int]:
    """Count the pixels that are red and those that are orange, by hue, as a reader sees them."""
    rgb = np.asarray(image.convert("RGB")).astype(float) / 255
    most, least = rgb.max(axis=-1), rgb.min(axis=-1)
    strong = (most - least > 0.25) & (most > 0.7) & (rgb[..., 0] == most)
    hue = 60 * (rgb[..., 1] - rgb[..., 2]) / np.maximum(most - least, 1e-9)
    return int((strong & (np.abs(hue) < 12)).sum()), int((strong & (hue > 24) & (hue < 55)).sum())


def test_the_neighbours_of_samlout_are_drawn(open_page: Opener, sample_split, layers) -> None:
    own = of_unit(sample_split, *SAMLOUT)
    unit = layers["admin"][of_unit(layers["admin"], *SAMLOUT)].to_crs(32648).geometry.iloc[0]
    metres = sample_split[~own].to_crs(32648).distance(unit)
    # Nobody saw them before: 41 within 1 km, the nearest 35 m away.
    assert ((metres <= 1000).sum(), round(metres.min())) == (41, 35)
    frame = frame_around(layers, *SAMLOUT)
    others = sample_split[~own & sample_split.intersects(frame)]
    land = layers["releases"]
    beside = land[~of_unit(land, *SAMLOUT) & land.intersects(frame)]
    page = open_page(page_of(sample_split, *SAMLOUT, **layers))
    page.check_alone()
    counts = page.counts()
    assert (counts["others"], counts["others_released"]) == (len(others), len(beside)) == (746, 285)
    for hazard in metres[metres <= 1000].index:
        name = str(sample_split["hazard_id"].loc[hazard])
        assert page.js("return window.mineGeo.openHazard(arguments[0])", name), name
        assert page.popup().startswith(name)
        assert "Of another unit: in no figure of this page." in page.popup()
    said = page.js("return document.querySelector('.mg-group-around').innerText")
    assert "paler" in said
    assert "AP minefields: 746. Releases: 285" in said


@pytest.mark.parametrize(
    "unit", [("Koh Kong",), ("Battambang",), ("Pailin",), SAMLOUT, MALAI], ids=lambda each: each[-1]
)
def test_every_figure_of_the_legend_is_the_units_own(
    unit, open_page: Opener, sample_split, layers
) -> None:
    own = sample_split[of_unit(sample_split, *unit)]
    land = layers["releases"][of_unit(layers["releases"], *unit)]
    page = open_page(page_of(sample_split, *unit, **layers))
    figures = page.js(FIGURES)
    expected = {f"area_type-{name}": n for name, n in own["area_type"].value_counts().items()}
    expected |= {f"status-{name}": n for name, n in own["status"].value_counts().items()}
    expected |= {f"released-{name}": n for name, n in land["outcome"].value_counts().items()}
    for column in ("area_type", "status"):
        keys = [key for key in expected if key.startswith(column)]
        assert sum(expected[key] for key in keys) == totals(own)["hazards"].sum()
    years = land["year"].value_counts()
    expected |= {f"year-{year}": n for year, n in years.items()}
    # What only others have is switched too, and counted as none of the unit's.
    assert {key: n for key, n in figures.items() if n} == expected
    if unit == ("Koh Kong",):
        assert figures["released-cleared"] == 1
    headings = page.js(
        "return [...document.querySelectorAll('.mg-legend legend')].map((box) => box.innerText)"
    )
    named = [text for text in headings if unit[-1] in text]
    assert len(named) >= 4
    titles = page.js(
        "return [...document.querySelectorAll('.mg-count')].map((count) => count.title)"
    )
    assert all(unit[-1] in title for title in titles)


def test_others_are_switched_together_and_the_ground_says_so(
    open_page: Opener, sample_split, layers
) -> None:
    page = open_page(page_of(sample_split, *SAMLOUT, **layers))
    outside, inside = (103.12, 12.42), (102.93, 12.60)
    assert not veiled(page, *outside)
    page.js("document.querySelector('[data-layer=\"others\"]').click()")
    counts = page.counts()
    assert (counts["others"], counts["others_released"]) == (0, 0)
    assert counts["ap_minefield-near"] + counts["ap_minefield-far"] == 665
    assert veiled(page, *outside)
    assert not veiled(page, *inside)
    page.js("document.querySelector('[data-layer=\"others\"]').click()")
    assert page.counts()["others"] == 746
    assert not veiled(page, *outside)


def test_beyond_what_is_drawn_the_ground_is_veiled(open_page: Opener, sample_split, layers) -> None:
    page = open_page(page_of(sample_split, *SAMLOUT, **layers))
    west, south, east, north = frame_around(layers, *SAMLOUT).bounds
    lat, lon = (south + north) / 2, (west + east) / 2
    for at in ((east + 0.2, lat), (west - 0.2, lat), (lon, north + 0.2), (lon, south - 0.2)):
        page.js("window.mineGeo.map.setView([arguments[1], arguments[0]], 10)", *at)
        assert veiled(page, *at), at
    said = page.js("return document.querySelector('.mg-veiled').innerText")
    assert said.strip().startswith("Not shown: what is recorded beyond the ground drawn")


def test_what_is_known_of_one_province_alone_veils_the_rest(
    open_page: Opener, sample_split, layers
) -> None:
    """A split of one province says nothing of the next: its released land is left out too."""
    alone = sample_split[sample_split["province"] == "Battambang"]
    page = open_page(page_of(alone, "Battambang", **layers))
    counts = page.counts()
    assert "others" not in counts
    assert "others_released" not in counts
    assert counts["released-cleared"] == 536
    page.js("window.mineGeo.map.setView([12.6, 103.9], 10)")
    assert veiled(page, 103.9, 12.6)  # Pursat
    page.js("window.mineGeo.map.setView([13.0, 103.2], 10)")
    assert not veiled(page, 103.2, 13.0)
    district = page_of(alone, *SAMLOUT, **layers)
    inside = {layer["name"]: layer["rows"] for layer in district.data["layers"]}
    frame = frame_around(layers, *SAMLOUT)
    near = alone[~of_unit(alone, *SAMLOUT) & alone.intersects(frame)]
    assert inside["others"] == len(near) > 0
    drawn = sheet(maps.layers(alone, **layers), *SAMLOUT)
    assert "not shown" in texts(drawn)
    assert untidy(drawn) == []


@pytest.fixture
def nowhere(sample_split: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the sample with 131 hazards of Battambang for which no unit is recorded."""
    split = sample_split.copy()
    lost = split.index[of_unit(split, *SAMLOUT)][:131]
    split.loc[lost, ["province", "province_code", "district", "district_code"]] = None
    return split


def said(drawn: OfflinePage) -> str:
    return drawn.get_root().render().split('id="mine-geo-data"')[0]


def test_hazards_of_no_unit_are_drawn_and_counted(nowhere, open_page: Opener, layers) -> None:
    lost = nowhere[nowhere["province"].isna()]
    for unit, left in ((SAMLOUT, 534), (("Battambang",), 1120)):
        page = open_page(page_of(nowhere, *unit, **layers))
        counts = page.counts()
        assert counts["unplaced"] == 131
        assert counts["ap_minefield-near"] + counts["ap_minefield-far"] == left
        told = page.js("return document.querySelector('.mg-unplaced').innerText")
        size = lost["size_m2"].sum()
        assert f"AP minefields: 131, {size:,} m²; 131 of them are drawn" in told
        assert page.js("return window.mineGeo.openHazard(arguments[0])", lost["hazard_id"].iloc[0])
        assert "No unit recorded: in no figure of this page." in page.popup()


@pytest.mark.parametrize("public", [False, True])
def test_no_absence_is_stated_while_some_have_no_unit(public, nowhere, layers, tmp_path) -> None:
    districts = layers["admin"]
    none = districts[~districts["district_code"].isin(nowhere["district_code"])].iloc[0]
    how, lost = {}, nowhere["province"].isna()
    assert lost.sum() == 131
    if public:
        lost &= ~nowhere["in_workbench"]  # figures are of accepted records
        how |= {"restricted": nowhere, "settings": EVERY_FIGURE}
    unit = (none["province"], none["district"])
    empty = nowhere[nowhere["province"].isna()]
    for split, name in ((nowhere, unit), (empty, ("Battambang",)), (empty, SAMLOUT)):
        drawn = page_of(split, *name, public=public, **how, **layers)
        assert not any(text in said(drawn) for text in ABSENT), name
        assert "for which no unit is recorded" in said(drawn)
        assert "មិនបានកត់ត្រាដែនរដ្ឋបាល" in said(drawn)
        printed = sheet(maps.layers(split, **layers, **how), *name, public=public)
        words = " ".join(texts(printed))
        assert not any(text in words for text in ABSENT), name
        assert f"No unit recorded. AP minefields: {lost.sum()}" in words
        assert "No unit recorded" in words
        assert len(name) == 1 or untidy(printed) == []
    # As long as all are placed, it is said as before.
    placed = nowhere[nowhere["province"].notna()]
    assert "No hazard is recorded here" in said(
        page_of(placed, *unit, public=public, **how, **layers)
    )
    few = districts[districts["province"].isin(["Battambang", none["province"]])]
    made = atlas(
        maps.layers(empty, border=layers["border"], admin=few, **how),
        tmp_path / "atlas",
        public=public,
    )
    for path in made.pages:
        text = path.read_text(encoding="utf-8").split('id="mine-geo-data"')[0]
        assert not any(words in text for words in ABSENT), path


def test_an_atlas_draws_what_single_pages_draw(sample_split, layers, tmp_path) -> None:
    split = sample_split.copy()
    inside = split.index[of_unit(split, *SAMLOUT)]
    split.loc[inside[:5], ["province", "province_code", "district", "district_code"]] = None
    split.loc[inside[5:9], ["district", "district_code"]] = None
    split = split[split["province"].isin(["Battambang", "Pailin"]) | split["province"].isna()]
    few = layers["admin"][layers["admin"]["province"] == "Battambang"]
    told = layers | {"admin": few}
    made = {path.stem: path for path in atlas(maps.layers(split, **told), tmp_path / "atlas").pages}
    text = made["0209-samlout"].read_text(encoding="utf-8")
    single = page_of(split, *SAMLOUT, **told)
    rows = {layer["name"]: layer["rows"] for layer in single.data["layers"]}
    assert (rows["hazards"], rows["unplaced"]) == (665 - 9, 9)
    assert rows["others"] > 300
    for layer in single.data["layers"]:
        assert f'"name":"{layer["name"]}","rows":{layer["rows"]},' in text, layer["name"]


def test_a_public_page_shows_nothing_of_others_and_says_so(
    open_page: Opener, sample_split, layers
) -> None:
    page = open_page(
        page_of(
            sample_split,
            *SAMLOUT,
            public=True,
            restricted=sample_split,
            settings=EVERY_FIGURE,
            **layers,
        )
    )
    page.check_alone()
    counts = page.counts()
    assert set(counts) <= {"units", "released-cleared", "released-reduced", "released-cancelled"}
    land = layers["releases"]
    assert sum(counts.values()) - 1 <= of_unit(land, *SAMLOUT).sum()
    for at in ((103.12, 12.42), (102.55, 12.70), (102.62, 12.40)):
        assert veiled(page, *at), at
    words = page.js("return document.querySelector('.mg-veiled').innerText").strip()
    assert words == "Not shown: what is recorded outside of Samlout"
    khmer = page.js(
        "window.mineGeo.words.use('km'); return document.querySelector('.mg-veiled').innerText"
    )
    assert khmer.strip().startswith("មិនបានបង្ហាញ")
    # Ground on which nothing is recorded is never white there.
    assert symbols.symbol("remaining_0").fill not in ("#ffffff", symbols.symbol("land").fill)


@pytest.mark.parametrize("unit", [SAMLOUT, ("Koh Kong",)])
@pytest.mark.parametrize("language", ["en", "km"])
def test_a_public_sheet_is_veiled_outside_of_its_unit(unit, language, sample_split, layers) -> None:
    drawn = sheet(
        maps.layers(sample_split, restricted=sample_split, settings=EVERY_FIGURE, **layers),
        *unit,
        public=True,
        language=language,
    )
    written = texts(drawn)
    assert written.count("not shown") >= 4
    assert written.count("not shown") == written.count("មិនបានបង្ហាញ")
    assert untidy(drawn) == []
    districts = layers["admin"][of_unit(layers["admin"], *unit)]
    ours = drawn.view.on_paper(shapely.union_all(districts.geometry.to_numpy()))[0]
    outside = shapely.difference(shapely.box(*drawn.page.blocks["map"]), ours.buffer(1))
    (veil,) = [
        patch.get_path()
        for patch in drawn.page.figure.findobj(PathPatch)
        if patch.get_fill() and to_hex(patch.get_facecolor()) == symbols.symbol("veil").fill
    ]
    points = shapely.points(np.random.default_rng(7).uniform(0, 300, (4000, 2)))
    seen = points[shapely.contains(outside, points)]
    assert len(seen) > 200
    whole = np.array([shapely.Polygon(ring) for ring in veil.to_polygons()], dtype=object)
    assert ((shapely.contains(whole[:, None], seen).sum(axis=0) % 2) == 1).all()
    inside = points[shapely.contains(ours.buffer(-1), points)]
    assert len(inside) > 100
    assert ((shapely.contains(whole[:, None], inside).sum(axis=0) % 2) == 0).all()
    for each in drawn.page.figure.findobj(PathCollection):
        middles = [path.vertices.mean(axis=0) for path in each.get_paths()]
        if middles:
            assert shapely.contains_xy(ours.buffer(0.5), np.array(middles)).all()


def test_a_sheet_draws_the_neighbours_and_counts_them(sample_split, layers) -> None:
    drawn = sheet(maps.layers(sample_split, **layers), *SAMLOUT)
    window = shapely.box(*drawn.view.ground())  # metres of UTM 48N
    land = layers["releases"]
    others, beside = (
        frame[~of_unit(frame, *SAMLOUT) & frame.to_crs(32648).intersects(window)]
        for frame in (sample_split, land)
    )
    assert len(others) > 200
    words = " ".join(texts(drawn))
    assert f"AP minefields: {len(others)}. Releases: {len(beside)}" in words
    assert "not shown" not in words
    pale = symbols.symbol("CHA open pale").mark
    marks = [
        to_hex(colour)
        for each in drawn.page.figure.findobj(PathCollection)
        for colour in each.get_facecolors()
    ]
    assert marks.count(pale) > 100


def test_red_and_orange_have_their_share_on_page_and_sheet(
    open_page: Opener, sample_split, layers, tmp_path
) -> None:
    """Malai, 416 confirmed and 150 suspected areas, was orange on the one and red on the other."""
    own = sample_split[of_unit(sample_split, *MALAI)]
    counted = own["area_type"].value_counts(normalize=True)["SHA"]
    sized = own.groupby("area_type")["size_m2"].sum()
    by_size = sized["SHA"] / sized.sum()
    assert (round(counted, 3), round(by_size, 3)) == (0.265, 0.301)
    layers = layers | {"releases": None, "places": None}
    page = open_page(page_of(own, *MALAI, **layers))
    left, top, right, bottom = page.js(
        "const box = window.mineGeo.map.getContainer().getBoundingClientRect();"
        "return [box.left, box.top, box.right, box.bottom]"
    )
    screen = Image.open(io.BytesIO(page.driver.get_screenshot_as_png()))
    red, orange = shares(screen.crop((left, top, right, bottom)))
    drawn = sheet(maps.layers(own, **layers), *MALAI)
    paper = Image.open(drawn.save(tmp_path / "malai.png"))
    dots = 300 / 25.4
    x0, y0, x1, y1 = drawn.page.blocks["map"]
    high = drawn.page.height
    box = (x0 * dots, (high - y1) * dots, x1 * dots, (high - y0) * dots)
    printed_red, printed_orange = shares(paper.crop(tuple(map(round, box))))
    on_page, on_paper = orange / (red + orange), printed_orange / (printed_red + printed_orange)
    assert min(red + orange, printed_red + printed_orange) > 5_000
    low, high = sorted((counted, by_size))
    for share in (on_page, on_paper):
        assert low - 0.05 < share < high + 0.05, (on_page, on_paper)
    assert abs(on_page - on_paper) < 0.05


def test_small_records_lie_above_large_ones(open_page: Opener, split, border, admin) -> None:
    """Wherever the large one stands in the frame: nothing hides what is smaller."""
    big, small = split.iloc[[0]], split.iloc[[1]]
    big = big.assign(hazard_id="BIG", geometry=[shapely.box(103.2, 13.1, 103.3, 13.2)])
    small = small.assign(hazard_id="SMALL", geometry=[shapely.box(103.24, 13.14, 103.26, 13.16)])
    for both in (pd.concat([big, small]), pd.concat([small, big])):
        page = open_page(maps.province(maps.layers(both, border=border, admin=admin), "Battambang"))
        opened = page.js(
            "const { map } = window.mineGeo;"
            "map.setView([13.15, 103.25], 12, { animate: false });"
            "const box = map.getContainer().getBoundingClientRect();"
            "const { x, y } = map.latLngToContainerPoint([13.15, 103.25]);"
            "const at = { bubbles: true, clientX: box.left + x, clientY: box.top + y };"
            "map.getPane('overlayPane').querySelector('canvas')"
            ".dispatchEvent(new MouseEvent('click', at));"
            "return document.querySelector('.leaflet-popup-content h2').textContent"
        )
        assert opened == "SMALL"


def test_the_frame_is_wide() -> None:
    assert frame_of((103.0, 13.0, 104.0, 13.5)) == pytest.approx((102.7, 12.7, 104.3, 13.8))
    assert frame_of((103.0, 13.0, 103.01, 13.0)) == pytest.approx((102.95, 12.95, 103.06, 13.05))
