"""The views say what the library says, to the square metre; the functions measure as it does."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from sqlalchemy import text

import mine_geo as mg
from mine_geo.exports.geopackage import styles
from mine_geo.geo import sample
from mine_geo.geo.hazards import to_hazards
from mine_geo.store import create_store
from mine_geo.store.schema import views
from mine_geo.store.schema.models import METADATA
from mine_geo.terms import MOVEMENT_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.store import Store
    from tests.postgis.cluster import Server


def square(west: float, south: float = 13.0, size: float = 0.01) -> shapely.Polygon:
    return shapely.box(west, south, west + size, south + size)


@pytest.fixture
def office(
    store: Store, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, tmp_path: Path
) -> Store:
    """Give a store with all that can be: waiting, sent again, divided, merged, retracted."""
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": ["A", "B", "C", "D", "E", "F"],
            "kind": ["ap_minefield"] * 4 + ["cluster_munition"] * 2,
            "province": ["Battambang", "Battambang", "Pailin", "Pailin", "Battambang", "Atlantis"],
            "district": ["Samlout", "Samlout", None, None, "Samlout", None],
            "surveyed_on": pd.Timestamp("2020-01-31"),
        },
        geometry=[square(102.56 + 0.005 * place) for place in range(6)],
        crs=4326,
    )
    store.load_border(border)
    store.load_admin(admin)
    store.register(to_hazards(frame))
    day = {"happened_on": "2022-05-01"}
    store.record("A", "cleared", square(102.56, 13, 0.006), **day, reported_size_m2=1000.5)
    store.record("B", "reduced", square(102.56, 13, 0.008), happened_on="2023-05-01", uxo=2)
    store.record("C", "cleared", square(102.57, 12.99), happened_on="2022-06-01")
    void = store.record("E", "cancelled", square(102.58), happened_on="2022-06-01")
    store.retract(void, reason="another field")
    west, east = shapely.box([102.57, 102.573], 13, [102.573, 102.58], 13.01)
    store.divide("C", {"CW": west, "CE": east}, happened_on="2022-07-01")
    store.merge(["A", "B"], "AB", happened_on="2023-07-01")
    store.record("F", "cleared", square(102.5, 12.9, 1), happened_on="2024-05-01")
    store.amend("D", square(102.575, 13, 0.012), happened_on="2022-07-01")
    for number, where in enumerate((102.65, 102.66, 102.54)):
        waiting = gpd.GeoDataFrame(
            {
                "hazard_id": ["W", "D"] if number < 2 else ["V", "V2"],
                "kind": "ap_minefield",
                "province": "Battambang",
            },
            geometry=[square(where), square(where, 13.1)],
            crs=4326,
        )
        waiting.to_file(tmp_path / f"{number}.gpkg")
        store.submit(tmp_path / f"{number}.gpkg", submitted_by=f"Desk {number}")
    return store


def shown(store: Store, view: str) -> pd.DataFrame:
    """Return what a view says."""
    with store._reading() as connection:
        name = views.names_of(connection)[view]
        where = "" if connection.dialect.name == "sqlite" else f"{views.SCHEMA}."
        found = pd.read_sql(text(f"SELECT * FROM {where}{name}"), connection)
    key = "OGC_FID" if "OGC_FID" in found else "fid"
    assert found[key].is_unique
    return found


def kinds_apart(table: pd.DataFrame, figures: list[str], keys: list[str]) -> dict[Any, Any]:
    """Return whole figures by kind and unit, without rows of nothing."""
    rows = table[(table[figures].fillna(0) != 0).any(axis=1)]
    named = rows[keys].astype(object).where(rows[keys].notna(), None).itertuples(index=False)
    values = rows[figures].fillna(0).astype(int).to_numpy().tolist()
    return dict(zip((tuple(each) for each in named), values, strict=True))


def same(store: Store) -> None:
    """Check each view against the library."""
    split = store.split()
    zone = shown(store, "hazard_zone").set_index("hazard_id").sort_index()
    expected = split.set_index("hazard_id").sort_index()
    assert zone.index.tolist() == expected.index.tolist()
    for name in ("size_m2", "zone", "status", "kind", "border_distance_m"):
        assert zone[name].tolist() == expected[name].tolist(), name
    assert set(zone["measured_by"]) == {"library"}
    for name in ("commune_code", "village_code", "survey_method", "evidence"):
        assert zone[name].fillna("").tolist() == expected[name].fillna("").tolist(), name
    assert zone["residual"].astype(bool).tolist() == expected["residual"].tolist()
    assert zone["in_workbench"].astype(bool).tolist() == expected["in_workbench"].tolist()
    assert sorted(shown(store, "hazard_open")["hazard_id"]) == sorted(store.hazards()["hazard_id"])

    unit = ["kind", "province_code"]
    near = ["near_hazards", "near_size_m2", "far_hazards", "far_size_m2"]
    said = kinds_apart(shown(store, "totals_by_province_zone"), near, unit)
    library = [mg.totals(part).assign(kind=kind) for kind, part in split.groupby("kind")]
    assert said == kinds_apart(pd.concat(library), near, unit)

    whole = ["hazards", "size_m2"]
    unit = ["kind", "province_code", "district_code"]
    library = [
        mg.totals(part, by=["province", "district"]).assign(kind=kind)
        for kind, part in split.groupby("kind")
    ]
    found = kinds_apart(shown(store, "totals_by_district"), whole, unit)
    assert found == kinds_apart(pd.concat(library), whole, unit)

    released = ["events", "cancelled_m2", "reduced_m2", "cleared_m2", "reported_m2", "uxo"]
    unit = ["kind", "year", "province_code"]
    expected = store.releases(by=["kind", "year", "province"])
    found = kinds_apart(shown(store, "release_by_year"), released, unit)
    assert found == kinds_apart(expected, released, unit)

    moved = [*MOVEMENT_COLUMNS, "remaining_m2"]
    unit = ["kind", "province_code"]
    expected = store.balance(by=["kind", "province"])
    found = kinds_apart(shown(store, "balance_by_province"), moved, unit)
    assert found == kinds_apart(expected, moved, unit)


def test_the_views_say_what_the_library_says(office: Store) -> None:
    same(office)
    assert sorted(shown(office, "waiting")["hazard_id"]) == ["V", "V2", "W"]
    assert shown(office, "waiting").set_index("hazard_id").loc["W", "submission_id"] == "S-0002"
    assert len(shown(office, "border")) == 2
    assert len(shown(office, "district")) == 3


def test_the_views_say_it_of_the_sample(tmp_path: Path) -> None:
    with create_store(tmp_path / "sample.gpkg", synthetic=True) as store:
        store.load_border(mg.read_border(sample.path("border")))
        for name in ("minefields", "cluster_munition_areas"):
            store.register(mg.read_hazards(sample.path(name)))
        same(store)


def test_the_border_of_the_views_is_the_active_one(office: Store, border: gpd.GeoDataFrame) -> None:
    moved = border.assign(border_version="2", geometry=border.translate(xoff=-0.05)).set_crs(4326)
    before = shown(office, "hazard_zone").set_index("hazard_id")["border_distance_m"]
    office.load_border(moved)
    same(office)
    after = shown(office, "hazard_zone").set_index("hazard_id")["border_distance_m"]
    assert (after > before + 5000).all()
    assert set(shown(office, "border")["border_version"]) == {"2"}


def test_without_a_border_nothing_has_a_zone(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    found = shown(store, "hazard_zone")
    assert found["zone"].isna().all()
    assert (
        shown(store, "totals_by_province_zone")["unmeasured_size_m2"].sum()
        == hazards["size_m2"].sum()
    )


def test_every_column_is_explained() -> None:
    lacking = {
        column.name
        for table in METADATA.tables.values()
        for column in table.columns
        if not column.comment
    }
    assert lacking == set()
    assert all(table.comment for table in METADATA.tables.values())


@pytest.mark.parametrize("name", views.STYLED)
def test_the_styles_are_those_of_the_exports(name: str) -> None:
    there = ["zone", "district", *(["district_km"] if name == "district" else [])]
    layer = {"border": "border", "district": "districts", "totals_by_district": "districts"}
    made = styles(layer.get(name, "hazards"), there)
    assert views._style(name) == made[1 if name == "hazard_zone" else 0].qml()


def test_a_geopackage_lists_its_views(tmp_path: Path, hazards: gpd.GeoDataFrame) -> None:
    path = tmp_path / "register.gpkg"
    with create_store(path) as store:
        store.register(hazards)
    layers = dict(pyogrio.list_layers(path))
    assert layers["hazard_zone"] == "MultiPolygon"
    assert layers["border_active"] == "MultiLineString"
    for name, geometry in views.VIEWS.items():  # a warning of GDAL is an error here
        found = pyogrio.read_dataframe(path, layer=views.ON_FILE.get(name, name))
        assert ("geometry" in found) == (geometry is not None)
    assert "mine_geo_version" not in layers
    read = pyogrio.read_dataframe(path, layer="hazard_zone", fid_as_index=True)
    assert read.index.is_unique
    assert read["size_m2"].sum() == hazards["size_m2"].sum()
    assert read.crs == 4326
    totals = pyogrio.read_dataframe(path, layer="totals_by_province_zone")
    assert totals["unmeasured_size_m2"].sum() == hazards["size_m2"].sum()
    with sqlite3.connect(path) as file:
        styled = {row[0] for row in file.execute("SELECT f_table_name FROM layer_styles")}
    file.close()
    assert styled == {"border_active", "district_active"} | set(views.STYLED) - {
        "border",
        "district",
    }


@pytest.fixture
def served(postgis_server: Server, empty_database: str) -> Any:
    """Give an empty store on PostgreSQL."""
    url = postgis_server.copy(empty_database)
    with mg.open_store(url) as store:
        yield store
    postgis_server.drop(url)


def test_everything_on_the_server_is_explained(served: Store) -> None:
    with served._reading() as connection:
        lacking = connection.execute(
            text("""
            SELECT c.relname, a.attname FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace IN ('mine_geo'::regnamespace, 'mine_geo_views'::regnamespace)
                AND c.relkind IN ('r', 'v')
                AND c.relname NOT IN ('mine_geo_version', 'border_segment', 'write_lock')
                AND (col_description(c.oid, a.attnum) IS NULL
                    OR obj_description(c.oid, 'pg_class') IS NULL)
            UNION ALL
            SELECT proname, NULL FROM pg_proc
            WHERE pronamespace = 'mine_geo_views'::regnamespace
                AND obj_description(oid, 'pg_proc') IS NULL
            """)
        ).all()
        assert lacking == []
        typed = connection.execute(
            text("""
            SELECT f_table_name, type, srid FROM geometry_columns
            WHERE f_table_schema = 'mine_geo_views'
            """)
        ).all()
        assert {row[0]: row[1] for row in typed} == {k: v for k, v in views.VIEWS.items() if v}
        assert {row[2] for row in typed} == {4326}
        styled = connection.execute(text("SELECT f_table_name FROM public.layer_styles")).scalars()
        assert set(styled) == set(views.STYLED)


def test_a_reader_of_the_views_sees_nothing_else(served: Store) -> None:
    with served._writing() as connection:
        connection.execute(text("CREATE ROLE b_views_reader"))
        connection.execute(text("GRANT USAGE ON SCHEMA mine_geo_views TO b_views_reader"))
        connection.execute(
            text("GRANT SELECT ON ALL TABLES IN SCHEMA mine_geo_views TO b_views_reader")
        )
    try:
        with served._writing() as connection:  # as an upgrade does
            views.install(connection, served.last_moment() or pd.Timestamp.now(tz="UTC"))
        with served._engine.begin() as connection:
            connection.execute(text("SET LOCAL ROLE b_views_reader"))
            for name in views.VIEWS:
                connection.execute(text(f"SELECT * FROM mine_geo_views.{name}")).all()
            point = "ST_GeomFromText('POLYGON((103 13, 103.1 13, 103.1 13.1, 103 13))', 4326)"
            assert connection.scalar(text(f"SELECT mine_geo_views.zone({point})")) is None
            with pytest.raises(Exception, match="permission denied"):
                connection.execute(text("SELECT * FROM mine_geo.event"))
    finally:
        with served._writing() as connection:
            connection.execute(text("DROP OWNED BY b_views_reader"))
            connection.execute(text("DROP ROLE b_views_reader"))


def test_the_functions_measure_as_the_library_does(served: Store) -> None:
    """On all hazards of the sample: sizes to the square metre, distances to 5 mm, zones all."""
    served_border = mg.read_border(sample.path("border"))
    served.load_border(served_border)
    drawn = pd.concat(
        [mg.read_hazards(sample.path(name)) for name in ("minefields", "cluster_munition_areas")]
    )
    assert len(drawn) == 9721
    far = drawn.iloc[::8]  # distances take longer
    for coast, frame in ((False, far), (True, far.iloc[::10])):
        wkb = frame.geometry.to_wkb().tolist()
        with served._reading() as connection:
            driver: Any = connection.connection.driver_connection
            rows = driver.execute(
                """
                SELECT mine_geo_views.border_distance_m(g, %(coast)s),
                    mine_geo_views.zone(g, 7000, %(coast)s)
                FROM unnest(%(wkb)s::bytea[]) WITH ORDINALITY AS t (w, place),
                    LATERAL ST_GeomFromWKB(w, 4326) AS g ORDER BY place
                """,
                {"coast": coast, "wkb": wkb},
            ).fetchall()
        found = np.array([row[0] for row in rows])
        right = mg.border_distance(frame, served_border, include_coast=coast)
        assert np.abs(found - right).max() < 0.005
        assert [row[1] for row in rows] == np.where(right < 7000, "near", "far").tolist()
    with served._reading() as connection:
        driver = connection.connection.driver_connection
        sizes = driver.execute(
            """
            SELECT mine_geo_views.size_m2(ST_GeomFromWKB(w, 4326))
            FROM unnest(%s::bytea[]) WITH ORDINALITY AS t (w, place) ORDER BY place
            """,
            (drawn.geometry.to_wkb().tolist(),),
        ).fetchall()
    assert [row[0] for row in sizes] == drawn["size_m2"].tolist()


def test_the_functions_of_polygons_at_the_edge(served: Store, border: gpd.GeoDataFrame) -> None:
    said = "SELECT mine_geo_views.border_distance_m(ST_GeomFromText(:wkt, 4326))"
    field = square(103).wkt
    with served._reading() as connection:
        assert connection.scalar(text(said), {"wkt": field}) is None  # no border
    served.load_border(border)
    right = mg.border_distance(gpd.GeoSeries([square(103)], crs=4326), border)[0]
    with served._reading() as connection:
        assert connection.scalar(text(said), {"wkt": field}) == pytest.approx(right, abs=0.005)
        assert connection.scalar(text(said), {"wkt": square(102.495).wkt}) == 0  # across the border
        for nothing in ("MULTIPOLYGON EMPTY", square(13).wkt, square(119).wkt):
            assert connection.scalar(text(said), {"wkt": nothing}) is None


def test_nothing_is_written_through_a_view(served: Store, hazards: gpd.GeoDataFrame) -> None:
    served.register(hazards)
    with (
        pytest.raises(Exception, match="written by mine_geo only"),
        served._engine.begin() as connection,
    ):
        connection.execute(text("UPDATE mine_geo_views.border SET kind = 'coast'"))
