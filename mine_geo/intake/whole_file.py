"""What the columns of a file say of it as a whole: that it is empty, or not what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mine_geo.errors import some
from mine_geo.findings import Finding
from mine_geo.intake.matching import fold, match
from mine_geo.intake.profiles import OURS
from mine_geo.intake.raw import REPORT_TYPES
from mine_geo.intake.values import read_texts, read_words
from mine_geo.terms import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd

    from mine_geo.intake.raw import Profile
    from mine_geo.intake.received import What

_EMPTY: Final = "no records; choose another layer, or export the file again"


def findings(table: gpd.GeoDataFrame, profile: Profile, what: What) -> Iterator[Finding]:
    """Give what is to be said of a file as a whole.

    Parameters
    ----------
    table
        The records in the words of their source.
    profile
        How the source calls its columns and words.
    what
        What the records are read as.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.intake.profiles import load
    >>> table = gpd.GeoDataFrame({"hazard_id": ["A"], "outcome": ["Clearance"]}, geometry=[None])
    >>> [finding.code for finding in findings(table, load("plain"), "hazards")]
    ['other_records']
    """
    if table.empty:
        yield Finding("no_records", _EMPTY)
        return
    cells = table.drop(columns=table.geometry.name)
    fields = profile.hazards if what == "hazards" else profile.reports
    names = [str(column) for column in cells.columns]
    place = {m.ours: n for n, m in enumerate(match(names, fields, OURS[what])) if m.ours}
    if what == "hazards" and "hazard_id" not in place:
        yield Finding(
            "missing_id",
            f"no column says the id of a hazard (there are: {some(names, 12) or 'none'}); name it "
            'in a profile: [hazards.columns] hazard_id = ["..."]',
        )
    yield from _differing(cells, names, place)
    if what == "hazards":
        yield from _reports(cells, names, profile)


def _differing(cells: pd.DataFrame, names: list[str], place: dict[str, int]) -> Iterator[Finding]:
    """Give the columns that bear the name of one that was taken, and say something else."""
    for ours, taken in place.items():
        for other, name in enumerate(names):
            if other == taken or fold(name) != fold(names[taken]):
                continue
            one, two = (read_texts(cells.iloc[:, n]).map(fold, na_action="ignore")
                        for n in (taken, other))  # fmt: skip
            count = int((two.notna() & (one != two)).sum())
            if count:
                yield Finding(
                    "columns_differ",
                    f"columns {names[taken]!r} and {name!r} differ in {count:,} records, and the "
                    f"first is taken as {ours}; rename the one that does not count",
                )


def _reports(cells: pd.DataFrame, names: list[str], profile: Profile) -> Iterator[Finding]:
    """Give a column that says how land was released: the records are reports, and no hazards."""
    found = match(names, profile.reports, OURS["reports"])
    place = next((n for n, one in enumerate(found) if one.ours == "event_type"), None)
    if place is None:
        return
    words: Any = profile.reports.values  # noqa: PD011  (a field, no frame)
    types = read_words(read_texts(cells.iloc[:, place]), words.get("event_type", {})).dropna()
    if types.isin(OUTCOMES).any() and types.isin(REPORT_TYPES).all():
        yield Finding(
            "other_records",
            f"{names[place]} says how land was released ({types.iloc[0]}): are these reports? "
            'Their polygons would count as hazards; read it with what="reports"',
        )
