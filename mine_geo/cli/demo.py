"""The command `demo`: the bundled sample, its tables and maps."""

from __future__ import annotations

from pathlib import Path

import click

from mine_geo.cli.options import example
from mine_geo.store import address


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

    The minefields are invented. The store is the one that --database names, else
    MINE_GEO_DATABASE_URL, else OUT/mine_geo.gpkg: made here, or by an earlier demo. A store that
    holds anything else is refused, and nothing is written.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.cli.demonstration import STEPS, explain, run, side_by_side  # noqa: PLC0415

    named = ctx.obj or address.named_database()
    place = named or out / address.DEFAULT_DATABASE
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
    where = store.name if named else place
    drawn = [*(f"Map:   {page}" for page in result.pages), f"Sheet: {result.sheet}"]
    terminal.show_lines([f"Store: {where}", *drawn])
