"""Editions of all public outputs of a store: compared with the earlier ones, written, recorded.

What an edition leaves out that an earlier one drew says where something was reported since. So an
edition is compared with all that went before, also with what was recalled: whoever has a copy keeps
it. Two persons answer for it, and the store keeps the SHA-256 of each file.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pandas as pd
import shapely

from mine_geo import exports, maps
from mine_geo.disclosure.disclosed import Disclosed, disclose
from mine_geo.disclosure.settings import not_counted
from mine_geo.errors import EditionError, FileError, StoreError
from mine_geo.exports import tables
from mine_geo.geo.cells import day_of
from mine_geo.geo.geometry import as_geometries
from mine_geo.tables.envelope import Envelope
from mine_geo.terms import TIME_ZONE

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import date

    import geopandas as gpd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.ledger.events import Day, Moment
    from mine_geo.store import Comparison, Edition, Store


MANIFEST: Final = "edition.json"
WHAT: Final = "mine_geo edition"
STEPS: Final = 5
_COUNTS: Final = ("hazards", "near_hazards", "far_hazards")
_UNIT: Final = ("province", "district", "commune")


@dataclass(frozen=True, eq=False)
class Draft:
    """An edition that is not written yet. Restricted, but for what `disclosed` holds."""

    disclosed: Disclosed
    comparison: Comparison
    as_of: date
    known_at: Moment
    land: gpd.GeoDataFrame
    """The released polygons that it draws, with their hazards."""

    figures: dict[str, int | None]
    layers: Layers
    """What pages, sheets and the atlas are drawn from."""


def draft(
    store: Store,
    *,
    as_of: Day = None,
    known_at: Moment = None,
    places: pd.DataFrame | None = None,
) -> Draft:
    """Read a store for an edition and compare it with the earlier ones; nothing is written.

    Parameters
    ----------
    store
        The store; its `public_settings` hold.
    as_of, known_at
        The day and the moment of the data; today, as it is known now.
    places
        Names to draw: `name` and a point geometry, or `name`, `lon`, `lat` in degrees.

    Raises
    ------
    StoreError
        If no border or no districts are loaded.
    """
    day = day_of(as_of) or datetime.now(ZoneInfo(TIME_ZONE)).date()
    store.admin()  # without districts there are no figures by district
    layers = store.layers(as_of=day, known_at=known_at, places=places, public=True)
    disclosed = disclose(
        layers.split,
        layers.admin,
        layers.releases,
        restricted=layers.restricted,
        as_of=day,
        settings=layers.settings,
    )
    figures, land = figures_of(disclosed), _drawn(layers.releases, disclosed.released)
    return Draft(
        disclosed=disclosed,
        comparison=store.compare_edition(land, figures, layers.restricted, layers.settings),
        as_of=day,
        known_at=known_at,
        land=land,
        figures=figures,
        layers=layers,
    )


def _drawn(releases: gpd.GeoDataFrame, shown: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the releases whose polygons are shown, with their hazards."""
    public = set(shapely.to_wkb(as_geometries(shown))) if len(shown) else set()
    mine = [each in public for each in shapely.to_wkb(as_geometries(releases))]
    return releases[mine]


def figures_of(disclosed: Disclosed) -> dict[str, int | None]:
    """Return the figures of hazards as they are shown, by name; None: left out.

    Examples
    --------
    >>> from mine_geo import intake
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split import zones
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> fields = fields[fields["province"] == "Pailin"]
    >>> split = zones.border_split(fields, intake.read_border(sample.path("border")))
    >>> figures_of(disclose(split, restricted=split))["ap_minefield: near_hazards"]
    208
    """
    found: dict[str, int | None] = {}
    for table in (disclosed.upper, disclosed.aggregates, disclosed.communes):
        for row in table.to_dict("records"):
            words = [str(row["kind"])]
            for level in _UNIT:
                if level in row and not (level == "province" and row.get("level") == "national"):
                    name = row[level]
                    words.append("not recorded" if pd.isna(name) else str(name))
            for count in _COUNTS:
                value = row[count]
                found[f"{', '.join(words)}: {count}"] = None if pd.isna(value) else int(value)
    return found


def release(
    store: Store,
    out: str | os.PathLike[str],
    *,
    asked_by: str,
    approved_by: str,
    as_of: Day = None,
    known_at: Moment = None,
    places: pd.DataFrame | None = None,
    despite_withheld: bool = False,
    atlas: bool = True,
    prepared: Draft | None = None,
    say: Callable[[str], None] | None = None,
) -> Edition:
    """Write an edition of public outputs into a new folder and record it.

    Parameters
    ----------
    store
        The store.
    out
        A folder that is not there yet, or empty.
    asked_by, approved_by
        Two persons; the store keeps their names, the files do not.
    as_of, known_at, places
        As for `draft`.
    despite_withheld
        Write it although it withholds what an earlier edition drew, which says where something was
        reported since. What would have to stay drawn for that not to show is never offered.
    atlas
        Whether the folder holds an atlas too.
    prepared
        What `draft` returned, where it was looked at before.
    say
        Called with the name of each of the `STEPS` steps before it.

    Returns
    -------
    Edition
        What was recorded.

    Raises
    ------
    EditionError
        If an earlier edition drew what this one withholds; the comparison names it.
    ConflictError
        If something was recorded meanwhile.
    OptionError
        If it is not two persons.
    FileError
        If the folder holds something, or cannot be written.

    Examples
    --------
    >>> from mine_geo.store import create_store
    >>> folder = Path(tempfile.mkdtemp())
    >>> with create_store(folder / "register.gpkg") as store:
    ...     release(store, folder / "out", asked_by="Sok Dara", approved_by="Sok Dara")
    Traceback (most recent call last):
    mine_geo.errors.OptionError: an edition needs two persons: Sok Dara asked, and another one ...
    """
    said = say or (lambda _: None)
    store.two_persons(asked_by, approved_by)
    place = _free(Path(out))
    said("read and compare")
    made = prepared or draft(store, as_of=as_of, known_at=known_at, places=places)
    lost = made.comparison.withheld
    if len(lost) and not despite_withheld:
        raise EditionError(
            f"edition {made.comparison.number} was not written: it withholds {len(lost):,} "
            "released polygons that an earlier edition drew, and so says where something was "
            "reported since; wait with it, or decide that it is written all the same "
            "(despite_withheld=True)"
        )
    try:
        with tempfile.TemporaryDirectory(prefix=".edition-", dir=place.parent) as folder:
            inside = Path(folder) / "edition"
            inside.mkdir()
            _write(made, inside, said, atlas=atlas)
            said("record it")
            files = _hashes(inside)
            _manifest(made, files, inside / MANIFEST)
            done = store.record_edition(
                number=made.comparison.number,
                as_of=made.as_of,
                known_at=made.known_at,
                asked_by=asked_by,
                approved_by=approved_by,
                settings=made.layers.settings,
                files=files,
                land=made.land,
                figures=made.figures,
                despite=len(lost),
                last_record=made.layers.selection.last_record,
            )
            inside.chmod(0o755)
            if place.exists():
                place.rmdir()
            inside.rename(place)
    except OSError as error:
        if isinstance(error, FileError | StoreError):
            raise
        raise FileError(f"{place}: cannot be written ({error.strerror}); choose another") from error
    return done


def _free(place: Path) -> Path:
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise FileError(
            f"{place}: is there already; an edition needs a new folder, or an empty one"
        )
    if not place.absolute().parent.is_dir():
        raise FileError(f"{place}: there is no folder {place.parent}; make it first")
    return place.absolute()


def _write(made: Draft, folder: Path, say: Callable[[str], None], *, atlas: bool) -> None:
    layers = made.layers
    say("pages and sheets")
    maps.national(layers, public=True).save(str(folder / "national.html"))
    for language in ("en", "km"):
        printed = maps.sheet(layers, language=language, public=True)
        printed.save(folder / f"national-{language}.pdf")
    say("atlas")
    if atlas:
        maps.atlas(layers, folder / "atlas", public=True)
    say("GeoPackage and tables")
    shown = made.disclosed
    exports.write_public(
        shown,
        folder / "figures.gpkg",
        places=layers.places,
        selection=layers.selection.accepted(),
    )
    synthetic = layers.selection.synthetic or shown.synthetic
    for name, title, table in (
        ("figures.csv", "Hazards near and far, accepted records", figure_table(shown)),
        ("released.csv", "Released land by year, accepted records", land_table(shown)),
    ):
        # A table that is opened by itself says what it cannot know, too.
        english, khmer = not_counted(set(table["kind"].dropna()), waiting=True)
        told = table.assign(not_counted=english, not_counted_km=khmer)
        about = Envelope(
            title,
            synthetic=synthetic,
            as_of=made.as_of.isoformat(),
            threshold_m=shown.settings.threshold_m,
            rule=shown.settings.rule,
            include_coast=shown.settings.include_coast,
        )
        tables.write_table(told, folder / name, about, restricted=False)


def figure_table(disclosed: Disclosed) -> pd.DataFrame:
    """Return the figures of all units in one table, with words where one is not shown."""
    parts = [
        disclosed.upper,
        pd.DataFrame(disclosed.aggregates.drop(columns="geometry")).assign(level="district"),
        disclosed.communes.assign(level="commune"),
    ]
    places = ["level", "province", "province_code", "district", "district_code", "commune", "kind"]
    few = f"fewer than {disclosed.settings.least_count}"
    told = [part.reindex(columns=[*places, *_figures(part), "few"]) for part in parts if len(part)]
    table = pd.concat([_in_words(each, few) for each in told], ignore_index=True)
    return table[[*places, *_figures(table)]]


def land_table(disclosed: Disclosed) -> pd.DataFrame:
    """Return released land of all units by year and outcome, with words where it is not shown."""
    lower = disclosed.yearly.assign(level="district")
    places = ["level", "province", "province_code", "district", "district_code"]
    columns = [*places, "kind", "year", "outcome", "releases", "released_m2"]
    parts = [part.reindex(columns=columns) for part in (disclosed.upper_yearly, lower) if len(part)]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat([_in_words(each, "") for each in parts], ignore_index=True)


def _figures(table: pd.DataFrame) -> list[str]:
    wanted = ("hazards", "size_m2", "near_hazards", "near_size_m2", "far_hazards", "far_size_m2")
    released = ("cancelled_m2", "reduced_m2", "cleared_m2")
    return [name for name in (*wanted, *released) if name in table]


def _in_words(table: pd.DataFrame, few: str) -> pd.DataFrame:
    """Return a table in which words stand for figures that are not shown."""
    found = table.copy()
    for name in (*_figures(table), *(n for n in ("releases", "released_m2") if n in table)):
        hidden = table[name].isna()
        words = ["not shown"] * len(table)
        if name == "hazards":
            words = [few if each else "not shown" for each in table["few"]]
        told = table[name].astype(object)
        found[name] = told.where(~hidden, pd.Series(words, index=table.index, dtype=object))
    return found


def _hashes(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def _manifest(made: Draft, files: dict[str, str], path: Path) -> None:
    """Write what the edition is beside its files; the persons are in the store alone."""
    known = made.layers.selection.last_record
    told = {
        "what": WHAT,
        "number": made.comparison.number,
        "as_of": made.as_of.isoformat(),
        "known_at": str(made.known_at or known or ""),
        "parameters": asdict(made.layers.settings),
        "sha256": files,
    }
    path.write_text(json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False), "utf-8")
