"""What a reader must tell apart is told apart by colour, dash, hatch or width, by every eye.

Colour vision without one kind of cone is simulated as Machado, Oliveira and Fernandes (2009),
severity 1, on linear sRGB; differences are CIEDE2000 between colours as they lie on the page.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from mine_geo.maps import symbols
from mine_geo.terms import OUTCOMES

EYES = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
LEAST_FILLS = 12.0
"""Fills of small polygons, some way apart."""

LEAST_LINES = 10.0


def rgb(text: str) -> np.ndarray:
    return np.array([int(text[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def linear(colour: np.ndarray) -> np.ndarray:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def lab(colour: np.ndarray, eye: str) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(EYES[eye] @ linear(colour), 0, 1) / WHITE
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """Return the difference of two Lab colours (Sharma, Wu and Dalal 2005, equations 2 to 22)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    more = 1 + 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25.0**7)))
    c1, c2 = np.hypot(more * a1, b1), np.hypot(more * a2, b2)
    h1, h2 = np.degrees(np.arctan2([b1, b2], [more * a1, more * a2])) % 360
    turn = h2 - h1 - 360 * np.round((h2 - h1) / 360) if c1 * c2 else 0.0
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    middle = (h1 + h2) / 2 + (180 if abs(h1 - h2) > 180 else 0) if c1 * c2 else h1 + h2
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    t = 1 + sum(w * np.cos(np.radians(times * middle + more)) for w, times, more in waves)
    s_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    rotation *= np.sin(np.radians(60 * np.exp(-(((middle - 275) / 25) ** 2))))
    parts = (l2 - l1) / s_l, (c2 - c1) / s_c, hue / s_h
    return float(np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2]))


def over(symbol: symbols.Symbol, ground: np.ndarray) -> np.ndarray:
    assert symbol.fill is not None
    return symbol.fill_opacity * rgb(symbol.fill) + (1 - symbol.fill_opacity) * ground


def grounds() -> dict[str, np.ndarray]:
    """Return what hazards lie on: land and the subject's land, in the border zone and beyond."""
    plain = {name: rgb(symbols.symbol(name).fill or "") for name in ("land", "subject")}
    zone = symbols.symbol("zone")
    return plain | {f"{name} in the zone": over(zone, colour) for name, colour in plain.items()}


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        # Sharma, Wu and Dalal 2005, table 1: pairs 1, 4, 7, 17, 25 and 34.
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_the_paper(one, other, difference) -> None:
    assert ciede2000(np.array(one, float), np.array(other, float)) == pytest.approx(
        difference, abs=5e-5
    )


def test_fills_are_told_apart() -> None:
    names = [f"{fill} open" for fill in symbols.table()["fills"]]
    drawn = {name: symbols.symbol(name) for name in [*names, "cancelled", "reduced", "cleared"]}
    faults = []
    for (place, ground), eye in product(grounds().items(), EYES):
        seen = {name: lab(over(symbol, ground), eye) for name, symbol in drawn.items()}
        # Cancelled land is pale on purpose: its dark outline sets it off the ground.
        bare = {name: colour for name, colour in seen.items() if name != "cancelled"}
        pairs = [*combinations(seen, 2), *((name, "the ground") for name in bare)]
        seen["the ground"] = lab(ground, eye)
        faults += [
            (place, eye, one, other, round(difference, 1))
            for one, other in pairs
            if (difference := ciede2000(seen[one], seen[other])) < LEAST_FILLS
        ]
    assert faults == []


LINES = (
    "limit",
    *("border", "border_THA", "border_LAO", "border_VNM", "coast"),
    *("province", "district", "subject_line"),
)


def told_by_shape(one: symbols.Symbol, other: symbols.Symbol) -> bool:
    """Return whether one is dashed and the other not, or half as wide again."""
    wide, thin = max(one.weight, other.weight), min(one.weight, other.weight)
    return bool(one.dashes) != bool(other.dashes) or wide >= 1.5 * thin


def test_lines_are_told_apart() -> None:
    outlines = {name: symbols.symbol(f"CHA {name}") for name in symbols.table()["outlines"]}
    lines = {name: symbols.symbol(name) for name in LINES}
    faults = [
        (eye, one, other)
        for group in (outlines, lines)
        for (one, first), (other, second) in combinations(group.items(), 2)
        for eye in EYES
        if not told_by_shape(first, second)
        and ciede2000(lab(rgb(first.line), eye), lab(rgb(second.line), eye)) < LEAST_LINES
    ]
    assert faults == []


def test_lines_stand_out_from_the_land() -> None:
    for name, (place, ground) in product(LINES, grounds().items()):
        for eye in EYES:
            line = lab(rgb(symbols.symbol(name).line or ""), eye)
            assert ciede2000(line, lab(ground, eye)) >= LEAST_LINES, (name, place, eye)


def test_kinds_are_told_by_hatching() -> None:
    kinds = symbols.table()["kinds"]
    hatches = [symbols.symbol(f"CHA open {kind}").hatch for kind in kinds]
    assert len(set(hatches)) == len(kinds)
    assert symbols.symbol("CHA open").hatch is None


def test_the_prescribed_colours_stand() -> None:
    # IMAS Technical Note 07.11/01: F4A718 and FF0000 at 50 %.
    confirmed, suspected = symbols.symbol("CHA open"), symbols.symbol("SHA worked_on")
    assert (confirmed.fill, confirmed.fill_opacity) == ("#ff0000", 0.5)
    assert (suspected.fill, suspected.fill_opacity) == ("#f4a718", 0.5)
    assert (confirmed.line, confirmed.dashes) == ("#ff0000", ())
    assert suspected.dashes


LEAST_CONTRAST = 3.0
"""What WCAG 2.2 asks of graphics (1.4.11)."""
BRIGHT = {"white": "#ffffff", "land": symbols.symbol("land").fill}
IMAGERY = {"forest": "#22301f", "fields": "#6f6a55", "bare soil": "#a8977a", "water": "#2b3f45"}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it."""
    bright, dark = sorted(
        (float(linear(rgb(colour)) @ (0.2126, 0.7152, 0.0722)) for colour in (one, other)),
        reverse=True,
    )
    return (bright + 0.05) / (dark + 0.05)


def test_the_contrast_is_that_of_the_definition() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)
    # What the casing is for: the prescribed orange stands out from nothing bright.
    assert contrast("#f4a718", "#ffffff") == pytest.approx(2.02, abs=0.005)


def hazards() -> list[str]:
    pairs = product(symbols.table()["fills"], symbols.table()["outlines"])
    return [f"{fill} {outline}{pale}" for fill, outline in pairs for pale in ("", " pale")]


RELEASED = [f"{name}{pale}" for name in (*OUTCOMES, "released") for pale in ("", " pale")]


@pytest.mark.parametrize("name", [*hazards(), *RELEASED])
def test_every_record_stands_out_from_the_ground(name: str) -> None:
    symbol = symbols.symbol(name)
    casing = [symbol.casing or symbol.line]  # which lies around a mark in any case
    halo = str(symbols.table()["casing"]["halo"])
    for place, ground in BRIGHT.items():
        for parts in ([symbol.line, *casing], [symbol.mark, *casing]):
            most = max(contrast(part, ground) for part in parts)
            assert most >= LEAST_CONTRAST, (place, parts)
    # On imagery a white line lies around the casing, or around the line that has none.
    for place, ground in IMAGERY.items():
        for parts in ([symbol.line, *casing, halo], [symbol.mark, *casing, halo]):
            most = max(contrast(part, ground) for part in parts)
            assert most >= LEAST_CONTRAST, (place, parts)


CREAM = str(symbols.symbol("remaining_0").fill)
CONTEXT = (*LINES, "road", "river", "graticule", "place")


@pytest.mark.parametrize("name", CONTEXT)
def test_every_line_stands_out_from_the_ground(name: str) -> None:
    line = symbols.symbol(name).line
    grounds = BRIGHT | {"no land left": CREAM}
    assert {place: contrast(line, ground) for place, ground in grounds.items()
            if contrast(line, ground) < LEAST_CONTRAST} == {}  # fmt: skip
    # On imagery a white line lies around each (`assets/basemap.js`).
    for place, ground in IMAGERY.items():
        halo = str(symbols.table()["casing"]["halo"])
        assert max(contrast(line, ground), contrast(halo, ground)) >= 2.8, place
        assert max(contrast(line, halo), contrast(line, ground)) >= LEAST_CONTRAST, place


def kinds() -> list[str]:
    return [f"{name} {kind}" for name in hazards() if "pale" not in name
            for kind in symbols.table()["kinds"]]  # fmt: skip


@pytest.mark.parametrize("name", kinds())
def test_every_kind_of_hazard_stands_out_and_so_does_its_hatch(name: str) -> None:
    symbol = symbols.symbol(name)
    for ground in (*BRIGHT.values(), CREAM, *IMAGERY.values()):
        fill = over(symbol, rgb(ground))
        as_text = "#" + "".join(f"{round(255 * part):02x}" for part in fill)
        edges = [symbol.line, symbol.casing, str(symbols.table()["casing"]["halo"])]
        assert max(contrast(edge, ground) for edge in edges) >= LEAST_CONTRAST
        if symbol.hatch and ground not in IMAGERY.values():
            # Its lines are opaque; on dark imagery the popup and the list say the kind.
            assert contrast(symbols.ink("hatch"), as_text) >= LEAST_CONTRAST


EDGED = (*(f"priority_{rank}" for rank in (1, 2, 3, 4, 5, "none")), "zone_near", "zone_far",
         "reduced")  # fmt: skip


@pytest.mark.parametrize("name", EDGED)
def test_what_is_only_a_fill_has_an_edge(name: str) -> None:
    """Bars of the slider, marks of many hazards, keys: `symbols.edged`, and the casing of marks."""
    assert symbols.symbol(name).fill
    edge = str(symbols.table()["casing"]["color"])
    for ground in (*BRIGHT.values(), CREAM):
        assert contrast(edge, ground) >= LEAST_CONTRAST
    halo = str(symbols.table()["casing"]["halo"])
    for ground in IMAGERY.values():
        assert max(contrast(edge, ground), contrast(halo, ground)) >= 2.8
    assert contrast(edge, halo) >= LEAST_CONTRAST


LEAST_GROUNDS = 5.0
"""Wide grounds, with the line of a border between them."""


def test_sea_other_countries_and_no_land_left_are_told_apart() -> None:
    names = ("sea", "outside", "remaining_0", "land")
    fills = {name: rgb(str(symbols.symbol(name).fill)) for name in names}
    for one, other in combinations(fills, 2):
        for eye in EYES:
            apart = ciede2000(lab(fills[one], eye), lab(fills[other], eye))
            assert apart >= LEAST_GROUNDS, (one, other, eye)


def test_what_is_not_the_maps_own_is_paler() -> None:
    for name in ("CHA open", "SHA worked_on", "unknown closed", "cleared"):
        own, other = symbols.symbol(name), symbols.symbol(f"{name} pale")
        for one, two in ((own.fill, other.fill), (own.line, other.line), (own.mark, other.mark)):
            assert linear(rgb(two)).sum() > linear(rgb(one)).sum()
        assert (own.dashes, own.hatch, own.weight) == (other.dashes, other.hatch, other.weight)
