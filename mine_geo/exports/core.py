"""The way back into IMSMA Core: what changed in the register, in the words of the office's profile.

Without it the ledger would stay a second register beside Core. A file of three layers, each left
out when it would be empty: `hazards` that remain, `reports` of survey and clearance, and `states`,
which say of every hazard that changed whether it is open, worked on or closed, and whether it
counts at all. A report that was retracted after it was written once comes again, as rejected.

Only what changed since the last file is written. Beside the files lies `core.json`, which keeps the
moment up to which they reach, and the head of the ledger's chain at that moment.

Geometry is EPSG:4326; sizes are m², or what the profile says.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError, choose
from mine_geo.exports.contents import typed
from mine_geo.geo.cells import moment_of
from mine_geo.geo.geometry import as_geometries
from mine_geo.intake import profiles, to_source
from mine_geo.intake.received import REPORT_COLUMNS, REPORT_TYPES, STATES
from mine_geo.terms import CRS

if TYPE_CHECKING:
    import os
    from collections.abc import Collection
    from datetime import datetime

    from mine_geo.intake.received import Profile
    from mine_geo.ledger.fold import Fold
    from mine_geo.store import Store


KEPT_IN: Final = "core.json"
"""The file, beside those that were written, that keeps up to which moment they reach."""
WHAT: Final = "mine_geo core"
PROFILE: Final = "imsma_core"
REJECTED: Final = STATES[-1]
VALIDATED: Final = STATES[2]


@dataclass(frozen=True, eq=False)
class WayBack:
    """What changed, in the words of the source."""

    hazards: gpd.GeoDataFrame
    """Those of which something remains."""
    states: pd.DataFrame
    """Of every hazard that changed."""
    reports: gpd.GeoDataFrame
    notes: tuple[str, ...]
    """What the profile has no words for."""

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (len(self.hazards) or len(self.states) or len(self.reports))


@dataclass(frozen=True)
class Sent:
    """What was written, and up to which moment."""

    hazards: int
    states: int
    reports: int
    since: datetime | None
    """None: everything."""
    until: datetime | None
    """The moment of the last record that is in it; None where nothing was ever recorded."""
    notes: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changed, and so no file was written."""
        return not (self.hazards or self.states or self.reports)


def way_back(
    after: Fold, events: gpd.GeoDataFrame, profile: Profile, *, before: Fold | None = None
) -> WayBack:
    """Return what changed between two moments of a ledger, in the words of a profile.

    Parameters
    ----------
    after
        The register as it is known at a moment (`Store.state(known_at=...)`).
    events
        The ledger (`Store.events()`); what was recorded after `after` is not looked at.
    profile
        How the source calls its columns and words.
    before
        The register as it was known at an earlier moment; None: everything is new.

    Returns
    -------
    WayBack
        Tables in EPSG:4326 that `read_hazards` and `read_reports` read with the same profile.

    Raises
    ------
    RecordError
        If a record would not be read again as it is.

    Examples
    --------
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> events = registered_events(hazards)
    >>> back = way_back(fold(events), events, profiles.load("imsma_core"))
    >>> back.hazards["hazard_localid"].tolist(), back.states["status"].tolist(), len(back.reports)
    (['AP-1'], ['Active'], 0)
    >>> way_back(fold(events), events, profiles.load("imsma_core"), before=fold(events)).empty
    True
    """
    changed, gone = _changed(after.hazards, None if before is None else before.hazards)
    now = after.hazards[after.hazards["hazard_id"].isin(changed)]
    hazards = to_source(now[now["status"] != "closed"], profile)
    states = to_source(_states(now, gone), profile)
    reports = to_source(_reports(events, after, before), profile, "reports")
    notes = dict.fromkeys((*hazards.notes, *reports.notes))
    plain = pd.DataFrame(states.table.drop(columns="geometry"))
    return WayBack(hazards.table, plain, reports.table, tuple(notes))


def _changed(now: gpd.GeoDataFrame, before: gpd.GeoDataFrame | None) -> tuple[set[str], list[str]]:
    """Return the ids of hazards that are new or otherwise than before, and those that are gone."""
    if before is None:
        return set(now["hazard_id"]), []
    was, here = before.set_index("hazard_id"), now.set_index("hazard_id")
    both = here.index[here.index.isin(was.index)]
    different = np.zeros(len(both), dtype=bool)
    for name in dict.fromkeys((*here.columns, *was.columns)):
        if name == here.geometry.name:
            one, two = (shapely.to_wkb(as_geometries(each.loc[both])) for each in (here, was))
            different |= one != two
            continue
        one, two = (
            each[name].loc[both].astype(object)
            if name in each
            else pd.Series(None, index=both, dtype=object)
            for each in (here, was)
        )
        missing = one.isna().to_numpy() & two.isna().to_numpy()
        different |= ~missing & (one.to_numpy() != two.to_numpy())
    new = here.index[~here.index.isin(was.index)]
    return {*both[different], *new}, sorted(was.index[~was.index.isin(here.index)])


def _states(now: gpd.GeoDataFrame, gone: list[str]) -> gpd.GeoDataFrame:
    """Return the state of each hazard that changed; one that was entered in error is rejected."""
    columns = ["hazard_id", "status", "in_workbench"]
    table = pd.DataFrame(now[columns]).assign(approval=None)
    lost = pd.DataFrame(
        {"hazard_id": gone, "status": None, "in_workbench": False, "approval": REJECTED}
    )
    whole = pd.concat([table, lost], ignore_index=True) if gone else table
    texts = dict.fromkeys(("hazard_id", "status", "approval"), "str")
    whole = whole.astype(texts | {"in_workbench": bool}).reset_index(drop=True)
    if not gone:
        whole = whole.drop(columns="approval")
    return gpd.GeoDataFrame(whole, geometry=[None] * len(whole), crs=CRS)


def _reports(events: gpd.GeoDataFrame, after: Fold, before: Fold | None) -> gpd.GeoDataFrame:
    """Return the reports that were recorded since, and those that were retracted since."""
    until = after.known_at
    there = events if until is None else events[events["recorded_at"] <= until]
    since = None if before is None else before.known_at
    if before is not None and since is None:
        early = pd.Series(True, index=there.index)  # both are of everything
    else:
        early = there["recorded_at"] <= since if since is not None else there["event_id"].isna()
    void, void_before = (set(part["retracts"].dropna()) for part in (there, there[early]))
    report = there["event_type"].isin(REPORT_TYPES)
    fresh = there[report & ~early & ~there["event_id"].isin(void)]
    lost = there[report & early & there["event_id"].isin(void - void_before)]
    found = pd.concat(
        [fresh.assign(approval=VALIDATED), lost.assign(approval=REJECTED)], ignore_index=True
    )
    columns = [*REPORT_COLUMNS[:-1], "approval", "geometry"]
    found = found[columns].sort_values(["happened_on", "event_id"], ignore_index=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=CRS)


def send(
    store: Store,
    path: str | os.PathLike[str],
    *,
    profile: str | os.PathLike[str] = PROFILE,
    since: datetime | str | None = None,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
) -> Sent:
    """Write what changed in a store since the last time into a new file for IMSMA Core.

    The file is restricted. `core.json` beside it keeps up to which moment was written: the next
    file in that folder holds what was recorded after it, and where that is nothing none is written.
    It is kept after the file is whole: what is cut off is written again the next time.

    Parameters
    ----------
    store
        The store.
    path
        A new `.gpkg`; none that is there is ever replaced, for it may not be in Core yet.
    profile
        A bundled profile by name, or the path of a TOML file: the one that reads the office's own
        exports of Core.
    since
        Write what was recorded after this moment instead: an aware datetime or ISO text.
    without_remarks, with_personal
        As for `exports.write`.

    Returns
    -------
    Sent
        How many hazards, states and reports.

    Raises
    ------
    OptionError
        If the path does not end in .gpkg, there is no such profile, or `since` is later than the
        moment that the files there reach.
    FileError
        If the file is there already, or it or `core.json` cannot be written or read; if that is of
        another ledger.
    RecordError
        If `since` is no moment, or a record would not be read again as it is.

    Examples
    --------
    >>> import tempfile
    >>> from mine_geo.store import create_store
    >>> folder = Path(tempfile.mkdtemp())
    >>> hazards = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "surveyed_on": "2020-01-31"},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> with create_store(folder / "register.gpkg") as store:
    ...     done = store.register(hazards)
    ...     first, second = (send(store, folder / f"{n}.gpkg") for n in (1, 2))
    >>> first.hazards, second.empty, (folder / "2.gpkg").exists()
    (1, True, False)
    """
    target = Path(path)
    choose(target.suffix.lower(), (".gpkg",), f"{target.name}: the ending")
    restriction.check_place(target, overwrite=False)
    source = profiles.load(profile)
    beside = target.parent / KEPT_IN
    start = moment_of(since)
    if start is None:
        start = _last(store, beside)
    else:
        with suppress(FileError):  # what cannot be read is what `since` stands in for
            kept = _last(store, beside)
            if kept is not None and kept < start:
                raise OptionError(
                    f"{beside}: files reach up to {kept.isoformat()}, and what was recorded from "
                    "then until since=... would be in none of them; say that moment, or an earlier "
                    "one"
                )
    # The head first: what is recorded meanwhile is in the next file.
    head, last = str(store.head()), store.last_moment()
    if last is None or (start is not None and last <= start):
        return Sent(0, 0, 0, start, last)
    after = store.state(known_at=last)
    before = None if start is None else store.state(known_at=start)
    events = store.events()
    restriction.check_personal(with_personal, after.hazards.columns)

    def left(fold: Fold) -> Fold:
        hazards = restriction.leaving(
            fold.hazards, without_remarks=without_remarks, with_personal=with_personal
        )
        return replace(fold, hazards=hazards)

    made = way_back(
        left(after),
        events.assign(comment=None) if without_remarks else events,
        source,
        before=None if before is None else left(before),
    )
    if not made.empty:
        _write(made, target, start, last)
    _keep(beside, head, last, None if made.empty else target.name)
    return Sent(len(made.hazards), len(made.states), len(made.reports), start, last, made.notes)


def _last(store: Store, beside: Path) -> datetime | None:
    """Return up to which moment files were written; None where none was."""
    if not beside.exists():
        return None
    try:
        told = json.loads(beside.read_text(encoding="utf-8"))
        until, head = moment_of(told[WHAT]["known_at"]), str(told[WHAT]["ledger_head"])
        broken = store.check_chain(head)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(
            f"{beside}: cannot be read; put it right, or say since when with since=..."
        ) from error
    if len(broken):
        raise FileError(
            f"{beside}: is of another ledger than {store.name}; choose another folder, or say "
            "since when with since=..."
        )
    return until


def _keep(beside: Path, head: str, last: datetime, name: str | None) -> None:
    """Keep up to which moment files reach; `name` is that of the last one, if any was written."""
    moment = last.isoformat(timespec="microseconds").replace("+00:00", "Z")
    told = {WHAT: {"known_at": moment, "ledger_head": head, "file": name}}
    restriction.write_file(beside, json.dumps(told, indent=1) + "\n")


def _write(made: WayBack, target: Path, since: datetime | None, last: datetime) -> None:
    """Write the layers that hold anything, each with what it is."""
    until = last.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = restriction.said(None, until, latest=True)
    said += "; all" if since is None else f"; recorded after {since.isoformat()}"
    layers: dict[str, Any] = {"hazards": made.hazards, "reports": made.reports}
    with restriction.new_file(target) as place:
        for name, table in layers.items():
            if len(table):
                drawn = typed(table, ("fid",))
                pyogrio.write_dataframe(
                    drawn.rename_geometry("geom"), place, layer=name, driver="GPKG", use_arrow=True,
                    geometry_type="MultiPolygon", append=place.exists(),
                    layer_options={"DESCRIPTION": said},
                )  # fmt: skip
        if len(made.states):
            pyogrio.write_dataframe(
                made.states, place, layer="states", driver="GPKG", append=place.exists(),
                layer_options={"DESCRIPTION": said},
            )  # fmt: skip
