"""Reports about a part of the work: a donor's project, and a plan beside what was done.

Whole m², costs in USD. What nobody told (a cost, people) is left out, and it is said.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.errors import OptionError, RecordError, UnknownNameError, some
from mine_geo.geo.cells import day_of
from mine_geo.planning.capacity import as_done
from mine_geo.planning.plan import make_plan
from mine_geo.planning.programmes import programme_progress
from mine_geo.reports.monthly import people, provenance
from mine_geo.reports.sections import KEY, Chart, Section, behind, keyed, released_rows, with_sums
from mine_geo.tables import movements

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from mine_geo.ledger.events import Day
    from mine_geo.planning.plan_inputs import PlanInputs
    from mine_geo.tables.accounts import Accounts


_ABOUT: Final = ["hazard_id", "kind", "area_type", "province", "province_code", "district"]
_MOVED: Final = [
    "opening_m2", "registered_m2", "amended_m2", "transferred_m2", *movements.OUTCOME_COLUMNS,
    "remaining_m2",
]  # fmt: skip


def members(accounts: Accounts, programme: str) -> tuple[list[str], dt.date | None]:
    """Return the hazards of a programme by its name, and its baseline.

    Parameters
    ----------
    accounts
        The register, see `Store.accounts`: its `programmes` are read.
    programme
        The name of the programme.

    Raises
    ------
    UnknownNameError
        If there is none of that name; the message lists those that there are.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> lists = SimpleNamespace(programmes=pd.DataFrame({
    ...     "programme": ["EU 7"], "hazard_id": ["AP-1"], "baseline_on": ["2023-12-31"]}))
    >>> members(lists, "EU 7")
    (['AP-1'], datetime.date(2023, 12, 31))
    """
    table = accounts.programmes
    names = [] if table is None else sorted(table["programme"].dropna().unique())
    if table is None or programme not in names:
        known = some(names, 12) if names else "none; load programmes FILE"
        raise UnknownNameError(f"no programme {programme!r}; there are: {known}")
    mine = table[table["programme"] == programme]
    return [str(each) for each in mine["hazard_id"]], day_of(mine["baseline_on"].iloc[0])


def donor(
    accounts: Accounts,
    hazard_ids: Sequence[str],
    *,
    since: Day = None,
    cost_usd: float | None = None,
    beneficiaries: pd.DataFrame | None = None,
) -> list[Section]:
    """Return the sections of a donor's report: the polygons of a project, m², cost a m², people.

    Parameters
    ----------
    accounts
        The register at the end of the project, see `Store.accounts`; EPSG:4326, m².
    hazard_ids
        The hazards of the project, closed ones too.
    since
        Land released after this day; from the beginning unless told.
    cost_usd
        What it cost, USD.
    beneficiaries
        As from `read_beneficiaries`.

    Returns
    -------
    list of Section
        `Project`, `Polygons`, people, the lists behind them, and where the figures come from.

    Raises
    ------
    OptionError
        If no hazard is named, or the cost is negative.
    RecordError
        If a hazard stands twice.
    UnknownNameError
        If a hazard is not in the register.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, shapely
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.store import create_store
    >>> land = shapely.box(103, 13, 103.01, 13.01)
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "surveyed_on": "2020-01-31"},
    ...     geometry=[land], crs=4326)
    >>> with create_store(tempfile.mkdtemp() + "/register.gpkg") as store:
    ...     _ = store.load_border(intake.read_border(sample.path("border")))
    ...     _ = store.register(fields)
    ...     _ = store.record("AP-1", "cleared", land, happened_on="2022-05-01")
    ...     sections = donor(store.accounts(), ["AP-1"], cost_usd=240_029.8)
    >>> sections[0].table.set_index("what")["value"][["Released, m²", "USD a m²"]].round(6).tolist()
    [1200149.0, 0.2]
    """
    wanted = [str(each) for each in hazard_ids]
    _check(accounts, wanted, cost_usd)
    fold = accounts.fold.only(wanted)
    table = movements.balance(fold, since=since, by=["hazard_id", "kind"])  # type: ignore[list-item]
    about = pd.DataFrame(fold.hazards)[_ABOUT]
    rows = about.merge(table[["hazard_id", *_MOVED]], on="hazard_id")
    rows["released_m2"] = rows[list(movements.OUTCOME_COLUMNS)].sum(axis=1)
    rows = rows.sort_values(["kind", "hazard_id"], ignore_index=True)
    events = released_rows(fold)
    first = _first(since)
    events = events[events["happened_on"] > first]
    zones = accounts.split[accounts.split["hazard_id"].isin(wanted)]
    whole = with_sums(rows, [name for name in _ABOUT if name != "kind"])
    numbered, of = keyed(whole, "P", events, ["hazard_id"], "event_id")
    keys = dict(zip(numbered["hazard_id"], numbered[KEY], strict=True))  # sums have no id
    there = pd.Series({name: keys[name] for name in zones["hazard_id"]}, dtype="str")
    polygons = Section(
        "Polygons", "The polygons of the project", numbered, events=of, hazards=there
    )
    summary = _summary(rows, cost_usd, beneficiaries, since)
    sections = [summary, polygons, *people(beneficiaries)]
    left_out = [] if cost_usd is not None else ["cost: not told"]
    left_out += [] if beneficiaries is not None else ["beneficiaries: no file was given"]
    return [*sections, *_only(behind(accounts, sections)), provenance(accounts, left_out)]


def _first(since: Day) -> pd.Timestamp:
    day = day_of(since)
    return pd.Timestamp.min if day is None else pd.Timestamp(day)


def _only(lists: list[Section]) -> list[Section]:
    """Leave out of lists what no row of the project counts."""
    found = []
    for section in lists:
        keys = [name for name, said in section.headings.items() if said.startswith("Key in")]
        if not keys:
            continue
        rows = section.table[section.table[keys].notna().any(axis=1)].reset_index(drop=True)
        found.append(
            Section(section.name, section.title, rows, section.notes, headings=section.headings)
        )
    return found


def _check(accounts: Accounts, wanted: list[str], cost_usd: float | None) -> None:
    if not wanted:
        raise OptionError("no hazard of the project is named; give ids, or a programme")
    if cost_usd is not None and not 0 <= cost_usd < float("inf"):
        raise OptionError(f"a project costs 0 USD or more, not {cost_usd}")
    twice = sorted({each for each in wanted if wanted.count(each) > 1})
    if twice:
        raise RecordError(f"{some(twice)}: twice in the project; name each hazard once")
    strange = sorted(set(wanted) - set(accounts.fold.hazards["hazard_id"]))
    if strange:
        raise UnknownNameError(f"no hazard {some(strange)} in the register; check the id")


def usd_a_m2(cost_usd: float | None, released_m2: int) -> float | None:
    """Return what a released m² cost, USD; None where the cost is unknown or nothing was released.

    Examples
    --------
    >>> round(usd_a_m2(426_709, 1_972_091), 4)
    0.2164
    """
    return None if cost_usd is None or released_m2 == 0 else cost_usd / released_m2


def _summary(
    rows: pd.DataFrame, cost_usd: float | None, beneficiaries: pd.DataFrame | None, since: Day
) -> Section:
    """Return a project in a few figures, by kind."""
    figures: list[tuple[str, float | None]] = []
    kinds = rows.groupby("kind", sort=True, dropna=False)
    for kind, mine in kinds:
        suffix = "" if len(kinds) == 1 else f" ({kind})"
        figures += [
            (f"Hazards{suffix}", len(mine)),
            (f"Closed{suffix}", int((mine["remaining_m2"] == 0).sum())),
            *((f"{name.capitalize()}, m²{suffix}", int(mine[f"{name}_m2"].sum()))
              for name in ("cancelled", "reduced", "cleared", "released", "remaining")),
        ]  # fmt: skip
    # kinds are never added up, and so a cost over several is that of no m²
    released = int(rows["released_m2"].sum()) if len(kinds) == 1 else 0
    figures += [("Cost, USD", cost_usd), ("USD a m²", usd_a_m2(cost_usd, released))]
    if beneficiaries is not None:
        figures.append(("People", int(beneficiaries["people"].sum())))
    table = pd.DataFrame(figures, columns=["what", "value"]).astype({"value": "float64"})
    told = table["value"].notna()
    notes = [
        "Released after " + str(since) + "." if since is not None else "Released since all began.",
        "Not told, and left out: " + ", ".join(table.loc[~told, "what"]) + "."
        if (~told).any()
        else "",
        "The cost of a m² is that of all released land, cancelled, reduced and cleared.",
    ]
    return Section(
        "Project",
        "The project",
        table[told].reset_index(drop=True),
        tuple(note for note in notes if note),
        headings={"what": "What", "value": "Figure"},
    )


def progress(
    accounts: Accounts,
    inputs: PlanInputs | None = None,
    *,
    opening: gpd.GeoDataFrame | None = None,
    scenario: str | None = None,
) -> list[Section]:
    """Return what was planned beside what was done: a plan by year, and programmes.

    Parameters
    ----------
    accounts
        The register at the end of the period, see `Store.accounts`; EPSG:4326, m².
    inputs
        A plan, as from `read_plan`.
    opening
        The split of the evening before the plan starts (EPSG:4326); the plan is computed from it.
    scenario
        One of the plan's scenarios.

    Returns
    -------
    list of Section
        `Plan and done` by year, `Capacity` by its lines, `Programmes`; the lists behind them, and
        where the figures come from.

    Raises
    ------
    OptionError
        If there is neither a plan nor a programme, or a plan without its opening.
    RecordError, MixedError
        As for `make_plan` and `programme_progress`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> progress(SimpleNamespace(programmes=None))
    Traceback (most recent call last):
    mine_geo.errors.OptionError: no plan is given, and no programme is loaded; give one of them
    """
    sections = []
    if inputs is not None:
        if opening is None:
            raise OptionError("a plan is computed from the evening before it starts; give opening")
        sections += _planned(accounts, inputs, opening, scenario)
    if accounts.programmes is not None and len(accounts.programmes):
        sections.append(_programmes(accounts, accounts.programmes))
    if not sections:
        raise OptionError("no plan is given, and no programme is loaded; give one of them")
    return [*sections, *_only(behind(accounts, sections)), provenance(accounts)]


def _planned(
    accounts: Accounts, inputs: PlanInputs, opening: gpd.GeoDataFrame, scenario: str | None
) -> list[Section]:
    plan = make_plan(opening, inputs, scenario=scenario)
    # all hazards of a plan are of one kind, or it would have been refused
    kind = inputs.kind or next(iter(opening["kind"].dropna()), None)
    if kind is None:
        raise RecordError("no hazard stood on the evening before the plan; give its kind")
    started = inputs.start - dt.timedelta(days=1)
    done = as_done(accounts.fold, kind=kind, by=[], since=started)
    years = plan.years[["year", "released_m2", "remaining_m2", "cost_usd"]]
    table = years.rename(
        columns={"released_m2": "planned_m2", "remaining_m2": "planned_remaining_m2"}
    )
    table = table.merge(done.drop(columns="planned_m2", errors="ignore"), on="year", how="outer")
    past = table["year"] <= accounts.day.year
    for name in (*movements.OUTCOME_COLUMNS, "released_m2"):
        table[name] = table[name].astype("Int64").mask(past & table[name].isna(), 0)
    table["remaining_m2"] = [
        _left(accounts, kind, int(year)) if begun else None
        for year, begun in zip(table["year"], past, strict=True)
    ]
    figures = ["planned_m2", "planned_remaining_m2", "remaining_m2"]
    table = table.astype(dict.fromkeys(figures, "Int64"))
    share = table["released_m2"].astype("Float64") / table["planned_m2"].where(
        table["planned_m2"] > 0
    ).astype("Float64")
    table["done_share"] = share
    order = ["year", "planned_m2", "released_m2", "done_share", *movements.OUTCOME_COLUMNS]
    order += ["planned_remaining_m2", "remaining_m2", "cost_usd"]
    rows = released_rows(accounts.fold)
    rows = rows[(rows["kind"] == kind) & (rows["happened_on"] > pd.Timestamp(started))]
    table = table.sort_values("year", ignore_index=True)[order]
    numbered, of = keyed(table, "PD", rows, ["year"], "event_id")
    last = accounts.day
    return [
        Section(
            "Plan and done",
            f"{inputs.name}: planned and done",
            numbered,
            (
                f"Done up to {last}; later years are the plan's alone. {plan.verdict}",
                *plan.remarks[:-1],
            ),
            events=of,
            headings={
                "planned_m2": "Planned, m²", "planned_remaining_m2": "Remaining as planned, m²",
                "released_m2": "Done, m²", "done_share": "Done of planned",
                "cost_usd": "Cost as planned, USD",
            },
            chart=Chart("year", ("planned_m2", "released_m2"), "Planned and done", stacked=False),
        )
    ]  # fmt: skip


def _left(accounts: Accounts, kind: Any, year: int) -> int:
    """Return what remained at the end of a year, or on the day of the accounts."""
    last = min(dt.date(year, 12, 31), accounts.day)
    table = movements.balance(accounts.fold, since=last, kind=kind)
    return int(table["opening_m2"].sum())


def _programmes(accounts: Accounts, told: pd.DataFrame) -> Section:
    table = programme_progress(told, accounts.fold, today=accounts.day)
    rows = released_rows(accounts.fold)
    days = told[["programme", "hazard_id"]].assign(begun=pd.to_datetime(told["baseline_on"]))
    rows = rows.merge(days, on="hazard_id")
    rows = rows[rows["happened_on"] > rows["begun"]]
    on = ["programme", "province_code", "kind"]
    ids = rows["event_id"] + " " + rows["programme"]
    numbered, of = keyed(table, "PR", rows.assign(both=ids), on, "both")
    keys = pd.Series(of.to_numpy(), index=rows["event_id"].to_numpy(), dtype="str")
    joined = keys.groupby(level=0).agg(" ".join).astype("str")
    return Section(
        "Programmes",
        f"Programmes on {accounts.day}",
        numbered,
        ("A target that no document gives is unknown, and so is whether it is met.",),
        events=joined,
        headings={
            "programme": "Programme", "baseline_m2": "Baseline, m²", "found_m2": "Found since, m²",
            "target_year": "Target year", "done_share": "Done", "due_share": "Due",
            "on_target": "On target",
        },
    )  # fmt: skip
