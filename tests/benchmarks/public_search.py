"""What somebody who collects public outputs may learn of where a hazard lies that remains or waits.

    python -m tests.benchmarks.public_search            the sample and a made-up register
    python -m tests.benchmarks.public_search --made-up  the made-up register alone

An adversary takes every public output of seven days by ten sets of parameters (threshold, rule,
coast), in both languages: the figures by district, and the released polygons that are drawn. All
pairs of them are looked through for a region of less than 1 km² in which something lies that
remains or waits, and that no output by itself states:

- gap: holes, notches and slots among the drawn polygons of one hazard (the convex hull of them less
  the polygons);
- between: the same among polygons of several hazards that lie within 50 m of each other. A map
  with released land on it cannot hide that; the parts of the hull are suspicions, not knowledge;
- withheld: a polygon that an edition draws and another does not although it is in its figures:
  its hull, and as far around it as released land is kept away from what remains;
- ribbon: a cell that two sets of parameters give otherwise, on one day: the ground of the district
  between the two lines (two thresholds, or land border and coast). Where the rule is another, the
  ground is that about the line as far as a hazard of the m² in question may reach that is ten
  times as long as it is wide;
- row: a district's figure that is left out, and is the only one left out of its province's sum.

"One edition" is the smallest ground that a single output states by itself: that of a district on
one side of its line. The truth is only used to say whether a region has something in it.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from mine_geo import intake
from mine_geo.disclosure.disclosed import Disclosed, disclose
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.geo import sample
from mine_geo.geo.geometry import size_m2
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold
from mine_geo.maps.pages.compose import compose_public
from mine_geo.maps.public import PublicLayers
from mine_geo.split.zones import border_split, near_zone
from mine_geo.store import create_store
from mine_geo.tables.movements import released_land

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LEAST_KM2: Final = 1.0
REACH_M: Final = 10.0
BESIDE_M: Final = 50.0
METRE: Final = 1 / 110_574
"""Of latitude, degrees; of longitude it is a little more, which makes regions larger: by 3 %."""

ASPECT: Final = 10.0
SAMPLE_DAYS: Final = (
    *("2020-12-31", "2021-06-30", "2021-12-31", "2022-12-31"),
    *("2023-06-30", "2023-12-31", "2024-12-31"),
)
MADE_UP_DAYS: Final = tuple(f"{year}-12-31" for year in range(2016, 2023))
KEY: Final = ["province_code", "district_code", "kind"]


@dataclass(frozen=True)
class Parameters:
    """How a split is made."""

    threshold_m: float = 7000.0
    rule: str = "edge"
    include_coast: bool = False

    def __str__(self) -> str:
        coast = ", coast" if self.include_coast else ""
        return f"{self.threshold_m:g} m, {self.rule}{coast}"


SETS: Final = (
    Parameters(),
    *(Parameters(metres) for metres in (3985.0, 3986.0, 6999.0, 7001.0, 10_000.0)),
    Parameters(include_coast=True),
    *(Parameters(rule=rule) for rule in ("centroid", "majority", "area")),
)


@dataclass(frozen=True, eq=False)
class Edition:
    """A public output, and what of the truth belongs to its day."""

    day: str
    made: Parameters
    told: Disclosed
    truth: gpd.GeoDataFrame
    """All that remains or waits on the day."""

    land: gpd.GeoDataFrame
    """All land released by then, drawn or not: its ids are no part of the output."""

    def __str__(self) -> str:
        return f"{self.day} ({self.made})"

    @cached_property
    def drawn(self) -> dict[bytes, Any]:
        """The released polygons that it draws."""
        polygons = self.told.released.geometry.to_numpy()
        return dict(zip(shapely.to_wkb(polygons), polygons, strict=True))

    @cached_property
    def figured(self) -> dict[bytes, str]:
        """All released polygons that are in its figures, with the ids of their hazards."""
        polygons = shapely.to_wkb(self.land.geometry.to_numpy())
        return dict(zip(polygons, self.land["hazard_id"].astype(str), strict=True))


@dataclass(frozen=True)
class Leak:
    """A region in which something remains or waits."""

    km2: float
    where: str


@dataclass
class Found:
    """What the search has seen, by its kind."""

    looked: dict[str, int] = field(default_factory=dict)
    leaks: dict[str, list[Leak]] = field(default_factory=dict)

    def look(self, kind: str, count: int = 1) -> None:
        self.looked[kind] = self.looked.get(kind, 0) + count
        self.leaks.setdefault(kind, [])

    def add(self, kind: str, km2: float, where: str) -> None:
        self.leaks[kind].append(Leak(km2, where))

    def take(self, other: Found) -> None:
        for kind, count in other.looked.items():
            self.look(kind, count)
            self.leaks[kind] += other.leaks[kind]

    def worst(self, kind: str) -> Leak | None:
        return min(self.leaks.get(kind, []), key=lambda leak: leak.km2, default=None)

    def small(self, kind: str) -> list[Leak]:
        return [leak for leak in self.leaks.get(kind, []) if leak.km2 < LEAST_KM2]


def km2(geometry: Any) -> float:
    """Return the area on the ellipsoid; only polygons count."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
    flat = itertools.chain.from_iterable(
        shapely.get_parts(p) if p.geom_type.startswith("Multi") else [p] for p in parts
    )
    polygons = list(flat)
    return float(size_m2(gpd.GeoSeries(polygons, crs=4326)).sum()) / 1e6 if polygons else 0.0


class Truth:
    """Answers whether anything that remains lies in a region: most of it, not a mere edge."""

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        shapes = frame.geometry.to_numpy()
        self.shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        self.tree = shapely.STRtree(self.shapes)

    def inside(self, region: Any, share: float = 0.5) -> bool:
        found = self.shapes[self.tree.query(region, predicate="intersects")]
        if not len(found):
            return False
        common = shapely.area(shapely.intersection(found, region))
        return bool((common >= share * shapely.area(found)).any())

    def meets(self, region: Any) -> bool:
        return bool(len(self.tree.query(region, predicate="intersects")))


# ------------------------------------------------------------------ what is drawn


def groups(drawn: list[Any], owners: list[str]) -> Iterator[tuple[str, str, list[Any]]]:
    """Give the polygons of each hazard, and those of several that lie beside each other."""
    for owner in dict.fromkeys(owners):
        yield "gap", owner, [p for p, who in zip(drawn, owners, strict=True) if who == owner]
    tree = shapely.STRtree(drawn)
    left, right = tree.query(drawn, predicate="dwithin", distance=BESIDE_M * METRE)
    parent = list(range(len(drawn)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        parent[root(one)] = root(other)
    clusters: dict[int, list[int]] = {}
    for number in range(len(drawn)):
        clusters.setdefault(root(number), []).append(number)
    for members in clusters.values():
        if len({owners[number] for number in members}) > 1:
            yield "between", "+".join(owners[n] for n in members), [drawn[n] for n in members]


def hidden_in_hull(polygons: list[Any]) -> list[Any]:
    """Return the parts of the hull of some polygons on which none of them lies."""
    whole = shapely.union_all(polygons)
    return list(shapely.get_parts(shapely.difference(shapely.convex_hull(whole), whole)))


def look_into_gaps(edition: Edition, truth: Truth, found: Found) -> None:
    """Look into the hull of what one edition draws."""
    found.look("gap")
    found.look("between")
    if not edition.drawn:
        return
    owners = [edition.figured[each] for each in edition.drawn]
    for kind, who, polygons in groups(list(edition.drawn.values()), owners):
        for part in hidden_in_hull(polygons):
            if truth.inside(part):
                found.add(kind, km2(part), f"{edition.day}: {who}")


# ------------------------------------------------------------------ two days


def look_for_withheld(one: Edition, other: Edition, truth: Truth, found: Found) -> None:
    """Look for what an edition draws and one of another day does not."""
    found.look("withheld")
    for wkb, polygon in one.drawn.items():
        if wkb in other.figured and wkb not in other.drawn:
            region = shapely.buffer(shapely.convex_hull(polygon), REACH_M * METRE)
            if truth.meets(region):
                found.add("withheld", km2(region), f"{one.day} drawn, {other.day} not")


# ------------------------------------------------------------------ two sets of parameters


@dataclass(eq=False)
class Ground:
    """Border and districts, and what lies nearer than a threshold in them."""

    border: gpd.GeoDataFrame
    admin: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        codes = zip(self.admin["province_code"], self.admin["district_code"], strict=True)
        self.units = dict(zip(codes, self.admin.geometry, strict=True))
        self._near = cache(self._whole)

    def _whole(self, threshold_m: float, coast: bool) -> Any:
        around = shapely.box(*self.admin.total_bounds)
        return near_zone(self.border, threshold_m=threshold_m, include_coast=coast, around=around)

    @cache  # noqa: B019
    def near(self, unit: tuple[str, str], threshold_m: float, *, coast: bool) -> Any:
        """Return the near side of a unit."""
        return shapely.intersection(self._near(threshold_m, coast), self.units[unit])

    def between(self, unit: tuple[str, str], one: Parameters, other: Parameters, m2: int) -> Any:
        """Return the ground to which a hazard is narrowed that two sets put on either side."""
        low, high = sorted((one, other), key=lambda p: (p.threshold_m, p.include_coast))
        outer = self.near(unit, high.threshold_m, coast=high.include_coast)
        inner = self.near(unit, low.threshold_m, coast=low.include_coast)
        between = shapely.difference(outer, inner)
        if one.rule == other.rule:
            return between
        wide = float(np.sqrt(ASPECT * m2)) * METRE
        lines = shapely.union(shapely.boundary(outer), shapely.boundary(inner))
        district = self.units[unit]
        inside = shapely.intersection(lines, shapely.buffer(district, -METRE))
        about = shapely.intersection(shapely.buffer(inside, wide), district)
        return shapely.union(between, about)


def cells(told: Disclosed) -> pd.DataFrame:
    """Return the figures that are published of each district and kind."""
    columns = ["hazards", "size_m2", "near_hazards", "near_size_m2"]
    rows = told.aggregates.dropna(subset=KEY)
    return pd.DataFrame(rows[[*KEY, *columns]]).set_index(KEY)


def look_for_ribbons(one: Edition, other: Edition, ground: Ground, found: Found) -> None:
    """Look for cells that two sets of parameters give otherwise on one day."""
    found.look("ribbon")
    mine, theirs = cells(one.told), cells(other.told)
    change = (mine["near_hazards"] - theirs["near_hazards"]).fillna(0).astype(int)
    sizes = (mine["near_size_m2"] - theirs["near_size_m2"]).abs().fillna(0).astype(int)
    for key in change.index[change != 0]:
        unit = (key[0], key[1])
        region = ground.between(unit, one.made, other.made, int(sizes[key]))
        found.add(
            "ribbon",
            km2(region),
            f"{one.day}: {abs(change[key])} of district {key[1]} between {one.made} and "
            f"{other.made}",
        )


def look_at_one(edition: Edition, ground: Ground, found: Found) -> None:
    """Note the ground of each cell that one edition states, and rows had by subtraction."""
    found.look("one edition")
    found.look("row")
    table, made = cells(edition.told), edition.made
    for key, row in table.iterrows():
        unit = (key[0], key[1])
        if row["near_hazards"] > 0:
            near = ground.near(unit, made.threshold_m, coast=made.include_coast)
            found.add("one edition", km2(near), f"{edition}: district {key[1]}, near")
    sums = getattr(edition.told, "upper", None)
    if sums is None:
        return
    rows = table.reset_index()
    for (province, kind), part in rows.groupby(["province_code", "kind"]):
        lost = part[part["hazards"].isna()]
        told = sums[(sums["province_code"] == province) & (sums["kind"] == kind)]["hazards"]
        if len(lost) == 1 and told.notna().any():
            code = lost["district_code"].iloc[0]
            found.add("row", km2(ground.units[(province, code)]), f"{edition}: district {code}")


def same_in_both_languages(edition: Edition, ground: Ground) -> bool:
    """Say whether a public page's tables hold the same figures whatever its language."""
    layers = PublicLayers(edition.told, ground.border, ground.admin, as_of=edition.day)
    facts = compose_public(layers, "national", "", "", None).facts
    texts = [
        [(t.caption.within(way), t.rows, t.total) for t in facts.tables] for way in ("en", "km")
    ]
    return [each[1:] for each in texts[0]] == [each[1:] for each in texts[1]]


# ------------------------------------------------------------------ registers


def disclosed(
    split: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    land: Any,
    restricted: Any,
    day: str,
    made: Parameters,
) -> Disclosed:
    """Return what is public of a split, as pages, sheets and exports have it.

    Every figure as it is: what leaving out and rounding hide comes on top.
    """
    settings = PublicSettings(**vars(made), least_count=1, round_m2=1)
    return disclose(split, admin, land, restricted=restricted, as_of=day, settings=settings)


def sample_editions(days: Iterable[str], sets: Iterable[Parameters]) -> Iterator[Edition]:
    """Give the editions of the bundled sample."""
    admin = intake.read_admin(sample.path("districts"))
    lines = intake.read_border(sample.path("border"))
    registered = intake.read_hazards(sample.path("ledger_hazards"))
    events = to_events(pyogrio.read_dataframe(sample.path("ledger_events")))
    told = pd.concat([registered_events(registered), events])
    for day in days:
        folded = fold(told, as_of=day)
        left = folded.hazards[folded.hazards["size_m2"] > 0]
        land = released_land(folded)
        for made in sets:
            split = border_split(left, lines, **vars(made))
            yield Edition(day, made, disclosed(split, admin, land, left, day, made), left, land)


def sample_ground() -> Ground:
    return Ground(
        intake.read_border(sample.path("border")), intake.read_admin(sample.path("districts"))
    )


MADE_UP_BORDER: Final = gpd.GeoDataFrame(
    {
        "kind": ["land", "coast"],
        "neighbour": ["THA", None],
        "border_name": "by hand",
        "border_version": "1",
        "accuracy_m": 10.0,
    },
    geometry=[
        shapely.LineString([(103, 13), (103, 14)]),
        shapely.LineString([(103, 14), (104, 14), (104, 13), (103, 13)]),
    ],
    crs=4326,
)
MADE_UP_ADMIN: Final = gpd.GeoDataFrame(
    {
        "province": ["Battambang", "Battambang", "Kandal"],
        "province_code": ["02", "02", "08"],
        "district": ["Samlout", "Bavel", "Ta Khmau"],
        "district_code": ["0209", "0204", "0811"],
    },
    geometry=[
        shapely.box(103, 13, 103.5, 13.5),
        shapely.box(103, 13.5, 103.5, 14),
        shapely.Polygon([(103.5, 13), (104, 13), (104, 14), (103.5, 14), (103.5, 13.5)]),
    ],
    crs=4326,
)


def square(lon: float, lat: float, east_m: float, north_m: float) -> Any:
    """Return a rectangle of a size in metres with its lower left at a place."""
    return shapely.box(lon, lat, lon + east_m * METRE * 1.027, lat + north_m * METRE)


def moved(polygon: Any, east_m: float, north_m: float) -> Any:
    return shapely.affinity.translate(polygon, east_m * METRE * 1.027, north_m * METRE)


def field_of(
    hazard_id: str, polygon: Any, day: str, district: str = "0209", **more: Any
) -> dict[str, Any]:
    names = {"0209": "Samlout", "0204": "Bavel", "0811": "Ta Khmau"}
    province = ("Kandal", "08") if district == "0811" else ("Battambang", "02")
    return {
        "hazard_id": hazard_id,
        "kind": "ap_minefield",
        "province": province[0],
        "province_code": province[1],
        "district": names[district],
        "district_code": district,
        "surveyed_on": day,
        "in_workbench": False,
        "geometry": polygon,
    } | more


def story() -> list[tuple[str, Callable[[Any], Any]]]:
    """Return what happens, in its order: each case in which drawn land gave away what remains."""
    whole = square(103.2, 13.1, 100, 100)
    hole = moved(square(103.2, 13.1, 40, 40), 30, 30)
    notched = square(103.2, 13.2, 200, 200)
    notch = moved(square(103.2, 13.2, 40, 40), 160, 160)
    slotted = square(103.2, 13.3, 300, 100)
    slot = moved(square(103.2, 13.3, 40, 100), 130, 0)
    beside = square(103.3, 13.1, 200, 200)
    cluster = moved(square(103.3, 13.1, 50, 50), 205, 0)
    family = square(103.3, 13.2, 300, 100)
    again = square(103.3, 13.3, 100, 100)
    waits = square(103.4, 13.1, 100, 100)
    first = [
        field_of("RING", shapely.difference(whole, hole), "2016-02-01"),
        field_of("CORE", hole.buffer(-12 * METRE), "2016-02-01"),
        field_of("NOTCH", notched, "2016-02-01"),
        field_of("SLOT", slotted, "2016-02-01"),
        field_of("BESIDE", beside, "2016-02-01"),
        field_of("CLUSTER", cluster, "2016-02-01", kind="cluster_munition"),
        field_of("FAMILY", family, "2016-02-01"),
        field_of("AGAIN", again, "2016-02-01"),
        field_of("WAITS", waits, "2016-02-01"),
        # 3,985.5 m from the border: a degree of longitude is 108,190 m here
        field_of("LONE", square(103.0368438, 13.7, 50, 50), "2016-02-01", district="0204"),
        field_of("FAR", square(103.3, 13.7, 50, 50), "2016-02-01", district="0204"),
    ]
    found_again = [
        field_of("NOTCH-2", notch.buffer(-11 * METRE), "2020-05-01"),
        field_of("SLOT-2", slot.buffer(-11 * METRE), "2020-05-01"),
        field_of("AGAIN-2", moved(square(103.3, 13.3, 20, 20), 40, 40), "2020-05-01"),
    ]
    waiting = [
        field_of("W-1", moved(square(103.4, 13.1, 9, 9), 3, 3), "2021-05-01", in_workbench=True)
    ]
    left_of_notch, left_of_slot = (
        shapely.difference(notched, notch),
        shapely.difference(slotted, slot),
    )
    west, east = square(103.3, 13.2, 200, 100), square(103.3, 13.2, 250, 100)

    def release(day: str, who: str, outcome: str, land: Any) -> tuple[str, Callable[[Any], Any]]:
        return day, lambda store: store.record(who, outcome, land, happened_on=day)

    return [
        ("2016-02-01", lambda store: _register(store, first)),
        release("2017-03-01", "RING", "cleared", whole),
        ("2017-03-01", lambda s: s.amend("NOTCH", left_of_notch, happened_on="2017-03-01")),
        ("2017-03-01", lambda s: s.amend("SLOT", left_of_slot, happened_on="2017-03-01")),
        release("2017-03-01", "FAMILY", "cleared", square(103.3, 13.2, 100, 100)),
        release("2017-03-01", "AGAIN", "cleared", again),
        release("2017-03-01", "WAITS", "cancelled", waits),
        release("2018-03-01", "NOTCH", "cleared", notched),
        release("2018-03-01", "SLOT", "reduced", square(103.2, 13.3, 130, 100)),
        release("2018-04-01", "SLOT", "cleared", slotted),
        release("2018-03-01", "BESIDE", "cleared", beside),
        ("2018-03-01", lambda store: _halve(store, "FAMILY", west, "2018-03-01")),
        release("2019-03-01", "FAMILY-1", "cleared", family),
        ("2019-03-01", lambda store: _halve(store, "FAMILY-2", east, "2019-03-01")),
        release("2020-03-01", "FAMILY-2-1", "cleared", family),
        ("2020-05-01", lambda store: _register(store, found_again)),
        ("2021-05-01", lambda store: _register(store, waiting)),
    ]


def _halve(store: Any, hazard_id: str, first: Any, day: str) -> None:
    """Divide what is left of a hazard into what lies in a polygon and the rest."""
    table = store.hazards().set_index("hazard_id")
    left = table.geometry[hazard_id]
    parts = [shapely.intersection(left, first), shapely.difference(left, first)]
    ids = [f"{hazard_id}-{number}" for number in (1, 2)]
    frame = gpd.GeoDataFrame({"hazard_id": ids}, geometry=parts, crs=4326)
    store.divide(hazard_id, frame, happened_on=day, remainder="keep")


def _register(store: Any, rows: list[dict[str, Any]]) -> None:
    store.register(to_hazards(gpd.GeoDataFrame(rows, geometry="geometry", crs=4326)))


def made_up_editions(days: Iterable[str], sets: Iterable[Parameters]) -> Iterator[Edition]:
    """Give the editions of a small register, each written before what follows is recorded."""
    sets, steps = list(sets), story()
    with (
        tempfile.TemporaryDirectory() as folder,
        create_store(Path(folder, "made-up.gpkg")) as store,
    ):
        store.load_admin(MADE_UP_ADMIN)
        store.load_border(MADE_UP_BORDER)
        for day in days:
            while steps and steps[0][0] <= day:
                steps.pop(0)[1](store)
            land, restricted = store.released_land(as_of=day), store.restricted(as_of=day)
            for made in sets:
                split = store.split(as_of=day, **vars(made))
                told = disclosed(split, store.admin(), land, restricted, day, made)
                yield Edition(day, made, told, restricted, land)


def made_up_ground() -> Ground:
    return Ground(MADE_UP_BORDER, MADE_UP_ADMIN)


# ------------------------------------------------------------------ the search


def search(editions: Iterable[Edition], ground: Ground) -> Found:
    """Look through each edition and all pairs of them.

    Where two sets draw the same on the same days, what was found for one stands for the other.
    """
    every, found = list(editions), Found()
    truths: dict[str, Truth] = {}
    seen: dict[Any, Found] = {}

    def once(key: tuple[Edition, ...], look: Callable[[Found], None]) -> None:
        name = tuple((each.day, frozenset(each.drawn)) for each in key)
        if name not in seen:
            seen[name] = Found()
            look(seen[name])
        found.take(seen[name])

    for edition in every:
        truth = truths.setdefault(edition.day, Truth(edition.truth))
        once((edition,), partial(look_into_gaps, edition, truth))
        look_at_one(edition, ground, found)
        found.look("languages")
        if not same_in_both_languages(edition, ground):
            found.add("languages", 0.0, str(edition))
    for one, other in itertools.combinations(every, 2):
        found.look("pairs")
        if one.day == other.day:
            look_for_ribbons(one, other, ground, found)
        else:
            now = truths[max(one.day, other.day)]  # what is released since is no secret
            once((one, other), partial(look_for_withheld, one, other, now))
            once((other, one), partial(look_for_withheld, other, one, now))
    return found


def report(name: str, found: Found) -> None:
    """Print what was looked at and what was found."""
    print(f"{name}: {found.looked.get('pairs', 0):,} pairs of editions, each in two languages")
    for kind in found.looked:
        if kind == "pairs":
            continue
        small, worst = found.small(kind), found.worst(kind)
        said = "nothing" if worst is None else f"least {worst.km2:.6f} km² ({worst.where})"
        print(
            f"  {kind:12} looked {found.looked[kind]:>5,}  under {LEAST_KM2:g} km²: "
            f"{len(small):>6,}  {said}"
        )


def main() -> int:
    """Search, print, and return 1 where one set of parameters gives away what it must not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--made-up", action="store_true", help="leave the sample out")
    told = parser.parse_args()
    worst = 0
    registers = [("made up", made_up_editions, made_up_ground, MADE_UP_DAYS)]
    if not told.made_up:
        registers.append(("sample", sample_editions, sample_ground, SAMPLE_DAYS))
    for name, editions, ground, days in registers:
        every = list(editions(days, SETS))
        report(f"{name}, {len(days)} days, {len(SETS)} sets of parameters", search(every, ground()))
        one = [edition for edition in every if edition.made == SETS[0]]
        left = search(one, ground())
        report(f"{name}, {len(days)} days, one set of parameters", left)
        worst += len(left.small("gap"))
    return int(worst > 0)


if __name__ == "__main__":
    sys.exit(main())
