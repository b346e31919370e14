"""The accounts of a register: all that a report is made from, of one day and one moment.

Frames, and how they were asked for; no database. A store fills them (`Store.accounts`). Geometry
is EPSG:4326, sizes are whole m², distances metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mine_geo.errors import RecordError, choose
from mine_geo.geo.cells import day_of
from mine_geo.terms import KINDS

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.ledger.fold import Fold
    from mine_geo.tables.envelope import Envelope
    from mine_geo.terms import Kind


DESK_COLUMNS: Final = (
    "submission_id",
    "record",
    "what",
    "kind",
    "size_m2",
    "state",
    "received_at",
    "decided_at",
)
"""What is told of each record that was received."""


@dataclass(frozen=True, eq=False)
class Accounts:
    """What a register holds at the end of a day, as known at a moment.

    Examples
    --------
    >>> import pandas as pd
    >>> from mine_geo.tables.envelope import Envelope
    >>> Accounts(Envelope(as_of="2022-12-31"), None, pd.DataFrame({"kind": []})).day.year
    2022
    """

    about: Envelope
    """How it was asked for: day, moment, zones, versions of border and districts, head."""

    fold: Fold
    """The ledger: hazards (closed ones too), and what each event did."""

    split: gpd.GeoDataFrame
    """The hazards of which something is left, with their zones; those that wait are marked
    `in_workbench` as far as they were asked for."""

    spot_tasks: pd.DataFrame | None = None
    """Items destroyed outside any hazard."""

    inspections: pd.DataFrame | None = None
    operator_totals: pd.DataFrame | None = None
    programmes: pd.DataFrame | None = None
    """The lists of a store of these names; None where nobody told."""

    desk: pd.DataFrame | None = None
    """`DESK_COLUMNS`, a row a record that was received; its state is that at the moment."""

    unmeasured: pd.DataFrame | None = None
    """`hazard_id` and `why` of what no split can hold, and so no table of zones counts."""

    @property
    def day(self) -> date:
        """The day of the accounts.

        Raises
        ------
        RecordError
            If none is told.
        """
        found = day_of(self.about.as_of)
        if found is None:
            raise RecordError("the accounts have no day; give as_of")
        return found

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of hazard that are in it, closed ones too, in the order of the vocabulary."""
        there = {*self.split["kind"].dropna(), *self.fold.hazards["kind"].dropna()}
        return [kind for kind in KINDS if kind in there]

    def of_kind(self, kind: Kind) -> gpd.GeoDataFrame:
        """Return what remains of one kind.

        Raises
        ------
        OptionError
            If there is no such kind.
        """
        return self.split[self.split["kind"] == choose(kind, KINDS, "kind")]
