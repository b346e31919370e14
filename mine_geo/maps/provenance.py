"""What a map or a file says of itself: how its records were chosen, of which day, and whose.

Whom the data is owed to: the attributions that a map or an exported file must bear.

What every exported file says of itself: how split, of which day, whose, and what is unreal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo import terms
from mine_geo.disclosure import restriction
from mine_geo.disclosure.layers import EVERYTHING
from mine_geo.geo.cells import day_of
from mine_geo.terms import PROVENANCE_COLUMNS, SYNTHETIC, WEIGHT_COLUMNS

if TYPE_CHECKING:
    from datetime import date, datetime

    from mine_geo.disclosure.layers import Selection


OSM: Final = "© OpenStreetMap contributors (ODbL 1.0)"
GEONAMES: Final = "GeoNames (CC BY 4.0)"

_CALLS: Final = ((OSM, r"openstreetmap|\bosm\b"), (GEONAMES, "geonames"))
_TELLING: Final = ("border_name", "source", "licence", "license")


def sources(*frames: pd.DataFrame | None) -> list[str]:
    """Return the attributions due: columns `attribution`, else what names and sources say.

    Parameters
    ----------
    frames
        What is drawn or written: border, districts, places; None is passed over.

    Examples
    --------
    >>> import pandas as pd
    >>> border = pd.DataFrame({"border_name": ["OpenStreetMap land border"]})
    >>> sources(border, None, pd.DataFrame({"geonames_id": [1], "attribution": ["Office"]}))
    ['© OpenStreetMap contributors (ODbL 1.0)', 'Office', 'GeoNames (CC BY 4.0)']
    """
    found: list[str] = []
    for frame in frames:
        if frame is None:
            continue
        texts = []
        if "attribution" in frame.columns:
            texts = [str(told) for told in frame["attribution"].dropna().head(1)]
        texts += _credit(" ".join(str(column) for column in frame.columns))
        for column in _TELLING:
            if column in frame.columns:
                for value in frame[column].dropna().unique():
                    texts += _credit(str(value))
        found += [text for text in dict.fromkeys(texts) if text not in found]
    return found


def _credit(text: str) -> list[str]:
    """Return the attributions that a name or licence text calls for."""
    return [credit for credit, words in _CALLS if re.search(words, text, re.IGNORECASE)]


TITLE = "Hazards near and far from the border"
NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Provenance:
    """The words that go into the metadata of a file."""

    title: str
    synthetic: bool
    """Whether anything in it is invented."""

    schematic: bool
    """Whether the districts are only schematic."""

    day: date | None
    """The day of the data: as told, else the latest survey; None where neither is known."""

    told: bool
    """Whether `day` was told, and is not the latest survey."""

    split: tuple[tuple[str, str], ...]
    """Threshold, rule, coast and border as columns name them, where they are recorded."""

    sources: tuple[str, ...]

    chosen: tuple[tuple[str, str], ...] = ()
    """What was left out of the register, by the names of options."""

    known_at: str = NOT_RECORDED
    """The moment of which the data is known, UTC, and whether it is that of the last record."""

    ledger_head: str | None = None
    """The head of the ledger's chain, SEQ:HASH, where a store is the source; never public."""

    printed_on: date | None = None
    moment: datetime | None = None
    """The same moment; what a file says of when it was changed, so that its bytes repeat."""

    public: bool = False
    """Whether it is made of disclosed figures alone; any other file is restricted."""

    notices: tuple[tuple[str, str], ...] = ()
    """The standing text of a file for everybody, in English and Khmer."""

    @property
    def kind(self) -> str:
        """`public` or `restricted`."""
        return restriction.PUBLIC if self.public else restriction.RESTRICTED

    @property
    def restriction(self) -> str | None:
        """What a restricted file says of itself, with its day; None of a public one.

        Examples
        --------
        >>> Provenance("Pailin", False, False, None, False, (), ()).restriction[:41]
        'RESTRICTED: polygons or records of hazard'
        """
        if self.public:
            return None
        known = None if self.known_at == NOT_RECORDED else self.known_at
        return restriction.said(self.day, known, latest=not self.told)

    @property
    def heading(self) -> str:
        """The title, with a warning where it is due.

        Examples
        --------
        >>> Provenance("Pailin", True, False, None, False, (), ()).heading
        'RESTRICTED: Pailin (SYNTHETIC SAMPLE: invented minefields, not for operations)'
        """
        title = self.title if self.public else f"{terms.RESTRICTED_WORD}: {self.title}"
        return f"{title} ({SYNTHETIC})" if self.synthetic else title

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Everything, one pair of name and text a line; warnings first.

        Examples
        --------
        >>> Provenance("Pailin", False, False, None, False, (("rule", "edge"),), ("X",)).rows[1:]
        [('access', 'restricted'), ('title', 'Pailin'), ('data_day', 'not recorded'),
         ('known_at', 'not recorded'), ('rule', 'edge'), ('source', 'X')]
        """
        rows = [] if self.restriction is None else [(terms.RESTRICTION_COLUMN, self.restriction)]
        rows.append(("access", self.kind))
        rows += [("synthetic", SYNTHETIC)] if self.synthetic else []
        rows += [("title", self.title), *self.notices]
        if self.day is None:
            rows.append(("data_day", NOT_RECORDED))
        else:
            rows.append(("data_day" if self.told else "latest_survey", self.day.isoformat()))
        rows.append(("known_at", self.known_at))
        if self.ledger_head is not None:
            rows.append(("ledger_head", self.ledger_head))
        if self.printed_on is not None:
            rows.append(("printed_on", self.printed_on.isoformat()))
        rows += [*self.chosen, *self.split]
        if self.schematic:
            rows.append(("districts", "schematic, not an official boundary"))
        return rows + [("source", source) for source in self.sources]


def first(frame: pd.DataFrame | None, column: str) -> Any:
    """Return the first value of a column that is not null, else None.

    Examples
    --------
    >>> first(pd.DataFrame({"rule": [None, "edge"]}), "rule"), first(None, "rule")
    ('edge', None)
    """
    if frame is None or column not in frame.columns:
        return None
    values = frame[column].dropna()
    return values.iloc[0] if len(values) else None


def split_of(hazards: pd.DataFrame, column: str, selection: Selection) -> Any:
    """Return what the rows say of the split, else what was asked for, else None."""
    said = first(hazards, column)
    return selection.told(column) if said is None else said


def flagged(frames: tuple[pd.DataFrame | None, ...], column: str) -> bool:
    """Say whether any row of any frame says true in a column."""
    return any(
        frame is not None and column in frame.columns and bool(frame[column].eq(True).any())
        for frame in frames
    )


def _said(value: Any) -> str:
    """Write a value of a provenance column."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value).lower() if str(value) in ("True", "False") else str(value)


def _known_at(selection: Selection) -> str:
    """Say the moment at which the data was known, UTC.

    Examples
    --------
    >>> from mine_geo.disclosure.layers import Selection
    >>> _known_at(Selection(known_at="2023-01-01T06:00:00+07:00"))
    '2022-12-31T23:00:00.000Z, as asked for'
    """
    if selection.moment is None:
        return NOT_RECORDED
    text = selection.moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    why = "as asked for" if selection.known_at is not None else "the last record of the ledger"
    return f"{text}, {why}"


def provenance(
    hazards: pd.DataFrame,
    *others: pd.DataFrame | None,
    title: str | None = None,
    as_of: date | str | None = None,
    selection: Selection = EVERYTHING,
    public: bool = False,
) -> Provenance:
    """Gather what a file says of itself.

    Parameters
    ----------
    hazards
        Rows with the provenance columns of a split, and `surveyed_on` if there are days.
    others
        Border, districts, released land, places: whose they are, and whether they are real.
    title
        What the file is; else a usual one.
    as_of
        The day of the data, else the column `as_of`, else the latest survey.
    selection
        How the split was asked for, and whether the data is invented, where no column says it.
    public
        Whether the file is made of disclosed figures alone.

    Examples
    --------
    >>> rows = pd.DataFrame({"threshold_m": [7000.0], "include_coast": [False]})
    >>> provenance(rows, as_of="2022-12-31").rows[3:]
    [('data_day', '2022-12-31'), ('known_at', 'not recorded'), ('threshold_m', '7000'),
     ('include_coast', 'false')]
    """
    told = as_of if as_of is not None else first(hazards, "as_of")
    day = told
    if day is None and "surveyed_on" in hazards.columns:
        days = hazards["surveyed_on"].dropna()
        day = days.max() if len(days) else None
    split = [(column, split_of(hazards, column, selection)) for column in PROVENANCE_COLUMNS]
    waiting = None if selection.workbench == "include" else selection.workbench
    chosen = (("kind", selection.kind), ("workbench", waiting))
    weights = () if public else WEIGHT_COLUMNS
    split += [(column, first(hazards, column)) for column in weights]
    return Provenance(
        title=title or TITLE,
        synthetic=selection.synthetic or flagged((hazards, *others), "synthetic"),
        schematic=flagged(others, "schematic"),
        day=None if day is None or pd.isna(day) else day_of(day),
        told=told is not None,
        split=tuple((column, _said(value)) for column, value in split if value is not None),
        sources=tuple(sources(hazards, *others)),
        chosen=tuple((name, str(value)) for name, value in chosen if value is not None),
        known_at=_known_at(selection),
        ledger_head=None if public else selection.ledger_head,
        moment=selection.moment,
        printed_on=day_of(selection.printed_on),
        public=public,
    )
