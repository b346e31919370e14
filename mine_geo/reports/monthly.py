"""The monthly report of a register: what is left, what was released, what came in, what waits.

Tables 1 to 3 and Annex 1 have the shape of the work plan of 2023. Kinds stand one below the other
and are never added up. Whole m².
"""

from __future__ import annotations

import datetime as dt
import shlex
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import RecordError
from mine_geo.geo.cells import day_of, moment_of
from mine_geo.intake.checks import check_hazards
from mine_geo.ledger.events import CANNOT_BE
from mine_geo.ledger.fold import WORTH_SAYING
from mine_geo.reports.differences import operators_own, then_and_now
from mine_geo.reports.inspected import inspected
from mine_geo.reports.sections import (
    KIND_WORDS,
    Chart,
    Section,
    behind,
    keyed,
    released_rows,
    with_sums,
)
from mine_geo.tables import movements
from mine_geo.tables.totals import totals, with_total
from mine_geo.terms import THRESHOLD_M, TOTAL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mine_geo.ledger.events import Day
    from mine_geo.ledger.fold import Fold
    from mine_geo.tables.accounts import Accounts
    from mine_geo.terms import Group, ReleaseGroup


YEARS: Final = 3
"""Calendar years that Table 2 shows, the last one up to the day of the report."""
BALANCED: Final = (
    "Opening + registered + amended + transferred - cancelled - reduced - cleared = remaining, "
    "to the square metre."
)
_PLACE: Final = ["province", "province_code"]
_SPLIT: Final = TOTAL_COLUMNS[2:]


def monthly(
    accounts: Accounts,
    *,
    since: Day = None,
    beneficiaries: pd.DataFrame | None = None,
    then: Fold | None = None,
) -> list[Section]:
    """Return the sections of the monthly report.

    Parameters
    ----------
    accounts
        The register at the end of the period, see `Store.accounts`; EPSG:4326, m².
    since
        The end of this day is the opening of the period; the last of the month before unless told.
    beneficiaries
        As from `read_beneficiaries`; without it people are left out, and it is said.
    then
        The ledger as it was known at an earlier moment: what was known then stands beside now.

    Returns
    -------
    list of Section
        Tables, charts, the lists behind them, and where the figures come from.

    Raises
    ------
    RecordError
        If the period ends before it begins, or a table lacks what is needed.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, shapely
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.store import create_store
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "province": "Battambang",
    ...      "surveyed_on": "2020-01-31"},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> with create_store(tempfile.mkdtemp() + "/register.gpkg") as store:
    ...     _ = store.load_border(intake.read_border(sample.path("border")))
    ...     _ = store.register(fields)
    ...     sections = monthly(store.accounts(as_of="2020-12-31"))
    >>> table1 = sections[0].table
    >>> table1[["row", "key", "province", "hazards", "size_m2"]].values.tolist()
    [['data', 'T1-01', 'Battambang', 1, 1200149], ['total', nan, None, 1, 1200149]]
    """
    opening = opening_of(accounts, since)
    sections = [
        *remaining(accounts),
        *released(accounts, accounts.day.year),
        *flows(accounts, opening),
        *people(beneficiaries),
        inspected(accounts),
        waiting(accounts),
        findings(accounts),
        operators_own(accounts),
        *([] if then is None else [then_and_now(accounts, then)]),
    ]
    left_out = [] if beneficiaries is not None else ["beneficiaries: no file was given"]
    left_out += [] if then is not None else ["what was known earlier: no moment was given"]
    return [*sections, *behind(accounts, sections), provenance(accounts, left_out)]


def opening_of(accounts: Accounts, since: Day) -> dt.date:
    """Return the day whose end is the opening of a period.

    Raises
    ------
    RecordError
        If it is not before the day of the accounts.

    Examples
    --------
    >>> from mine_geo.tables.accounts import Accounts
    >>> from mine_geo.tables.envelope import Envelope
    >>> opening_of(Accounts(Envelope(as_of="2024-03-31"), None, None), None).isoformat()
    '2024-02-29'
    """
    day = day_of(since)
    if day is None:
        day = accounts.day.replace(day=1) - dt.timedelta(days=1)
    if day >= accounts.day:
        raise RecordError(
            f"the period opens on {day} and ends on {accounts.day}; give an earlier day"
        )
    return day


def remaining(accounts: Accounts) -> list[Section]:
    """Return Tables 1 and 3, and Annex 1: what is left by province, zone and district."""
    split = accounts.split.assign(difficulty=accounts.split["difficulty"].fillna("not recorded"))
    said = (_counted(accounts),)
    provinces = _left(split, ["province"])
    words = split.groupby(["kind", "province_code"], dropna=False)["difficulty"].agg(
        lambda column: ", ".join(sorted(column.unique()))
    )
    places = provinces[["kind", "province_code"]]
    first = provinces.drop(columns=list(_SPLIT)).assign(
        difficulty=[words.get((k, c)) for k, c in places.itertuples(index=False)]
    )
    metres = f"{accounts.about.threshold_m:,.10g}"
    tables = [
        ("Table 1", "T1", "What remains, by province", first, ["province_code"], None),
        (
            "Table 3",
            "T3",
            f"What remains nearer and farther than {metres} m from the border, by province",
            provinces,
            ["province_code"],
            Chart("province", ("near_size_m2", "far_size_m2"), "Near and far, m²"),
        ),
        (
            "Annex 1",
            "A1",
            "What remains, by district",
            _left(split, ["district"]),
            ["province_code", "district_code"],
            None,
        ),
    ]
    found = []
    for name, prefix, title, table, codes, chart in tables:
        keys = [*_PLACE, "district", "district_code", "difficulty"]
        whole = with_sums(table, [key for key in keys if key in table])
        numbered, of = keyed(whole, prefix, split, ["kind", *codes], "hazard_id")
        found.append(Section(name, f"{name}. {title}", numbered, said, hazards=of, chart=chart))
    return found


def _left(split: pd.DataFrame, by: Sequence[Group]) -> pd.DataFrame:
    """Return what is left of each kind by place, kind after kind."""
    table = totals(split, ["kind", *by])
    return table.sort_values("kind", kind="stable", ignore_index=True)


def _counted(accounts: Accounts) -> str:
    """Say what is counted that is not in the register, and what is not counted."""
    split = accounts.split
    waits = split[split["in_workbench"].astype(bool)]
    said = [
        f"{len(waits):,} of the hazards, {int(waits['size_m2'].sum()):,} m², wait on the workbench"
    ]
    lost = accounts.unmeasured
    if lost is not None and len(lost):
        said.append(f"{len(lost):,} cannot be measured and are in no table (sheet Findings)")
    return "; ".join(said) + "."


def released(accounts: Accounts, year: int) -> list[Section]:
    """Return Table 2 and releases by year, operator and outcome."""
    rows = released_rows(accounts.fold)
    years = list(range(year - YEARS + 1, year + 1))
    return [
        _table2(accounts, rows, years),
        _releases(accounts, "Releases by year", "RY", ["year"], "year"),
        _releases(accounts, "Releases by operator", "RO", ["year", "operator"], None),
        _releases(accounts, "Releases by outcome", "RX", ["year", "outcome"], None),
    ]


def _table2(accounts: Accounts, rows: pd.DataFrame, years: list[int]) -> Section:
    rows = rows[rows["year"].isin(years)]
    names = {each: f"released_{each}_m2" for each in years}
    parts = []
    for kind in accounts.kinds:
        found = movements.releases(accounts.fold, by=["year", "province"], kind=kind)
        found = found[(found["events"] > 0) & found["year"].isin(years)]
        table = found.pivot_table(
            index=_PLACE, columns="year", values="released_m2", aggfunc="sum", dropna=False
        )
        table = table.dropna(how="all").reindex(columns=years).fillna(0).astype("int64")
        table.columns = [names[each] for each in years]
        table = table.reset_index()
        table.insert(0, "kind", kind)
        parts.append(table)
    whole = pd.concat(parts, ignore_index=True) if parts else _nothing(names.values())
    whole["released_m2"] = whole[list(names.values())].sum(axis=1).astype("int64")
    whole = whole.sort_values(["kind", "province_code"], kind="stable", ignore_index=True)
    numbered, of = keyed(
        with_sums(whole, _PLACE), "T2", rows, ["kind", "province_code"], "event_id"
    )
    return Section(
        "Table 2",
        f"Table 2. Released land by province, {years[0]} to {years[-1]}",
        numbered,
        (f"{years[-1]} up to {accounts.day}. A column a calendar year.",),
        events=of,
        headings={names[each]: f"{each}, m²" for each in years},
        chart=Chart("province", tuple(names.values()), "Released, m²"),
    )


def _nothing(figures: Any) -> pd.DataFrame:
    columns = {"kind": "str", "province": "str", "province_code": "str"}
    empty = columns | dict.fromkeys(figures, "int64")
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in empty.items()})


def _releases(
    accounts: Accounts, name: str, prefix: str, by: list[ReleaseGroup], label: str | None
) -> Section:
    """Return released m² and items, by columns."""
    table = _of_kinds(
        movements.releases(accounts.fold, by=[*by, "kind"], kind=kind) for kind in accounts.kinds
    )
    rows = released_rows(accounts.fold)
    if "outcome" not in by:
        made = movements.confirmed_m2(accounts.fold.effects)
        effects = accounts.fold.effects[made > 0]
        about = pd.DataFrame(accounts.fold.hazards).set_index("hazard_id")
        of = about.reindex(effects["hazard_id"]).set_axis(effects.index)
        more = effects.assign(
            kind=of["kind"],
            operator=effects["operator"].fillna(of["operator"]),
            year=effects["happened_on"].dt.year.astype("int64"),
        )
        rows = pd.concat([rows, more], ignore_index=True)
    numbered, of_events = keyed(with_sums(table, [*by]), prefix, rows, ["kind", *by], "event_id")
    asked = None if label is None else Chart(label, movements.OUTCOME_COLUMNS, "Released, m²")
    notes = (
        "m² as they took effect; as reported beside them. What no report says of items is blank.",
        *(
            ["SHA to CHA was confirmed, and is part of no released m²."]
            if "confirmed_m2" in table
            else []
        ),
    )
    return Section(
        name, f"Released land, {name.lower()}", numbered, notes, events=of_events, chart=asked
    )


def _of_kinds(tables: Any) -> pd.DataFrame:
    """Return the tables of the kinds, one below the other, `kind` first."""
    whole = pd.concat(list(tables), ignore_index=True)
    return whole[["kind", *whole.columns.drop("kind")]]


def flows(accounts: Accounts, opening: dt.date) -> list[Section]:
    """Return the balance of the period, and of the year where that is another one."""
    year = dt.date(accounts.day.year - 1, 12, 31)
    found = [_flows(accounts, opening, "Flows of the period", "FP")]
    return found if year == opening else [*found, _flows(accounts, year, "Flows of the year", "FY")]


def _flows(accounts: Accounts, since: dt.date, name: str, prefix: str) -> Section:
    """Return opening, what came and went, and what remains, kind by kind."""
    fold, start = accounts.fold, since + dt.timedelta(days=1)
    table = _of_kinds(
        movements.balance(fold, since=since, kind=kind).assign(kind=kind) for kind in accounts.kinds
    )
    kinds = fold.hazards.set_index("hazard_id")["kind"]
    later = fold.effects[fold.effects["happened_on"] > pd.Timestamp(since)]
    numbered, of = keyed(
        table, prefix, later.assign(kind=later["hazard_id"].map(kinds)), ["kind"], "event_id"
    )
    said = [BALANCED]
    for kind in accounts.kinds:
        booked = int(numbered.loc[numbered["kind"] == kind, "remaining_m2"].sum())
        shown = int(accounts.of_kind(kind)["size_m2"].sum())
        said.append(
            f"{KIND_WORDS[kind]}: {booked:,} m² remain by the ledger, {shown:,} m² stand in Tables "
            "1 and 3"
            + (
                "."
                if booked == shown
                else f"; the {shown - booked:+,} m² between wait on the workbench, or cannot be "
                "measured."
            )
        )
    title = f"Stocks and flows, {start} to {accounts.day}"
    return Section(name, title, numbered, tuple(said), events=of)


def people(table: pd.DataFrame | None) -> list[Section]:
    """Return beneficiaries by sex and age; nothing where no file was given."""
    if table is None:
        return []
    keys = [name for name in ("province", "sex", "age") if name in table]
    summed = table.groupby(keys, sort=True, dropna=False)["people"].sum().reset_index()
    return [
        Section(
            "Beneficiaries",
            "Beneficiaries by sex and age",
            with_total(summed, keys),
            ("As in the file that was given; what it does not say is unknown.",),
            headings={"people": "People", "sex": "Sex", "age": "Age"},
        )
    ]


def waiting(accounts: Accounts) -> Section:
    """Return what was received: records by state, and how long they waited, in days."""
    columns = ["what", "state", "records", "size_m2", "median_days", "p90_days"]
    desk = accounts.desk
    if desk is None or desk.empty:
        empty = pd.DataFrame({name: pd.Series(dtype="int64") for name in columns})
        why = "Not asked for." if desk is None else "Nothing was received by this moment."
        return Section("Workbench", "The workbench", empty, (why,))
    moment = moment_of(accounts.about.known_at)
    until = desk["decided_at"].fillna(moment) if moment is not None else desk["decided_at"]
    days = (until - desk["received_at"]).dt.total_seconds() / 86_400
    groups = desk.assign(days=days).groupby(["what", "state"], sort=True)
    table = groups.agg(
        records=("days", "size"),
        size_m2=("size_m2", "sum"),
        median_days=("days", "median"),
        p90_days=("days", lambda column: float(np.percentile(column, 90))),
    ).reset_index()
    return Section(
        "Workbench",
        "The workbench: what was received, and how long it waited",
        table,
        (
            "Days from receipt to the decision; of what still waits, to the moment of the report.",
            "Half waited no longer than the median, nine in ten not longer than the percentile.",
        ),
        headings={
            "what": "What", "state": "State", "records": "Records",
            "median_days": "Median, days", "p90_days": "90th percentile, days",
        },
    )  # fmt: skip


def findings(accounts: Accounts) -> Section:
    """Return what is wrong or worth saying of the register, each with its number and examples."""
    rows: list[tuple[str, str, int, str]] = []
    checked = check_hazards(
        accounts.split, today=accounts.day, numbers=np.arange(1, len(accounts.split) + 1)
    )
    for (severity, code), found in checked.groupby(["severity", "code"], sort=True):
        rows.append((str(severity), str(code), len(found), _some(found["hazard_id"])))
    fold = accounts.fold
    for table, words, what in (
        (fold.ignored, CANNOT_BE, "does not count"),
        (fold.notes, WORTH_SAYING, "event"),
    ):
        for code, found in table.groupby("code", sort=True):
            rows.append(
                (what, words.get(str(code), str(code)), len(found), _some(found["event_id"]))
            )
    lost = accounts.unmeasured
    if lost is not None and len(lost):
        for said, found in lost.groupby("why", sort=True):
            rows.append(("not measured", str(said), len(found), _some(found["hazard_id"])))
    table = pd.DataFrame(rows, columns=["severity", "finding", "count", "examples"])
    return Section(
        "Findings",
        "Findings",
        table.astype({"count": "int64"}),
        ("Of hazards that remain, and of events; the first five are named.",),
        headings={"severity": "Sort", "finding": "Finding", "count": "How many", "examples": "Of"},
    )


def _some(ids: pd.Series[Any]) -> str:
    first = [str(each) for each in ids.dropna().drop_duplicates().head(5)]
    return ", ".join(first)


def provenance(accounts: Accounts, left_out: Sequence[str] = ()) -> Section:
    """Return where the figures come from, and how to make the same report again."""
    told = accounts.about.told()
    rows = [
        (name.replace("_", " "), "" if value is None else str(value))
        for name, value in told.items()
        if name != "title"
    ]
    about = accounts.about
    again = [f"--as-of {about.as_of}", f"--known-at {about.known_at}"]
    again += (
        [] if about.threshold_m in {None, THRESHOLD_M} else [f"--threshold {about.threshold_m:g}"]
    )
    again += [] if about.rule in {None, "edge"} else [f"--rule {about.rule}"]
    again += ["--include-coast"] if about.include_coast else []
    for each in filter(None, (about.asked or "").split("; ")):
        name, _, value = each.partition("=")
        again.append(f"--{name} {shlex.quote(value)}")
    again += [f"--border {about.border_version}"] if about.border_version else []
    again += [f"--districts {about.districts_version}"] if about.districts_version else []
    rows.append(("the same again", " ".join(again)))
    rows += [("left out", each) for each in left_out]
    return Section(
        "Provenance",
        "Where the figures come from",
        pd.DataFrame(rows, columns=["what", "value"], dtype="str"),
        ("The same day, moment and versions give the same figures on any later day.",),
        headings={"what": "What", "value": "Value"},
    )
