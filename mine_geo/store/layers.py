"""The districts, villages and the border of a store: every version is kept, one is active.

A version is named by `name` and `version`. Loading what is there already changes nothing, except
that it becomes the active one; other content under the same name and version is a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Table, func, insert, select, update

from mine_geo.errors import (
    ConflictError,
    OptionError,
    RecordError,
    StoreError,
    choose,
    quoted,
    some,
)
from mine_geo.geo.admin import to_admin
from mine_geo.geo.border import to_border
from mine_geo.geo.cells import refuse_unfit
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import refuse_invalid
from mine_geo.store.engines import clock
from mine_geo.store.ledger.entries import id_of
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import (
    ADMIN_VERSION,
    BORDER,
    BORDER_VERSION,
    DISTRICT,
    VILLAGE,
    VILLAGE_VERSION,
)
from mine_geo.terms import ADMIN_COLUMNS, BORDER_COLUMNS, VILLAGE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row


SHOWN_HASH: Final = 12


@dataclass(frozen=True)
class Loaded:
    """What a load of districts, villages or of the border did."""

    name: str
    version: str
    rows: int
    changed: bool
    """False where this version was there already, and active."""


@dataclass(frozen=True)
class _Kind:
    what: str
    command: str
    versions: Table
    lines: Table
    columns: tuple[str, ...]
    flags: tuple[str, ...] = ()

    @property
    def stored(self) -> list[str]:
        return [*self.columns[:-1], *self.flags, "geometry"]


_ADMIN: Final = _Kind(
    "districts",
    "mine-geo load admin FILE",
    ADMIN_VERSION,
    DISTRICT,
    ADMIN_COLUMNS,
    ("schematic",),
)
_VILLAGES: Final = _Kind(
    "villages",
    "mine-geo load villages FILE",
    VILLAGE_VERSION,
    VILLAGE,
    (*VILLAGE_COLUMNS, "surplus", "geometry"),
)
_BORDER: Final = _Kind(
    "border",
    "mine-geo load border FILE",
    BORDER_VERSION,
    BORDER,
    BORDER_COLUMNS,
)


def load_admin(
    connection: Connection, admin: gpd.GeoDataFrame, name: str | None, version: str | None
) -> Loaded:
    """Write districts as the active version; see `Store.load_admin`."""
    refuse_unfit(pd.DataFrame(admin), "district", "district_code")
    districts = to_admin(admin)
    if "schematic" not in districts.columns:
        districts = districts.assign(schematic=False)
    flags = districts["schematic"].fillna(value=False).astype(bool)
    return _load(
        connection, _ADMIN, districts.assign(schematic=flags), name or "districts", version
    )


def load_villages(
    connection: Connection, villages: gpd.GeoDataFrame, name: str | None, version: str | None
) -> Loaded:
    """Write villages as the active version; see `Store.load_villages`."""
    missing = [each for each in (*VILLAGE_COLUMNS, "surplus") if each not in villages]
    if missing:
        raise RecordError(f"villages lack the column {some(missing)}; read_villages makes them")
    require_lonlat(villages, "villages")
    refuse_invalid(villages, "villages")
    refuse_unfit(pd.DataFrame(villages), "village", "village_code")
    codes = villages["village_code"]
    twice = codes[codes.duplicated() | codes.isna()]
    if len(twice):
        raise RecordError(f"villages: {some(twice)} stands twice, or is missing; codes decide")
    return _load(connection, _VILLAGES, villages, name or "villages", version)


def load_border(
    connection: Connection, border: gpd.GeoDataFrame, name: str | None, version: str | None
) -> Loaded:
    """Write a border as the active version; see `Store.load_border`."""
    refuse_unfit(pd.DataFrame(border), "line", "neighbour")
    lines = to_border(border)
    names = lines[["border_name", "border_version"]].drop_duplicates()
    if len(names) != 1:
        raise RecordError(
            f"border: {len(names)} names or versions in one table; load one version at a time, "
            "with border_name and border_version in each row"
        )
    own_name, own_version = (str(value) for value in names.iloc[0])
    name, version = name or own_name, version or own_version
    lines = lines.assign(border_name=name, border_version=version)
    return _load(connection, _BORDER, lines, name, version)


@dataclass(frozen=True)
class _Content:
    """What a version says: its columns as the store keeps them, and a hash of them."""

    columns: dict[str, list[Any]]
    rows: int
    bounds: Sequence[float] | None
    hashed: str

    @classmethod
    def of(cls, kind: _Kind, frame: gpd.GeoDataFrame) -> _Content:
        names = kind.stored[:-1]
        columns = {name: content.plain(frame[name]) for name in names}
        if "accuracy_m" in columns:
            columns["accuracy_m"] = frame["accuracy_m"].astype(float).tolist()
        columns["extra"] = extras = content.extras(frame, kind.stored)
        drawn = [None if shape is None else _multi(shape) for shape in frame.geometry]
        shapes = gpd.GeoSeries(drawn, crs=frame.crs)
        said = zip(*columns.values(), content.geometry_hashes(shapes), strict=True)
        # by content, not by place: the order of the rows says nothing
        texts = sorted(
            content.to_json(dict(zip((*columns, "geometry"), row, strict=True))) for row in said
        )
        columns |= {"extra": content.extra_texts(extras), "geometry": list(shapes)}
        bounds = None if shapes.isna().all() else shapes.total_bounds.tolist()
        return cls(columns, len(frame), bounds, content.digest(*texts))


def _multi(shape: Any) -> Any:
    """Return a geometry as its multi-geometry."""
    line = shape.geom_type.endswith("LineString")
    build = shapely.multilinestrings if line else shapely.multipolygons
    return build(shapely.get_parts(shape))


def _load(
    connection: Connection, kind: _Kind, frame: gpd.GeoDataFrame, name: str, version: str | None
) -> Loaded:
    new = _Content.of(kind, frame)
    id_of(name, f"name of the {kind.what}")
    if version is not None:
        id_of(version, f"version of the {kind.what}")
    version = version or new.hashed[:SHOWN_HASH]
    versions = kind.versions
    found = connection.execute(
        select(versions).where(versions.c.name == name, versions.c.version == version)
    ).one_or_none()
    if found is not None and found.content_hash != new.hashed:
        raise ConflictError(
            f"{kind.what}: {name} {version} is there with other content; "
            "load the new lines under another version"
        )
    if found is not None and found.active:
        return Loaded(name, version, new.rows, changed=False)
    now = clock(connection)
    if found is not None:
        _activate(connection, kind, found.fid)
    else:
        for table in (kind.lines, versions):
            connection.execute(update(table).where(table.c.active).values(active=False))
        values = {"name": name, "version": version, "content_hash": new.hashed}
        entered = insert(versions).values(**values, loaded_at=now, active=True)
        fid = connection.execute(entered).inserted_primary_key[0]  # type: ignore[index]
        of_version = {"version_fid": [fid] * new.rows, "active": [True] * new.rows}
        rows.insert_rows(connection, kind.lines, {**new.columns, **of_version})
    gpkg.touch(connection, kind.lines.name, now, new.bounds)
    gpkg.touch(connection, versions.name, now)
    return Loaded(name, version, new.rows, changed=True)


def activate(
    connection: Connection, layer: str, name: str, version: str, *, dry_run: bool
) -> Loaded:
    """Make a version that is loaded the active one; see `Store.activate`."""
    kinds = {kind.what: kind for kind in (_ADMIN, _BORDER, _VILLAGES)}
    kind = kinds[choose(layer, tuple(kinds), "layer")]
    found = _find(connection, kind, name, version)
    mine = kind.lines.c.version_fid == found.fid
    count = connection.scalar(select(func.count()).select_from(kind.lines).where(mine)) or 0
    done = Loaded(name, version, count, changed=not found.active)
    if dry_run or found.active:
        return done
    _activate(connection, kind, found.fid)
    now = clock(connection)
    for table in (kind.lines, kind.versions):
        gpkg.touch(connection, table.name, now)
    return done


def _activate(connection: Connection, kind: _Kind, fid: int) -> None:
    """Make a version the active one, in place of the one that is."""
    for table in (kind.lines, kind.versions):
        connection.execute(update(table).where(table.c.active).values(active=False))
    for table, number in (
        (kind.versions, kind.versions.c.fid),
        (kind.lines, kind.lines.c.version_fid),
    ):
        connection.execute(update(table).where(number == fid).values(active=True))


def versions(connection: Connection) -> pd.DataFrame:
    """Return one row for each version that was loaded; see `Store.versions`."""
    listed: list[tuple[Any, ...]] = []
    for kind in (_ADMIN, _BORDER, _VILLAGES):
        table = kind.versions
        chosen = [table.c[name] for name in ("name", "version", "loaded_at", "active")]
        found = connection.execute(select(*chosen).order_by(table.c.fid)).all()
        listed += [(kind.what, *row) for row in found]
    return pd.DataFrame(listed, columns=["layer", "name", "version", "loaded_at", "active"])


def _find(connection: Connection, kind: _Kind, name: str | None, version: str | None) -> Row[Any]:
    versions = kind.versions
    every = connection.execute(select(versions).order_by(versions.c.fid)).all()
    if not every:
        raise StoreError(f"no {kind.what} in this store; load one with {kind.command}")
    if name is None and version is None:
        return next(row for row in every if row.active)
    fits = [row for row in every if name in {None, row.name} and version in {None, row.version}]
    if len(fits) == 1:
        return fits[0]
    asked = " ".join(part for part in (name, version) if part)
    known = some((f"{row.name} {row.version}" for row in every), 12)
    wrong = "is unknown" if not fits else "is not the only one of that name"
    raise OptionError(f"{kind.what} {quoted(asked)} {wrong}; there are: {known}")


def districts_named(connection: Connection, version: str | None = None) -> tuple[str, str] | None:
    """Return name and version of the districts; of the active ones None where none are loaded.

    Raises
    ------
    OptionError
        If there is no such version.
    """
    try:
        found = _find(connection, _ADMIN, None, version)
    except StoreError:
        if version is None:
            return None
        raise
    return str(found.name), str(found.version)


def read_admin(
    connection: Connection, name: str | None = None, version: str | None = None
) -> gpd.GeoDataFrame:
    """Read a version of the districts; see `Store.admin`."""
    frame = _read(connection, _ADMIN, _find(connection, _ADMIN, name, version).fid)
    return frame if frame["schematic"].any() else frame.drop(columns="schematic")


def read_villages(
    connection: Connection, name: str | None = None, version: str | None = None
) -> gpd.GeoDataFrame:
    """Read a version of the villages; see `Store.villages`."""
    return _read(connection, _VILLAGES, _find(connection, _VILLAGES, name, version).fid)


def border_fid(connection: Connection) -> int:
    """Return the number under which the store has its active border.

    Raises
    ------
    StoreError
        If no border is loaded.
    """
    return int(_find(connection, _BORDER, None, None).fid)


def read_border(
    connection: Connection, name: str | None = None, version: str | None = None
) -> tuple[int, gpd.GeoDataFrame]:
    """Read a version of the border, and the number under which the store has it."""
    fid = _find(connection, _BORDER, name, version).fid
    return fid, _read(connection, _BORDER, fid)


def _read(connection: Connection, kind: _Kind, fid: int) -> gpd.GeoDataFrame:
    table = kind.lines
    chosen = [table.c[name] for name in (*kind.columns, *kind.flags, "extra")]
    frame = rows.read(connection, chosen, [table.c.version_fid == fid], [table.c.fid])
    texts = frame["extra"].tolist()
    return content.with_extras(gpd.GeoDataFrame(frame.drop(columns="extra")), texts)
