"""Sheets of paper, and a picture on which text and lines are placed in millimetres.

Matplotlib draws the pictures of a sheet, with the letters of `mine_geo.typeset`; its settings
while it does.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from mine_geo.errors import choose
from mine_geo.maps.symbols import ink
from mine_geo.typeset import SIZES_MM
from mine_geo.typeset.letters import (
    BOLD,
    KHMER,
    LATIN,
    OTHER,
    REGULAR,
    clean,
    files,
    is_khmer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.text import Text


@contextmanager
def pinned() -> Iterator[None]:
    """Draw with Matplotlib's own settings, whatever the caller or the machine has set."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["pdf.fonttype"] = 42  # text that can be searched and copied
        yield


def register() -> None:
    """Make the families known to Matplotlib under names that no other font has."""
    manager = font_manager.fontManager
    known = {entry.name for entry in manager.ttflist}
    for (family, weight), path in files().items():
        if named(family) not in known:
            manager.ttflist.append(
                font_manager.FontEntry(
                    fname=str(path),
                    name=named(family),
                    style="normal",
                    variant="normal",
                    weight=weight,
                    stretch="normal",
                    size="scalable",
                )
            )


def named(family: str) -> str:
    """Return the name under which Matplotlib knows a family of ours."""
    return f"mine_geo {family}"


UNITS: Final = {"A4": 1.0, "A3": 1.2}
"""How much larger letters and furniture are than on A4."""

ORIENTATIONS: Final = ("portrait", "landscape")
PAPERS: Final = tuple(
    name + turned for name in SIZES_MM for turned in ("", *(f"-{side}" for side in ORIENTATIONS))
)
MM_PER_INCH: Final = 25.4
MM_PER_POINT: Final = MM_PER_INCH / 72
DPI: Final = 300
"""Dots per inch of a PNG."""

INK: Final = ink("ink")
GREY: Final = ink("grey")
RULE: Final = ink("rule")
LEADING: Final = 1.32
"""The distance of lines of text, as a share of the letters' size."""

KHMER_SIZE: Final = 1.14
Box = tuple[float, float, float, float]
"""Left, bottom, right, top in millimetres."""


@dataclass(frozen=True)
class Paper:
    """A sheet of paper, millimetres."""

    name: str
    orientation: str

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        short, long = SIZES_MM[self.name]
        return (short, long) if self.orientation == "portrait" else (long, short)

    @property
    def unit(self) -> float:
        """The factor of letters and furniture."""
        return UNITS[self.name]


def papers(text: str) -> list[Paper]:
    """Return the sheets that a name allows: one orientation, or both where none is told.

    Raises
    ------
    OptionError
        If the name is none of `PAPERS`; capitals do not matter.

    Examples
    --------
    >>> [paper.orientation for paper in papers("a4")]
    ['landscape', 'portrait']
    >>> papers("A3-Portrait")[0].size_mm
    (297.0, 420.0)
    """
    wanted = {name.casefold(): name for name in PAPERS}.get(str(text).strip().casefold(), text)
    name, _, turned = choose(wanted, PAPERS, "paper").partition("-")
    return [Paper(name, turned)] if turned else [Paper(name, side) for side in ORIENTATIONS[::-1]]


def inside(inner: Box, outer: Box) -> bool:
    """Say whether a box lies in another."""
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


def overlap(one: Box, other: Box) -> bool:
    """Say whether two boxes share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@dataclass
class Page:
    """A Matplotlib figure, drawn on in millimetres from its lower left.

    `blocks` remembers the box of each part by name.
    """

    width: float
    height: float
    unit: float
    """The factor of letters and furniture."""

    language: str
    blocks: dict[str, Box] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the figure, and axes over all of it."""
        register()
        size = (self.width / MM_PER_INCH, self.height / MM_PER_INCH)
        self.figure = Figure(figsize=size, dpi=DPI, facecolor="white")
        FigureCanvasAgg(self.figure)
        self.axes = self.add_axes((0, 0, self.width, self.height), above=5)
        self.axes.set_xlim(0, self.width)
        self.axes.set_ylim(0, self.height)
        self._measure: Any = RendererAgg(8, 8, DPI)  # type: ignore[no-untyped-call]
        self._widths: dict[tuple[str, float, bool], float] = {}

    def add_axes(self, box: Box, *, above: float = 0) -> Any:
        """Return axes without frame or ticks that fill a box (mm)."""
        left, bottom, right, top = box
        axes = self.figure.add_axes(
            (
                left / self.width,
                bottom / self.height,
                (right - left) / self.width,
                (top - bottom) / self.height,
            ),
            zorder=above,
        )
        axes.set_axis_off()
        return axes

    def points(self, size: float, text: str = "") -> float:
        """Return a size of letters in points on this paper, told in points on A4.

        Khmer letters are smaller in their square than Latin ones: they are drawn larger.
        """
        return size * self.unit * (KHMER_SIZE if is_khmer(text) else 1.0)

    def line_mm(self, size: float) -> float:
        """Return the height of a line of Latin text (mm) of a size in points on A4."""
        return self.points(size) * MM_PER_POINT * LEADING

    def _font(self, text: str, size: float, *, bold: bool) -> FontProperties:
        weight = BOLD if bold else REGULAR
        points = self.points(size, text)
        return FontProperties(
            family=[named(each) for each in (OTHER, KHMER, LATIN)], weight=weight, size=points
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        bold: bool = False,
        colour: str = INK,
        align: str = "left",
        valign: str = "baseline",
        halo: float = 0,
        rotation: float = 0,
        above: float = 10,
    ) -> Text:
        """Write a line at a place (mm); `size` in points on A4, `halo` in points of white."""
        drawn: Text = self.axes.text(
            x,
            y,
            clean(text),
            fontproperties=self._font(text, size, bold=bold),
            color=colour,
            ha=align,
            va=valign,
            rotation=rotation,
            rotation_mode="anchor",
            parse_math=False,
            zorder=above,
        )
        if halo:
            drawn.set_path_effects([withStroke(linewidth=halo * self.unit, foreground="white")])
        return drawn

    def box(
        self,
        box: Box,
        *,
        fill: str | None = None,
        line: str | None = None,
        width: float = 0.5,
        above: float = 8,
    ) -> None:
        """Draw a box (mm); the `width` of its line in points."""
        left, bottom, right, top = box
        self.axes.add_artist(
            Rectangle(
                (left, bottom),
                right - left,
                top - bottom,
                facecolor=fill or "none",
                edgecolor=line or "none",
                linewidth=width,
                zorder=above,
            )
        )

    def width_of(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of a line of text, mm."""
        key = (text, size, bold)
        if key not in self._widths:
            shown = clean(text)
            wide = 0.0
            if shown:
                font = self._font(text, size, bold=bold)
                wide, _, _ = self._measure.get_text_width_height_descent(shown, font, ismath=False)
            self._widths[key] = wide * MM_PER_INCH / DPI
        return self._widths[key]

    def pdf(self) -> bytes:
        """Return the picture as PDF; nothing in it tells when it was made."""
        written = io.BytesIO()
        with pinned():
            register()
            metadata = {"Creator": None, "CreationDate": None, "Producer": None}
            self.figure.savefig(written, format="pdf", dpi=DPI, metadata=metadata)
        return written.getvalue()
