"""The command `demo`: the bundled sample into a store of its own, Table 3, four maps, a sheet.

The minefields are invented. They go only into a store made for invented data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mine_geo.cli.options import example
from mine_geo.errors import NotSyntheticError, StoreNotFoundError, some
from mine_geo.geo import sample
from mine_geo.store import address

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import pandas as pd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.store import Store


TABLE: Final = "wp2023_table3"
DISTRICTS: Final = "wp2023_annex1"
KIND: Final = "ap_minefield"
AS_OF: Final = "2022-12-31"
"""The end of the day that Table 3 calls 1 January 2023."""
PROVINCE: Final = "Battambang"
DISTRICT: Final = "Samlout"
STEPS: Final = 9
CAUSES: Final = (
    "Why Table 3 has more is not known: the coast may have been counted as border, or districts "
    "were recorded otherwise, or another border file was used. The work plan speaks of the "
    "borders with neighbouring countries, so the land border is the default here."
)


@dataclass(frozen=True)
class Demo:
    """What the demonstration computed and wrote."""

    store: Store
    with_coast: pd.DataFrame
    """Table 3, figure by figure: ours with the coast as border, published, difference."""
    land_only: pd.DataFrame
    """The same with the land border alone, only the rows that differ from the published ones."""
    impossible: pd.DataFrame
    """Published figures that the districts and the land border cannot give, with their bounds."""
    pages: list[Path]
    sheet: Path
    """One of the maps, to print."""


def run(place: str | os.PathLike[str], folder: Path, say: Callable[[str], None]) -> Demo:
    """Load the sample into a store of its own, split it, reconcile it, draw four maps and a sheet.

    Parameters
    ----------
    place
        The store: made here, or one made for invented data before.
    folder
        Where the maps go.
    say
        Called with the name of each of the `STEPS` steps before it.

    Raises
    ------
    NotSyntheticError
        If there is a store at `place` that is not for invented data, or holds hazards of other
        data; nothing is written.
    """
    import pandas as pd  # noqa: PLC0415

    from mine_geo import maps  # noqa: PLC0415
    from mine_geo.disclosure.layers import Selection  # noqa: PLC0415
    from mine_geo.geo.vector import read_places, read_vector  # noqa: PLC0415
    from mine_geo.intake import read_admin, read_border, read_hazards  # noqa: PLC0415
    from mine_geo.planning.units import read_villages  # noqa: PLC0415
    from mine_geo.tables.bounds import findings, zone_bounds  # noqa: PLC0415
    from mine_geo.tables.published import published_table, reconcile  # noqa: PLC0415
    from mine_geo.tables.totals import totals  # noqa: PLC0415

    store = synthetic_store(place, folder)
    say("load border, districts and villages")
    store.load_border(read_border(sample.path("border")))
    store.load_admin(read_admin(sample.path("districts")))
    store.load_villages(read_villages(sample.path("villages")))
    say("load synthetic hazards and their events")
    if store.hazards(closed=True).empty:
        store.import_log(
            read_hazards(sample.path("ledger_hazards")),
            read_vector(sample.path("ledger_events")),
            pd.read_csv(sample.path("spot_tasks")),
        )
    say("split at 7 km, coast included")
    coast = store.split(include_coast=True, kind=KIND, as_of=AS_OF)
    say("split at 7 km, land border")
    land = store.split(kind=KIND, as_of=AS_OF)
    admin, border = store.admin(), store.border()
    annex = published_table(DISTRICTS)
    reconciled = reconcile(totals(land), TABLE)
    layers = maps.layers(
        land,
        border=border,
        admin=admin,
        releases=store.released_land(kind=KIND, as_of=AS_OF),
        places=read_places(sample.path("places")),
        as_of=AS_OF,
        selection=Selection(
            kind=KIND,
            last_record=store.last_moment(),
            ledger_head=str(store.head()),
            synthetic=store.synthetic,
        ),
    )
    pages = _draw(layers, folder, say)
    say(f"sheet of {PROVINCE}, to print")
    sheet = maps.sheet(layers, PROVINCE).save(folder / "battambang.pdf")
    return Demo(
        store=store,
        with_coast=reconcile(totals(coast), TABLE),
        land_only=reconciled[reconciled["difference"] != 0],
        impossible=findings(zone_bounds(annex, admin, border, TABLE)),
        pages=pages,
        sheet=sheet,
    )


def synthetic_store(place: str | os.PathLike[str], folder: Path) -> Store:
    """Open the store for invented data at a place, or make it, and the folder; refuse any other.

    Raises
    ------
    NotSyntheticError
        If the store at `place` is not for invented data, or holds hazards of other data.
    """
    from mine_geo.store import create_store, open_store  # noqa: PLC0415

    try:
        store = open_store(place)
    except StoreNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        return create_store(place, synthetic=True, title="mine_geo demonstration")
    why = _not_ours(store)
    if why:
        name = store.name
        store.close()
        raise NotSyntheticError(
            f"{name}: {why}; the demonstration is refused and nothing was written: give another "
            "place with --database"
        )
    return store


def _not_ours(store: Store) -> str:
    """Say why a store is not for the sample; empty where it is."""
    import pyogrio  # noqa: PLC0415

    if not store.synthetic:
        return "a register of its own, not made for invented data"
    held = set(store.hazards(closed=True)["hazard_id"])
    sample_ids: set[str] = set()
    for name in ("ledger_hazards", "ledger_events") if held else ():
        ids = pyogrio.read_dataframe(
            sample.path(name), columns=["hazard_id"], read_geometry=False, use_arrow=True
        )
        sample_ids |= set(ids["hazard_id"])
    others = sorted(held - sample_ids)
    return f"it holds hazards that are not of the sample ({some(others)})" if others else ""


def _draw(layers: Layers, folder: Path, say: Callable[[str], None]) -> list[Path]:
    from mine_geo import maps  # noqa: PLC0415

    drawings: list[tuple[str, str, Callable[[], Any]]] = [
        ("national map", "national.html", lambda: maps.national(layers)),
        (
            f"map of {PROVINCE}",
            "battambang.html",
            lambda: maps.province(layers, PROVINCE),
        ),
        (
            f"map of {DISTRICT} district",
            "samlout.html",
            lambda: maps.district(layers, PROVINCE, DISTRICT),
        ),
        (
            f"border-zone map of {PROVINCE}",
            "border_zone_battambang.html",
            lambda: maps.border_zone(layers, PROVINCE),
        ),
    ]
    pages = []
    for name, file, draw in drawings:
        say(name)
        draw().save(folder / file)
        pages.append(folder / file)
    return pages


def side_by_side(reconciled: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Lay out one zone of a reconciled Table 3: hazards and m², ours, published, difference.

    Parameters
    ----------
    reconciled
        As from `reconcile`: one row for each place and figure.
    zone
        `near` or `far`.

    Examples
    --------
    >>> from mine_geo.tables.published import published_table, reconcile
    >>> table = published_table("wp2023_table3")
    >>> side_by_side(reconcile(table, table), "near").astype(object).iloc[0].tolist()
    ['data', 'Preah Vihear', 523, 523, 0, 96396893, 96396893, 0]
    """
    import pandas as pd  # noqa: PLC0415

    sides = ["ours", "published", "difference"]
    blocks = [
        reconciled[reconciled["figure"] == f"{zone}_{figure}"]
        .set_index(["row", "province"])[sides]
        .add_prefix(f"{figure}_")
        for figure in ("hazards", "size_m2")
    ]
    return pd.concat(blocks, axis=1).reset_index()


def explain(result: Demo) -> list[str]:
    """Say in a few lines what changes when only the land border counts, and what is known of why.

    Numbers are those of this run; what may be the cause is not decided by them.
    """
    names = list(result.land_only.loc[result.land_only["row"] == "data", "province"].unique())
    if not names:
        return ["With the land border alone every figure of Table 3 comes out the same."]
    lines = []
    for name in names:
        rows = result.land_only[result.land_only["province"] == name].set_index("figure")
        near, size = rows.loc["near_hazards"], rows.loc["near_size_m2"]
        lines.append(
            f"With the land border alone {name} has {near.ours:,} minefields and "
            f"{size.ours:,} m² nearer than 7 km; Table 3 says {near.published:,} and "
            f"{size.published:,}. {-near.difference:,} minefields and {-size.difference:,} m² "
            "are near only if the coast counts."
        )
    if len(names) == 1:
        lines[0] += " No other province changes."
    impossible = result.impossible[result.impossible["figure"] == "near_size_m2"]
    impossible = impossible[impossible["row"] == "data"]
    lines += [
        f"Given Annex 1 and these districts, {row.province} can have at most {row.most:,} m² "
        "within 7 km of the land border: the other districts with minefields lie farther."
        for row in impossible.itertuples()
    ]
    return [*lines, CAUSES]


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
