"""From frames to one page: which layers lie where, what is switched, what is in view.

Hazards and released land are carried as outlines, symbols and popup columns. Symbols follow IMAS
Technical Note 07.11/01 (land release symbology): the fill says SHA or CHA, the outline says the
status. A null `area_type` is its own symbol (purple), never a guess.

A border-zone page has a ranked list: which hazard comes first. The running totals and the years
under a yearly capacity are worked out on the page, where the planner sets the capacity
(`assets/capacity.js`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from mine_geo.errors import OptionError, RecordError, choose, some
from mine_geo.geo.cells import read_days
from mine_geo.maps import facts, ground, grouping, packing
from mine_geo.maps import public as public_page
from mine_geo.maps.context import LINES
from mine_geo.maps.ground import Around, frame_of, unit_of
from mine_geo.maps.grouping import (
    OTHERS,
    OTHERS_RELEASED,
    OWN,
    PALE,
    classes_of,
    code_of,
    kind_of_rows,
    several_kinds,
    texts,
)
from mine_geo.maps.over_time import over_time
from mine_geo.maps.pages.page import OfflinePage
from mine_geo.maps.subject import Subject, bounds_of
from mine_geo.maps.symbols import border_name
from mine_geo.terms import DIFFICULTIES, KINDS, NEIGHBOURS, OUTCOMES, STATUSES, ZONES
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.maps.context import Context
    from mine_geo.maps.over_time import OverTime
    from mine_geo.maps.scene import Scene
    from mine_geo.terms import Kind


HAZARD_FIELDS: Final = (
    ("hazard_id", "text"),
    ("kind", "text"),
    ("also", "text"),
    ("area_type", "text"),
    ("status", "text"),
    ("in_workbench", "text"),
    ("zone", "text"),
    ("border_distance_m", "metres"),
    ("neighbour", "text"),
    ("size_m2", "m2"),
    ("near_size_m2", "m2"),
    ("far_size_m2", "m2"),
    ("outside_m2", "m2"),
    ("reported_size_m2", "m2"),
    ("province", "text"),
    ("district", "text"),
    ("commune", "text"),
    ("village", "text"),
    ("difficulty", "text"),
    ("operator", "text"),
    ("surveyed_on", "day"),
)
"""Column, and how it is written; its name is the word `field.<column>`. Others stay out."""

RELEASE_FIELDS: Final = (
    ("hazard_id", "text"),
    ("outcome", "text"),
    ("happened_on", "day"),
    ("size_m2", "m2"),
    ("released_m2", "m2"),
    ("reported_size_m2", "m2"),
    ("operator", "text"),
    ("report_ref", "text"),
)

CODES: Final[dict[str, dict[Any, str]]] = {
    "kind": {kind: f"kind_one.{kind}" for kind in KINDS},
    "neighbour": {code: f"country.{code}" for code in NEIGHBOURS},
    "status": {status: f"status.{status}" for status in STATUSES},
    "zone": {zone: f"zone.{zone}" for zone in ZONES},
    "difficulty": {level: f"difficulty.{level}" for level in DIFFICULTIES},
    "outcome": {outcome: f"outcome.{outcome}" for outcome in OUTCOMES},
    "in_workbench": {True: "register.waiting", False: "register.accepted"},
}
"""The word of each code, by column; what is no code is shown as it is."""


def _said(values: pd.Series, names: Mapping[Any, str]) -> list[Said | None]:
    """Return each value in both languages: the word of its code, else the value itself."""
    known = {code: say(key) for code, key in names.items()}
    texts = values.astype(object)
    return [
        None if missing else known.get(value, same(str(value)))
        for value, missing in zip(texts, pd.isna(texts), strict=True)
    ]


def _unit_said(frame: pd.DataFrame, level: str, names: Mapping[Any, Said]) -> list[Said | None]:
    """Return recorded names, with the Khmer one where the code is known under that name."""
    recorded = _said(frame[level], {})
    codes = frame.get(f"{level}_code", pd.Series(None, index=frame.index, dtype=object))
    said: list[Said | None] = []
    for name, code in zip(recorded, codes, strict=True):
        known = names.get(code)
        said.append(known if name is not None and known and known.en == name.en else name)
    return said


def _columns(
    frame: pd.DataFrame,
    fields: tuple[tuple[str, str], ...],
    units: Mapping[str, Mapping[Any, Said]],
) -> list[dict[str, Any]]:
    """Pack the columns that hold anything, in the order of the popup."""
    packed = []
    for name, how in fields:
        if name not in frame.columns or not frame[name].notna().any():
            continue
        if how == "day":
            content: dict[str, Any] = {"rows": packing.pack_days(frame[name])}
        elif how == "metres":  # whole decimetres, cut off: 6,999.99 m stays below 7,000
            content = {"rows": packing.pack_numbers(np.floor(frame[name] * 10 + 1e-6))}
        elif how != "text":
            content = {"rows": packing.pack_numbers(frame[name])}
        elif name in units:
            content = texts(_unit_said(frame, name, units[name]))
        else:
            content = texts(_said(frame[name], CODES.get(name, {})))
        packed.append({"name": name, "as": how} | content)
    return packed


def _classes(values: np.ndarray[Any, Any]) -> tuple[list[str], str]:
    """Return the different values in order and which of them each row has, packed."""
    codes, names = pd.factorize(values, sort=True)
    return [str(name) for name in names], packing.pack(codes)


def _facets(*facets: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the groups of rows that are switched together: each has a key in every facet.

    A row is shown while all its keys are on.
    """
    table = pd.DataFrame(dict(enumerate(facets)))
    numbers = table.groupby(list(table.columns), sort=True).ngroup().to_numpy()
    firsts = table.assign(group=numbers).drop_duplicates("group").sort_values("group")
    keys = firsts[list(table.columns)].astype(str).to_numpy().tolist()
    return {"groups": keys, "group": packing.pack(numbers)}


def _prefixed(prefix: str, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray([f"{prefix}-{value}" for value in values], dtype=object)


def hazard_layer(
    hazards: gpd.GeoDataFrame,
    units: Mapping[str, Mapping[Any, Said]],
    name: str = OWN,
    *,
    several: bool | None = None,
    fine: bool = False,
) -> dict[str, Any]:
    """Return the hazards of a page: outlines, the group and symbol of each row, popup columns.

    The keys of a group: kind and zone, `area_type-...`, `status-...`, and where there are several
    kinds `kind-...`; then the symbol says the kind too. Those that are not the unit's own, under
    another `name`, have that name as a further key; the `others` are paler. `fine`: outlines to
    1e-9 degree, for pages that can draw.
    """
    several = several_kinds(hazards) if several is None else several
    fill, outline = classes_of(hazards)
    kinds = kind_of_rows(hazards).to_numpy(dtype=object)
    pairs = zip(kinds, hazards["zone"], strict=True)
    keys = np.asarray([f"{kind or 'hazards'}-{zone}" for kind, zone in pairs], dtype=object)
    symbols = np.asarray([" ".join(pair) for pair in zip(fill, outline, strict=True)], dtype=object)
    facets = [keys, _prefixed("area_type", fill), _prefixed("status", outline)]
    if several:
        known = code_of(hazards, "kind", KINDS, "")
        symbols = np.asarray(
            [f"{name} {kind}".strip() for name, kind in zip(symbols, known, strict=True)],
            dtype=object,
        )
        facets.append(_prefixed("kind", np.where(known == "", "other", known)))
    if name != OWN:
        facets.append(np.full(len(hazards), name, dtype=object))
    symbol_names, symbol_rows = _classes(_paler(symbols) if name == OTHERS else symbols)
    shown = pd.DataFrame(hazards.drop(columns=hazards.geometry.name))
    if "rule" in hazards.columns and not (hazards["rule"] == "area").any():
        shown = shown.drop(columns=["near_size_m2", "far_size_m2"])
    return {
        "name": name,
        "rows": len(hazards),
        "polygons": packing.pack_polygons(hazards.geometry.to_numpy(), fine=fine),
        "symbols": symbol_names,
        "symbol": symbol_rows,
        "columns": _columns(shown, HAZARD_FIELDS, units),
    } | _facets(*facets)


def _years(releases: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return the year of each release, `undated` where there is none."""
    if "year" in releases:
        years = releases["year"]
    elif "happened_on" in releases:
        years = read_days(releases["happened_on"])[0].dt.year
    else:
        years = pd.Series(np.nan, index=releases.index)
    known = years.astype("Int64").astype("string").fillna("undated")
    return np.asarray(known, dtype=object)


def _paler(symbols: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray([f"{symbol} {PALE}" for symbol in symbols], dtype=object)


def release_layer(
    releases: gpd.GeoDataFrame,
    fields: tuple[tuple[str, str], ...] = RELEASE_FIELDS,
    *,
    others: bool = False,
) -> dict[str, Any]:
    """Return released land; the keys of a group: `released-<outcome>`, `year-<year>`.

    Land whose outcome is none of ours is `released`: never said to be cleared. That of `others`
    is paler, and switched with their hazards.
    """
    outcome = code_of(releases, "outcome", OUTCOMES, "released")
    names, rows = _classes(_paler(outcome) if others else outcome)
    facets = [_prefixed("released", outcome), _prefixed("year", _years(releases))]
    if others:
        facets.append(np.full(len(releases), OTHERS, dtype=object))
    shown = pd.DataFrame(releases.drop(columns=releases.geometry.name))
    return {
        "name": OTHERS_RELEASED if others else "releases",
        "rows": len(releases),
        "polygons": packing.pack_polygons(releases.geometry.to_numpy()),
        "symbols": names,
        "symbol": rows,
        "columns": _columns(shown, fields, {}),
    } | _facets(*facets)


ORDERED_KIND: Final = "ap_minefield"
"""The kind that the Executive Order of 4 January 2022 is about: listed unless another is told."""
RANK: Final = "priority_rank"
"""The column of recorded ranks: 1 comes first, null last."""
MOST_M2: Final = 2**53
"""Up to here a page counts exactly."""


def ranks(hazards: pd.DataFrame) -> pd.Series | None:
    """Return the recorded ranks (Int64, null where there is none); None without the column.

    Raises
    ------
    RecordError
        If a rank is no whole number from 1.

    Examples
    --------
    >>> ranks(pd.DataFrame({"hazard_id": ["A", "B"], "priority_rank": [2.0, None]})).tolist()
    [2, <NA>]
    """
    if RANK not in hazards.columns:
        return None
    numbers = pd.to_numeric(hazards[RANK], errors="coerce")
    wrong = hazards[RANK].notna() & ~((numbers >= 1) & (numbers % 1 == 0) & (numbers < MOST_M2))
    if wrong.any():
        raise RecordError(
            f"{RANK} is no whole number from 1 for hazards {some(hazards['hazard_id'][wrong])}; "
            "correct it, or leave it out"
        )
    return numbers.astype("Int64")


def ranked(hazards: pd.DataFrame, first: str) -> NDArray[np.int64]:
    """Return row positions in the order of the list.

    By `priority_rank` where the frame has it (1 first, null last); then by zone, then border
    distance, then id.

    Parameters
    ----------
    hazards
        Rows of a split.
    first
        The zone that comes first, "far" or "near".

    Examples
    --------
    >>> rows = pd.DataFrame({"zone": ["near", "far", "far"], "hazard_id": ["A", "B", "C"],
    ...                      "border_distance_m": [10.0, 9000.0, 7000.0]})
    >>> ranked(rows, "far").tolist(), ranked(rows, "near").tolist()
    ([2, 1, 0], [0, 2, 1])
    >>> ranked(rows.assign(priority_rank=[2, None, 1]), "far").tolist()
    [2, 0, 1]
    """
    recorded = ranks(hazards)
    order = pd.DataFrame(
        {
            "rank": 0.0 if recorded is None else recorded.to_numpy(dtype=float, na_value=np.inf),
            "zone": (hazards["zone"] != first).to_numpy(),
            "metres": hazards["border_distance_m"].to_numpy(dtype=float),
            "id": hazards["hazard_id"].astype(str).to_numpy(),
        },
        index=range(len(hazards)),
    )
    keys = ["rank", "zone", "metres", "id"]
    return np.asarray(order.sort_values(keys).index, dtype=np.int64)


def kind_of(kind: Kind | None, asked: Kind | None) -> Kind:
    """Return the one kind of a list: as told, else as the split was asked for, else AP minefields.

    Raises
    ------
    OptionError
        If it is no kind.

    Examples
    --------
    >>> kind_of(None, None), kind_of(None, "other_erw")
    ('ap_minefield', 'other_erw')
    """
    return choose(kind or asked or ORDERED_KIND, KINDS, "kind")


def listed(hazards: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Return the rows that the list of a kind takes; kinds are never ranked together.

    Raises
    ------
    RecordError
        If there are hazards and none of them records its kind: the list would say that there is
        nothing.

    Examples
    --------
    >>> rows = pd.DataFrame({"hazard_id": ["A", "B", "C"],
    ...                      "kind": ["ap_minefield", "cluster_munition", None]})
    >>> listed(rows, "ap_minefield")["hazard_id"].tolist()
    ['A']
    """
    kinds = grouping.kind_of_rows(hazards)
    if len(hazards) and (kinds == "").all():
        raise RecordError(
            f"no hazard here records its kind ({some(hazards['hazard_id'])}), and a list of "
            "priorities is of one kind; read them with kind=..., as read_hazards(file, "
            f'kind="{kind}")'
        )
    return hazards[kinds == kind]


def order_said(hazards: pd.DataFrame, first: str, kind: str) -> Said:
    """Return in words which kind is listed, by what it is ordered, and how many others are not.

    Parameters
    ----------
    hazards
        All rows of the unit, of any kind.
    first
        The zone that comes first, "far" or "near".
    kind
        The kind that is listed.

    Examples
    --------
    >>> rows = pd.DataFrame({"hazard_id": ["A", "B", "C"],
    ...                      "kind": ["ap_minefield", "cluster_munition", None]})
    >>> print(order_said(rows, "near", "ap_minefield").en)
    AP minefields. Near the border first, then by border distance. Not in this list: Cluster \
munition areas: 1; kind not recorded: 1.
    """
    kinds = grouping.kind_of_rows(hazards)
    ours = hazards[kinds == kind]
    by_rank = RANK in ours.columns and ours[RANK].notna().any()
    order = say(f"order.priority_{first}" if by_rank else f"order.{first}")
    told = say("list.of_kind", what=grouping.kind_name(kind), order=order)
    if by_rank and "weights_hash" in ours.columns:
        caution = say("priority.low_score")
        told = Said(f"{told.en} {caution.en}", f"{told.km} {caution.km}")
    counts = kinds[kinds != kind].value_counts().sort_index(ascending=False)
    others = [
        say("list.other", what=grouping.kind_name(str(name)) if name else say("list.no_kind"),
            count=f"{count:,}")
        for name, count in counts.items()
    ]  # fmt: skip
    if not others:
        return told
    joined = Said("; ".join(each.en for each in others), "; ".join(each.km for each in others))
    return say("list.left_out", told=told, others=joined)


def list_data(
    hazards: pd.DataFrame, first: str = "far", capacity_m2: float | None = None
) -> dict[str, Any]:
    """Return what the page's script is told of the list.

    Parameters
    ----------
    hazards
        Rows of a split.
    first
        The zone that comes first, "far" or "near".
    capacity_m2
        The yearly capacity that the page starts with, whole m²; the planner may change it there.

    Returns
    -------
    dict
        `order`: packed row positions; `ranks`: packed recorded ranks in that order, only where
        any is recorded; `capacity_m2`, only where given; `pins`, only where any hazard is fixed to
        a year (`year`, `pinned_by`, `pinned_why`): place in the list, year, who, why;
        `synthetic`, only where any hazard is
        invented: the list as CSV says so too.

    Raises
    ------
    OptionError
        If `first` is no zone, or the capacity no whole number from 1 to 2^53.
    RecordError
        If a rank is no whole number from 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"zone": ["near", "far"], "hazard_id": ["A", "B"],
    ...                      "border_distance_m": [10.0, 9000.0]})
    >>> list_data(rows, capacity_m2=5_000_000)
    {'order': 'BA', 'capacity_m2': 5000000}
    """
    choose(first, ZONES, "first")
    order = ranked(hazards, first)
    told: dict[str, Any] = {"order": packing.pack(order)}
    recorded = ranks(hazards)
    if recorded is not None and recorded.notna().any():
        told["ranks"] = packing.pack_numbers(recorded.iloc[order].astype("Float64"))
    if capacity_m2 is not None:
        told["capacity_m2"] = whole_capacity(capacity_m2)
    if "pinned_by" in hazards and hazards["pinned_by"].notna().any():
        rows = hazards.iloc[order].reset_index(drop=True)
        told["pins"] = [
            [place, int(row["year"]), str(row["pinned_by"]), str(row["pinned_why"])]
            for place, row in rows[rows["pinned_by"].notna()].iterrows()
        ]
    if "synthetic" in hazards and hazards["synthetic"].eq(True).any():
        told["synthetic"] = True
    return told


def whole_capacity(capacity_m2: float) -> int:
    """Return a yearly capacity in whole m².

    Raises
    ------
    OptionError
        If it is no whole number from 1 to 2^53.

    Examples
    --------
    >>> whole_capacity(5e6)
    5000000
    """
    whole = isinstance(capacity_m2, (int, float, np.integer)) and capacity_m2 == capacity_m2 // 1
    if not (whole and 1 <= capacity_m2 < MOST_M2):
        raise OptionError(
            f"capacity_m2 {capacity_m2!r} is no yearly capacity; give whole m², from 1, like "
            "5_000_000"
        )
    return int(capacity_m2)


ANYWHERE: Final = (102.0, 9.5, 108.0, 15.0)
"""The view of a page without any extent, degrees: Cambodia."""


def compose(
    layers: Scene,
    subject: Subject,
    *,
    title: str | None = None,
    first: str | None = None,
    kind: Kind | None = None,
    capacity_m2: float | None = None,
    public: bool = False,
    draw: bool = False,
) -> OfflinePage:
    """Make the page of a subject; with `first`, the list of its hazards stands beside the map.

    Such a page is of one kind, map and list: `kind`, else the one that the split was asked for,
    else AP minefields. A page for all shows figures and released land alone.

    Raises
    ------
    OptionError
        For a list of hazards for all, or for tools to draw on a page for all.
    """
    if public:
        if draw:
            raise OptionError(
                "what is drawn is measured against the hazards that remain, so no public page can "
                "draw; leave draw=True out"
            )
        if first is not None:
            raise OptionError(
                "a border-zone map lists the hazards that remain, so none is public; "
                "make a national, province or district map with public=True"
            )
        return compose_public(layers.public, subject.level, subject.name, subject.within, title)
    if first is None:
        composer = Composer(layers, subject, draw=draw, steps=over_time(layers, subject))
        said = facts.facts(subject, layers, composer.around, kind=subject.level, title=title)
        return _composed(layers, composer, said)
    order = order_said(subject.hazards, first, kind_of(kind, layers.selection.kind))
    layers, subject = of_one_kind(layers, subject, kind)
    composer = Composer(layers, subject, draw=draw, steps=over_time(layers, subject))
    said = facts.facts(subject, layers, composer.around, kind="border-zone", title=title)
    data = list_data(composer.rows, first, capacity_m2)
    return _composed(layers, composer, replace(said, order=order), data)


def of_one_kind(layers: Scene, subject: Subject, kind: Kind | None) -> tuple[Scene, Subject]:
    """Return scene and subject of a list: `kind`, else as the split was asked for, else AP.

    Raises
    ------
    OptionError
        If it is no kind.
    RecordError
        If no hazard records its kind.
    """
    kind = kind_of(kind, layers.selection.kind)
    ours = replace(
        subject,
        hazards=listed(subject.hazards, kind),
        others=_of_kind(subject.others, kind),
        unplaced=_of_kind(subject.unplaced, kind),
    )
    return layers.of_kind(kind), ours


def _of_kind(hazards: gpd.GeoDataFrame | None, kind: str) -> gpd.GeoDataFrame | None:
    return None if hazards is None else hazards[grouping.kind_of_rows(hazards) == kind]


def _composed(
    layers: Scene, composer: Composer, said: facts.Facts, listed: dict[str, Any] | None = None
) -> OfflinePage:
    composer.add_border()
    composer.add_context(layers.context)
    composer.add_units()
    composer.add_places()
    composer.add_records()
    return composer.page(said, listed)


def compose_public(
    layers: public_page.PublicLayers, level: str, name: str, within: str, title: str | None
) -> OfflinePage:
    """Make a page for everybody; what it is given knows no hazard."""
    subject = public_page.subject_of(layers, level, name, within)
    composer = Composer(layers, subject, alone=True)
    said = public_page.facts_of(subject, layers, composer.around, title)
    composer.switches += public_page.switches(layers.disclosed)
    composer.add_border(tinted=False)
    composer.add_units()
    composer.add_places()
    layer = public_page.district_layer(subject, layers.disclosed, said.not_counted)
    composer.records.append(layer)
    composer.add_releases(public_page.RELEASE_FIELDS)
    composer.extra["shades"] = public_page.shades(subject, layers.disclosed)
    return composer.page(said, None)


class Composer:
    """Collects the layers of one page; geometry EPSG:4326, clipped to what the page can show.

    With `alone` nothing of other units is drawn, and all ground outside of the unit is veiled. With
    `draw` the page has tools to draw a task, and the outlines of hazards are finer.
    """

    def __init__(
        self,
        layers: Scene | public_page.PublicLayers,
        subject: Subject,
        *,
        alone: bool = False,
        draw: bool = False,
        steps: OverTime | None = None,
    ) -> None:
        self.layers = layers
        self.draw = draw
        self.finer_bytes = 0
        self.subject = subject
        self.box = bounds_of(subject.units, subject.hazards, layers.border) or ANYWHERE
        self.reach = ground.padded(self.box, 0.6, least=0.1)
        self.around = Around(
            replace(subject, others=None, beyond=False) if alone else subject,
            None if alone else layers.admin,
            layers.releases,
            frame_of(self.box),
        )
        self.unit = None if self.national else unit_of(subject.units)
        self.over_time = steps
        self.areas: list[tuple[str, str, Any]] = []
        self.lines: list[tuple[str, str, packing.Geometries]] = []
        self.labels: list[pd.DataFrame] = []
        self.switches: list[facts.Switch] = []
        self.records: list[dict[str, Any]] = []
        self.extra: dict[str, Any] = {}
        self.credits: list[str] = []

    @property
    def rows(self) -> gpd.GeoDataFrame:
        """The unit's hazards; on a page over time also what they were before."""
        return self.subject.hazards if self.over_time is None else self.over_time.rows

    @property
    def view(self) -> ground.Box:
        """What a reader sees at first and a little around it: where a basemap is wanted."""
        return ground.padded(self.box, 0.1 if self.national else 0.25)

    @property
    def national(self) -> bool:
        """Whether the page shows the whole country."""
        return self.subject.level == "national"

    def _clip(self, geometry: Any) -> Any:
        return geometry if self.national else ground.clip(geometry, self.reach)

    def _area(self, key: str, symbol: str, geometry: Any) -> None:
        if geometry is not None and not shapely.is_empty(geometry):
            parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
            self.areas.append((key, symbol, shapely.MultiPolygon(parts)))

    def _line(self, key: str, symbol: str, geometry: Any) -> bool:
        geometry = self._clip(geometry)
        if shapely.is_empty(geometry):
            return False
        self.lines.append((key, symbol, packing.lines_of(geometry)))
        return True

    def add_border(self, *, tinted: bool = True) -> None:
        """Add land, border zone (tinted or not) with its line, and the border by neighbour."""
        border, land = self.layers.border, self.layers.land
        water = self._clip(self.layers.sea)
        if shapely.intersects(water, self.around.shown):
            self._area("sea", "sea", water)
            self.switches.append(facts.Switch("sea", say("layer.sea"), "sea"))
        self._area("land", "land", self._clip(land) if land is not None else None)
        self._area("subject", "subject", self.unit)
        if border is not None and len(border):
            self._border(border, land, tinted=tinted)
        self._veil()

    def _veil(self) -> None:
        """Veil the ground on which others are not drawn; and, where others may be, all of theirs.

        The second veil lies there while the reader has switched others off.
        """
        if self.national:
            return
        self._area("veil", "veil", self.around.veil)
        if self.drawn_others:
            own = shapely.MultiPolygon() if self.unit is None else self.unit
            self._area("veil-others", "veil", shapely.difference(self.around.shown, own))

    @property
    def drawn_others(self) -> bool:
        """Whether anything of other units is drawn."""
        released = self.around.others_released
        return len(self.around.others) > 0 or (released is not None and len(released) > 0)

    def _border(self, border: gpd.GeoDataFrame, land: Any, *, tinted: bool) -> None:
        zone = self.layers.zone(ground.padded(self.box, 0.1) if self.national else self.reach)
        rim = shapely.boundary(zone)
        if land is not None:
            zone = shapely.intersection(zone, land)
            rim = shapely.intersection(rim, land)
        if tinted:
            self._area("zone", "zone", self._clip(zone))
        limit = say("layer.limit", distance=f"{self.layers.threshold_m / 1000:g}")
        if self._line("zone", "limit", rim):
            self.switches.append(facts.Switch("zone", limit, "limit"))
        sides = ["kind", "neighbour"]
        for (kind, code), part in border.groupby(sides, dropna=False, sort=True):
            self._border_part(part, str(kind), None if pd.isna(code) else str(code))
        if land is not None and self.national:
            self.labels.append(ground.neighbour_names(border, land))

    def _border_part(self, part: gpd.GeoDataFrame, kind: str, code: str | None) -> None:
        """Add the border with one neighbour; dashed where the data says: not demarcated."""
        key = f"border-{code or kind}"
        symbol = border_name(kind, code)
        label = say(
            "layer.coast" if kind == "coast" else "layer.border", country=ground.country_name(code)
        )
        said = part["demarcated"].eq(False) if "demarcated" in part else part["kind"].isna()
        demarcated = ~said | part["kind"].eq("coast")
        line = shapely.union_all(shapely.force_2d(part.geometry[demarcated].to_numpy()))
        if self._line(key, symbol, line):
            self.switches.append(facts.Switch(key, label, symbol))
        rest = shapely.union_all(shapely.force_2d(part.geometry[~demarcated].to_numpy()))
        if self._line(f"{key}-undemarcated", f"{symbol} undemarcated", rest):
            label = say("layer.undemarcated", country=ground.country_name(code))
            dashed = f"{symbol} undemarcated"
            self.switches.append(facts.Switch(f"{key}-undemarcated", label, dashed))

    def add_context(self, context: Context | None) -> None:
        """Add relief, roads, rivers and villages, where the office has any; and whose they are."""
        if context is None:
            return
        view = ground.padded(self.box, 0.1) if self.national else self.reach
        if context.relief is not None:
            self._relief(context.relief, view)
        for name, symbol in LINES.items():
            if getattr(context, name) is None:
                continue
            lines, areas = context.within(name, view)
            if len(areas):
                self._area(name, "water", shapely.multipolygons(areas))
            if len(lines):
                self.lines.append((name, symbol, lines))
            if len(lines) or len(areas):
                self.switches.append(facts.Switch(name, say(f"layer.{name}"), symbol))
        if context.villages is not None:
            table = ground.place_names(context.villages).assign(level="village")
            west, south, east, north = view
            inside = table["lon"].between(west, east) & table["lat"].between(south, north)
            if inside.any():
                self.labels.append(table[inside])
                self.switches.append(facts.Switch("village", say("layer.villages"), "place"))
        self.credits.append(context.credit)

    def _relief(self, path: Path, view: ground.Box) -> None:
        from mine_geo.maps import relief  # noqa: PLC0415 - loads GDAL once more

        found = relief.shadows(path, view)
        if found is not None:
            self.extra["relief"] = found
            self.switches.append(facts.Switch("relief", say("layer.relief"), "relief"))

    def add_units(self) -> None:
        """Add the outlines of provinces and districts, their names, the unit's own outline."""
        admin = self.layers.admin
        if admin is None or not len(admin):
            return
        west, south, east, north = self.reach
        shown = admin if self.national else admin.cx[west:east, south:north]
        drawn = dict(self.layers.outlines)
        if self.layers.border is None:
            drawn["province"] = shapely.union(drawn["province"], drawn["outside"])
        for key in ("district", "province"):
            if self._line(key, key, drawn[key]):
                self.switches.append(facts.Switch(key, say(f"layer.{key}"), key))
            self.labels.append(ground.unit_names(shown, key))
        if self.unit is not None:
            self._line("subject", "subject_line", shapely.boundary(self.unit))

    def add_places(self) -> None:
        """Add the names of all places inside the view."""
        table = ground.place_names(self.layers.places)
        west, south, east, north = self.box if self.national else self.reach
        inside = table["lon"].between(west, east) & table["lat"].between(south, north)
        if inside.any():
            self.labels.append(table[inside])
            self.switches.append(facts.Switch("place", say("layer.place"), "place"))

    def add_records(self) -> None:
        """Add the hazards of the unit, of none and of others, and released land beneath them."""
        self.add_releases(RELEASE_FIELDS)
        units = grouping.unit_words(self.layers.admin)
        own, around = self.rows, self.around
        several = grouping.several_kinds(own, around.others, around.unplaced)
        for name, rows in (
            (grouping.OTHERS, around.others),
            (grouping.UNPLACED, around.unplaced),
            (grouping.OWN, own),
        ):
            if len(rows) or name == grouping.OWN:
                layer = hazard_layer(rows, units, name, several=several, fine=self.draw)
                self.records.append(layer)
                if self.draw:
                    usual = packing.pack_polygons(rows.geometry.to_numpy())
                    self.finer_bytes += len(layer["polygons"]["steps"]) - len(usual["steps"])
        if self.over_time is not None:
            self.records[-1]["past"] = len(own) - self.over_time.now
            self.extra["time"] = self.over_time.with_released(around.released)
        self.switches += facts.around_switches(
            around.others, around.unplaced, around.others_released
        )

    def add_releases(self, fields: tuple[tuple[str, str], ...]) -> None:
        """Add released land, by outcome and by year, with the fields of its popup."""
        keys: set[str] = set()
        others = self.around.others_released
        for releases, theirs in ((others, True), (self.around.released, False)):
            if releases is not None and len(releases):
                layer = release_layer(releases, fields, others=theirs)
                self.records.append(layer)
                keys |= {key for group in layer["groups"] for key in group}
        self._release_switches(keys)

    def _release_switches(self, keys: set[str]) -> None:
        for outcome in (*OUTCOMES, "released"):
            if f"released-{outcome}" in keys:
                label = say(f"outcome.{outcome}")
                self.switches.append(facts.Switch(f"released-{outcome}", label, outcome))
        years = sorted(key for key in keys if key.startswith("year-"))
        for key in years if len(years) > 1 else ():
            year = key.removeprefix("year-")
            undated = year == "undated"
            label = say("layer.released_undated" if undated else "layer.released_in", year=year)
            self.switches.append(facts.Switch(key, label, ""))

    def page(self, said: facts.Facts, listed: dict[str, Any] | None) -> OfflinePage:
        """Return the page; `listed` is what its script is told of the list beside the map."""
        names = pd.concat(self.labels) if self.labels else pd.DataFrame()
        known = packing.Vertices([lines for _, _, lines in self.lines])
        data = {
            "bounds": [[self.box[1], self.box[0]], [self.box[3], self.box[2]]],
            "areas": [
                {"key": key, "symbol": symbol, "polygons": packing.pack_areas(geometry, known)}
                for key, symbol, geometry in self.areas
            ],
            "lines": [
                {"key": key, "symbol": symbol, "lines": packing.pack_lines(lines)}
                for key, symbol, lines in self.lines
            ],
            "labels": [
                [text, khmer, level, round(lat, 5), round(lon, 5)]
                for text, khmer, level, lon, lat in names.itertuples(index=False)
            ],
            "layers": self.records,
            "unit": {"en": said.unit.en, "km": said.unit.km},
            **self.extra,
        }
        if listed is not None:
            data["list"] = listed
        basemap = self.layers.basemap
        told = [basemap.attribution] if basemap is not None and basemap.attribution else []
        told += self.credits
        said = replace(
            said, switches=self.switches, sources=[*said.sources, *told], draws=self.draw
        )
        return OfflinePage(
            said, data, basemap=basemap, view=self.view, finer_bytes=self.finer_bytes
        )
