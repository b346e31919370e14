"""The command `atlas`: a folder of maps that link to each other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mine_geo.cli.options import Reading, example, open_named, reading_options
from mine_geo.errors import StoreError
from mine_geo.terms import ZONES

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.store import Store


@click.command(epilog=example("mine-geo atlas --out atlas"))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder: new, empty, or an earlier atlas.",
)
@click.option("--title", help="Title of the index.")
@click.option(
    "--first",
    default="far",
    show_default=True,
    type=click.Choice(ZONES),
    help="The zone that priority lists begin with.",
)
@click.option("--basemap", metavar="SOURCE", help="A tile source by name, or a GeoTIFF.")
@click.option("--public", is_flag=True, help="For everybody: figures and released land only.")
@click.option(
    "--jobs", type=click.IntRange(1), help="How many processes; else as many as the machine has."
)
@reading_options
@click.pass_context
def atlas(
    ctx: click.Context,
    reading: Reading,
    out: Path,
    title: str | None,
    first: str,
    basemap: str | None,
    jobs: int | None,
    *,
    public: bool,
) -> None:
    """Draw a folder of maps: the country, each province, each district.

    It opens at OUT/index.html, without internet. The next run writes what has changed and
    leaves the rest as it is.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.maps.atlases.build import atlas as write_atlas  # noqa: PLC0415

    store = open_named(ctx)
    with terminal.counting() as counted:
        made = write_atlas(
            reading.split(store),
            out,
            store.border(),
            _districts(store),
            title=title,
            as_of=reading.as_of,
            first=first,
            basemap=basemap,
            public=public,
            restricted=store.hazards() if public else None,
            jobs=jobs or os.cpu_count() or 1,
            progress=counted,
        )
    click.echo(
        f"wrote {made.written:,} files, {made.unchanged:,} unchanged, {made.removed:,} removed: "
        f"{made.pages[0]}"
    )


def _districts(store: Store) -> gpd.GeoDataFrame | None:
    """Return the districts; without them the provinces and districts are those recorded."""
    try:
        return store.admin()
    except StoreError:
        return None
