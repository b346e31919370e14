"""The command that writes files for other tools: `export`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mine_geo.cli.options import Reading, example, open_named, reading_options
from mine_geo.errors import FileError, OptionError, SchemaVersionError, StoreError

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.store import Store


@click.command(epilog=example("mine-geo export battambang.gpkg --province Battambang"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--province", help="Only this province, name or code.")
@click.option("--district", help="Only this district of the province, name or code.")
@click.option("--title", help="What the file is, in its metadata.")
@click.option(
    "--public",
    is_flag=True,
    help="Only figures by district, and released land that may be shown (.gpkg .kml .kmz).",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@reading_options
@click.pass_context
def export(
    ctx: click.Context,
    reading: Reading,
    file: Path,
    province: str | None,
    district: str | None,
    title: str | None,
    *,
    public: bool,
    overwrite: bool,
) -> None:
    """Write hazards for another tool; the ending of FILE says which.

    .gpkg for QGIS, each layer with its style. .kml or .kmz for Google Earth. .gpx: turning points
    for a handheld GPS. .csv: turning points with bearing and distance to the next.
    """
    from mine_geo import exports  # noqa: PLC0415

    if district is not None and province is None:
        raise OptionError("--district needs --province, for several provinces have one of its name")
    points = exports.check(file, public=public, overwrite=overwrite) in exports.POINTS
    _spare_stores(file)
    store = open_named(ctx)
    chosen = _choose(store, reading, province, district)
    released = None if points else chosen.of(_released(store, reading))
    if public:
        _write_public(store, reading, chosen, released, file, title=title, overwrite=overwrite)
    else:
        exports.write(
            chosen.hazards,
            file,
            store.border(),
            chosen.units,
            releases=released,
            title=title or f"Hazards {chosen.where}",
            as_of=reading.as_of,
            synthetic=store.synthetic,
            overwrite=overwrite,
        )
    click.echo(f"wrote {file}: {len(chosen.hazards):,} hazards{' as figures' if public else ''}")


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The hazards and districts of the country, a province or a district."""

    hazards: gpd.GeoDataFrame
    units: gpd.GeoDataFrame | None
    where: str
    column: str | None
    """The column of codes by which other records belong to it; None for the country."""

    def of(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the rows of another table that lie in it, by their codes."""
        if self.column is None:
            return frame
        tables = [self.hazards] if self.units is None else [self.hazards, self.units]
        codes = {code for table in tables for code in table[self.column].dropna()}
        return frame[frame[self.column].isin(codes)]


def _choose(store: Store, reading: Reading, province: str | None, district: str | None) -> _Chosen:
    """Find what is asked for; an unknown name is refused, and the valid ones are listed."""
    from mine_geo.maps import subject as subjects  # noqa: PLC0415

    try:
        admin = store.admin()
    except StoreError:  # an export without districts is an export still
        admin = None
    split = reading.split(store)
    if province is None:
        return _Chosen(split, admin, "near and far from the border", None)
    if district is None:
        found = subjects.province(split, admin, province)
        return _Chosen(found.hazards, found.units, f"of {found.name} province", "province_code")
    found = subjects.district(split, admin, province, district)
    where = f"of {found.name} district, {found.within} province"
    return _Chosen(found.hazards, found.units, where, "district_code")


def _released(store: Store, reading: Reading) -> gpd.GeoDataFrame:
    return store.released_land(as_of=reading.as_of, known_at=reading.known_at, kind=reading.kind)


def _write_public(
    store: Store,
    reading: Reading,
    chosen: _Chosen,
    released: gpd.GeoDataFrame | None,
    file: Path,
    *,
    title: str | None,
    overwrite: bool,
) -> None:
    from mine_geo import exports  # noqa: PLC0415
    from mine_geo.disclosure import disclose  # noqa: PLC0415

    restricted = store.restricted(as_of=reading.as_of, known_at=reading.known_at)
    shown = disclose(
        chosen.hazards, chosen.units, released, restricted=restricted, as_of=reading.as_of
    )
    exports.write_public(
        shown.aggregates,
        shown.released,
        file,
        title=title or f"Figures and released land {chosen.where}",
        as_of=reading.as_of,
        latest=shown.latest_survey,
        synthetic=store.synthetic or shown.synthetic,
        overwrite=overwrite,
    )


def _spare_stores(file: Path) -> None:
    """Refuse to write where a store is, asked to overwrite it or not."""
    from mine_geo.store import open_store  # noqa: PLC0415

    if not file.exists():
        return
    try:
        open_store(file).close()
    except SchemaVersionError:
        pass  # a store of another version is a store
    except (StoreError, FileError):
        return
    raise FileError(f"{file}: is a store, with all its events; choose another name")
