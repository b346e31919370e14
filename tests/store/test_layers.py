"""`Store.layers`: all that a map is made from in one call, of one moment; on both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely

from mine_geo import errors, maps
from mine_geo.geo.border import to_border
from tests.store.conftest import box
from tests.store.listed import villages
from tests.store.test_publisher import fields

if TYPE_CHECKING:
    from datetime import datetime

    import geopandas as gpd

    from mine_geo.store import Store


@pytest.fixture
def filled(store: Store, border: gpd.GeoDataFrame, sample_admin: gpd.GeoDataFrame) -> Store:
    """Give a store of 12 AP minefields of Samlout, of which AP-0 is wholly cleared, and one CM."""
    store.load_border(border)
    store.load_admin(sample_admin[sample_admin["province_code"] == "02"])
    store.register(fields())
    store.register(fields(1, west=103.5, prefix="CM").assign(kind="cluster_munition"))
    store.record("AP-0", "cleared", box(102.99, 12.79, 0.03), happened_on="2020-03-01")
    return store


def test_the_layers_are_those_of_the_single_calls(filled: Store) -> None:
    found = filled.layers(kind="ap_minefield", as_of="2020-12-31", threshold_m=5000)
    when = {"kind": "ap_minefield", "as_of": "2020-12-31"}
    pd.testing.assert_frame_equal(found.split, filled.split(threshold_m=5000, **when))
    pd.testing.assert_frame_equal(found.releases, filled.released_land(**when))
    pd.testing.assert_frame_equal(found.border, filled.border())
    pd.testing.assert_frame_equal(found.admin, filled.admin())
    assert (len(found.split), len(found.releases)) == (11, 1)
    assert found.restricted is None
    assert found.as_of == "2020-12-31"
    told = found.selection
    assert (told.kind, told.workbench, told.threshold_m) == ("ap_minefield", "include", 5000)
    assert (told.rule, told.include_coast, told.synthetic) == ("edge", False, False)
    assert told.last_record == filled.last_moment()
    assert found.settings == filled.public_settings()


def test_released_land_can_be_left_out_and_places_are_handed_on(filled: Store) -> None:
    places = pd.DataFrame({"name": ["Ou"], "lon": [103.0], "lat": [12.8]})
    found = filled.layers(released=False, places=places, printed_on="2023-01-02")
    assert found.releases is None
    assert found.places is places
    assert found.selection.printed_on == "2023-01-02"
    assert len(found.split) == 12


def test_without_districts_there_are_none_and_without_a_border_nothing(
    store: Store, border: gpd.GeoDataFrame
) -> None:
    with pytest.raises(errors.StoreError, match="border"):
        store.layers()
    store.load_border(border)
    found = store.layers()
    assert found.admin is None
    assert maps.national(found).facts.total_hazards == 0


def test_a_border_of_another_version_is_measured_and_drawn(filled: Store) -> None:
    first = filled.border()
    version = str(first["border_version"].iloc[0])
    moved = first.assign(border_version="other", geometry=first.geometry.translate(1, 0))
    filled.load_border(to_border(moved))
    assert set(filled.layers().split["border_version"]) == {"other"}
    found = filled.layers(border=version)
    assert set(found.split["border_version"]) == {version}
    assert set(found.border["border_version"]) == {version}


def test_public_layers_hold_what_is_restricted_and_the_settings_of_all(filled: Store) -> None:
    filled.set_public_settings({"threshold_m": 3000.0, "least_count": 1}, set_by="Sok Dara")
    found = filled.layers(public=True)
    assert set(found.split["threshold_m"]) == {3000.0}
    assert found.selection.threshold_m == 3000.0
    pd.testing.assert_frame_equal(found.restricted, filled.restricted())
    assert maps.national(found, public=True).facts.public
    assert len(filled.layers(public=True, threshold_m=3000).split) == 12
    for told in ({"threshold_m": 7000}, {"rule": "area"}, {"include_coast": True}):
        with pytest.raises(errors.OptionError, match="one set of parameters"):
            filled.layers(public=True, **told)
    # What is not public is not bound by them.
    assert set(filled.layers().split["threshold_m"]) == {7000.0}


def test_what_is_not_read_for_the_public_gives_nothing_public(filled: Store) -> None:
    with pytest.raises(errors.OptionError, match=r"needs restricted=.*Store.layers\(public=True\)"):
        maps.national(filled.layers(), public=True)


def test_a_record_between_two_reads_is_read_with_the_rest(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No frame may be of another moment than the rest, or than the one that is named."""
    read = type(filled).released_land
    seen: list[datetime | None] = []

    def meanwhile(store: Store, **when: object) -> gpd.GeoDataFrame:
        seen.append(store.last_moment())
        if len(seen) == 1:
            store.record("AP-1", "cleared", box(103.01, 12.79, 0.03), happened_on="2021-01-01")
        return read(store, **when)

    monkeypatch.setattr(type(filled), "released_land", meanwhile)
    found = filled.layers(kind="ap_minefield")
    assert len(seen) == 2
    assert found.selection.last_record == filled.last_moment() != seen[0]
    assert "AP-1" not in set(found.split["hazard_id"])
    assert "AP-1" in set(found.releases["hazard_id"])


def test_villages_are_kept_version_by_version(store: Store) -> None:
    with pytest.raises(errors.StoreError, match="mine-geo load villages FILE"):
        store.villages()
    assert store.load_villages(villages(), version="2025").changed
    assert not store.load_villages(villages().iloc[::-1], version="2025").changed
    found = store.villages()
    assert found["village_code"].tolist() == ["02090101", "02090102"]
    assert found["surplus"].tolist() == [0, 1]
    assert found.geometry.isna().tolist() == [False, True]
    assert found.geometry.iloc[0].equals(box(102.9, 12.8, 0.1))
    with pytest.raises(errors.ConflictError, match="other content"):
        store.load_villages(villages(village=["Ou", "Thmei"]), version="2025")
    store.load_villages(villages(village=["Ou", "Thmei"]), version="2026")
    assert store.villages()["village"].tolist() == ["Ou", "Thmei"]
    assert store.villages(version="2025")["village"].tolist() == ["Ou", "Phnum / Thmei"]
    loaded = store.versions()
    assert loaded[loaded["layer"] == "villages"]["active"].tolist() == [False, True]
    for wrong, said in (
        (villages(village_code="02090101"), "stands twice"),
        (villages().drop(columns="surplus"), "lack the column surplus"),
    ):
        with pytest.raises(errors.RecordError, match=said):
            store.load_villages(wrong)
    bow_tie = shapely.Polygon([(103, 13), (103.1, 13.1), (103.1, 13), (103, 13.1)])
    with pytest.raises(errors.GeometryError, match="villages, row 1: invalid ring"):
        store.load_villages(villages().set_geometry([bow_tie, None], crs=4326))
