"""Commands that draw or write what a store holds: `map`, `atlas`, `export`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from mine_geo.cli.frames import Frames, frames
from mine_geo.cli.options import (
    Reading,
    echo,
    example,
    gathering,
    leaving,
    leaving_options,
    open_named,
    printed_on_option,
    reading_options,
    replace_options,
    replaceable,
    wrote,
)
from mine_geo.errors import FileError, OptionError, SchemaVersionError, StoreError, choose
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from mine_geo.store import Store


PAGES: Final = ("national", "province", "district", "border-zone")
PRINTED: Final = (".pdf", ".png")
ENDINGS: Final = (".html", *PRINTED)
LANGUAGES: Final = ("en", "km")


@dataclass(frozen=True)
class Drawing:
    """What is drawn with the hazards, and for whom."""

    title: str | None
    places: Path | None
    basemap: str | None
    released: bool
    public: bool
    printed_on: str | None

    def read(self, store: Store, reading: Reading) -> Frames:
        """Read what is drawn from a store."""
        return frames(
            store,
            reading,
            released=self.released,
            places=self.places,
            public=self.public,
            printed_on=self.printed_on,
        )

    def shared(self, found: Frames, as_of: str | None) -> dict[str, Any]:
        """Return what pages, sheets and atlases are all told beside the ground."""
        return {
            "releases": found.releases,
            "places": found.places,
            "title": self.title,
            "as_of": as_of,
            "selection": found.selection,
        }


def drawing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a `Drawing` and hand it over as `drawing`."""
    wrapped = gathering(command, Drawing, "drawing")
    for option in (
        click.option(
            "--public", is_flag=True, help="For everybody: figures and released land only."
        ),
        click.option("--released/--no-released", default=True, help="Draw released land."),
        click.option(
            "--basemap",
            metavar="SOURCE",
            help="Beneath it: an online tile source by name, or a GeoTIFF.",
        ),
        click.option(
            "--places",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Names to draw: a CSV (name, lon, lat) or points.",
        ),
        printed_on_option,
        click.option("--title", help="Title instead of the usual one."),
    ):
        wrapped = option(wrapped)
    return wrapped


@click.command("map", epilog=example("mine-geo map province --province Battambang -o btb.html"))
@click.argument("page", type=click.Choice(PAGES))
@click.option("--province", help="Name or code.")
@click.option("--district", help="Name or code.")
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page to write (.html), or a sheet to print (.pdf, .png).",
)
@click.option(
    "--capacity",
    metavar="M2",
    type=int,
    help="border-zone: what can be released in a year; set on the page else.",
)
@click.option("--paper", default="A4", show_default=True, help="Of a sheet: A4, A3, A3-landscape.")
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(LANGUAGES),
    help="Of a sheet; a page can be switched.",
)
@drawing_options
@replace_options
@reading_options
@click.pass_context
def draw(
    ctx: click.Context,
    reading: Reading,
    drawing: Drawing,
    page: str,
    *,
    province: str | None,
    district: str | None,
    output: Path,
    capacity: int | None,
    paper: str,
    language: str,
) -> None:
    """Draw a map that opens without internet, or a sheet to print.

    The ending of OUTPUT decides: .html is a page, .pdf and .png are sheets. A border-zone map
    lists one kind: --kind, else AP minefields. Without --public it is restricted: it says so, and
    is its owner's alone.
    """
    from mine_geo.cli.frames import nowhere  # noqa: PLC0415
    from mine_geo.disclosure import restriction  # noqa: PLC0415

    asked = _Asked(page, province, district, capacity, paper, language)
    asked.check(output, drawing)
    replace = replaceable()
    restriction.check(output, public=drawing.public, replace=replace)
    found = drawing.read(open_named(ctx), reading)
    if output.suffix.lower() in PRINTED:
        asked.sheet(found, drawing, reading.as_of).save(output, replace=replace)
    else:
        asked.page_of(found, drawing, reading.as_of).save(output, replace=replace)
    for line in (wrote(output, public=drawing.public), *nowhere(found.split, province, district)):
        echo(line)


@dataclass(frozen=True)
class _Asked:
    """Which map, of where."""

    page: str
    province: str | None
    district: str | None
    capacity: int | None
    paper: str
    language: str

    def check(self, output: Path, drawing: Drawing) -> None:
        """Refuse what does not go together, before anything is read."""
        if self.page != "national" and self.province is None:
            raise OptionError(f"a {self.page} map needs --province, name or code")
        if self.page == "district" and self.district is None:
            raise OptionError("a district map needs --district, name or code")
        if self.page == "national" and (self.province or self.district):
            raise OptionError("a national map is of the whole country: `map province`, or drop it")
        if self.page == "province" and self.district is not None:
            raise OptionError("a province map is of all its districts: `map district`, or drop it")
        if self.page != "border-zone" and self.capacity is not None:
            raise OptionError("--capacity is for a border-zone map alone; leave it out")
        if not output.parent.is_dir():
            raise FileError(f"{output}: there is no folder {output.parent}; make it first")
        ending = choose(output.suffix.lower(), ENDINGS, "ending of --output")
        if self.page == "border-zone" and drawing.public:
            raise OptionError("a border-zone map lists the hazards that remain: none is public")
        if ending in PRINTED and (self.page == "border-zone" or drawing.basemap):
            raise OptionError("a sheet has no priority list and no basemap; write a .html page")

    def sheet(self, found: Frames, drawing: Drawing, as_of: str | None) -> Any:
        """Return the sheet to print."""
        from mine_geo import maps  # noqa: PLC0415

        return maps.sheet(
            found.split,
            None if self.page == "national" else self.province,
            self.district if self.page == "district" else None,
            border=found.border,
            admin=found.admin,
            paper=self.paper,
            language=self.language,
            public=drawing.public,
            restricted=found.restricted,
            settings=found.settings,
            **drawing.shared(found, as_of),
        )

    def page_of(self, found: Frames, drawing: Drawing, as_of: str | None) -> Any:
        """Return the page."""
        from mine_geo import maps  # noqa: PLC0415

        shared = drawing.shared(found, as_of) | {"basemap": drawing.basemap}
        ground, province = (found.border, found.admin), self.province or ""
        if self.page == "border-zone":
            return maps.border_zone(
                found.split, province, self.district, *ground, capacity_m2=self.capacity, **shared
            )
        shared |= {"public": drawing.public, "restricted": found.restricted}
        shared |= {"settings": found.settings}
        if self.page == "national":
            return maps.national(found.split, *ground, **shared)
        if self.page == "province":
            return maps.province(found.split, province, *ground, **shared)
        return maps.district(found.split, province, self.district or "", *ground, **shared)


@click.command(epilog=example("mine-geo atlas --out atlas"))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder: new, empty, or an earlier atlas.",
)
@click.option(
    "--first",
    default="far",
    show_default=True,
    type=click.Choice(ZONES),
    help="The zone that priority lists begin with.",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="How many processes; else as many as the machine has."
)
@drawing_options
@reading_options
@click.pass_context
def atlas(
    ctx: click.Context, reading: Reading, drawing: Drawing, out: Path, first: str, jobs: int | None
) -> None:
    """Draw a folder of maps: the country, each province, each district.

    It opens at OUT/index.html, without internet. The next run writes what has changed and
    leaves the rest as it is. Priority lists are of one kind: --kind, else AP minefields. A public
    and a restricted atlas each have a folder of their own.
    """
    from mine_geo import maps  # noqa: PLC0415
    from mine_geo.cli import terminal  # noqa: PLC0415

    found = drawing.read(open_named(ctx), reading)
    with terminal.counting() as counted:
        made = maps.atlas(
            found.split,
            out,
            found.border,
            found.admin,
            first=first,
            basemap=drawing.basemap,
            public=drawing.public,
            restricted=found.restricted,
            settings=found.settings,
            **drawing.shared(found, reading.as_of),
            jobs=jobs or os.cpu_count() or 1,
            progress=counted,
        )
    echo(
        f"wrote {made.written:,} files, {made.unchanged:,} unchanged, {made.removed:,} removed: "
        f"{made.pages[0]} ({'public' if drawing.public else 'restricted'})"
    )


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
    from mine_geo.disclosure.disclosed import disclose  # noqa: PLC0415

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
