"""What a store promises, on PostGIS and on GeoPackage alike."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

import mine_geo.store.hazards
from mine_geo import errors
from mine_geo.split.distance import border_nearest
from mine_geo.split.zones import border_split
from mine_geo.store import Registered, Store, create_store, open_store
from mine_geo.store.engines import next_moment
from mine_geo.store.schema import rows
from mine_geo.store.schema import rows as store_rows
from mine_geo.store.schema.models import BORDER_DISTANCE, EVENT, HAZARD, METADATA
from mine_geo.tables.totals import totals
from mine_geo.terms import ADMIN_COLUMNS, BORDER_COLUMNS, HAZARD_COLUMNS, KINDS
from tests.store.conftest import signed

if TYPE_CHECKING:
    import geopandas as gpd

TABLES = [table.name for table in METADATA.sorted_tables]


def count(store: Store, table: str) -> int:
    with store._reading() as connection:
        return len(connection.execute(select(METADATA.tables[table].c.fid)).all())


def counts(store: Store) -> dict[str, int]:
    return {table: count(store, table) for table in TABLES}


def events(store: Store) -> pd.DataFrame:
    with store._reading() as connection:
        names = [column.name for column in EVENT.columns if column.name != "geometry"]
        found = connection.execute(select(*(EVENT.c[name] for name in names))).all()
    return pd.DataFrame(found, columns=names).set_index("hazard_id")


# ---------------------------------------------------------------- making and opening


def test_a_new_store_is_empty_and_says_what_it_is(place: str) -> None:
    with create_store(place, title="Pailin office") as store:
        assert (store.synthetic, store.title) == (False, "Pailin office")
        assert place.endswith(store.name.rsplit("/", 1)[-1])
        assert store.hazards().columns.tolist() == list(HAZARD_COLUMNS)
        assert len(store.hazards()) == 0
        assert store.hazards().crs == "EPSG:4326"
    with open_store(place) as again:
        assert (again.synthetic, again.title) == (False, "Pailin office")


def test_making_a_store_over_a_store_is_refused(place: str, hazards: gpd.GeoDataFrame) -> None:
    with create_store(place) as store:
        store.register(hazards)
    with pytest.raises(errors.ConflictError, match="left as it is"):
        create_store(place, synthetic=True)
    with open_store(place) as store:
        assert not store.synthetic
        assert len(store.hazards()) == len(hazards)


def test_the_environment_names_the_store(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE_GEO_DATABASE_URL", place)
    create_store().close()
    with open_store() as store:
        assert place.endswith(store.name.rsplit("/", 1)[-1])


# ---------------------------------------------------------------- hazards


def test_hazards_come_back_as_they_went_in(store: Store, hazards: gpd.GeoDataFrame) -> None:
    assert store.register(hazards) == Registered(registered=4, unchanged=0)
    found = store.hazards()
    expected = hazards.sort_values("hazard_id", ignore_index=True).assign(status="open")
    assert found["hazard_id"].tolist() == ["A-1", "B-2", "a-3", "Ä-4"]
    assert_geodataframe_equal(found, expected, check_dtype=True)


def test_a_register_is_not_changed_by_registering(store: Store, hazards: gpd.GeoDataFrame) -> None:
    before = hazards.copy(deep=True)
    store.register(hazards)
    assert_geodataframe_equal(hazards, before)


def test_registering_again_changes_nothing(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    before, recorded = counts(store), events(store)
    assert store.register(hazards) == Registered(registered=0, unchanged=4)
    assert store.register(store.hazards()) == Registered(registered=0, unchanged=4)
    assert counts(store) == before
    assert_frame_equal(events(store), recorded)


def test_only_the_new_ones_are_written(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards.iloc[:2])
    assert store.register(hazards) == Registered(registered=2, unchanged=2)
    assert len(store.hazards()) == 4


def test_the_same_polygon_drawn_otherwise_is_the_same(
    store: Store, hazards: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    turned = hazards.set_geometry(shapely.reverse(hazards.geometry.to_numpy()), crs=4326)
    assert store.register(turned) == Registered(registered=0, unchanged=4)


@pytest.mark.parametrize(
    ("column", "value"),
    [("area_type", "CHA"), ("surveyed_on", pd.Timestamp("2019-05-02")), ("task", "TS 15")],
)
def test_the_same_id_with_other_content_is_a_conflict(
    store: Store, hazards: gpd.GeoDataFrame, column: str, value: object
) -> None:
    store.register(hazards.iloc[:3])
    other = hazards.copy()
    other.loc[0, column] = value
    before = counts(store)
    with pytest.raises(errors.ConflictError, match="B-2: 1 of 4 hazards") as caught:
        store.register(other)
    assert "\n" not in str(caught.value)
    assert counts(store) == before  # the fourth, which is new, is not written either


def test_a_moved_vertex_is_a_conflict(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    moved = hazards.set_geometry(hazards.geometry.translate(xoff=1e-7))
    with pytest.raises(errors.ConflictError, match="4 of 4"):
        store.register(moved)


def test_a_load_that_fails_half_way_leaves_nothing(
    store: Store, hazards: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_rows = store_rows.insert_rows

    def failing(connection: object, table: object, columns: dict[str, list[object]]) -> None:
        insert_rows(connection, table, columns)
        if table.name == "event":
            raise RuntimeError("the power is gone")

    monkeypatch.setattr(rows, "insert_rows", failing)
    before = counts(store)
    with pytest.raises(RuntimeError, match="power"):
        store.register(hazards)
    assert counts(store) == before
    monkeypatch.undo()
    assert store.register(hazards).registered == 4


def test_each_hazard_has_its_registered_event(store: Store, hazards: gpd.GeoDataFrame) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    store.register(hazards, registered_on=date(2020, 2, 29), recorded_by="officer")
    found = events(store)
    assert set(found["event_type"]) == {"registered"}
    assert found.loc["B-2", "happened_on"] == date(2019, 5, 1)
    assert found.loc["A-1", "happened_on"] == date(2020, 2, 29)
    assert set(found["recorded_by"]) == {signed(store, "officer")}
    assert found["event_id"].is_unique
    moments = set(found["recorded_at"])
    assert len(moments) == 1
    moment = moments.pop()
    assert before < moment < datetime.now(UTC) + timedelta(seconds=5)
    assert json.loads(found.loc["B-2", "detail"])["area_type"] == "SHA"
    assert found.loc["B-2", "reported_size_m2"] == 1_200_000.5


def test_event_ids_are_the_same_on_every_backend(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    assert events(store).loc["B-2", "event_id"] == "f6e6a05324e07b5645ca4bad2c01b683"


def test_recorded_at_strictly_increases(store: Store, hazards: gpd.GeoDataFrame) -> None:
    for place in range(4):
        store.register(hazards.iloc[[place]])
    moments = events(store)["recorded_at"].sort_values()
    assert moments.is_unique
    late = moments.max().to_pydatetime()
    with store._writing() as connection:
        assert next_moment(connection) > late


def test_a_moment_without_a_time_zone_is_refused(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards.iloc[[0]])
    row = {"event_id": "x", "hazard_id": "B-2", "event_type": "amended"}
    naive = datetime(2022, 1, 1)  # noqa: DTZ001
    with (
        pytest.raises(errors.RecordError, match="time zone"),
        store._writing() as connection,
    ):
        connection.execute(
            EVENT.insert().values(**row, happened_on=naive.date(), recorded_at=naive)
        )


def test_two_officers_registering_at_once_write_each_hazard_once(
    place: str, hazards: gpd.GeoDataFrame
) -> None:
    create_store(place).close()
    start, results = threading.Barrier(4), []

    def officer() -> None:
        with open_store(place) as store:
            start.wait()
            results.append(store.register(hazards))

    officers = [threading.Thread(target=officer) for _ in range(4)]
    for each in officers:
        each.start()
    for each in officers:
        each.join()
    assert sorted(result.registered for result in results) == [0, 0, 0, 4]
    with open_store(place) as store:
        assert count(store, "event") == count(store, "hazard") == 4


def test_one_geometry_is_read_and_written_as_a_shape(
    store: Store, hazards: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    ask = select(HAZARD.c.geometry).where(HAZARD.c.hazard_id == "A-1")
    moved = shapely.MultiPolygon([box_far()])
    with store._writing() as connection:
        assert connection.scalar(ask).equals_exact(hazards.geometry[1], 0)
        change = update(HAZARD).where(HAZARD.c.hazard_id == "A-1")
        connection.execute(change.values(geometry=moved))
        assert connection.scalar(ask).equals_exact(moved, 0)
        connection.execute(change.values(geometry=shapely.MultiPolygon()))
        assert connection.scalar(ask) is None
    assert len(store.hazards()) == 3  # a hazard of which nothing remains has no polygon


# ---------------------------------------------------------------- asking for hazards


def ids(frame: gpd.GeoDataFrame) -> list[str]:
    return frame["hazard_id"].tolist()


def test_hazards_by_place_kind_and_workbench(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    assert ids(store.hazards(province="BATTAMBANG")) == ["A-1", "B-2"]
    assert ids(store.hazards(province="02")) == ["A-1", "B-2"]
    assert ids(store.hazards(province="Battambang", district="Samlout")) == ["B-2"]
    assert ids(store.hazards(district="0209")) == ["B-2"]
    assert ids(store.hazards(province="atlantis")) == ["Ä-4"]
    assert ids(store.hazards(kind="cluster_munition")) == ["a-3"]
    assert ids(store.hazards(workbench="only")) == ["A-1"]
    assert ids(store.hazards(workbench="exclude", kind="ap_minefield")) == ["B-2", "Ä-4"]
    assert ids(store.hazards(province="Pailin")) == []


def test_a_name_that_two_provinces_have_asks_for_the_province(
    store: Store, hazards: gpd.GeoDataFrame
) -> None:
    named = hazards.assign(
        province=["Takeo", "Oddar Meanchey", None, None],
        province_code=None,
        district=["Samraong", "Samraong", None, None],
        district_code=None,
    )
    store.register(named)
    assert ids(store.hazards(province="Takeo", district="Samraong")) == ["B-2"]
    with pytest.raises(errors.UnknownNameError, match="give the province"):
        store.hazards(district="Samraong")


def test_an_unknown_name_or_option_says_so(store: Store, hazards: gpd.GeoDataFrame) -> None:
    store.register(hazards)
    with pytest.raises(errors.UnknownNameError):
        store.hazards(province="Lemuria")
    with pytest.raises(errors.UnknownNameError):
        store.hazards(province="Battambang", district="Lemuria")
    with pytest.raises(errors.OptionError, match="include, exclude, only"):
        store.hazards(workbench="maybe")
    with pytest.raises(errors.OptionError, match="ap_minefield"):
        store.hazards(kind="mines")


# ---------------------------------------------------------------- invented and real


def test_invented_hazards_do_not_enter_a_real_register(
    store: Store, hazards: gpd.GeoDataFrame
) -> None:
    with pytest.raises(errors.NotSyntheticError, match="A-1"):
        store.register(hazards.assign(synthetic=[False, True, False, False]))
    assert count(store, "hazard") == count(store, "event") == 0
    assert store.register(hazards.assign(synthetic=False)).registered == 4
    assert "synthetic" not in store.hazards()


def test_real_hazards_do_not_enter_a_synthetic_store(place: str, hazards: gpd.GeoDataFrame) -> None:
    with create_store(place, synthetic=True) as store:
        with pytest.raises(errors.NotSyntheticError, match="holds invented sample data"):
            store.register(hazards)
        with pytest.raises(errors.NotSyntheticError, match="A-1"):
            store.register(hazards.assign(synthetic=[True, None, True, True]))
        assert count(store, "hazard") == 0
        store.register(hazards.assign(synthetic=True))
        assert store.hazards()["synthetic"].tolist() == [True] * 4
    with open_store(place) as store:
        assert store.synthetic


# ---------------------------------------------------------------- districts and border


def test_districts_come_back_as_they_went_in(store: Store, admin: gpd.GeoDataFrame) -> None:
    loaded = store.load_admin(admin, name="sketch", version="2022")
    assert (loaded.name, loaded.version, loaded.rows, loaded.changed) == ("sketch", "2022", 3, True)
    found = store.admin()
    assert found.columns[: len(ADMIN_COLUMNS)].tolist() == list(ADMIN_COLUMNS)
    assert_geodataframe_equal(
        found[sorted(admin.columns)], admin[sorted(admin.columns)], check_dtype=False
    )
    assert found["schematic"].all()


def test_the_border_comes_back_as_it_went_in(store: Store, border: gpd.GeoDataFrame) -> None:
    store.load_border(border)
    found = store.border()
    assert found.columns.tolist() == list(BORDER_COLUMNS)
    assert found["neighbour"].tolist()[0] == "THA"
    assert pd.isna(found["neighbour"].tolist()[1])
    assert found["accuracy_m"].tolist() == [50.0, 50.0]
    assert found.geometry.geom_equals(border.geometry).all()
    assert set(found.geom_type) == {"MultiLineString"}


def test_every_version_is_kept_and_one_is_active(
    store: Store, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    newer = border.assign(border_version="2", geometry=border.geometry.translate(xoff=0.1))
    assert store.load_border(border).changed
    assert store.load_border(newer).changed
    assert not store.load_border(newer).changed
    assert set(store.border()["border_version"]) == {"2"}
    assert set(store.border(version="1")["border_version"]) == {"1"}
    assert len(store.border(name="drawn", version="2")) == 2
    before = counts(store)
    assert store.load_border(border).changed  # the earlier one is active again
    assert set(store.border()["border_version"]) == {"1"}
    assert counts(store) == before
    with pytest.raises(errors.OptionError, match="drawn 1, drawn 2"):
        store.border(version="3")
    with pytest.raises(errors.OptionError, match="not the only one"):
        store.border(name="drawn")
    first = store.load_admin(admin)
    second = store.load_admin(admin.iloc[:2])
    assert first.version != second.version
    assert len(store.admin()) == 2
    assert len(store.admin(version=first.version)) == 3
    versions = store.versions()
    assert versions["layer"].tolist() == ["districts"] * 2 + ["border"] * 2
    assert versions["active"].tolist() == [False, True, True, False]
    assert versions["loaded_at"].is_unique
    with store._reading() as connection:
        active = connection.execute(text("SELECT count(*) FROM district WHERE active")).scalar()
    assert active == 2


def test_loading_the_same_layers_again_changes_nothing(
    store: Store, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    store.load_border(border)
    store.load_admin(admin)
    before = counts(store)
    assert not store.load_border(border.iloc[::-1]).changed
    assert not store.load_border(store.border()).changed
    assert not store.load_admin(admin).changed
    assert not store.load_admin(store.admin()).changed
    assert counts(store) == before


def test_a_version_with_other_content_is_a_conflict(
    store: Store, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    store.load_border(border)
    store.load_admin(admin, version="2022")
    with pytest.raises(errors.ConflictError, match="drawn 1 is there with other content"):
        store.load_border(border.assign(accuracy_m=10.0))
    with pytest.raises(errors.ConflictError, match="districts 2022"):
        store.load_admin(admin.iloc[:2], version="2022")
    assert set(store.border()["accuracy_m"]) == {50.0}
    assert len(store.admin()) == 3


def test_one_border_at_a_time(store: Store, border: gpd.GeoDataFrame) -> None:
    with pytest.raises(errors.RecordError, match="2 names or versions"):
        store.load_border(border.assign(border_version=["1", "2"]))


def test_a_store_without_layers_says_which_command_loads_them(
    store: Store, hazards: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    with pytest.raises(errors.StoreError, match="mine-geo load border"):
        store.split()
    with pytest.raises(errors.StoreError, match="mine-geo load admin"):
        store.admin()


# ---------------------------------------------------------------- the split


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the polygons whose distance is computed, call by call."""
    calls: list[int] = []

    def counting(hazards: gpd.GeoDataFrame, *args: object, **options: object) -> pd.DataFrame:
        calls.append(len(hazards))
        return border_nearest(hazards, *args, **options)

    monkeypatch.setattr(mine_geo.store.hazards, "border_nearest", counting)
    return calls


@pytest.mark.parametrize("rule", ["edge", "centroid", "majority", "area"])
@pytest.mark.parametrize("include_coast", [False, True])
def test_the_split_is_that_of_the_frames(
    store: Store,
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    rule: str,
    include_coast: bool,
) -> None:
    store.register(hazards)
    store.load_border(border)
    expected = border_split(store.hazards(), store.border(), rule=rule, include_coast=include_coast)
    for _ in ("computed", "kept"):
        found = store.split(rule=rule, include_coast=include_coast)
        assert_geodataframe_equal(found, expected, check_dtype=False)


def test_distances_are_computed_once(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, computed: list[int]
) -> None:
    store.load_border(border)
    store.register(hazards.iloc[:2])
    store.split()
    store.split(threshold_m=50_000.0, rule="centroid")
    assert computed == [2]
    store.register(hazards)
    assert len(store.split()) == 4
    assert computed == [2, 2]
    store.split(include_coast=True)
    assert computed == [2, 2, 4]
    store.load_border(border.assign(border_version="2"))
    store.split()
    assert computed == [2, 2, 4, 4]
    store.split(border="1")
    assert computed == [2, 2, 4, 4]
    assert count(store, "border_distance") == 12


def test_only_what_is_asked_for_is_computed(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, computed: list[int]
) -> None:
    store.load_border(border)
    store.register(hazards)
    computed.clear()  # those of the land border were, with the registration
    asked = {"province": "Battambang", "workbench": "exclude"}
    assert ids(store.split(**asked, include_coast=True)) == ["B-2"]
    assert computed == [1]


def test_only_a_changed_polygon_is_computed_again(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, computed: list[int]
) -> None:
    store.load_border(border)
    store.register(hazards)
    store.split()
    with store._writing() as connection:
        connection.execute(
            update(HAZARD)
            .where(HAZARD.c.hazard_id == "B-2")
            .values(geometry_hash="other", geometry=shapely.MultiPolygon([box_far()]))
        )
    split = store.split().set_index("hazard_id")
    assert computed == [4, 1]
    assert split.loc["B-2", "border_distance_m"] > 150_000


def box_far() -> shapely.Polygon:
    return shapely.box(104.0, 13.0, 104.01, 13.01)


def test_two_hazards_on_one_polygon_share_a_distance(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, computed: list[int]
) -> None:
    store.load_border(border)
    store.register(
        hazards.assign(geometry=hazards.geometry.iloc[0]).set_crs(4326), same_polygons=True
    )
    split = store.split()
    assert computed == [1]
    assert len(set(split["border_distance_m"])) == 1
    assert count(store, "border_distance") == 1


def test_a_split_of_nothing_is_empty(store: Store, border: gpd.GeoDataFrame) -> None:
    store.load_border(border)
    found = store.split()
    assert len(found) == 0
    assert "near_size_m2" in found.columns


def test_a_split_may_be_registered_elsewhere_without_its_columns(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    store.load_border(border)
    assert store.register(store.split()) == Registered(registered=0, unchanged=4)


# ---------------------------------------------------------------- the ledger is kept


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET comment = 'x'",
        "DELETE FROM event",
        "UPDATE event SET recorded_at = recorded_at WHERE hazard_id = 'B-2'",
    ],
)
def test_an_event_is_never_changed(store: Store, hazards: gpd.GeoDataFrame, statement: str) -> None:
    store.register(hazards)
    before = events(store)
    with pytest.raises(errors.StoreError, match="append-only"), store._writing() as connection:
        connection.execute(text(statement))
    assert_frame_equal(events(store), before)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hazard SET status = 'closed'",
        "DELETE FROM hazard",
        "DELETE FROM border",
        "UPDATE district SET province = 'x'",
        "UPDATE admin_version SET active = FALSE",
        (
            "INSERT INTO event (event_id, hazard_id, event_type, happened_on, recorded_at) "
            "VALUES ('x', 'B-2', 'cleared', '2022-01-01', '2022-01-01T00:00:00Z')"
        ),
    ],
)
def test_no_layer_is_edited_past_the_library(
    store: Store,
    hazards: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    statement: str,
) -> None:
    store.register(hazards)
    store.load_border(border)
    store.load_admin(admin)
    before = counts(store)
    with (
        pytest.raises(
            DBAPIError, match=r"written by mine_geo only|an event is the next of the chain"
        ),
        store._engine.begin() as connection,
    ):
        connection.execute(text(statement))
    assert counts(store) == before


def test_the_ledger_has_only_the_types_of_the_design(
    store: Store, hazards: gpd.GeoDataFrame
) -> None:
    store.register(hazards.iloc[[0]])
    row = {"event_id": "x", "hazard_id": "B-2", "recorded_at": datetime.now(UTC)}
    for wrong in (
        {"event_type": "released", "happened_on": date(2022, 1, 1)},
        {"event_type": "cleared", "happened_on": None},
        {"event_type": "retracted", "happened_on": None, "retracts": None},
        {"event_type": "cleared", "happened_on": date(2022, 1, 1), "hazard_id": "unknown"},
    ):
        with pytest.raises(errors.StoreError), store._writing() as connection:
            connection.execute(EVENT.insert().values({**row, **wrong}))


# ---------------------------------------------------------------- the bundled sample


def test_the_sample_gives_table_3(
    place: str,
    sample_hazards: gpd.GeoDataFrame,
    sample_border: gpd.GeoDataFrame,
    sample_admin: gpd.GeoDataFrame,
) -> None:
    with create_store(place, synthetic=True) as store:
        store.load_admin(sample_admin)
        store.load_border(sample_border)
        assert store.register(sample_hazards) == Registered(registered=7392, unchanged=0)
        assert_geodataframe_equal(
            store.hazards(), sample_hazards.sort_values("hazard_id", ignore_index=True)
        )
        table = totals(store.split(include_coast=True)).set_index("province")
        assert table["hazards"].sum() == 7392
        assert table["size_m2"].sum() == 681_284_511
        assert table.loc["Koh Kong", ["near_hazards", "near_size_m2"]].tolist() == [324, 20_403_677]
        land = totals(store.split()).set_index("province")
        assert land.loc["Koh Kong", ["near_hazards", "near_size_m2"]].tolist() == [276, 17_621_716]
        same = [name for name in land.index if name != "Koh Kong"]
        assert_frame_equal(land.loc[same], table.loc[same])
        assert count(store, "border_distance") == 2 * 7392


def test_kept_distances_are_the_computed_ones(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame
) -> None:
    store.register(hazards)
    store.load_border(border)
    first = store.split(include_coast=True)
    second = store.split(include_coast=True)
    for column in ("border_distance_m", "border_margin_m"):
        assert np.array_equal(first[column], second[column])  # bit by bit
    with store._reading() as connection:
        kept = connection.execute(select(BORDER_DISTANCE.c.neighbour)).scalars().all()
    assert set(kept) <= {"THA", None}


def test_hazards_of_no_kind_are_told_apart(store: Store, hazards: gpd.GeoDataFrame) -> None:
    unsaid = hazards.head(1).assign(kind=None)
    store.register(pd.concat([unsaid, hazards.iloc[1:]]))
    (lost,) = unsaid["hazard_id"]
    assert store.of_no_kind()["hazard_id"].tolist() == [lost]
    of_a_kind = [id_ for kind in KINDS for id_ in store.hazards(kind=kind)["hazard_id"]]
    assert sorted([*of_a_kind, lost]) == sorted(hazards["hazard_id"])
    before = str(unsaid["surveyed_on"].iloc[0] - pd.Timedelta(days=1))[:10]
    assert store.of_no_kind(as_of=before).empty
    store.record(lost, "cleared", unsaid.geometry.iloc[0], happened_on="2023-01-09")
    assert store.of_no_kind().empty
    assert store.of_no_kind(as_of="2023-01-08")["hazard_id"].tolist() == [lost]


def test_hazards_of_no_day_of_survey_are_told_for_the_days_before(
    store: Store, hazards: gpd.GeoDataFrame
) -> None:
    days = [None, *[date(2020, 6, 30)] * (len(hazards) - 1)]
    unsaid = hazards.head(1)
    store.register(hazards.assign(surveyed_on=days))
    (lost,), (size,) = unsaid["hazard_id"], unsaid["size_m2"]
    today = store.history(lost)["happened_on"].iloc[0]
    yesterday = str(today - timedelta(days=1))[:10]
    told = store.undated(yesterday)
    assert told[["hazard_id", "size_m2"]].to_numpy().tolist() == [[lost, size]]
    assert lost not in set(store.hazards(as_of=yesterday)["hazard_id"])
    assert store.undated(str(today)[:10]).empty
    assert store.undated(yesterday, known_at="2020-01-01T00:00+07:00").empty
    assert store.undated("2019-01-01")["hazard_id"].tolist() == [lost]  # the others' day is known
    with pytest.raises(errors.RecordError):
        store.undated("2019-02-30")
