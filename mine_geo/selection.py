"""Which records of a register a map or an exported file is made from, so that it can say so.

A split says in its columns how its zones were made. An empty one cannot, and no column tells that
other kinds or the workbench were left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mine_geo.errors import OptionError, choose
from mine_geo.terms import KINDS, WORKBENCH

if TYPE_CHECKING:
    from datetime import date, datetime

    from mine_geo.standing import StandingText


@dataclass(frozen=True)
class Selection:
    """How a split was asked for; what its own columns say comes first.

    Raises
    ------
    OptionError
        If the kind or the choice of the workbench is unknown.

    Examples
    --------
    >>> Selection(kind="av_minefield", threshold_m=10_000).told("threshold_m")
    10000
    """

    kind: str | None = None
    """The only kind that was asked for."""

    workbench: str = "include"
    """Whether records that are not yet accepted are in it: include, exclude, only."""

    known_at: datetime | str | None = None
    """The moment by which it was recorded, where it is not the present state of the register."""

    last_record: datetime | None = None
    """The moment of the register's last record, as `Store.last_moment` gives it."""

    printed_on: date | str | None = None
    """The day of printing, where it is to be said: without it the same input gives the same
    bytes on any day."""

    threshold_m: float | None = None
    """Metres."""

    rule: str | None = None
    include_coast: bool | None = None

    synthetic: bool = False
    """Whether the register is invented, though no row may be left to say so."""

    standing_text: StandingText | None = None
    """What the authority has its public outputs say; None: the usual text."""

    def __post_init__(self) -> None:
        """Refuse what is no kind, and no choice of the workbench."""
        choose(self.workbench, WORKBENCH, "workbench")
        if self.kind is not None:
            choose(self.kind, KINDS, "kind")

    def told(self, column: str) -> Any:
        """Return what was asked for in a provenance column; None where it is not known here."""
        known = {"threshold_m": self.threshold_m, "rule": self.rule}
        return (known | {"include_coast": self.include_coast}).get(column)

    def accepted(self) -> Selection:
        """Return the same for figures that are public: of accepted records only.

        Raises
        ------
        OptionError
            If only what waits was asked for.

        Examples
        --------
        >>> Selection(kind="av_minefield").accepted()
        Selection(kind='av_minefield', workbench='exclude', ...)
        """
        if self.workbench == "only":
            raise OptionError(
                "what waits on the workbench is not public: leave out workbench='only', or public"
            )
        return replace(self, workbench="exclude")


EVERYTHING = Selection()
"""All records as they are now, as far as anyone knows."""
