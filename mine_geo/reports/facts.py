"""What a dossier says of a hazard, or of a task of several, gathered from layers and their ledger.

Frame in, frames out; nothing is laid out here and no store is opened. A task is the ids and the
number that are given: nothing is kept of it. Geometry is EPSG:4326, distances are geodesic metres,
bearings degrees from true north, sizes whole m².
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import OptionError, RecordError, UnknownNameError, some
from mine_geo.exports.points import turning_points
from mine_geo.geo.cells import personal_of
from mine_geo.maps.scene import Scene
from mine_geo.split.distance import border_nearest
from mine_geo.split.zones import border_split, unmeasurable
from mine_geo.tables import movements
from mine_geo.terms import (
    CRS,
    HAZARD_COLUMNS,
    ITEM_COLUMNS,
    MOVEMENT_COLUMNS,
    OUTCOMES,
    SPLIT_COLUMNS,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mine_geo.disclosure.layers import Layers
    from mine_geo.ledger.fold import Fold
    from mine_geo.terms import Rule


NEIGHBOURS_M: Final = 500.0
"""How near another hazard is a neighbour, metres; at most so far from edge to edge."""

_LEAST_M_A_DEGREE: Final = 110_500.0
"""Of a degree of latitude: less than anywhere on WGS 84, so that no neighbour is missed."""

MEASURED: Final = ("border_distance_m", "border_margin_m", "neighbour", "zone")
BALANCE_COLUMNS: Final = ("task_m2", *MOVEMENT_COLUMNS, "remaining_m2")
"""Whole m²: `task_m2` is registered + amended + transferred, and also cancelled + reduced +
cleared + remaining."""

HISTORY_COLUMNS: Final = (
    "hazard_id",
    "event_id",
    "event_type",
    "happened_on",
    "operator",
    "report_ref",
    "before_m2",
    "after_m2",
    *MOVEMENT_COLUMNS,
    "reported_size_m2",
    "outside_m2",
    *ITEM_COLUMNS,
    "note",
)
NEIGHBOUR_COLUMNS: Final = (
    "hazard_id",
    "kind",
    "area_type",
    "status",
    "in_workbench",
    "size_m2",
    "distance_m",
    "nearest_id",
)
PLACES: Final = ("village", "commune", "district", "province")
"""What a record says of where it lies, the smallest first."""

_ACCESS: Final = re.compile(
    r"access|route|direction|(reference|start)_?(ing_?)?point|landmark|bench_?mark|nearest_(town|vill)",
    re.IGNORECASE,
)
"""Names of further columns of a file in which a record says how its hazard is reached."""


@dataclass(frozen=True, eq=False)
class Facts:
    """All that is known of the hazards of a task; its frames are those of `facts`."""

    number: str | None
    """The number of the task, as given; None of hazards that are no task."""

    hazards: gpd.GeoDataFrame
    points: pd.DataFrame
    history: pd.DataFrame
    balance: pd.DataFrame
    items: pd.DataFrame
    released: gpd.GeoDataFrame
    neighbours: pd.DataFrame
    access: pd.DataFrame
    scene: Scene
    """What its maps are drawn from, and what says how and of which day the data is."""

    @property
    def ids(self) -> list[str]:
        """The ids, in the order in which they were given."""
        return [str(each) for each in self.hazards["hazard_id"]]

    @property
    def by_kind(self) -> pd.DataFrame:
        """The balance of each kind, in the order of the hazards: kinds are never added up."""
        sums = self.balance.groupby("kind", sort=False, dropna=False)[list(BALANCE_COLUMNS)]
        return sums.sum().reset_index()

    @property
    def unbooked(self) -> gpd.GeoDataFrame:
        """The hazards of which the ledger knows nothing: they are in no balance."""
        return self.hazards[~self.hazards["in_ledger"]]

    @cached_property
    def released_points(self) -> pd.DataFrame:
        """The turning points of released land, as `points`: `hazard_id` is that of the event."""
        named = self.released.assign(hazard_id=self.released["event_id"])
        return turning_points(named[["hazard_id", "geometry"]]).drop(columns="row")


@dataclass(frozen=True, eq=False)
class Gatherer:
    """Gathers the facts of one task after another from the same layers."""

    layers: Layers

    @cached_property
    def scene(self) -> Scene:
        """The layers with what is costly to derive from them: derived once for all dossiers."""
        return self.layers if isinstance(self.layers, Scene) else Scene.of(self.layers)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.layers.split.geometry.to_numpy())

    @cached_property
    def _split(self) -> gpd.GeoDataFrame:
        return self.layers.split.set_index("hazard_id", drop=False)

    @cached_property
    def _known(self) -> dict[Any, Any]:
        """Where the effects of each hazard stand; to look through 20,000 for each task is slow."""
        ledger = self.layers.ledger
        if ledger is None:
            return {}
        return dict(ledger.effects.reset_index(drop=True).groupby("hazard_id").indices)

    def facts(self, ids: Sequence[str] | str, *, number: str | None = None) -> Facts:
        """Gather what is known of some hazards; see `facts`."""
        wanted = [ids] if isinstance(ids, str) else [str(each) for each in ids]
        _check(wanted)
        ledger = self._ledger_of(wanted)
        hazards = self._hazards(wanted, ledger)
        history = _history(ledger, wanted)
        drawn = hazards[~(hazards.geometry.isna() | hazards.geometry.is_empty)]
        return Facts(
            number=number,
            hazards=hazards,
            points=turning_points(drawn).drop(columns="row"),
            history=history,
            balance=_balance(ledger, hazards),
            items=_items(history),
            released=_released(ledger),
            neighbours=self._neighbours(drawn),
            access=_access(hazards),
            scene=self.scene,
        )

    def _ledger_of(self, wanted: list[str]) -> Fold | None:
        """Return what the ledger says of some hazards; None where none is given."""
        ledger = self.layers.ledger
        if ledger is None:
            return None
        at = np.sort(np.concatenate([self._known.get(each, []) for each in wanted])).astype(int)
        few = replace(ledger, effects=ledger.effects.iloc[at], polygons=ledger.polygons.iloc[at])
        return few.only(wanted)

    def _hazards(self, wanted: list[str], ledger: Fold | None) -> gpd.GeoDataFrame:
        """Return a row a hazard, in the order asked for; of a closed one as it was last drawn."""
        booked = [] if ledger is None else ledger.hazards["hazard_id"].tolist()
        here = [each for each in wanted if each in self._split.index]
        gone = [each for each in booked if each not in self._split.index]
        unknown = [each for each in wanted if each not in here and each not in gone]
        if unknown:
            where = "in the split" if ledger is None else "in the register or on the workbench"
            raise UnknownNameError(f"no hazard {some(unknown)} {where}; check the id")
        parts = [self._split.loc[here].assign(remains=True)]
        if gone and ledger is not None:
            parts.append(self._closed(ledger, gone))
        names = list(dict.fromkeys((*HAZARD_COLUMNS, *SPLIT_COLUMNS)))
        rows = [pd.DataFrame(part.reindex(columns=[*names, *_more(part, names)])) for part in parts]
        whole = pd.concat([part for part in rows if len(part)] or rows[:1], ignore_index=True)
        table = whole.set_index("hazard_id", drop=False).loc[wanted].reset_index(drop=True)
        table = table.assign(
            remains=table["remains"].astype(bool), in_ledger=table["hazard_id"].isin(booked)
        )
        found = gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)
        if ledger is not None:
            _check_sizes(found, ledger)
        return found

    def _closed(self, ledger: Fold, ids: list[str]) -> gpd.GeoDataFrame:
        """Return hazards that no split holds, as last drawn, with the border distance of that."""
        found = ledger.hazards[ledger.hazards["hazard_id"].isin(ids)]
        left = ledger.polygons[~ledger.polygons.is_empty]
        last = left.groupby(ledger.effects.loc[left.index, "hazard_id"].to_numpy()).last()
        shapes = [last.get(each, shapely.MultiPolygon()) for each in found["hazard_id"]]
        drawn = gpd.GeoDataFrame(
            {"hazard_id": found["hazard_id"].to_numpy()}, geometry=shapes, crs=CRS
        )
        remains = found["status"].ne("closed").to_numpy()
        table = found.assign(geometry=drawn.geometry.to_numpy(), remains=remains)
        border, scene = self.layers.border, self.scene
        if border is None:
            return table.assign(**dict.fromkeys(MEASURED))
        rule: Rule = scene.said("rule") or "edge"
        coast = scene.include_coast
        fit = unmeasurable(drawn, border, rule=rule, include_coast=coast).isna()
        split = border_split(
            drawn[fit],
            border,
            threshold_m=scene.threshold_m,
            rule=rule,
            include_coast=coast,
        ).set_index("hazard_id")
        measured = split[list(MEASURED)].reindex(found["hazard_id"])
        return table.assign(**{name: measured[name].to_numpy() for name in MEASURED})

    def _neighbours(self, drawn: gpd.GeoDataFrame) -> pd.DataFrame:
        """Return the other hazards that come within 500 m of any of these, the nearest first."""
        split = self.layers.split
        bounds = shapely.bounds(drawn.geometry.to_numpy()).reshape(-1, 4)
        up = NEIGHBOURS_M / _LEAST_M_A_DEGREE
        across = up / np.cos(np.radians(np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1) + up, 89)))
        boxes = shapely.box(
            bounds[:, 0] - across, bounds[:, 1] - up, bounds[:, 2] + across, bounds[:, 3] + up
        )
        at = np.unique(self._tree.query(boxes)[1])
        near = split.iloc[at]
        near = near[~near["hazard_id"].isin(drawn["hazard_id"])].reset_index(drop=True)
        if near.empty:
            return pd.DataFrame(columns=list(NEIGHBOUR_COLUMNS))
        own = drawn.geometry.to_numpy()
        outlines = gpd.GeoDataFrame(
            {"kind": "land", "neighbour": drawn["hazard_id"].to_numpy()}
            | {"border_name": "outlines", "border_version": "", "accuracy_m": 0.0},
            geometry=shapely.boundary(own),
            crs=CRS,
        )
        found = border_nearest(near, outlines)
        # what lies within one of them is far from its outline
        within, of = shapely.STRtree(own).query(near.geometry.to_numpy(), predicate="intersects")
        metres, nearest = (
            found["border_distance_m"].to_numpy().copy(),
            found["neighbour"].to_numpy(),
        )
        metres[within], nearest[within] = 0.0, drawn["hazard_id"].to_numpy()[of]
        table = pd.DataFrame(near.reindex(columns=list(NEIGHBOUR_COLUMNS[:-2])))
        table = table.assign(distance_m=metres, nearest_id=nearest)
        table = table[table["distance_m"] <= NEIGHBOURS_M]
        return table.sort_values(["distance_m", "hazard_id"], ignore_index=True)


def facts(layers: Layers, ids: Sequence[str] | str, *, number: str | None = None) -> Facts:
    """Gather what is known of a hazard, or of the hazards of a task.

    Parameters
    ----------
    layers
        `Store.layers(ledger=True)`, or `maps.layers(split, ledger=fold(events), ...)`. Without a
        ledger there is no history and no balance.
    ids
        The hazards, in the order in which they shall stand; closed ones too.
    number
        The number of the task.

    Returns
    -------
    Facts
        `hazards`: a row a hazard: the canonical columns, distance, neighbour and zone as
        `border_split` has them, further columns of its file, `remains` (False of a closed one,
        which is as it was last drawn) and `in_ledger`. `points`: see `exports.turning_points`.
        `history`: `HISTORY_COLUMNS`, a row an event that counts or cannot be. `balance`:
        `hazard_id`, `kind` and `BALANCE_COLUMNS`. `items`: `hazard_id`, `outcome`, items found,
        `events`, and `silent`, how many of them say nothing of items. `released`: see
        `movements.released_land`. `neighbours`: `NEIGHBOUR_COLUMNS`, other hazards within 500 m,
        edge to edge, right to 5 mm. `access`: `hazard_id`, `name`, `text`: what the record says of
        the way there; no row where it says nothing.

    Raises
    ------
    OptionError
        If no id is given.
    UnknownNameError
        If there is no such hazard.
    RecordError
        If an id stands twice, or the ledger and the polygon of a hazard do not agree.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from mine_geo import maps
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.intake import read_border
    >>> from mine_geo.geo import sample
    >>> from mine_geo.ledger.events import registered_events
    >>> from mine_geo.ledger.fold import fold
    >>> fields = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "surveyed_on": ["2020-01-31"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> cleared = gpd.GeoDataFrame(
    ...     {"event_id": ["e1"], "hazard_id": ["AP-1"], "event_type": ["cleared"],
    ...      "happened_on": ["2022-05-01"], "recorded_at": ["2022-06-01T08:00:00Z"]},
    ...     geometry=[shapely.box(103.005, 12.9, 103.02, 13.1)], crs=4326)
    >>> ledger = fold(pd.concat([registered_events(fields), cleared]))
    >>> split = border_split(ledger.hazards, read_border(sample.path("border")))
    >>> told = facts(maps.layers(split, ledger=ledger), "AP-1")
    >>> told.by_kind[["task_m2", "cleared_m2", "remaining_m2"]].values.tolist()
    [[1200149, 600075, 600074]]
    >>> told.points["distance_m"].tolist()
    [1106.31, 542.4, 1106.31, 542.42]
    """
    return Gatherer(layers).facts(ids, number=number)


def _check(wanted: Collection[str]) -> None:
    if not wanted:
        raise OptionError("no hazard is named; give at least one id")
    ids = pd.Series(list(wanted))
    if ids.duplicated().any():
        raise RecordError(
            f"{some(ids[ids.duplicated()].unique())}: stands twice; its land would count twice"
        )


def _more(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return the further columns of a table that a dossier may show; what is personal never is."""
    hidden = {*names, "geometry", *personal_of(table.columns)}
    return [str(name) for name in table.columns if name not in hidden]


def _check_sizes(hazards: gpd.GeoDataFrame, ledger: Fold) -> None:
    """Refuse what remains by the layer where the ledger has it otherwise."""
    booked = ledger.hazards.set_index("hazard_id")["size_m2"]
    known = hazards[hazards["in_ledger"]]
    other = known["size_m2"].to_numpy() != booked.reindex(known["hazard_id"]).to_numpy()
    if other.any():
        raise RecordError(
            f"{some(known['hazard_id'][other])}: what remains is not what the ledger has; take "
            "split and ledger of one day and moment (store.layers(ledger=True))"
        )


def _balance(ledger: Fold | None, hazards: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the balance of each hazard, checked to the square metre."""
    names = ["hazard_id", "kind", *BALANCE_COLUMNS]
    if ledger is None:
        return pd.DataFrame(columns=names)
    table = movements.balance(ledger, by=["hazard_id", "kind"])  # type: ignore[list-item]
    table["task_m2"] = table[["registered_m2", "amended_m2", "transferred_m2"]].sum(axis=1)
    parts = table[[*(f"{outcome}_m2" for outcome in OUTCOMES), "remaining_m2"]].sum(axis=1)
    left = ledger.hazards.set_index("hazard_id")["size_m2"].reindex(table["hazard_id"]).to_numpy()
    wrong = (table["task_m2"] != parts) | (table["remaining_m2"] != left)
    if wrong.any():
        raise RecordError(
            f"{some(table['hazard_id'][wrong])}: the movements do not add up to what remains; "
            "see what `mine-geo db rebuild` finds"
        )
    order = {name: place for place, name in enumerate(hazards["hazard_id"])}
    return table[names].sort_values("hazard_id", key=lambda ids: ids.map(order), ignore_index=True)


def _history(ledger: Fold | None, wanted: list[str]) -> pd.DataFrame:
    """Return what happened, hazard by hazard, and what cannot be, with its reason."""
    if ledger is None:
        return pd.DataFrame(columns=list(HISTORY_COLUMNS))
    said: dict[str, list[str]] = {}
    notes = (ledger.notes[name] for name in ("event_id", "note", "size_m2"))
    for event, note, size in zip(*notes, strict=True):
        said.setdefault(event, []).append(f"{note} ({size:,} m²)" if size else note)
    effects = ledger.effects
    counted = effects.assign(
        note=effects["event_id"].map({event: "; ".join(texts) for event, texts in said.items()})
    )
    ignored = ledger.ignored.assign(note="does not count: " + ledger.ignored["reason"])
    table = pd.DataFrame(counted.reindex(columns=list(HISTORY_COLUMNS)))
    if len(ignored):
        table = pd.concat([table, ignored.reindex(columns=list(HISTORY_COLUMNS))])
    order = {name: place for place, name in enumerate(wanted)}
    figures = ("before_m2", "after_m2", *MOVEMENT_COLUMNS, *ITEM_COLUMNS)
    return table.astype(dict.fromkeys(figures, "Int64")).sort_values(
        "hazard_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True
    )


def _items(history: pd.DataFrame) -> pd.DataFrame:
    """Return items found by hazard and outcome; null where no report says."""
    names = list(ITEM_COLUMNS)
    found = history[history["event_type"].isin(OUTCOMES) & history["before_m2"].notna()]
    found = found.assign(
        outcome=found["event_type"], silent=found[names].isna().all(axis=1).astype("int64")
    )
    groups = found.groupby(["hazard_id", "outcome"], sort=False)
    table = groups[names].sum(min_count=1).astype("Int64")
    return table.assign(events=groups.size(), silent=groups["silent"].sum()).reset_index()


def _released(ledger: Fold | None) -> gpd.GeoDataFrame:
    if ledger is None or ledger.effects.empty:
        return gpd.GeoDataFrame({"event_id": []}, geometry=[], crs=CRS)
    return movements.released_land(ledger)


def _access(hazards: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what the records say of the way to their hazards."""
    names = [
        name for name in _more(hazards, [*HAZARD_COLUMNS, *SPLIT_COLUMNS]) if _ACCESS.search(name)
    ]
    rows: list[tuple[Any, ...]] = [
        (hazard, name, str(value).strip())
        for name in names
        for hazard, value in zip(hazards["hazard_id"], hazards[name], strict=True)
        if not pd.isna(value) and str(value).strip()
    ]
    return pd.DataFrame(rows, columns=["hazard_id", "name", "text"])
