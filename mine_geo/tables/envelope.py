"""What stands around the rows of every table that leaves: its title, and the source of its figures.

JSON has it as fields above `rows`, CSV as columns behind those of the table, a workbook on a sheet
of its own: the same names, the same values, one version of one schema (`schema`, described in
docs/tables.md). So a program reads them as it reads the rows, and a file that was merged, sorted or
filtered still says what it is of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from mine_geo import __version__
from mine_geo.errors import RecordError
from mine_geo.geo.cells import day_of, moment_of
from mine_geo.terms import PROVENANCE_COLUMNS, RESTRICTION_COLUMN, ROW

if TYPE_CHECKING:
    from datetime import date, datetime

    import pandas as pd

    from mine_geo.terms import Rule


SCHEMA_VERSION: Final = 1
"""Raised whenever a field is renamed or removed, or means another thing; not when one is added."""
SCHEMA: Final = Path(__file__).with_name("table.schema.json")


class Zones(NamedTuple):
    """How the zones of a table's figures were made; None where rows say it, each for itself."""

    threshold_m: float | None
    rule: Rule | None
    include_coast: bool | None


def written_moment(moment: datetime) -> str:
    """Write a moment in UTC as tables have it.

    Examples
    --------
    >>> written_moment(moment_of("2023-01-01T06:00:00+07:00"))
    '2022-12-31T23:00:00.000Z'
    """
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class StoreFacts(Protocol):
    """What a store tells of itself."""

    synthetic: bool

    @property
    def name(self) -> str:
        """What it is called in a heading."""

    def last_moment(self) -> datetime | None:
        """Return the moment of its last record."""

    def head(self) -> object:
        """Return the head of the chain of its ledger, as `str` writes it."""

    def versions(self) -> pd.DataFrame:
        """Return the versions of border and districts."""


@dataclass(frozen=True)
class Envelope:
    """What a table says of itself; null is what its figures do not depend on, or nobody told.

    Examples
    --------
    >>> about = Envelope(title="Near and far", synthetic=True, threshold_m=7000.0, rule="edge")
    >>> about.told()["title"], about.told()["schema_version"], about.told()["border_name"]
    ('Near and far', 1, None)
    """

    title: str = ""
    """What the table is, in a line."""

    store: str | None = None
    """The name of the register; None where the table comes from files."""

    synthetic: bool = False
    """Whether anything in it is invented."""

    as_of: str | None = None
    """The figures are those of the end of this day, ISO; None: of everything that was recorded."""

    known_at: str | None = None
    """And as recorded by this moment, ISO, UTC: the one asked for, else that of the last record."""

    threshold_m: float | None = None
    """Nearer to the border than this is near, metres."""

    rule: str | None = None
    include_coast: bool | None = None
    border_name: str | None = None
    border_version: str | None = None
    districts_name: str | None = None
    districts_version: str | None = None
    asked: str | None = None
    """Which records were asked for, where not all: `kind=ap_minefield; workbench=exclude`."""

    ledger_head: str | None = None
    """The head of the ledger's chain when the table was made, SEQ:HASH: `Store.check_chain` tells
    with it whether the events up to then are the same still."""
    last_record: bool = False
    """Whether `known_at` is the moment of the last record; only said in words."""

    @classmethod
    def of_split(
        cls, split: pd.DataFrame, title: str, *, as_of: date | str | None = None
    ) -> Envelope:
        """Return the envelope of figures made of a split: what its columns say.

        Parameters
        ----------
        split
            As from `border_split`, or a `Store`'s `split`.
        title
            What the table is.
        as_of
            The day of the figures, where it is known.

        Raises
        ------
        RecordError
            If rows were split in different ways: no table is of both.

        Examples
        --------
        >>> import pandas as pd
        >>> split = pd.DataFrame({"threshold_m": [7000.0], "rule": "edge", "include_coast": False,
        ...     "border_name": "OSM", "border_version": "1", "synthetic": True})
        >>> about = Envelope.of_split(split, "Totals", as_of="2022-12-31")
        >>> about.rule, about.border_name, about.synthetic, about.as_of
        ('edge', 'OSM', True, '2022-12-31')
        """
        found: dict[str, Any] = {}
        for column in PROVENANCE_COLUMNS:
            values = split[column].dropna().unique().tolist() if column in split else []
            if len(values) > 1:
                raise RecordError(
                    f"rows with different {column} ({', '.join(map(str, values))}) in one table; "
                    "split all hazards in one way"
                )
            found[column] = values[0] if values else None
        invented = "synthetic" in split and bool(split["synthetic"].eq(True).any())
        day = day_of(as_of)
        return cls(
            title, synthetic=invented, as_of=None if day is None else day.isoformat(), **found
        )

    @classmethod
    def of_store(
        cls,
        store: StoreFacts,
        title: str,
        *,
        zones: Zones | None = None,
        as_of: date | str | None = None,
        known_at: datetime | str | None = None,
        asked: str | None = None,
    ) -> Envelope:
        """Return the envelope of figures read from a store.

        Parameters
        ----------
        store
            The register.
        title
            What the table is.
        zones
            How its zones were made, where it has any: only then the border is named.
        as_of, known_at
            As the figures were asked for.
        asked
            Which records were asked for, where not all.

        Raises
        ------
        RecordError
            If `as_of` is no day, or `known_at` has no time zone.
        """
        day, told, last = day_of(as_of), moment_of(known_at), None
        if told is None:
            last = store.last_moment()
        moment = told or last
        layers = {
            row.layer: (str(row.name), str(row.version))
            for row in store.versions().itertuples(index=False)
            if row.active
        }
        border = layers.get("border", (None, None)) if zones else (None, None)
        districts = layers.get("districts", (None, None))
        return cls(
            title,
            store=store.name,
            synthetic=store.synthetic,
            as_of=None if day is None else day.isoformat(),
            known_at=None if moment is None else written_moment(moment),
            threshold_m=zones and zones.threshold_m,
            rule=zones and zones.rule,
            include_coast=zones and zones.include_coast,
            border_name=border[0],
            border_version=border[1],
            districts_name=districts[0],
            districts_version=districts[1],
            asked=asked,
            ledger_head=str(store.head()),
            last_record=last is not None,
        )

    @property
    def known_in_words(self) -> str | None:
        """The moment at which the figures were known, and whether it is that of the last record."""
        return (
            f"{self.known_at}, the last record of the ledger" if self.last_record else self.known_at
        )

    def told(self) -> dict[str, Any]:
        """Return every field by name, in their order; the title in one line."""
        told: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "title": "; ".join(line for line in self.title.split("\n") if line),
            "product_version": __version__,
        }
        named = (each.name for each in fields(self) if each.name not in {"title", "last_record"})
        return told | {name: getattr(self, name) for name in named}


FIELDS: Final = tuple(Envelope().told())
"""The names of all fields, in order."""
_IN_ROWS: Final = frozenset((*PROVENANCE_COLUMNS, "as_of", "known_at"))
"""Fields that a row may say of itself: its own value stands."""


def rows_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table as they leave: first `row`, which says what each is.

    `data`, or `total` and `compared` of sums. A column of the table's own that is called like a
    field gets `source_` before its name, except those that rows may say of themselves
    (`threshold_m`, `rule`, `include_coast`, border, `as_of`, `known_at`) and `synthetic`.

    Examples
    --------
    >>> import pandas as pd
    >>> rows_of(pd.DataFrame({"hazards": [3], "title": ["x"]})).columns.tolist()
    ['row', 'hazards', 'source_title']
    """
    ours = ROW in table and table[ROW].isin(["data", "total", "compared"]).all()
    taken = {*FIELDS, RESTRICTION_COLUMN} - _IN_ROWS - {"synthetic"}
    taken |= set() if ours else {ROW}
    names = list(table.columns)
    for place, name in enumerate(names):
        while names[place] in taken or (names[place] != name and names[place] in table.columns):
            names[place] = f"source_{names[place]}"
    named = table.set_axis(names, axis="columns")
    if not ours:
        named.insert(0, ROW, "data")
    return named


def as_columns(rows: pd.DataFrame, about: Envelope, restriction: str | None) -> pd.DataFrame:
    """Return rows of `rows_of` with the envelope in further columns, the same in each row.

    In CSV, columns are read by every program without a word about it; lines above the table are
    not, and are lost when it is sorted, filtered or merged.

    Parameters
    ----------
    rows
        The rows.
    about
        The envelope.
    restriction
        What a restricted file says, in its last column; None of any other.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = rows_of(pd.DataFrame({"zone": ["near"]}))
    >>> as_columns(rows, Envelope("Zones"), None)[["row", "zone", "title", "synthetic"]]
        row  zone  title  synthetic
    0  data  near  Zones      False
    """
    told = about.told()
    if "synthetic" in rows:
        told["synthetic"] = rows["synthetic"].eq(True) | about.synthetic
    own = [name for name in _IN_ROWS if name in rows]
    more = {name: value for name, value in told.items() if name not in own}
    if restriction is not None:
        more[RESTRICTION_COLUMN] = restriction
    return rows.drop(columns="synthetic", errors="ignore").assign(**more)


def as_json(rows: pd.DataFrame, about: Envelope, restriction: str | None) -> str:
    r"""Return rows of `rows_of` under the fields of the envelope, as a line of JSON.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = rows_of(pd.DataFrame({"zone": ["near"]}))
    >>> as_json(rows, Envelope(title="Zones"), None)
    '{"schema_version": 1, "title": "Zones", ..., "rows": [{"row": "data", "zone": "near"}]}\n'
    """
    # The restriction comes first: it is what is read of a file to know it again.
    marked = {} if restriction is None else {RESTRICTION_COLUMN: restriction}
    found = json.loads(rows.to_json(orient="records", date_format="iso", double_precision=15))
    return json.dumps(marked | about.told() | {"rows": found}, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a table in JSON; `$defs/csv_row` is that of a line of CSV.

    Examples
    --------
    >>> schema()["properties"]["schema_version"]
    {'const': 1}
    """
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found
