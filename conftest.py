"""The examples in the docstrings of a store run on the store that `Store` itself shows."""

from __future__ import annotations

import shutil
from doctest import DocTestParser
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

import mine_geo as mg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def example_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the GeoPackage that the example of `Store` makes, to be copied."""
    folder = tmp_path_factory.mktemp("example")
    names = example_names(folder)
    for example in DocTestParser().get_examples(mg.Store.__doc__ or ""):
        exec(example.source, names)  # noqa: S102 - our own docstring
    return folder / "register.gpkg"


def example_names(folder: Path) -> dict[str, Any]:
    """Return what the examples of a store need not import."""
    return {"mg": mg, "gpd": gpd, "shapely": shapely, "folder": folder}


@pytest.fixture(autouse=True)
def example_store(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any], tmp_path: Path
) -> Iterator[None]:
    """Give each docstring of a store's rooms a `store` of its own, and a `folder`."""
    of_store = isinstance(request.node, pytest.DoctestItem) and request.node.name.startswith(
        "mine_geo.store."
    )
    if not of_store:
        yield
        return
    doctest_namespace.update(example_names(tmp_path))
    if request.node.name.endswith(".Store"):  # it makes the store itself
        yield
        return
    copy = shutil.copy(request.getfixturevalue("example_file"), tmp_path / "example.gpkg")
    with mg.open_store(copy) as store:
        doctest_namespace["store"] = store
        yield
    del doctest_namespace["store"]
