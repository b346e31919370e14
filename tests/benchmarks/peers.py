"""Hazards to measure, and every way to measure how far they are from the border.

Ours, and its peers on the same polygons and the same segments of the border (densified to 0.005
degree, as ours are): geopandas `sjoin_nearest`, shapely's tree and SedonaDB's ST_KNN in UTM 48N,
with the projection that they need; PostGIS by `<->` on geography with a GiST index, and that pair's
spheroidal distance, loading not counted; spherely on the sphere. Distances in metres.
"""

from __future__ import annotations

import os
from typing import Final

import geopandas as gpd
import numpy as np
import psycopg
import psycopg.sql
import shapely

import mine_geo as mg
from mine_geo.geo.geometry import densify
from mine_geo.split.engines import ENGINE_VARIABLE

KNN = """
SELECT h.place, n.metres
FROM hazard AS h
CROSS JOIN LATERAL (
    SELECT ST_Distance(h.geog, s.geog) AS metres
    FROM segment AS s
    ORDER BY s.geog <-> h.geog
    LIMIT 1
) AS n
"""


SPREAD_DEGREES: Final = 0.03
"""About 3 km: how far copies lie about their polygon, so that they lie as the sample does."""


def made_up_hazards(count: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return `count` turned and moved copies of sample polygons, all inside the country."""
    rng = np.random.default_rng(seed)
    polygons = mg.read_hazards(mg.sample.path("minefields")).geometry.to_numpy()
    country = gpd.read_file(mg.sample.path("country")).union_all()
    shapely.prepare(country)
    found: list[np.ndarray] = []
    while sum(map(len, found)) < count:
        copies = polygons[rng.integers(len(polygons), size=count)]
        middle = shapely.get_coordinates(shapely.centroid(copies))
        xy, owner = shapely.get_coordinates(copies, return_index=True)
        angle = rng.uniform(0, 2 * np.pi, count)[owner]
        place = middle + rng.normal(scale=SPREAD_DEGREES, size=(count, 2))
        x, y = (xy - middle[owner]).T
        turned = np.column_stack(
            [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)]
        )
        moved = shapely.set_coordinates(copies.copy(), turned + place[owner])
        found.append(moved[shapely.contains_properly(country, moved)])
    chosen = np.concatenate(found)[:count]
    ids = [f"MADE-UP-{number:06d}" for number in range(count)]
    frame = gpd.GeoDataFrame({"hazard_id": ids}, geometry=chosen, crs=4326)
    return mg.to_hazards(frame, kind="ap_minefield").assign(synthetic=True)


CORNERS: Final = 16
"""Of a polygon that is made: with the one that closes it, 17 vertices."""
WIDE_DEGREES: Final = (0.0002, 0.003)
"""The least and the most from the middle of a made polygon to a corner: 20 to 330 m."""


def made_hazards(count: int, seed: int = 2) -> gpd.GeoDataFrame:
    """Return `count` star-shaped polygons of 17 vertices, evenly all over the country.

    Nothing of the sample is in them: corners in the order of their angles about a middle, each
    at its own distance from it, so no edge crosses another.
    """
    rng = np.random.default_rng(seed)
    country = gpd.read_file(mg.sample.path("country")).union_all()
    shapely.prepare(country)
    west, south, east, north = country.bounds
    found: list[np.ndarray] = []
    while sum(map(len, found)) < count:
        middle = rng.uniform([west, south], [east, north], (count, 2))
        turn = np.arange(CORNERS) + rng.uniform(0.1, 0.9, (count, CORNERS))
        angle = turn * 2 * np.pi / CORNERS
        widest = np.exp(rng.uniform(*np.log(WIDE_DEGREES), (count, 1)))
        out = widest * rng.uniform(0.4, 1, (count, CORNERS))
        rings = np.stack([out * np.cos(angle), out * np.sin(angle)], axis=-1) + middle[:, None]
        made = shapely.polygons(rings)
        found.append(made[shapely.contains_properly(country, made)])
    ids = [f"MADE-{number:07d}" for number in range(count)]
    columns = {"hazard_id": ids, "kind": "ap_minefield", "synthetic": True}
    return gpd.GeoDataFrame(columns, geometry=np.concatenate(found)[:count], crs=4326)


def border_segments(border: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the land border as segments of at most 0.005 degree."""
    parts = shapely.get_parts(densify(border[border["kind"] == "land"]))
    xy, part = shapely.get_coordinates(parts, return_index=True)
    inside = np.flatnonzero(part[1:] == part[:-1])
    segments = shapely.linestrings(np.stack([xy[inside], xy[inside + 1]], axis=1))
    return gpd.GeoDataFrame(geometry=segments, crs=4326)


def by_border_split(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> np.ndarray:
    """Return our geodesic distances, metres; zones and sizes are computed with them."""
    return mg.border_split(hazards, border)["border_distance_m"].to_numpy()


def by_numpy(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> np.ndarray:
    """Return the same with the engine that needs no compiler."""
    before = os.environ.get(ENGINE_VARIABLE)
    os.environ[ENGINE_VARIABLE] = "numpy"
    try:
        return by_border_split(hazards, border)
    finally:
        if before is None:
            del os.environ[ENGINE_VARIABLE]
        else:
            os.environ[ENGINE_VARIABLE] = before


def by_sjoin(hazards: gpd.GeoDataFrame, segments: gpd.GeoDataFrame) -> np.ndarray:
    """Return planar distances in UTM 48N, metres."""
    left = hazards[["hazard_id", "geometry"]].to_crs(32648)
    joined = gpd.sjoin_nearest(left, segments.to_crs(32648), distance_col="metres")
    return joined["metres"].groupby(level=0).min().to_numpy()


def load(connection: psycopg.Connection, table: str, frame: gpd.GeoDataFrame) -> None:
    """Load geometries as geography with a GiST index."""
    name = psycopg.sql.Identifier(table)
    run = connection.execute
    run(psycopg.sql.SQL("CREATE TABLE {} (place int, wkb bytea)").format(name))
    with connection.cursor().copy(psycopg.sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for row in enumerate(shapely.to_wkb(frame.geometry.to_numpy())):
            copy.write_row(row)
    run(psycopg.sql.SQL("ALTER TABLE {} ADD geog geography").format(name))
    run(psycopg.sql.SQL("UPDATE {} SET geog = ST_GeomFromWKB(wkb, 4326)::geography").format(name))
    run(psycopg.sql.SQL("CREATE INDEX ON {} USING gist (geog)").format(name))
    connection.commit()
    connection.autocommit = True
    run(psycopg.sql.SQL("VACUUM ANALYZE {}").format(name))
    connection.autocommit = False


def by_knn(connection: psycopg.Connection) -> np.ndarray:
    """Return PostGIS's distances on geography, in the order of the hazards, metres."""
    rows = np.array(connection.execute(KNN).fetchall())
    return rows[np.argsort(rows[:, 0]), 1]


def by_tree(hazards: gpd.GeoDataFrame, segments: gpd.GeoDataFrame) -> np.ndarray:
    """Return shapely's planar distances in UTM 48N, metres."""
    left, right = (frame.to_crs(32648).geometry.to_numpy() for frame in (hazards, segments))
    return shapely.distance(left, right[shapely.STRtree(right).nearest(left)])


def by_spherely(hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> np.ndarray:
    """Return spherely's distances on the sphere, metres."""
    import spherely  # noqa: PLC0415 - a peer that may not be there

    land = shapely.union_all(border[border["kind"] == "land"].geometry.to_numpy())
    left, right = (
        spherely.from_wkb(shapely.to_wkb(each)) for each in (hazards.geometry.to_numpy(), land)
    )
    return spherely.distance(left, right)


def by_sedona(hazards: gpd.GeoDataFrame, segments: gpd.GeoDataFrame) -> np.ndarray:
    """Return SedonaDB's planar distances in UTM 48N, in the order of the hazards, metres."""
    import sedonadb  # noqa: PLC0415 - a peer that may not be there

    engine = sedonadb.connect()
    left = hazards[["geometry"]].to_crs(32648).assign(place=np.arange(len(hazards)))
    engine.create_data_frame(left).to_view("hazard", overwrite=True)
    engine.create_data_frame(segments.to_crs(32648)).to_view("segment", overwrite=True)
    rows = engine.sql(
        "SELECT h.place, ST_Distance(h.geometry, s.geometry) AS metres FROM hazard AS h "
        "JOIN segment AS s ON ST_KNN(h.geometry, s.geometry, 1, FALSE)"
    ).to_pandas()
    return rows.groupby("place")["metres"].min().sort_index().to_numpy()
