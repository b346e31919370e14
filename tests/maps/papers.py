"""What is on a printed sheet: its texts, where they stand (mm), and what may not be."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

from mine_geo.maps.sheets.paper import pinned

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.maps.sheets.compose import Sheet

    Box = tuple[float, float, float, float]

MM_PER_INCH = 25.4
DPI = 300


class Written(NamedTuple):
    """A text of a sheet and its box: left, bottom, right, top."""

    text: str
    box: Box
    name: bool
    """Whether it is a name on the map: those have a white halo."""


def written(sheet: Sheet) -> list[Written]:
    """Return all texts of a sheet, measured anew."""
    figure = sheet.page.figure
    width, height = (int(inches * DPI) for inches in figure.get_size_inches())
    renderer = RendererAgg(width, height, DPI)
    found = []
    with pinned():
        for artist in figure.findobj(Text):
            if artist.get_text():
                box = artist.get_window_extent(renderer).extents * MM_PER_INCH / DPI
                halo = bool(artist.get_path_effects())
                found.append(Written(artist.get_text(), tuple(box.tolist()), halo))
    return found


def texts(sheet: Sheet) -> list[str]:
    return [each.text for each in written(sheet)]


def within(inner: Box, outer: Box, slack: float = 0.05) -> bool:
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def untidy(sheet: Sheet) -> list[str]:
    """List what is cut at the edge of the paper, leaves its block, or lies on something else."""
    blocks, all_texts = sheet.page.blocks, written(sheet)
    paper = (0.0, 0.0, sheet.page.width, sheet.page.height)
    found = [f"{name} is cut" for name, box in blocks.items() if not within(box, paper)]
    found += [
        f"{one} meets {other}"
        for one, other in combinations(blocks, 2)
        if meet(blocks[one], blocks[other])
    ]
    found += [f"{each.text!r} is cut" for each in all_texts if not within(each.box, paper, 0)]
    found += [
        f"the name {each.text!r} leaves the map"
        for each in all_texts
        if each.name and not within(each.box, blocks["map"])
    ]
    found += [
        f"{one.text!r} lies on {other.text!r}"
        for one, other in combinations(all_texts, 2)
        if meet(one.box, other.box)
    ]
    return found


def rows(sheet: Sheet, block: str = "table") -> list[list[str]]:
    """Return the texts of a block line by line, from left to right."""
    inside = [each for each in written(sheet) if within(each.box, sheet.page.blocks[block], 0.5)]
    lines: dict[int, list[Written]] = {}
    for artist in inside:
        middle = round(artist.box[1] * 2)
        key = next((line for line in lines if abs(line - middle) <= 2), middle)
        lines.setdefault(key, []).append(artist)
    return [
        [each.text for each in sorted(lines[line], key=lambda each: each.box[0])]
        for line in sorted(lines, reverse=True)
    ]


def media_box(path: Path) -> tuple[float, float]:
    """Return width and height of a PDF's page in points."""
    found = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", path.read_bytes())
    assert found
    return float(found[1]), float(found[2])
