"""Commands that draw or write what a store holds: `map`, `atlas`, `export`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from mine_geo.cli.options import (
    PROVINCE_NAME,
    Reading,
    as_moment,
    echo,
    example,
    gathering,
    leaving,
    leaving_options,
    nowhere,
    open_named,
    printed_on_option,
    reading_options,
    replace_options,
    replaceable,
    wrote,
)
from mine_geo.cli.ranking import (
    Picking,
    Ranking,
    Years,
    over,
    picking_options,
    ranking_options,
    years_options,
)
from mine_geo.errors import FileError, OptionError, choose, some
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    from collections.abc import Callable

    from mine_geo.disclosure.layers import Layers
    from mine_geo.maps import Context
    from mine_geo.store import Store
    from mine_geo.terms import Zone


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
    over_time: bool
    over_reports: bool
    roads: Path | None
    rivers: Path | None
    villages: Path | None
    relief: Path | None
    credit: str | None

    @property
    def context(self) -> Context | None:
        """Read roads, rivers, villages and relief, where any file of them is named."""
        from mine_geo import maps  # noqa: PLC0415

        files = {"roads": self.roads, "rivers": self.rivers, "villages": self.villages}
        files["relief"] = self.relief
        if not any(files.values()):
            if self.credit is not None:
                raise OptionError(
                    "--credit is of --roads, --rivers, --villages or --relief; name one"
                )
            return None
        if self.public:
            raise OptionError(
                "a page for everybody has no --roads, --rivers, --villages or --relief"
            )
        return maps.read_context(credit=self.credit or "", **files)

    def layers(self, store: Store, reading: Reading) -> Layers:
        """Read what is drawn from a store."""
        return reading.layers(
            store,
            released=self.released,
            places=self.places,
            public=self.public,
            printed_on=self.printed_on,
            ledger=(self.over_time or self.over_reports) and not self.public,
            recorded=self.over_reports and not self.public,
        )


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
        click.option(
            "--credit",
            metavar="TEXT",
            help="Whose roads, rivers, villages and relief are, and their licence; pages say it.",
        ),
        click.option(
            "--relief",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Shade the ground of pages by a GeoTIFF of heights; it needs --credit.",
        ),
        *(
            click.option(
                f"--{name}",
                type=click.Path(dir_okay=False, path_type=Path),
                help=f"Draw the {name} of a file of yours on pages; it needs --credit.",
            )
            for name in ("villages", "rivers", "roads")
        ),
        click.option(
            "--over-time",
            is_flag=True,
            help="On pages: a slider over the years of the ledger, and a chart of them.",
        ),
        click.option(
            "--over-reports",
            is_flag=True,
            help="The same, and over what was known as reports were recorded.",
        ),
        printed_on_option,
        click.option("--title", help="Title instead of the usual one."),
    ):
        wrapped = option(wrapped)
    return wrapped


@click.command("map", epilog=example("mine-geo map province --province Battambang -o btb.html"))
@click.argument("page", type=click.Choice(PAGES))
@click.option("--province", type=PROVINCE_NAME, help="Name or code.")
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
    help="border-zone: what can be released in a year; on a page it can be changed.",
)
@click.option(
    "--pins",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="border-zone: hazards fixed to a year, with --weights and --capacity: a CSV with "
    "hazard_id, year, who, why.",
)
@click.option(
    "--draw",
    "drawable",
    is_flag=True,
    help="Of a page: tools to draw a task on it, or to open one (GPX, GeoJSON), with its m².",
)
@click.option("--paper", default="A4", show_default=True, help="Of a sheet: A4, A3, A3-landscape.")
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(LANGUAGES),
    help="Of a sheet; a page can be switched.",
)
@click.option("--number", default="", help="Of a sheet: its number, as the office counts maps.")
@click.option("--prepared-by", default="", help="Of a sheet: who prepared it.")
@click.option("--approved-by", default="", help="Of a sheet: who approved it.")
@ranking_options
@drawing_options
@replace_options
@reading_options
@click.pass_context
def draw(
    ctx: click.Context,
    reading: Reading,
    drawing: Drawing,
    ranking: Ranking,
    page: str,
    *,
    province: str | None,
    district: str | None,
    output: Path,
    capacity: int | None,
    pins: Path | None,
    drawable: bool,
    paper: str,
    language: str,
    number: str,
    prepared_by: str,
    approved_by: str,
) -> None:
    """Draw a map that opens without internet, or a sheet to print.

    The ending of OUTPUT decides: .html is a page, .pdf and .png are sheets. A border-zone map
    lists one kind: --kind, else AP minefields; its sheet has the list on further pages, which a
    .png leaves out. Without --public it is restricted: it says so, and is its owner's alone.
    """
    from mine_geo import maps  # noqa: PLC0415
    from mine_geo.disclosure import restriction  # noqa: PLC0415

    on_print = {"number": number, "prepared_by": prepared_by, "approved_by": approved_by}
    _check(page, province, district, capacity, output, drawing, signed=any(on_print.values()))
    _check_drawable(output, drawing, drawable=drawable)
    kept = replaceable()
    restriction.check(output, public=drawing.public, replace=kept)
    store = open_named(ctx)
    layers = drawing.layers(store, reading)
    if page == "border-zone":
        layers = over(layers, store, reading, ranking, province, _fixed(ranking, capacity, pins))
    elif ranking.weight_set(store) is not None or pins is not None:
        raise OptionError("--weights and --pins are for a border-zone map alone; leave them out")
    title, ground, public = drawing.title, drawing.basemap, drawing.public
    context = drawing.context
    made: Any
    if output.suffix.lower() in PRINTED:
        look: Any = {"title": title, "paper": paper, "language": language, **on_print}
        ranked = province if page == "border-zone" else None
        made = (
            maps.sheet(layers, province, district, public=public, **look)
            if ranked is None
            else maps.border_zone_sheet(layers, ranked, district, capacity_m2=capacity, **look)
        )
    elif province is None:
        made = maps.national(
            layers, title=title, basemap=ground, context=context, public=public, draw=drawable
        )
    elif page == "border-zone":
        made = maps.border_zone(
            layers,
            province,
            district,
            capacity_m2=capacity,
            title=title,
            basemap=ground,
            context=context,
            draw=drawable,
        )
    elif district is None:
        made = maps.province(
            layers,
            province,
            title=title,
            basemap=ground,
            context=context,
            public=public,
            draw=drawable,
        )
    else:
        made = maps.district(
            layers,
            province,
            district,
            title=title,
            basemap=ground,
            context=context,
            public=public,
            draw=drawable,
        )
    made.save(output, replace=kept)
    for line in (wrote(output, public=public), *nowhere(layers.split, province, district)):
        echo(line)
    if context is not None:
        echo(f"roads, rivers, villages and relief: {made.context_bytes():,} bytes of it")
    if drawable:
        echo(
            f"with tools to draw and finer outlines the page is larger by {made.draw_bytes:,} bytes"
        )


def _check_drawable(output: Path, drawing: Drawing, *, drawable: bool) -> None:
    if drawable and output.suffix.lower() in PRINTED:
        raise OptionError("--draw is of a page: nobody draws on a sheet; write a .html page")
    if drawable and drawing.public:
        raise OptionError(
            "--draw measures against the hazards that remain: no public page can draw"
        )


def _fixed(ranking: Ranking, capacity: int | None, pins: Path | None) -> Years | None:
    """Return the years of a list in which hazards are pinned; None where none is."""
    if pins is None:
        return None
    if capacity is None or ranking.weights is None:
        raise OptionError("--pins of a map need --weights and --capacity: years go by rank")
    return Years(capacity, pins)


def _check_printed(drawing: Drawing, *, printed: bool, signed: bool) -> None:
    """Refuse what a sheet cannot have, and what only a sheet has."""
    if printed and drawing.basemap:
        raise OptionError("a sheet has no basemap; write a .html page")
    if printed and (drawing.roads or drawing.rivers or drawing.villages):
        raise OptionError("a sheet has no --roads, --rivers or --villages; write a .html page")
    if signed and not printed:
        raise OptionError("--number and who prepared or approved it are of a sheet; write a .pdf")


def _check(
    page: str,
    province: str | None,
    district: str | None,
    capacity: int | None,
    output: Path,
    drawing: Drawing,
    *,
    signed: bool,
) -> None:
    """Refuse options that do not go together, before anything is read."""
    if page != "national" and province is None:
        raise OptionError(f"a {page} map needs --province, name or code")
    if page == "district" and district is None:
        raise OptionError("a district map needs --district, name or code")
    if page == "national" and (province or district):
        raise OptionError("a national map is of the whole country: `map province`, or drop it")
    if page == "province" and district is not None:
        raise OptionError("a province map is of all its districts: `map district`, or drop it")
    if page != "border-zone" and capacity is not None:
        raise OptionError("--capacity is for a border-zone map alone; leave it out")
    if not output.parent.is_dir():
        raise FileError(f"{output}: there is no folder {output.parent}; make it first")
    ending = choose(output.suffix.lower(), ENDINGS, "ending of --output")
    if page == "border-zone" and drawing.public:
        raise OptionError("a border-zone map lists the hazards that remain: none is public")
    _check_printed(drawing, printed=ending in PRINTED, signed=signed)


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
    help="The zone that priority lists of pages begin with.",
)
@click.option(
    "--pdf", is_flag=True, help="Sheets to print instead, and a book of them all, atlas.pdf."
)
@click.option(
    "--paper", default="A4", show_default=True, help="With --pdf: A4, A3, A4-portrait, A3-portrait."
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    type=click.Choice(LANGUAGES),
    help="With --pdf: which comes first; a page can be switched.",
)
@click.option(
    "--all-units", is_flag=True, help="Pages for units of which nothing is recorded, too."
)
@click.option(
    "--jobs", type=click.IntRange(1), help="How many processes; else as many as the machine has."
)
@drawing_options
@reading_options
@click.pass_context
def atlas(
    ctx: click.Context,
    reading: Reading,
    drawing: Drawing,
    out: Path,
    first: Zone,
    jobs: int | None,
    *,
    pdf: bool,
    paper: str,
    language: str,
    all_units: bool,
) -> None:
    """Draw a folder of maps: the country, and units that hold hazards or released land.

    It opens at OUT/index.html, without internet. The next run writes what has changed and
    leaves the rest as it is. Priority lists are of one kind: --kind, else AP minefields. A public
    and a restricted atlas each have a folder of their own.

    --pdf writes sheets to print instead: OUT/atlas.pdf is a book of them all with its contents,
    and each is beside it by itself. They are bound at the left and printed on both sides.
    """
    from mine_geo import maps  # noqa: PLC0415
    from mine_geo.cli import terminal  # noqa: PLC0415

    _check_printed(drawing, printed=pdf, signed=False)
    layers = drawing.layers(open_named(ctx), reading)
    processes = jobs or os.cpu_count() or 1
    with terminal.counting() as counted:
        if pdf:
            made = maps.printed_atlas(
                layers, out, title=drawing.title, paper=paper, language=language,
                public=drawing.public, all_units=all_units, jobs=processes, progress=counted,
            )  # fmt: skip
        else:
            made = maps.atlas(
                layers, out, title=drawing.title, first=first, basemap=drawing.basemap,
                context=drawing.context, public=drawing.public, all_units=all_units,
                jobs=processes, progress=counted,
            )  # fmt: skip
    echo(
        f"wrote {made.written:,} files, {made.unchanged:,} unchanged, {made.removed:,} removed: "
        f"{made.pages[0]} ({'public' if drawing.public else 'restricted'})"
    )


@click.command(epilog=example("mine-geo export battambang.gpkg --province Battambang"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--province", type=PROVINCE_NAME, help="Only this province, name or code.")
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
@picking_options
@years_options
@ranking_options
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@click.option(
    "--open-data",
    "opened",
    is_flag=True,
    help="FILE is a folder: public figures as a data package (Frictionless) with tags of HXL.",
)
@click.option(
    "--to",
    "to",
    type=click.Choice(("core",)),
    help="For IMSMA Core: what changed since the last such file beside it (.gpkg).",
)
@click.option(
    "--profile",
    default="imsma_core",
    show_default=True,
    help="With --to: the profile whose columns and words are written, a name or TOML file.",
)
@click.option(
    "--since",
    callback=as_moment,
    metavar="MOMENT",
    help="With --to: what was recorded after it, 2024-04-30T12:00+07:00, instead.",
)
@leaving_options
@replace_options
@reading_options
@click.pass_context
def export(
    ctx: click.Context,
    reading: Reading,
    ranking: Ranking,
    years: Years,
    picking: Picking,
    file: Path,
    *,
    province: str | None,
    district: str | None,
    title: str | None,
    places: Path | None,
    printed_on: str | None,
    public: bool,
    overwrite: bool,
    opened: bool,
    to: str | None,
    profile: str,
    since: str | None,
) -> None:
    """Write hazards for another tool; the ending of FILE says which.

    .gpkg for QGIS, each layer with its style. .kml or .kmz for Google Earth. .gpx: turning points
    for a handheld GPS. .csv: turning points with bearing and distance to the next. .geojson .fgb
    .parquet .shp: the hazards alone, with zone and distance; a Shapefile cuts names and texts, and
    that is said.

    With --to core what changed in the register goes back into IMSMA Core, in the columns and words
    of --profile: hazards, reports and states. core.json beside FILE keeps up to which moment, and a
    second run writes nothing.

    Without --public or --open-data the file is restricted: it says so, and is its owner's alone.
    """
    from mine_geo import exports  # noqa: PLC0415

    if opened:
        _alone(ctx, {"file", "opened", "title", "as_of", "known_at"}, "--open-data")
        layers = reading.layers(open_named(ctx), public=True)
        written = exports.write_open(layers, file, title=title)
        echo(f"wrote {', '.join(written)} into {file} (public)")
        return
    if to is not None:
        _send(ctx, file, profile, since)
        return
    for option in ("profile", "since"):
        if ctx.get_parameter_source(option) is ParameterSource.COMMANDLINE:
            raise OptionError(f"--{option} goes with --to core")
    if district is not None and province is None:
        raise OptionError("--district needs --province, for several provinces have one of its name")
    kept = replaceable()
    form = exports.check(file, public=public, overwrite=overwrite, replace=kept)
    alone = form in (*exports.POINTS, *exports.FLAT)
    if alone and places is not None:
        raise OptionError(f"{file.name}: holds no layer of places; drop --places, or write .gpkg")
    if public and (picking.any or ranking.weights is not None):
        raise OptionError("picked and ranked hazards are records, and no record is public")
    store = open_named(ctx)
    layers = reading.layers(
        store, released=not alone, places=places, public=public, printed_on=printed_on
    )
    layers = over(layers, store, reading, ranking, province, years)
    layers = replace(layers, split=picking.of(layers.split)) if picking.any else layers
    count = exports.write(
        layers,
        file,
        province=province,
        district=district,
        title=title,
        public=public,
        overwrite=overwrite,
        replace=kept,
        say=lambda line: echo(f"note: {line}", err=True),
        **leaving(),
    )
    what = "hazards as figures" if public else "hazards"
    echo(f"{wrote(file, public=public)}: {count:,} {what}")
    for line in nowhere(layers.split, province, district):
        echo(line)


def _send(ctx: click.Context, file: Path, profile: str, since: str | None) -> None:
    """Write what changed for IMSMA Core."""
    from mine_geo.exports.core import KEPT_IN, send  # noqa: PLC0415

    leaving_too = {"without_remarks", "with_personal"}
    _alone(ctx, {"file", "to", "profile", "since", *leaving_too}, "--to core")
    done = send(open_named(ctx), file, profile=profile, since=since, **leaving())
    after = "" if done.since is None else f" since {done.since:%Y-%m-%d %H:%M:%S} UTC"
    if done.empty:
        echo(f"nothing changed{after}; no file was written")
        return
    echo(
        f"{wrote(file, public=False)}: {done.hazards:,} hazards, {done.reports:,} reports, "
        f"{done.states:,} states that changed{after}; {KEPT_IN} keeps up to when"
    )
    for note in done.notes:
        echo(f"note: {note}", err=True)


def _alone(ctx: click.Context, taken: set[str], what: str) -> None:
    """Refuse options that were given beside one that does without them, before anything is read."""
    told = [
        option.opts[0]
        for option in ctx.command.params
        if option.name is not None
        and option.name not in taken
        and ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]
    if told:
        raise OptionError(f"{some(told)} does not go with {what}, which is of the whole register")
