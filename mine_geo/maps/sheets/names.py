"""Where names stand on a map: one after the other, none across another or across the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from mine_geo.maps.sheets.fonts import is_khmer
from mine_geo.maps.sheets.paper import GREY, MM_PER_POINT, inside, overlap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mine_geo.maps.sheets.paper import Box, Page

GAP_MM: Final = 0.4
COVERED_MOST: Final = 8.0
OUTSIDE_COST: Final = 12.0
"""What it costs a place to cover hazards, at most, and to lie outside; a place further down the
list costs 0.15."""

HALO: Final = 1.6
LATIN_LINE: Final = 1.3
KHMER_LINE: Final = 1.6
"""The height of a line, as a share of the letters' size: Khmer has letters below letters."""
LATIN_RISE: Final = 0.78
KHMER_RISE: Final = 0.6
"""How far down in its line the letters stand."""


@dataclass(frozen=True)
class Name:
    """A name to place: its lines of text (text, size in points, bold) about a place (mm)."""

    x: float
    y: float
    lines: tuple[tuple[str, float, bool], ...]
    colour: str = GREY
    dot: bool = False
    """Whether the name stands beside a dot, and not across the place."""

    radius: float = 0.4
    """How large (mm) the dot is, or what stands for it."""

    reach: float = 0.0
    """How far (mm) the name may move from its place."""

    within: Any = None
    """A polygon (mm) in which the middle of the name had better stay."""

    only_within: bool = False
    """Whether the name is left out rather than stand outside of it."""


def _places(name: Name, wide: float, high: float) -> Iterator[tuple[float, float]]:
    """Give the middles to try, best first."""
    if name.dot:
        side, up = wide / 2 + name.radius + 0.6, high / 2 + name.radius + 0.3
        for dx, dy in ((1, 0.1), (-1, 0.1), (0, 1), (0, -1), (0.9, 0.8), (-0.9, 0.8)):
            yield name.x + dx * side, name.y + dy * up
        return
    yield name.x, name.y
    for ring in np.arange(1, 6) / 5 * name.reach:
        for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
            yield name.x + ring * float(np.cos(angle)), name.y + 0.6 * ring * float(np.sin(angle))


class Placer:
    """Places names in a window (mm), clear of what is taken, best clear of hazards."""

    def __init__(self, page: Page, window: Box, hazards: Any, taken: Sequence[Box] = ()) -> None:
        self.page = page
        self.window = (window[0] + 0.8, window[1] + 0.8, window[2] - 0.8, window[3] - 0.8)
        self.taken = list(taken)
        self.hazards = shapely.STRtree(hazards)
        self.placed: list[tuple[Name, Box]] = []

    def size_of(self, name: Name) -> tuple[float, float]:
        """Return width and height of a name, mm."""
        wide = max(self.page.width_of(text, size, bold=bold) for text, size, bold in name.lines)
        return wide, sum(self._line_mm(text, size) for text, size, _ in name.lines)

    def _line_mm(self, text: str, size: float) -> float:
        share = KHMER_LINE if is_khmer(text) else LATIN_LINE
        return self.page.points(size, text) * MM_PER_POINT * share

    def _best(self, name: Name) -> Box | None:
        wide, high = self.size_of(name)
        best, least = None, np.inf
        for number, (x, y) in enumerate(_places(name, wide, high)):
            box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            wider = (box[0] - GAP_MM, box[1] - GAP_MM, box[2] + GAP_MM, box[3] + GAP_MM)
            if not inside(box, self.window) or any(overlap(wider, each) for each in self.taken):
                continue
            covered = len(self.hazards.query(shapely.box(*box), predicate="intersects"))
            cost = min(2 * np.sqrt(covered), COVERED_MOST) + 0.15 * number
            if name.within is not None and not shapely.contains_xy(name.within, x, y):
                if name.only_within:
                    continue
                cost += OUTSIDE_COST
            if cost < least:
                best, least = box, cost
        return best

    def place(self, names: Sequence[Name]) -> int:
        """Write the names that have room, first come first served; return how many."""
        before = len(self.placed)
        for name in names:
            box = self._best(name)
            if box is not None:
                self.taken.append(box)
                self.placed.append((name, box))
                self._write(name, box)
        return len(self.placed) - before

    def _write(self, name: Name, box: Box) -> None:
        top = box[3]
        for text, size, bold in name.lines:
            high = self._line_mm(text, size)
            self.page.text(
                (box[0] + box[2]) / 2,
                top - high * (KHMER_RISE if is_khmer(text) else LATIN_RISE),
                text,
                size=size,
                bold=bold,
                colour=name.colour,
                align="center",
                halo=HALO,
            )
            top -= high
