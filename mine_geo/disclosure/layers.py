"""What is shown: a split, what is drawn or written with it, and how it was asked for.

A map, a sheet, an atlas and a file are all made from one `Layers`. A store fills it
(`Store.layers`), or frames do (`maps.layers`); it stands beneath both, beside the rules of
disclosure, because it holds what they ask for: all that is restricted, and the settings of public
outputs. It only holds frames. What is costly to derive from them is derived by `maps`.

Geometry is EPSG:4326, distances are metres, sizes whole m².
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd

from mine_geo.disclosure.settings import USUAL, PublicSettings
from mine_geo.errors import MixedError, OptionError, RecordError, choose, in_order, some
from mine_geo.geo.cells import day_of, moment_of
from mine_geo.geo.crs import require_lonlat
from mine_geo.terms import KINDS, PROVENANCE_COLUMNS, SPLIT_COLUMNS, WORKBENCH, ZONES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    import pandas as pd

    from mine_geo.disclosure.settings import StandingText
    from mine_geo.ledger.fold import Fold
    from mine_geo.terms import Kind, Rule, Workbench


@dataclass(frozen=True)
class Selection:
    """How a split was asked for; what its own columns say comes first.

    A split says in its columns how its zones were made. An empty one cannot, and no column tells
    that other kinds or the workbench were left out.

    Raises
    ------
    OptionError
        If the kind or the choice of the workbench is unknown.
    RecordError
        If `known_at` or `last_record` has no time zone, or `printed_on` is no day.

    Examples
    --------
    >>> Selection(kind="av_minefield", threshold_m=10_000).told("threshold_m")
    10000
    """

    kind: Kind | None = None
    """The only kind that was asked for."""

    workbench: Workbench = "include"
    """Whether records that are not yet accepted are in it: include, exclude, only."""

    known_at: datetime | str | None = None
    """The moment by which it was recorded, where it is not the present state of the register."""

    last_record: datetime | None = None
    """The moment of the register's last record, as `Store.last_moment` gives it."""

    ledger_head: str | None = None
    """The head of the ledger's chain when it was read, SEQ:HASH, as `Store.head` gives it: with it
    `Store.check_chain` tells whether the events up to then are the same still."""

    printed_on: date | str | None = None
    """The day of printing, where it is to be said: without it the same input gives the same
    bytes on any day."""

    threshold_m: float | None = None
    """Metres."""

    rule: Rule | None = None
    include_coast: bool | None = None

    synthetic: bool = False
    """Whether the register is invented, though no row may be left to say so."""

    standing_text: StandingText | None = None
    """What the authority has its public outputs say; None: the usual text."""

    def __post_init__(self) -> None:
        """Refuse what is no kind, no choice of the workbench, no moment, and no day."""
        choose(self.workbench, WORKBENCH, "workbench")
        if self.kind is not None:
            choose(self.kind, KINDS, "kind")
        for moment in (self.known_at, self.last_record):
            moment_of(moment)
        day_of(self.printed_on)

    @property
    def moment(self) -> datetime | None:
        """The moment of which the data is known, UTC: as asked for, else that of the last record.

        Examples
        --------
        >>> Selection(known_at="2023-01-01T06:00:00+07:00").moment.isoformat()
        '2022-12-31T23:00:00+00:00'
        """
        return moment_of(self.last_record if self.known_at is None else self.known_at)

    @property
    def known_on(self) -> date | None:
        """The day of that moment, in Cambodia.

        Examples
        --------
        >>> Selection(known_at="2022-12-31T23:00:00Z").known_on.isoformat()
        '2023-01-01'
        """
        return day_of(self.moment)

    def told(self, column: str) -> Any:
        """Return what was asked for in a provenance column; None where it is not known here."""
        known = {"threshold_m": self.threshold_m, "rule": self.rule}
        return (known | {"include_coast": self.include_coast}).get(column)

    def accepted(self) -> Selection:
        """Return the same for figures that are public: of accepted records only.

        Raises
        ------
        OptionError
            If only what waits was asked for.

        Examples
        --------
        >>> Selection(kind="av_minefield").accepted()
        Selection(kind='av_minefield', workbench='exclude', ...)
        """
        if self.workbench == "only":
            raise OptionError(
                "what waits on the workbench is not public: leave out workbench='only', or public"
            )
        return replace(self, workbench="exclude", ledger_head=None)


EVERYTHING: Final = Selection()
"""All records as they are now, as far as anyone knows."""

NEEDED: Final = ("hazard_id", "size_m2", "geometry", *SPLIT_COLUMNS)


@dataclass(frozen=True, eq=False)
class Layers:
    """A split and what is drawn or written with it; only the split is required.

    Raises
    ------
    OptionError
        If something other than a table is given for one.
    RecordError
        If `split` lacks columns of a split, has a hazard without a zone, or one id twice; if
        `as_of` is no day.
    MixedError
        If it mixes thresholds, rules or borders.
    CRSError
        If a frame is not in EPSG:4326.

    Examples
    --------
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split import zones
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> border = intake.read_border(sample.path("border"))
    >>> split = zones.border_split(fields[fields["province"] == "Pailin"], border)
    >>> Layers(split, border=border).admin is None
    True
    >>> Layers(split.assign(zone=None))
    Traceback (most recent call last):
    mine_geo.errors.RecordError: ...: neither near nor far, so no total would count it; call ...
    """

    split: gpd.GeoDataFrame
    """What `border_split` returned."""

    border: gpd.GeoDataFrame | None = None
    """The border's lines; the line at the threshold is drawn from them."""

    admin: gpd.GeoDataFrame | None = None
    """The districts."""

    releases: gpd.GeoDataFrame | None = None
    """Released land: polygons with `outcome`."""

    places: pd.DataFrame | None = None
    """Names: `name` and a point geometry, or `name`, `lon`, `lat` in degrees."""

    as_of: date | str | None = None
    """The day of the data; else the latest survey in it is named."""

    restricted: gpd.GeoDataFrame | None = None
    """For what is public: all that remains, of any kind and anywhere, and all that waits; nothing
    is public without it. See `Store.restricted`."""

    selection: Selection = EVERYTHING
    """How the split was asked for, where that is not all that is recorded."""

    settings: PublicSettings = USUAL
    """For what is public: how it is made, as `Store.public_settings` returns it."""

    ledger: Fold | None = None
    """For dossiers: closed hazards too, and what each event did; see `Store.state`."""

    recorded: tuple[Fold, ...] = ()
    """For pages over time: `ledger` as it was known at moments of recording, the first one first,
    all of the same day; see `Store.state` and `movements.moments`."""

    def __post_init__(self) -> None:
        """Check the frames, so that no room behind the door has to."""
        given = {
            name: getattr(self, name)
            for name in ("split", "border", "admin", "releases", "places", "restricted")
        }
        day_of(self.as_of)
        call = "layers(split, border=None, admin=None, releases=None, places=None, restricted=None)"
        in_order(call, names={}, frames=given)
        check_split(self.split)
        for name in ("border", "admin", "releases"):
            if given[name] is not None:
                require_lonlat(given[name], name)
        if isinstance(self.places, gpd.GeoDataFrame):
            require_lonlat(self.places, "places")


def as_layers(call: str, layers: gpd.GeoDataFrame | Layers, names: Mapping[str, object]) -> Layers:
    """Return what a door was given as `Layers`; refuse what stands in the wrong place.

    Parameters
    ----------
    call
        How the door is called: its first arguments in their order.
    layers
        A split, or layers.
    names
        What was given for texts, by argument.

    Raises
    ------
    OptionError
        If a table stands where a name belongs, or the other way round.

    Examples
    --------
    >>> as_layers("province(layers, name)", "Battambang", {"name": gpd.GeoDataFrame()})
    Traceback (most recent call last):
    mine_geo.errors.OptionError: province(layers, name): name must be a text, not GeoDataFrame; ...
    """
    ready = isinstance(layers, Layers)
    in_order(call, names=names, frames={} if ready else {"layers": layers})
    return layers if ready else Layers(layers)


def check_split(split: gpd.GeoDataFrame) -> None:
    """Refuse a frame that no `border_split` made, that mixes two, or names a hazard twice.

    One rule for pages, sheets and files, because their figures are compared: a hazard that is
    neither near nor far would stand on a map or in a file, and in none of the totals beside it;
    one that comes twice would be drawn once and counted twice.

    Raises
    ------
    RecordError
        If columns are missing, a hazard has no zone, or an id stands twice.
    MixedError
        If rows differ in threshold, rule, coast or border.
    CRSError
        If it is not in EPSG:4326.

    Examples
    --------
    >>> check_split(gpd.GeoDataFrame({"hazard_id": ["A"]}))
    Traceback (most recent call last):
    mine_geo.errors.RecordError: the split lacks size_m2, geometry, border_distance_m, ...
    """
    missing = [column for column in NEEDED if column not in split.columns]
    if missing:
        raise RecordError(
            f"the split lacks {', '.join(missing)}; call border_split(hazards, border) first"
        )
    require_lonlat(split, "split")
    lost = split["hazard_id"][~split["zone"].isin(ZONES)]
    if len(lost):
        raise RecordError(
            f"{some(lost)}: neither near nor far, so no total would count it; call "
            "border_split(hazards, border) again"
        )
    for column in PROVENANCE_COLUMNS:
        values = split[column].dropna().unique()
        if len(values) > 1:
            raise MixedError(
                f"the split mixes {column} {some(values)}; one map or file is of one split"
            )
    ids = split["hazard_id"]
    repeated = ids[ids.duplicated()].unique()
    if len(repeated):
        raise RecordError(f"hazards of one id: {some(repeated)}; give each an id of its own")
