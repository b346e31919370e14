"""What the columns of a file say of it as a whole: that it is empty, or not what was asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import FileError, some
from mine_geo.findings import Finding
from mine_geo.intake.matching import ID, fold, is_made, match
from mine_geo.intake.profiles import OURS
from mine_geo.intake.raw import REPORT_TYPES
from mine_geo.intake.reported import COMPLETIONS
from mine_geo.intake.values import read_days, read_texts, read_words
from mine_geo.terms import AREA_TYPES, DIFFICULTIES, KINDS, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from mine_geo.intake.raw import Profile
    from mine_geo.intake.received import What

_LIKELY: Final = re.compile(
    r"(?:^|[^a-z])(?:id|code|no|nr|num|number|name|ref|label)\d*(?:$|[^a-z])|id$"
)
_OUTCOME: Final = re.compile(r"outcome|event.?type|release")
_END: Final = re.compile(r"complet|clear|releas|cancel|reduc")
_LONGEST_ID: Final = 60
"""Characters; a longer text is a description."""
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
    ['are_reports']
    """
    if table.empty:
        yield Finding("no_records", _EMPTY)
        return
    cells = table.drop(columns=table.geometry.name)
    fields = profile.hazards if what == "hazards" else profile.reports
    names = [str(column) for column in cells.columns]
    place = {m.ours: n for n, m in enumerate(match(names, fields, OURS[what])) if m.ours}
    if what == "hazards":
        yield from _ids(cells, names, place, profile)
    yield from _differing(cells, names, place)
    if what == "hazards":
        yield from _reports(cells, names, profile)


def _ids(
    cells: pd.DataFrame, names: list[str], place: dict[str, int], profile: Profile
) -> Iterator[Finding]:
    """Say that no column is the id, or one that may be no more than a number of the rows."""
    others = [n for n in range(len(names)) if n not in place.values()]
    able = _able(cells, names, others)
    if ID not in place:
        there = f"no column says the id of a hazard (there are: {some(names, 12) or 'none'})"
        yield Finding("missing_id", f"{there}{_candidates(names, able)}")
        return
    taken = place[ID]
    texts = read_texts(cells.iloc[:, taken])
    if texts.isna().all():
        yield Finding("missing_id", f"column {names[taken]!r} is empty{_candidates(names, able)}")
    elif able and profile.id_column is None and fold(names[taken]) == "id" and _counts(texts):
        name, first = next((names[n], text) for n, text in able.items())
        yield Finding(
            "serial_id",
            f"the ids of column {names[taken]!r} only count the records ({texts.iloc[0]} to "
            f"{texts.iloc[-1]}), as programs do, and another export may count otherwise; if "
            f"{name!r} ({first}) is the id, read it with {_option(name)}",
        )


def _counts(texts: pd.Series[Any]) -> bool:
    """Say whether ids are 0, 1, 2 ... or 1, 2, 3 ... in the order of the records."""
    wanted = [[str(n + first) for n in range(len(texts))] for first in (0, 1)]
    return len(texts) > 1 and texts.tolist() in wanted


def _able(cells: pd.DataFrame, names: list[str], places: list[int]) -> dict[int, str]:
    """Return the columns that could be an id, likely ones first, each with its first value.

    Such a column has a short text of its own in every record, no day and no broken number, and is
    not made by a program.
    """
    found: dict[int, str] = {}
    for place in places:
        texts = read_texts(cells.iloc[:, place])
        if is_made(names[place]) or texts.isna().any() or texts.map(fold).duplicated().any():
            continue
        numbers = pd.to_numeric(texts, errors="coerce")
        broken = numbers.notna().all() and (numbers % 1 != 0).any()
        if broken or texts.str.len().max() > _LONGEST_ID or read_days(texts)[0].notna().all():
            continue
        found[place] = str(texts.iloc[0])
    likely = [n for n in found if _LIKELY.search(names[n].lower())]
    return {n: found[n] for n in dict.fromkeys((*likely, *found))}


def _candidates(names: list[str], able: dict[int, str]) -> str:
    """Say which columns could be the id, and how one is taken."""
    made = [name for name in names if is_made(name)]
    said = f"; a program made {some(made, 4)}" if made else ""
    if able:
        shown = some([f"{names[n]} ({text})" for n, text in able.items()], 4)
        name = names[next(iter(able))]
        return (
            f"{said}; these could be it: {shown}; take one with {_option(name)}, or name it in a "
            f'profile: [hazards.columns] hazard_id = ["{name}"]'
        )
    if made:
        return (
            f"{said}, and no other has a text of its own in each record; ask for the hazards' own "
            f"ids, or, if they are called by that number, take it with {_option(made[0])}"
        )
    return '; name it in a profile: [hazards.columns] hazard_id = ["..."]'


def _option(name: str) -> str:
    """Return the option that takes a column as the id."""
    mark = "'" if '"' in name else '"'
    return f"id_column={mark}{name}{mark}"


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
    found = _outcomes(cells, names, profile)
    if found is None:
        return
    name, types = found
    if not types.isin(REPORT_TYPES).all():
        return
    said = f"{name} says how land was released ({types.iloc[0]}): "
    if _of_hazards(cells, names, profile) is None:
        yield Finding(
            "are_reports",
            f"{said}these are reports, and their polygons would count as hazards; put it onto the "
            'workbench as reports (what="reports"), or, if they are hazards all the same, say in a '
            "profile that no column is an outcome: reports.columns.event_type = []",
        )
        return
    yield Finding(
        "other_records",
        f"{said}are these reports? "
        'Their polygons would count as hazards; read it with what="reports"',
    )


def _outcomes(
    cells: pd.DataFrame, names: list[str], profile: Profile
) -> tuple[str, pd.Series[Any]] | None:
    """Return the column that says how land was released, and what it says; None if none does."""
    found = match(names, profile.reports, OURS["reports"])
    place = next((n for n, one in enumerate(found) if one.ours == "event_type"), None)
    if place is None:
        return None
    words: Any = profile.reports.values  # noqa: PD011  (a field, no frame)
    types = read_words(read_texts(cells.iloc[:, place]), words.get("event_type", {})).dropna()
    known = types.isin(OUTCOMES).any() or (len(types) and _OUTCOME.search(names[place].lower()))
    return (names[place], types) if known else None


def _ends(cells: pd.DataFrame, names: list[str], profile: Profile) -> str | None:
    """Return a column of days on which work on land was completed; None if there is none."""
    for n, one in enumerate(match(names, profile.reports, OURS["reports"])):
        end = one.ours in COMPLETIONS and _END.search(names[n].lower())
        if end and read_texts(cells.iloc[:, n]).notna().any():
            return names[n]
    return None


def _of_hazards(cells: pd.DataFrame, names: list[str], profile: Profile) -> str | None:
    """Return a column that says what only a hazard is: its kind, its class; None if none does."""
    words: Any = profile.hazards.values  # noqa: PD011  (a field, no frame)
    for n, one in enumerate(match(names, profile.hazards, OURS["hazards"])):
        valid = {"kind": KINDS, "area_type": AREA_TYPES, "difficulty": DIFFICULTIES}.get(
            str(one.ours)
        )
        if valid is None:
            continue
        if read_words(read_texts(cells.iloc[:, n]), words.get(one.ours, {})).isin(valid).any():
            return names[n]
    return None


def sort_of(table: gpd.GeoDataFrame, profile: Profile, kind: str | None) -> tuple[What, str | None]:
    """Say what a table holds where nobody says it, and by what it was told.

    Outcomes, activities and days of completion are of reports; a kind, and SHA or CHA, of hazards.

    Parameters
    ----------
    table
        The records in the words of their source.
    profile
        How the source calls its columns and words.
    kind
        The kind of hazards that the caller gives.

    Returns
    -------
    tuple
        `hazards` or `reports`, and of reports the column that tells it.

    Raises
    ------
    FileError
        If it could be both; without the name of the file.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.intake.profiles import load
    >>> table = gpd.GeoDataFrame({"hazard_id": ["A"], "outcome": ["Clearance"]}, geometry=[None])
    >>> sort_of(table, load("plain"), None)
    ('reports', 'outcome (cleared)')
    """
    cells = table.drop(columns=table.geometry.name)
    names = [str(column) for column in cells.columns]
    outcomes = _outcomes(cells, names, profile)
    of_reports = _ends(cells, names, profile)
    if outcomes is not None:
        of_reports = f"{outcomes[0]} ({outcomes[1].iloc[0]})"
    if of_reports is None:
        return "hazards", None
    of_hazards = "kind=" if kind is not None else _of_hazards(cells, names, profile)
    if of_hazards is None:
        return "reports", of_reports
    raise FileError(
        f"hazards or reports of released land? {of_reports} is of reports, {of_hazards} of "
        'hazards; say which it is: what="hazards" or what="reports"'
    )
