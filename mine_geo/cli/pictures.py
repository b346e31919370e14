"""Commands that draw: `demo` and `map`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from mine_geo import settings
from mine_geo.cli.options import Reading, example, open_named, reading_options
from mine_geo.errors import OptionError, StoreError

if TYPE_CHECKING:
    from mine_geo.store import Store

PAGES: Final = ("national", "province", "district", "border-zone")


@click.command(epilog=example("mine-geo demo --out demo"))
@click.option(
    "--out",
    default="demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the store and the maps.",
)
@click.pass_context
def demo(ctx: click.Context, out: Path) -> None:
    """Load the bundled sample, print Table 3 beside the published one, draw maps.

    The minefields are invented. The store is OUT/mine_geo.gpkg, or the one that --database
    names: made here, or by an earlier demo. A store that holds anything else is refused.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.demo import STEPS, explain, run, side_by_side  # noqa: PLC0415

    place = ctx.obj or out / settings.DEFAULT_DATABASE
    with terminal.progress(STEPS) as say:
        result = run(place, out, say)
    with result.store as store:
        name = terminal.heading(store.name, synthetic=store.synthetic)
    for zone, words in (("near", "nearer"), ("far", "farther")):
        terminal.show_table(
            side_by_side(result.with_coast, zone),
            title=f"{name}\nTable 3, {words} than 7 km from the border (coast included)",
            names={
                "hazards_ours": "ours",
                "hazards_published": "publ.",
                "hazards_difference": "diff",
                "size_m2_ours": "ours m²",
                "size_m2_published": "publ. m²",
                "size_m2_difference": "diff",
            },
        )
    terminal.show_lines(explain(result))
    where = store.name if ctx.obj else place
    terminal.show_lines([f"Store: {where}", *(f"Map:   {page}" for page in result.pages)])


@click.command("map", epilog=example("mine-geo map province --province Battambang -o btb.html"))
@click.argument("page", type=click.Choice(PAGES))
@click.option("--province", help="Name or code.")
@click.option("--district", help="Name or code.")
@click.option("--title", help="Title of the page.")
@click.option(
    "--output",
    "-o",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page to write (.html).",
)
@reading_options
@click.pass_context
def draw(
    ctx: click.Context,
    reading: Reading,
    page: str,
    province: str | None,
    district: str | None,
    title: str | None,
    output: Path,
) -> None:
    """Draw a map that opens without internet: national, province, district, border-zone."""
    if page != "national" and province is None:
        raise OptionError(f"a {page} map needs --province, name or code")
    if page == "district" and district is None:
        raise OptionError("a district map needs --district, name or code")
    store = open_named(ctx)
    drawn = _draw(store, reading, _Page(page, province or "", district, title))
    drawn.save(output)
    click.echo(f"wrote {output}")


class _Page(NamedTuple):
    kind: str
    province: str
    district: str | None
    title: str | None


def _draw(store: Store, reading: Reading, page: _Page) -> Any:
    from mine_geo import maps  # noqa: PLC0415

    try:
        admin = store.admin()
    except StoreError:  # a map without districts is a map still
        admin = None
    split, border = reading.split(store), store.border()
    if page.kind == "national":
        return maps.national(split, border, admin, title=page.title)
    if page.kind == "province":
        return maps.province(split, page.province, border, admin, title=page.title)
    if page.kind == "district":
        within = page.district or ""
        return maps.district(split, page.province, within, border, admin, title=page.title)
    return maps.border_zone(split, page.province, page.district, border, admin, title=page.title)
