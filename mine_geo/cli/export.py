"""The command that writes files for other tools: `export`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mine_geo.cli.options import (
    Reading,
    echo,
    example,
    leaving,
    leaving_options,
    open_named,
    printed_on_option,
    reading_options,
    replace_options,
    replaceable,
    wrote,
)
from mine_geo.errors import FileError, OptionError, SchemaVersionError, StoreError

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.cli.frames import Frames


@click.command(epilog=example("mine-geo export battambang.gpkg --province Battambang"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--province", help="Only this province, name or code.")
@click.option("--district", help="Only this district of the province, name or code.")
@click.option("--title", help="What the file is, in its metadata.")
@click.option(
    "--places",
    type=click.Path(path_type=Path),
    help="Names beside the hazards (.gpkg .kml): a file with name, lon, lat, or points.",
)
@click.option(
    "--public",
    is_flag=True,
    help="Only figures by district, and released land that may be shown (.gpkg .kml .kmz).",
)
@printed_on_option
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@leaving_options
@replace_options
@reading_options
@click.pass_context
def export(
    ctx: click.Context,
    reading: Reading,
    file: Path,
    *,
    province: str | None,
    district: str | None,
    title: str | None,
    places: Path | None,
    printed_on: str | None,
    public: bool,
    overwrite: bool,
) -> None:
    """Write hazards for another tool; the ending of FILE says which.

    .gpkg for QGIS, each layer with its style. .kml or .kmz for Google Earth. .gpx: turning points
    for a handheld GPS. .csv: turning points with bearing and distance to the next.

    Without --public the file is restricted: it says so, and is its owner's alone.
    """
    from mine_geo import exports  # noqa: PLC0415
    from mine_geo.cli.frames import frames, nowhere  # noqa: PLC0415

    if district is not None and province is None:
        raise OptionError("--district needs --province, for several provinces have one of its name")
    replace = replaceable()
    form = exports.check(file, public=public, overwrite=overwrite, replace=replace)
    points = form in exports.POINTS
    if points and places is not None:
        raise OptionError(f"{file.name}: turning points have no places beside them; drop --places")
    _spare_stores(file)
    store = open_named(ctx)
    found = frames(
        store,
        reading,
        released=not points,
        places=places,
        public=public,
        printed_on=printed_on,
    )
    said = _Said(title, reading.as_of, overwrite, replace)
    if public:
        count = _write_public(found, province, district, file, said)
    else:
        chosen = _choose(found, province, district)
        count = len(chosen.hazards)
        exports.write(
            chosen.hazards,
            file,
            found.border,
            chosen.units,
            releases=chosen.of(found.releases),
            places=found.places,
            title=title or f"Hazards {chosen.where}",
            as_of=said.as_of,
            selection=found.selection,
            overwrite=overwrite,
            replace=replace,
            **leaving(),
        )
    what = "hazards as figures" if public else "hazards"
    echo(f"{wrote(file, public=public)}: {count:,} {what}")
    for line in nowhere(found.split, province, district):
        echo(line)


class _Said(NamedTuple):
    title: str | None
    as_of: str | None
    overwrite: bool
    replace: str | None


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The hazards and districts of the country, a province or a district."""

    hazards: gpd.GeoDataFrame
    units: gpd.GeoDataFrame | None
    where: str
    column: str | None
    """The column of codes by which other records belong to it; None for the country."""

    def of(self, frame: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
        """Return the rows of another table that lie in it, by their codes."""
        if self.column is None or frame is None:
            return frame
        return frame[frame[self.column].isin(self.codes)]

    @property
    def codes(self) -> set[str]:
        """The codes of the province or district that was chosen."""
        if self.column is None:
            return set()
        tables = [self.hazards] if self.units is None else [self.hazards, self.units]
        return {str(code) for table in tables for code in table[self.column].dropna()}


def _choose(found: Frames, province: str | None, district: str | None) -> _Chosen:
    """Find what is asked for; an unknown name is refused, and the valid ones are listed."""
    from mine_geo.maps import subject as subjects  # noqa: PLC0415

    if province is None:
        return _Chosen(found.split, found.admin, "near and far from the border", None)
    if district is None:
        one = subjects.province(found.split, found.admin, province)
        return _Chosen(one.hazards, one.units, f"of {one.name} province", "province_code")
    one = subjects.district(found.split, found.admin, province, district)
    where = f"of {one.name} district, {one.within} province"
    return _Chosen(one.hazards, one.units, where, "district_code")


def _write_public(
    found: Frames, province: str | None, district: str | None, file: Path, said: _Said
) -> int:
    """Write figures and released land, and return how many hazards are in the figures.

    Everything is disclosed, then cut down to the unit: what is near its land may lie in another.
    """
    from mine_geo import exports  # noqa: PLC0415
    from mine_geo.disclosure import disclose  # noqa: PLC0415

    selection = found.selection.accepted()
    shown = disclose(
        found.split,
        found.admin,
        found.releases,
        restricted=found.restricted,
        as_of=said.as_of,
        settings=found.settings,
    )
    chosen = _choose(replace(found, split=shown.aggregates), province, district)
    shown = shown.within(chosen.hazards)
    exports.write_public(
        shown,
        file,
        places=found.places,
        title=said.title or f"Figures and released land {chosen.where}",
        selection=selection,
        overwrite=said.overwrite,
        replace=said.replace,
    )
    return int(shown.aggregates["hazards"].sum())


def _spare_stores(file: Path) -> None:
    """Refuse to write where a store is, asked to overwrite it or not."""
    from mine_geo.store import open_store  # noqa: PLC0415

    if not file.exists():
        return
    try:
        open_store(file).close()
    except SchemaVersionError:
        pass  # a store of another version is a store
    except (StoreError, FileError, OptionError):
        return
    raise FileError(f"{file}: is a store, with all its events; choose another name")
