"""Commands that plan: `raster`, `priority`, `weights`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mine_geo.cli.options import (
    COAST,
    PROVINCE_NAME,
    Commands,
    Reading,
    Sheet,
    echo,
    example,
    open_named,
    output_options,
    reading_options,
    replace_options,
    replaceable,
    wrote,
)
from mine_geo.cli.ranking import Ranking, Years, ranking_options, years_options
from mine_geo.errors import OptionError, StoreNotFoundError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from mine_geo.planning.rasters import How, Measure

OUT = click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
CELL = click.option(
    "--cell",
    "cell_m",
    default=250.0,
    show_default=True,
    metavar="METRES",
    type=float,
    help="The side of a cell.",
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")


@click.group(cls=Commands, epilog=example("mine-geo raster distance border.tif --cell 100"))
def raster() -> None:
    """Read facts of hazards from rasters, and write rasters.

    A GeoTIFF or COG on WGS 84, in any projection and of any size.
    """


@raster.command(
    epilog=example("mine-geo raster facts population.tif --how sum --measure count --within 1000")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--province", type=PROVINCE_NAME, help="Only this province, name or code.")
@click.option(
    "--how",
    default="mean",
    show_default=True,
    type=click.Choice(("mean", "max", "min", "sum", "share")),
    help="What of the cells; share: of each class.",
)
@click.option(
    "--measure",
    default="value",
    show_default=True,
    type=click.Choice(("value", "count", "slope")),
    help="What cells hold: values, counts (summed), or heights, of which the slope is taken.",
)
@click.option("--band", default=1, show_default=True, type=int, help="Counted from 1.")
@click.option("--name", help="The column's name; else the file's, and how.")
@click.option(
    "--within",
    "within_m",
    default=0.0,
    show_default=True,
    metavar="METRES",
    type=float,
    help="Also the land so far around each hazard.",
)
@output_options
@reading_options
@click.pass_context
def facts(
    ctx: click.Context,
    reading: Reading,
    file: Path,
    *,
    province: str | None,
    how: How,
    measure: Measure,
    band: int,
    name: str | None,
    within_m: float,
    format_: str,
    output: Path | None,
) -> None:
    """Say of each hazard what a raster holds beneath it.

    Each cell counts with the part of it that the hazard covers, so that a hazard smaller than a
    cell has a value too. `covered` is the part of the hazard on cells with data.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.planning.rasters import raster_facts  # noqa: PLC0415

    store = open_named(ctx)
    hazards = reading.split(store, province)
    with terminal.counting() as counted:
        found = raster_facts(
            hazards,
            file,
            how=how,
            name=name,
            measure=measure,
            band=band,
            within_m=within_m,
            progress=lambda done, whole: counted(done, whole, file.name),
        )
    source = found.columns[-1]
    said = "" if found.empty else f": {found[source].iloc[0]}"
    rows = hazards[["hazard_id", "province", "district", "size_m2"]].join(found)
    if format_ == "table" and output is None:
        rows = rows.drop(columns=["province", source])
    Sheet(rows, store, f"Facts from {file.name}{said}").give(format_, output)


@raster.command(epilog=example("mine-geo raster distance border.tif --cell 100"))
@OUT
@CELL
@COAST
@OVERWRITE
@click.pass_context
def distance(
    ctx: click.Context, out: Path, *, cell_m: float, include_coast: bool, overwrite: bool
) -> None:
    """Write how far each cell's centre is from the border, metres: a COG, with a QGIS style."""
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.planning.surfaces import border_distance_raster  # noqa: PLC0415

    border = open_named(ctx).border()
    with terminal.counting() as counted:
        border_distance_raster(
            border,
            out,
            cell_m=cell_m,
            include_coast=include_coast,
            overwrite=overwrite,
            progress=lambda done, whole: counted(done, whole, out.name),
        )
    echo(wrote(out, public=None))


@raster.command(epilog=example("mine-geo raster contamination m2.tif --kind ap_minefield"))
@OUT
@CELL
@OVERWRITE
@replace_options
@reading_options
@click.pass_context
def contamination(
    ctx: click.Context, reading: Reading, out: Path, *, cell_m: float, overwrite: bool
) -> None:
    """Write how many m² of recorded hazards lie in each cell: a COG, with a QGIS style.

    Cells add up to the register's m². A cell without any is not safe land. The file is restricted.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.planning.surfaces import contamination_raster  # noqa: PLC0415

    hazards = reading.split(open_named(ctx))
    with terminal.counting() as counted:
        contamination_raster(
            hazards,
            out,
            cell_m=cell_m,
            overwrite=overwrite,
            replace=replaceable(),
            progress=lambda done, whole: counted(done, whole, out.name),
        )
    echo(f"{wrote(out, public=False)}: {len(hazards):,} hazards, {hazards['size_m2'].sum():,} m²")


@click.command(
    epilog=example("mine-geo priority --weights set.toml --layer roads=roads.gpkg -o rank.csv")
)
@click.option("--province", type=PROVINCE_NAME, help="Only this province, name or code.")
@click.option(
    "--first",
    type=int,
    metavar="N",
    help="Also how often each is among the first N under 10,000 weightings by chance.",
)
@years_options
@ranking_options
@output_options
@reading_options
@click.pass_context
def priority(
    ctx: click.Context,
    reading: Reading,
    ranking: Ranking,
    years: Years,
    *,
    province: str | None,
    first: int | None,
    format_: str,
    output: Path | None,
) -> None:
    """Rank the hazards of one kind by a weight set, and show what each criterion adds.

    With --capacity also the year in which work on each begins. A low score is not safe land.
    """
    from mine_geo.cli import terminal  # noqa: PLC0415
    from mine_geo.planning.priority import LOW_SCORE, robustness  # noqa: PLC0415

    store = open_named(ctx)
    weights = ranking.weight_set(store)
    if weights is None:
        raise OptionError("by which weights? --weights FILE; the sample's weights.toml shows how")
    hazards = reading.split(store, province)
    rows = years.given(ranking.ranked(hazards, store))
    if first is not None:
        with terminal.counting() as counted:
            often = robustness(
                hazards,
                weights,
                first=first,
                layers=ranking.layers(weights),
                progress=lambda done, whole: counted(done, whole, "weightings by chance"),
            )
        rows = rows.join(often["among_first"])
    rows = rows.sort_values("priority_rank")
    partial = int(rows["partial"].sum())
    title = f"Priority: {weights}; {reading}\n{LOW_SCORE}"
    if partial:
        title += (
            f"\n{partial:,} of {len(rows):,} are partial: a value is missing, and adds nothing."
        )
    Sheet(_shown(rows, plain=format_ == "table" and output is None), store, title).give(
        format_, output
    )


def _shown(rows: gpd.GeoDataFrame, *, plain: bool) -> pd.DataFrame:
    """Return what a table of ranks shows: on a terminal not each contribution."""
    if not plain:
        return rows.drop(columns=rows.active_geometry_name)
    columns = ["priority_rank", "hazard_id", "district", "zone", "size_m2", "score", "year",
               "among_first", "missing"]  # fmt: skip
    shown = rows[[name for name in columns if name in rows]]
    return shown.assign(score=shown["score"].round(4))


@click.group(cls=Commands, epilog=example("mine-geo weights show set.toml"))
def weights() -> None:
    """Look at a weight set, or freeze it with its hash."""


@weights.command(epilog=example("mine-geo weights show set.toml"))
@click.argument("file", type=click.Path(path_type=Path))
@output_options
@click.pass_context
def show(ctx: click.Context, file: Path, format_: str, output: Path | None) -> None:
    """Show what a weight set holds, its hash, and who decided it.

    FILE is a file, or the name or hash of a set that the store keeps.
    """
    import pandas as pd  # noqa: PLC0415

    from mine_geo.planning.weights import kept, read_weights  # noqa: PLC0415

    held = None
    if not file.exists():
        with suppress(StoreNotFoundError):
            held = kept(open_named(ctx).listed("weights"), str(file))
    found = read_weights(file) if held is None else held
    table = pd.DataFrame(
        {
            "criterion": [each.name for each in found.criteria],
            "weight": [each.weight for each in found.criteria],
            "measure": [each.measure for each in found.criteria],
            "of": [each.layer or each.column for each in found.criteria],
            "first": [", ".join(each.order) or each.first for each in found.criteria],
        }
    )
    title = f"{found}\n{found.hash}"
    if found.allocation is not None:
        shares = ", ".join(f"{name} {share:g}" for name, share in found.allocation.shares)
        title += f"\nshares by {found.allocation.by} before any order: {shares}"
    Sheet(table, None, title).give(format_, output)


@weights.command(epilog=example("mine-geo weights freeze draft.toml 2026.toml"))
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def freeze(ctx: click.Context, file: Path, out: Path) -> None:
    """Write a weight set with its hash in it: from then on a change of it is refused.

    The store keeps it too: `--weights` takes its name or its hash. Where there is no store the file
    alone is written; `mine-geo load weights` keeps it later.
    """
    from mine_geo.disclosure import restriction  # noqa: PLC0415
    from mine_geo.planning.weights import frozen, read_weights  # noqa: PLC0415
    from mine_geo.store import weight_set  # noqa: PLC0415

    text = frozen(file)
    try:
        store = open_named(ctx)
    except StoreNotFoundError:
        store = None
    with restriction.new_file(out, public=None) as place:
        place.write_text(text, encoding="utf-8")
        if store is not None:
            store.add_entries("weights", weight_set(place))
    kept = "and kept in the store" if store is not None else "no store keeps it"
    echo(f"{wrote(out, public=None)}, {kept}: {read_weights(out)}")
