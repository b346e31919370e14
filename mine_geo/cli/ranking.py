"""Options by which hazards are ranked and picked, for commands that list, draw and write them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mine_geo.cli.options import echo, gathering
from mine_geo.errors import FileError, OptionError
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from mine_geo.cli.options import Reading
    from mine_geo.disclosure.layers import Layers
    from mine_geo.planning.weights import WeightSet
    from mine_geo.store import Store
    from mine_geo.terms import Zone


@dataclass(frozen=True)
class Ranking:
    """By which weight set hazards are ranked, and with which layers."""

    weights: Path | None
    layer_files: tuple[str, ...]

    def weight_set(self, store: Store) -> WeightSet | None:
        """Return the weight set of a file, or one that the store keeps; None if none is named."""
        from mine_geo.planning.weights import kept, read_weights  # noqa: PLC0415

        if self.weights is None and self.layer_files:
            raise OptionError("--layer is of a weight set; say which one with --weights FILE")
        if self.weights is None:
            return None
        if not self.weights.exists():
            found = kept(store.listed("weights"), str(self.weights))
            if found is not None:
                return found
        return read_weights(self.weights)

    def layers(self, weights: WeightSet) -> dict[str, Any]:
        """Read the layers."""
        from mine_geo.planning.criteria import read_layers  # noqa: PLC0415

        files = {}
        for told in self.layer_files:
            name, sign, file = told.partition("=")
            if not (name and sign and file):
                raise OptionError(f"--layer {told!r}: say a name and a file, roads=roads.gpkg")
            files[name] = Path(file)
        return read_layers(weights, files)

    def ranked(self, hazards: gpd.GeoDataFrame, store: Store) -> gpd.GeoDataFrame:
        """Return hazards of one kind with what `priority` says; as they are without weights."""
        from mine_geo.cli import terminal  # noqa: PLC0415
        from mine_geo.planning.priority import priority  # noqa: PLC0415

        weights = self.weight_set(store)
        if weights is None:
            return hazards
        layers = self.layers(weights)
        with terminal.counting() as counted:
            found = priority(
                hazards,
                weights,
                layers=layers,
                progress=lambda done, whole: counted(done, whole, "criteria"),
            )
        return hazards.join(found)


def ranking_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a `Ranking` and hand it over as `ranking`."""
    wrapped = gathering(command, Ranking, "ranking")
    for option in (
        click.option(
            "--layer",
            "layer_files",
            multiple=True,
            metavar="NAME=FILE",
            help="A layer that the weight set uses; may be given again.",
        ),
        click.option(
            "--weights",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Rank the hazards of one kind, of the province if one is named, by this weight "
            "set: a TOML file, or the name or hash of one that the store keeps.",
        ),
    ):
        wrapped = option(wrapped)
    return wrapped


@dataclass(frozen=True)
class Years:
    """What can be released in a year, and what is fixed to one."""

    capacity: float | None
    pins: Path | None

    def given(self, ranked: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return ranked hazards with their years; as they are without a capacity."""
        from mine_geo.planning.picks import read_pins, years  # noqa: PLC0415

        if self.capacity is None:
            if self.pins is not None:
                raise OptionError("--pins fix hazards to years, and years need --capacity")
            return ranked
        pins = None if self.pins is None else read_pins(self.pins)
        if pins is not None:
            lost = pins.loc[~pins["hazard_id"].isin(ranked["hazard_id"]), "hazard_id"]
            for name in lost:
                echo(f"note: {name} is pinned and not among these hazards", err=True)
        return ranked.join(years(ranked, self.capacity, pins=pins))


def years_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Years` and hand them over as `years`."""
    wrapped = gathering(command, Years, "years")
    for option in (
        click.option(
            "--pins",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Hazards fixed to a year: a CSV with hazard_id, year, who, why.",
        ),
        click.option(
            "--capacity", type=float, metavar="M2", help="What can be released in a year."
        ),
    ):
        wrapped = option(wrapped)
    return wrapped


@dataclass(frozen=True)
class Picking:
    """Which hazards are picked, by rank, year, id or zone."""

    ranks: str | None
    year: int | None
    ids: Path | None
    zone: Zone | None

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return (self.ranks, self.year, self.ids, self.zone) != (None,) * 4

    def of(self, hazards: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the hazards that are asked for."""
        from mine_geo.planning.picks import picked  # noqa: PLC0415

        if not self.any:
            return hazards
        ids = None
        if self.ids is not None:
            try:
                ids = self.ids.read_text(encoding="utf-8-sig").split()
            except (OSError, UnicodeDecodeError) as error:
                raise FileError(f"--ids {self.ids}: cannot be read ({error})") from error
        if self.year is not None and "year" not in hazards:
            raise OptionError("--year needs --capacity M2, and --weights FILE")
        return picked(hazards, ranks=self.ranks, year=self.year, ids=ids, zone=self.zone)


def picking_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a `Picking` and hand it over as `picking`."""
    wrapped = gathering(command, Picking, "picking")
    for option in (
        click.option("--zone", type=click.Choice(ZONES), help="Only this zone."),
        click.option(
            "--ids",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Only these hazards: a text with an id a line.",
        ),
        click.option("--year", type=int, help="Only those that begin in this year, from 1."),
        click.option("--rank", "ranks", metavar="1-33", help="Only these ranks."),
    ):
        wrapped = option(wrapped)
    return wrapped


def over(
    layers: Layers,
    store: Store,
    reading: Reading,
    ranking: Ranking,
    province: str | None,
    years: Years | None = None,
) -> Layers:
    """Return layers whose split says the ranks of one kind: within the province if one is named."""
    weights = ranking.weight_set(store)
    if weights is None:
        if years is not None and years.capacity is not None:
            raise OptionError("--capacity gives years by rank; say --weights FILE too")
        return layers
    kind = reading.kind or layers.selection.kind or "ap_minefield"
    rows = dataclasses.replace(reading, kind=kind).split(store, province)
    before = rows.columns
    ranked = ranking.ranked(rows, store)
    ranked = ranked if years is None else years.given(ranked)
    told = ranked.set_index("hazard_id")[[c for c in ranked.columns if c not in before]]
    return dataclasses.replace(layers, split=layers.split.join(told, on="hazard_id"))
