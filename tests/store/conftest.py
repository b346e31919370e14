"""Both backends, small frames made by hand, and the bundled sample."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo.geo import sample
from mine_geo.geo.border import to_border
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import read_admin, read_border, read_hazards
from mine_geo.store import Store, create_store, open_store
from tests import reports_register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgis.cluster import Server


HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Trace on PostGIS alone what runs on both backends: the lines are the same."""
    for item in items:
        made = getattr(item, "callspec", None)
        if made is None or item.path.parent != HERE:
            continue
        if any(isinstance(value, str) and value == "gpkg" for value in made.params.values()):
            item.add_marker(pytest.mark.untraced)


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def backend(request: pytest.FixtureRequest) -> str:
    """Name each backend in turn."""
    return request.param


@pytest.fixture
def place(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a place where a store can be made."""
    if backend == "gpkg":
        return str(tmp_path / "register.gpkg")
    return request.getfixturevalue("postgis_url")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with an empty store, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "register.gpkg"
    create_store(path).close()
    return path


@pytest.fixture(scope="session")
def empty_database(postgis_server: Server) -> str:
    """Give the URL of a database with an empty store, to be copied."""
    url = postgis_server.database()
    create_store(url).close()
    return url


@contextmanager
def empty_store(backend: str, request: pytest.FixtureRequest, path: Path) -> Iterator[Store]:
    """Give an empty store for real hazards: a copy, which is quicker than to make one."""
    if backend == "gpkg":
        with open_store(shutil.copy(request.getfixturevalue("empty_file"), path)) as copied:
            yield copied
        return
    server: Server = request.getfixturevalue("postgis_server")
    url = server.copy(request.getfixturevalue("empty_database"))
    with open_store(url) as copied:
        yield copied
    server.drop(url)


@pytest.fixture
def store(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    with empty_store(backend, request, tmp_path / "register.gpkg") as empty:
        yield empty


@pytest.fixture
def desk(store: Store) -> Store:
    """Give a store with the register that the cases of reports are about."""
    store.register(reports_register.hazards())
    return store


@pytest.fixture
def second(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give another empty store of the same backend."""
    with empty_store(backend, request, tmp_path / "2.gpkg") as empty:
        yield empty


def signed(store: Store, name: str) -> str:
    """Return who a record says that it is by: on a server who is logged in, not what is said."""
    return dict(store._place.arguments).get("user", name)


def box(west: float, south: float, size: float = 0.01) -> shapely.Polygon:
    """Return a square by its south-west corner and side, degrees."""
    return shapely.box(west, south, west + size, south + size)


@pytest.fixture
def hazards() -> gpd.GeoDataFrame:
    """Give four hazards: near and far, whole and in parts, with and without attributes."""
    holed = shapely.Polygon(
        box(103.0, 13.0).exterior.coords, [box(103.004, 13.004, 0.001).exterior.coords]
    )
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": ["B-2", "A-1", "a-3", "Ä-4"],
            "kind": ["ap_minefield", "ap_minefield", "cluster_munition", "ap_minefield"],
            "area_type": ["SHA", "CHA", None, None],
            "in_workbench": [False, True, False, False],
            "province": ["Battambang", "Battambang", None, "Atlantis"],
            "district": ["Samlout", None, None, "Old Town"],
            "surveyed_on": pd.to_datetime(["2019-05-01", None, "2021-12-31", "2022-01-02"]),
            "reported_size_m2": [1_200_000.5, None, 7.0, 0.0],
            "task": ["TS 14 <b>", None, "ទី", "x"],
            "priority": [3, 1, 2, 2],
        },
        geometry=[
            box(102.55, 13.1),
            shapely.MultiPolygon([box(103.5, 13.5), box(103.52, 13.5, 0.005)]),
            holed,
            box(104.0, 13.5),
        ],
        crs=4326,
    )
    return to_hazards(frame)


@pytest.fixture
def border() -> gpd.GeoDataFrame:
    """Give a straight border in the west and a coast in the south."""
    return to_border(
        gpd.GeoDataFrame(
            {
                "kind": ["land", "coast"],
                "neighbour": ["THA", None],
                "border_name": "drawn",
                "border_version": "1",
                "accuracy_m": 50.0,
            },
            geometry=[
                shapely.LineString([(102.5, 12.0), (102.5, 15.0)]),
                shapely.LineString([(102.5, 12.0), (103.0, 12.95), (105.0, 12.0)]),
            ],
            crs=4326,
        )
    )


@pytest.fixture
def admin(sample_admin: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give three districts."""
    return sample_admin.iloc[:3]


@pytest.fixture(scope="session")
def sample_hazards() -> gpd.GeoDataFrame:
    """Give the 7,392 synthetic minefields."""
    return read_hazards(sample.path("minefields"))


@pytest.fixture(scope="session")
def sample_border() -> gpd.GeoDataFrame:
    """Give the real border."""
    return read_border(sample.path("border"))


@pytest.fixture(scope="session")
def sample_admin() -> gpd.GeoDataFrame:
    """Give the schematic districts."""
    return read_admin(sample.path("districts"))
