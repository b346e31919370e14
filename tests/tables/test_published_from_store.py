"""The published tables, to the last minefield and square metre, out of both kinds of store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import mine_geo as mg
from mine_geo.store import Store
from mine_geo.tables.published import differences

pytestmark = pytest.mark.untraced


@pytest.fixture(scope="module", params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    place: str | Path = tmp_path_factory.mktemp("store") / "sample.gpkg"
    if request.param == "postgis":
        place = request.getfixturevalue("postgis_server").database()
    with mg.create_store(place, synthetic=True) as made:
        made.load_border(mg.read_border(mg.sample.path("border")))
        made.load_admin(mg.read_admin(mg.sample.path("districts")))
        made.register(mg.read_hazards(mg.sample.path("minefields")))
        yield made


@pytest.mark.parametrize("table", ["wp2023_table1", "wp2023_table3", "wp2023_annex1"])
def test_every_figure_of_a_published_table_with_the_coast(store: Store, table: str) -> None:
    by = "district" if table == "wp2023_annex1" else "province"
    rows = mg.reconcile(mg.totals(store.split(include_coast=True), by), table)
    assert len(rows) == {"wp2023_table1": 26, "wp2023_table3": 52, "wp2023_annex1": 154}[table]
    assert rows["difference"].tolist() == [0] * len(rows)


def test_with_the_land_border_koh_kong_alone_differs(store: Store) -> None:
    rows = differences(mg.reconcile(mg.totals(store.split()), "wp2023_table3"))
    koh_kong = rows[rows["row"] == "data"].set_index("figure")
    assert set(koh_kong["province"]) == {"Koh Kong"}
    assert koh_kong["ours"].to_dict() == {
        "near_hazards": 276,
        "near_size_m2": 17_621_716,
        "far_hazards": 79,
        "far_size_m2": 5_224_869,
    }


def test_the_published_total_includes_the_workbench(store: Store) -> None:
    split = store.split()
    parts = [mg.totals(split, [], workbench=each) for each in ("exclude", "only")]
    assert sum(int(part["size_m2"].sum()) for part in parts) == 681_284_511
    assert int(parts[1]["size_m2"].sum()) == 137_900_000
