"""The ledger: every hazard as first registered, and all that happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from building import story
from building.attributes import REPORTED_AFTER, released_attributes, reported, survey_day
from building.buckets import cluster_buckets, minefield_buckets
from building.cases import Case, confirm_in, left_on, shuffled, tell_releases
from building.chains import candidates, make_chains
from building.clusters import make_areas, place_areas
from building.dates import workday
from building.entries import (
    Entry,
    Registration,
    canonical,
    event_table,
    hazard_table,
    number,
    spread_moments,
)
from building.ordnance import count_submunitions
from building.place import generator
from building.releases import place_rest, work_on_hosts
from building.reshaped import cut_short
from building.sites import Site, work_on
from mine_geo import terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from building.calibrate import Table
    from building.clusters import Placed
    from building.land import Land
    from building.nearest import Places
    from building.releases import Chains

CLUSTER_HOST_SHARE = 0.45
"""Of the cluster-munition areas registered before 2023: on how many a release is tried."""
AGAIN = 3
"""Minefields of which a survey drew land again that had been released."""
CONFIRMED_SHARE_2023 = 0.21
"""Of the cluster-munition contamination at the end of 2023, as the report has it."""
TOTAL_2023_M2 = 681_218_117 + 68_890_602 - 25_600_000
MAG_CONFIRMED_M2 = 10_800_000
"""Confirmed by MAG in Ratanak Kiri in 2024, as the report has it."""


@dataclass(frozen=True)
class Ledger:
    """The tables of the ledger, and the hazards that are its fold."""

    hazards: gpd.GeoDataFrame
    events: gpd.GeoDataFrame
    minefields: gpd.GeoDataFrame
    cluster_munition_areas: gpd.GeoDataFrame


def make_ledger(
    land: Land,
    minefields: gpd.GeoDataFrame,
    tables: Mapping[str, Table],
    places: Places,
    tell: Callable[[str], None],
) -> Ledger:
    """Return the ledger of the minefields (EPSG:4326) and of the cluster-munition areas.

    Parameters
    ----------
    land
        The land with the minefields on it.
    minefields
        As at the end of 2022.
    tables
        The published tables by name.
    places
        By which hazards are named.
    tell
        Called with a line on each step.
    """
    placed = place_areas(make_areas(tables["cmr2024_table1"]), land)
    tell(f"{len(placed)} cluster-munition areas")
    chains = make_chains([*minefield_buckets(tables["wp2023_table2"]), *cluster_buckets(tables)])
    rows = _records(minefields)
    cases = _minefield_cases(rows, land, chains) + _cluster_cases(placed, land, chains)
    tell(f"{sum(bool(case.site.cuts) for case in cases)} of them worked on")
    cases += _released_cases(rows, land, chains)
    tell(f"{len(cases)} hazards in all")
    for case in cases:
        tell_releases(case)
    places.name(cases)
    cases += _tell_stories(cases, land)
    places.name(case for case in cases if case.final.get("village") is None)
    clusters = [case for case in cases if case.final["kind"] == "cluster_munition"]
    _confirm_clusters(clusters)
    printed = {
        row["operator"]: int(row["submunitions_destroyed"]) for row in tables["cmr2024_table8"]
    }
    count_submunitions([pair for case in clusters for pair in case.works], printed)
    return _tables(cases, minefields)


def _records(minefields: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the minefields as plain values."""
    table = pd.DataFrame(minefields[[*terms.HAZARD_COLUMNS]]).drop(columns="size_m2")
    table["surveyed_on"] = [day.date() for day in table["surveyed_on"]]
    table = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _minefield_cases(rows: list[dict[str, Any]], land: Land, chains: Chains) -> list[Case]:
    sites = {row["hazard_id"]: Site(row["hazard_id"], row["geometry"], row["geometry"])
             for row in rows}  # fmt: skip
    hosts = [(sites[row["hazard_id"]], row["area_type"]) for row in rows
             if row["status"] == "worked_on"]  # fmt: skip
    worked = work_on_hosts(land, "ap_minefield", hosts, chains)
    cases = []
    for row in rows:
        final = {name: value for name, value in row.items() if name not in {"geometry", "status"}}
        cases.append(Case(final, worked.get(row["hazard_id"], sites[row["hazard_id"]])))
    _draw_again([case for case in cases if case.plain], land, chains)
    return cases


def _draw_again(cases: list[Case], land: Land, chains: Chains) -> None:
    """Release one end of a few minefields, part of which a survey drew in again."""
    done = 0
    for case in shuffled([c for c in cases if not c.final["in_workbench"]], "again"):
        if done == AGAIN:
            return
        code = case.final["district_code"]
        short = cut_short(case.site.left, 0.4)
        mine = [c for c in chains.get(("ap_minefield", code[:2]), []) if len(c.works) == 1]
        if short is None:
            continue
        rng = generator(case.hazard_id, "again")
        size = case.size_m2()
        for chain in candidates(mine, case.final["area_type"], size, rng):
            site = work_on(land.placer(code), Site(case.hazard_id, short, short), chain)
            if site is not None and site.cuts[0].shape.intersection(case.site.left).area > 1e-8:
                chains["ap_minefield", code[:2]].remove(chain)
                site.left = case.site.left
                case.site, case.told, done = site, True, done + 1
                break
    raise ValueError("too few minefields to draw again")


def _cluster_cases(placed: list[Placed], land: Land, chains: Chains) -> list[Case]:
    tried = [
        (one.site, one.area.area_type)
        for one in placed
        if one.area.new_in is None
        and generator(one.site.hazard_id, "worked").random() < CLUSTER_HOST_SHARE
    ]
    worked = work_on_hosts(land, "cluster_munition", tried, chains)
    cases = []
    for one in placed:
        site = worked.get(one.site.hazard_id, one.site)
        final = _attributes(site, land, None, one.area.area_type)
        if one.area.new_in:
            final["surveyed_on"] = survey_day(
                site.hazard_id, "cluster_munition", one.area.area_type, one.area.new_in
            )
        cases.append(Case(final, site))
    return cases


def _released_cases(rows: list[dict[str, Any]], land: Land, chains: Chains) -> list[Case]:
    difficulty = {row["province_code"]: row["difficulty"] for row in rows}
    table = pd.DataFrame(
        {"code": row["district_code"], "m2": float(row["geometry"].area)} for row in rows
    )
    sums = table.groupby("code")["m2"].sum()
    weights = {
        str(province): {str(code): float(m2 / mine.sum()) for code, m2 in mine.items()}
        for province, mine in sums.groupby(sums.index.str[:2])
    }
    return [
        Case(_attributes(site, land, difficulty.get(site.hazard_id[3:5]), None), site)
        for site in place_rest(land, chains, weights)
    ]


def _attributes(
    site: Site, land: Land, difficulty: str | None, area_type: str | None
) -> dict[str, Any]:
    """Return what is said in the end of a hazard that the builder of minefields did not make."""
    kind = "ap_minefield" if site.hazard_id.startswith("AP") else "cluster_munition"
    last = area_type or (site.chain.ends_as if site.chain else "SHA")
    final = released_attributes(
        site.hazard_id,
        kind,
        land.districts.loc[site.hazard_id[3:7]],
        area_type=last,
        difficulty=difficulty if kind == "ap_minefield" else None,
    )
    chain = site.chain
    if chain is not None:
        final["operator"] = chain.works[0].bucket.operator or final["operator"]
        final["surveyed_on"] = survey_day(site.hazard_id, kind, chain.starts_as)
    closed = site.left.is_empty
    size = Case(final, site).size_m2() if closed else _left_m2(site)
    final["reported_size_m2"] = reported(site.hazard_id, size, REPORTED_AFTER)
    del final["status"]
    return final


def _left_m2(site: Site) -> int:
    return Case({}, Site(site.hazard_id, site.left, site.left)).size_m2()


def _tell_stories(cases: list[Case], land: Land) -> list[Case]:
    """Tell the other events; return the hazards that were merged into others."""
    for case in cases:
        if case.site.cuts and case.told:
            last = max(entry.happened_on for entry in case.entries if entry.happened_on)
            case.entries = [entry for entry in case.entries if entry.event_type != "described"]
            story.amend(case, workday(last + timedelta(days=9)))
    minefields = [
        case
        for case in cases
        if case.final["kind"] == "ap_minefield" and not case.final["in_workbench"]
    ]
    # Areas registered since 2023 keep out of the stories: what was new then is published.
    early = [case for case in cases if case.surveyed_on < story.FIRST]
    story.reform(minefields, land.districts)
    story.divisions([case for case in early if not case.final["in_workbench"]])
    codes = sorted({case.final["district_code"] for case in minefields})
    ids = {code: land.next_id("AP", code) for code in codes}
    merged = story.mergers(minefields, ids)
    story.amendments([case for case in early if not case.final["in_workbench"]])
    story.other_operators(minefields)
    story.other_districts(minefields, land.districts)
    story.retractions([case for case in early if not case.final["in_workbench"]])
    return merged


def _confirm_clusters(cases: list[Case]) -> None:
    """Confirm areas in 2024, so that the share of CHA at the end of 2023 is as reported."""
    known = [c for c in cases if c.surveyed_on.year < 2024 and c.final["area_type"] == "CHA"]
    left = {case.hazard_id: left_on(case, 2023) for case in known}
    before_2024 = [
        case
        for case in known
        if all(entry.happened_on and entry.happened_on.year == 2024 for entry, _ in case.works)
    ]
    fit = [
        case
        for case in before_2024
        if not case.start.get("area_type") and not case.child and case.surveyed_on.year < 2023
    ]
    waiting = {case.hazard_id for case in known if _confirmed_year(case) == 2024}
    confirmed = sum(left.values()) - sum(left[name] for name in waiting)
    by_mag = sum(left[case.hazard_id] for case in known
                 if case.hazard_id in waiting and not _not_by_mag(case))  # fmt: skip
    order = shuffled(fit, "confirmed")
    for case in sorted(order, key=_not_by_mag):
        size = left[case.hazard_id]
        if not _not_by_mag(case):
            if by_mag + size > MAG_CONFIRMED_M2:
                continue
            by_mag += size
        elif confirmed - size < CONFIRMED_SHARE_2023 * TOTAL_2023_M2:
            continue
        confirm_in(case, 2024)
        confirmed -= size


def _not_by_mag(case: Case) -> bool:
    return (case.final["operator"], case.final["province_code"]) != ("MAG", "16")


def _confirmed_year(case: Case) -> int | None:
    days = [e.happened_on for e in case.entries if e.event_type == "confirmed" and e.happened_on]
    return days[0].year if days else None


def _tables(cases: list[Case], minefields: gpd.GeoDataFrame) -> Ledger:
    """Return all tables of the cases."""
    registrations: list[Registration] = [c.registration() for c in cases if not c.child]
    entries = number([entry for case in cases for entry in case.entries])
    spread_moments(registrations, entries)
    _refer(entries)
    worked = {case.hazard_id for case in cases if case.site.cuts}
    minefields = minefields.copy()
    flags = minefields["hazard_id"].isin(worked)
    for name in ("village", "village_code"):
        said = {case.hazard_id: case.final.get(name) for case in cases}
        if name in minefields:
            minefields[name] = minefields["hazard_id"].map(said).astype("string")
    minefields["status"] = flags.map({True: "worked_on", False: "open"}).astype(str)
    remaining = sorted(
        (c for c in cases if c.hazard_id.startswith("CM") and not c.site.left.is_empty),
        key=lambda case: case.hazard_id,
    )
    areas = canonical(
        [{**c.final, "status": "worked_on" if c.site.cuts else "open"} for c in remaining],
        [c.site.left for c in remaining],
    )
    areas["synthetic"] = True
    return Ledger(
        hazard_table(registrations),
        event_table(entries),
        minefields,
        areas[[*terms.HAZARD_COLUMNS, "synthetic"]],
    )


REPORTS = {"cancelled": "NTS", "reduced": "TS", "cleared": "CL"}


def _refer(entries: list[Entry]) -> None:
    """Give each release the reference of its report: activity, operator, year, number."""
    counts: dict[str, int] = {}
    dated = [entry for entry in entries if entry.event_type in REPORTS and entry.happened_on]
    for entry in sorted(dated, key=lambda e: (str(e.happened_on), e.event_id)):
        key = f"{REPORTS[entry.event_type]}-{entry.operator}-{str(entry.happened_on)[:4]}"
        counts[key] = counts.get(key, 0) + 1
        entry.report_ref = f"{key}-{counts[key]:04d}"
