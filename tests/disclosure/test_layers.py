"""One door for frames: no map or file is made of what is no split, or lies in no known place."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest

from mine_geo import exports, maps
from mine_geo.disclosure.layers import EVERYTHING, Layers, Selection, as_layers, check_split
from mine_geo.disclosure.settings import USUAL
from mine_geo.errors import CRSError, MixedError, OptionError, RecordError
from tests.exports.conftest import square, table


@pytest.fixture
def split() -> gpd.GeoDataFrame:
    return table(["AP-1", "AP-2", "AP-3"], [square(103 + n / 10, 13) for n in range(3)])


BROKEN = {
    "no split": (lambda f: f.drop(columns=["zone", "rule"]), RecordError, "lacks zone, rule; call"),
    "no zone": (lambda f: f.assign(zone=["near", None, "far"]), RecordError, "AP-2: neither near"),
    "odd zone": (lambda f: f.assign(zone=["near", "far", "afar"]), RecordError, "AP-3: neither"),
    "two rules": (lambda f: f.assign(rule=["edge", "area", "edge"]), MixedError, "rule edge, area"),
    "two borders": (lambda f: f.assign(border_version=["1", "1", "2"]), MixedError, "1, 2"),
    "one id twice": (lambda f: pd.concat([f, f[:1]]), RecordError, "hazards of one id: AP-1"),
    "metres": (lambda f: f.to_crs(32648), CRSError, "split must be in EPSG:4326, not in"),
    "nowhere": (lambda f: f.set_crs(None, allow_override=True), CRSError, "no reference system"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_pages_sheets_and_files_refuse_the_same(name, split, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    broken, error, says = BROKEN[name]
    doors = [
        check_split,
        maps.layers,
        maps.national,
        lambda frame: maps.province(frame, "Battambang"),
        maps.sheet,
        lambda frame: maps.atlas(frame, "atlas"),
        lambda frame: exports.write(frame, "hazards.gpkg"),
        lambda frame: exports.write(frame, "points.csv"),
    ]
    for door in doors:
        with pytest.raises(error, match=says):
            door(broken(split))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["border", "admin", "releases", "places"])
def test_a_frame_beside_the_split_lies_in_degrees_too(name, split) -> None:
    beside = gpd.GeoDataFrame({"name": ["a"]}, geometry=[square(103, 13)], crs=4326)
    assert getattr(Layers(split, **{name: beside}), name) is beside
    with pytest.raises(CRSError, match=rf"{name} must be in EPSG:4326, not in .* use to_crs"):
        Layers(split, **{name: beside.to_crs(32648)})
    with pytest.raises(
        CRSError, match=rf"{name} must be .* no reference system is set; use set_crs"
    ):
        Layers(split, **{name: beside.set_crs(None, allow_override=True)})


def test_places_may_be_a_plain_table(split) -> None:
    places = pd.DataFrame({"name": ["a"], "lon": [103.0], "lat": [13.0]})
    assert Layers(split, places=places).places is places
    with pytest.raises(OptionError, match=r"places must be a table, not 'places\.csv'"):
        maps.layers(split, places="places.csv")


def test_an_empty_split_is_one(split) -> None:
    held = maps.layers(split.iloc[:0], as_of="2022-12-31")
    assert maps.national(held).facts.total_hazards == 0


def test_layers_cannot_be_changed_and_change_nothing(split) -> None:
    before = split.copy(deep=True)
    held = maps.layers(split)
    assert held.split is split
    assert (held.selection, held.settings) == (EVERYTHING, USUAL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        held.as_of = "2022-12-31"
    maps.national(held)
    pd.testing.assert_frame_equal(split, before)
    other = dataclasses.replace(held, selection=Selection(kind="ap_minefield"))
    assert other.selection.kind == "ap_minefield"
    with pytest.raises(RecordError, match="neither near nor far"):
        dataclasses.replace(held, split=split.assign(zone=None))


def test_a_door_takes_a_split_or_layers(split) -> None:
    held = maps.layers(split)
    assert as_layers("door(layers)", held, {}) is held
    assert as_layers("door(layers)", split, {}).split is split
    one, other = (maps.province(each, "Battambang") for each in (split, held))
    assert one.get_root().render() == other.get_root().render()
