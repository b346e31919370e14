"""Parameters of public outputs and their editions: append-only, on both backends."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from mine_geo import errors
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.exports import editions
from mine_geo.geo.hazards import to_hazards
from tests.store.conftest import box, signed

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.store import Store

PERSONS = {"asked_by": "Sok Dara", "approved_by": "Chan Sophea"}


def fields(
    count: int = 12, *, west: float = 103.0, prefix: str = "AP", size: float = 0.01
) -> gpd.GeoDataFrame:
    """Return hazards of Samlout in a row, 1.1 km apart."""
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": [f"{prefix}-{n}" for n in range(count)],
            "kind": "ap_minefield",
            "province": "Battambang",
            "province_code": "02",
            "district": "Samlout",
            "district_code": "0209",
            "surveyed_on": pd.Timestamp("2019-05-01"),
        },
        geometry=[box(west + n / 50, 12.8, size) for n in range(count)],
        crs=4326,
    )
    return to_hazards(frame)


@pytest.fixture
def filled(store: Store, border: gpd.GeoDataFrame, sample_admin: gpd.GeoDataFrame) -> Store:
    """Give a store of 12 hazards, of which AP-0 is wholly cleared."""
    store.load_border(border)
    store.load_admin(sample_admin[sample_admin["province_code"] == "02"])
    store.register(fields())
    store.record("AP-0", "cleared", box(102.99, 12.79, 0.03), happened_on="2020-03-01")
    return store


def test_what_is_usual_holds_until_something_is_set(store: Store) -> None:
    assert store.public_settings() == PublicSettings()
    assert store.public_settings_history().empty
    made = store.set_public_settings({"least_count": 8, "round_m2": 10_000}, set_by="Sok  Dara")
    assert made == store.public_settings() == PublicSettings(least_count=8, round_m2=10_000)
    store.set_public_settings({"authority": ("The Authority", "អាជ្ញាធរ")}, set_by="Chan Sophea")
    store.set_public_settings({"least_count": 8}, set_by="nobody new")  # it held already
    history = store.public_settings_history()
    assert history["set_by"].tolist() == [
        signed(store, each) for each in ("Sok Dara", "Chan Sophea")
    ]
    assert history["least_count"].tolist() == [8, 8]
    assert store.public_settings().authority == ("The Authority", "អាជ្ញាធរ")
    assert store.set_public_settings({"authority": None}, set_by="X").authority is None


@pytest.mark.parametrize(
    ("changes", "text_"),
    [
        ({"least_count": 2}, "would say one"),
        ({"least_count": 0}, "whole number"),
        ({"least_count": 4.5}, "whole number"),
        ({"round_m2": 0}, "whole m²"),
        ({"clearance_m": 0.5}, "at least 1"),
        ({"threshold_m": float("nan")}, "above 0"),
        ({"rule": "guess"}, "valid: edge"),
        ({"include_coast": 1}, "true or false"),
        ({"text": ("English alone", " ")}, "English and in Khmer"),
        ({"threshold": 5}, "unknown; there are threshold_m"),
    ],
)
def test_what_cannot_be_is_not_set(store: Store, changes: dict[str, object], text_: str) -> None:
    with pytest.raises(errors.OptionError, match=text_):
        store.set_public_settings(changes, set_by="Sok Dara")
    with pytest.raises(errors.OptionError, match="set_by"):
        store.set_public_settings({"least_count": 5}, set_by=" ")
    assert store.public_settings_history().empty


def test_an_edition_is_written_recorded_and_recalled(filled: Store, tmp_path: Path) -> None:
    filled.set_public_settings({"least_count": 5}, set_by="Sok Dara")
    out = tmp_path / "first"
    done = editions.release(filled, out, as_of="2020-12-31", atlas=False, **PERSONS)
    assert done.number == 1
    told = json.loads((out / "edition.json").read_text("utf-8"))
    assert (told["number"], told["as_of"]) == (1, "2020-12-31")
    assert told["parameters"]["least_count"] == 5
    assert set(told["sha256"]) == {
        *("national.html", "national-en.pdf", "national-km.pdf"),
        *("figures.gpkg", "figures.csv", "released.csv"),
    }
    for name, sha in told["sha256"].items():
        content = (out / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha == done.files[name]
        assert b"Sok Dara" not in content
        assert b"AP-1" not in content
    assert "Sok Dara" not in (out / "edition.json").read_text("utf-8")
    listed = filled.editions()
    assert listed[["number", "asked_by", "approved_by"]].to_numpy().tolist() == [
        [1, "Sok Dara", signed(filled, "Chan Sophea")]
    ]
    assert listed["files"].iloc[0] == done.files
    assert listed["recalled_at"].isna().all()
    filled.recall_edition(1, reason="the districts were wrong", recalled_by="Sok Dara")
    assert filled.editions()["reason"].tolist() == ["the districts were wrong"]
    with pytest.raises(errors.ConflictError, match="recalled already: the districts were wrong"):
        filled.recall_edition(1, reason="again", recalled_by="Sok Dara")
    with pytest.raises(errors.UnknownNameError, match="no edition 7; there are: 1"):
        filled.recall_edition(7, reason="x", recalled_by="y")


def test_what_is_withheld_now_and_was_drawn_is_named_and_needs_a_decision(
    filled: Store, tmp_path: Path
) -> None:
    editions.release(filled, tmp_path / "one", as_of="2020-12-31", atlas=False, **PERSONS)
    # something was found 5 m from the cleared field
    filled.register(fields(1, west=103.01005, prefix="NEW", size=0.005))
    made = editions.draft(filled, as_of="2020-12-31")
    lost = made.comparison.withheld
    assert lost[["edition", "hazard_id", "outcome", "concerns"]].to_numpy().tolist() == [
        [1, "AP-0", "cleared", "NEW-0"]
    ]
    assert lost["lost_m2"].iloc[0] > 1_000_000
    assert "concerns NEW-0" in "\n".join(made.comparison.lines())
    assert "RESTRICTED" in made.comparison.lines()[0]
    figures = made.comparison.figures.set_index("figure")
    assert figures.loc["ap_minefield: hazards", ["before", "now"]].tolist() == [11, 12]
    assert "fewer than 5" in figures.loc["ap_minefield: hazards", "why"]
    with pytest.raises(errors.EditionError, match="withholds 1 released polygons") as caught:
        editions.release(filled, tmp_path / "two", as_of="2020-12-31", atlas=False, **PERSONS)
    assert "NEW-0" not in str(caught.value)
    assert not (tmp_path / "two").exists()
    assert len(filled.editions()) == 1
    # an edition that was recalled was public all the same
    filled.recall_edition(1, reason="found again", recalled_by="Sok Dara")
    assert len(editions.draft(filled, as_of="2020-12-31").comparison.withheld) == 1
    done = editions.release(
        filled,
        tmp_path / "two",
        as_of="2020-12-31",
        atlas=False,
        despite_withheld=True,
        prepared=editions.draft(filled, as_of="2020-12-31"),
        **PERSONS,
    )
    assert done.number == 2
    assert filled.editions()["despite"].tolist() == [0, 1]


def test_an_edition_of_the_same_register_tells_nothing_new(filled: Store) -> None:
    made = editions.draft(filled, as_of="2020-12-31")
    record(filled, made)
    again = editions.draft(filled, as_of="2020-12-31").comparison
    assert again.number == 2
    assert again.withheld.empty
    assert again.figures.empty
    assert again.parameters == []
    filled.set_public_settings({"least_count": 20}, set_by="Sok Dara")
    other = editions.draft(filled, as_of="2020-12-31").comparison
    assert other.parameters == [1]
    assert set(other.figures["why"]) == {"shown in one, left out in the other"}


def record(store: Store, made: editions.Draft, **changes: object) -> object:
    given = {
        "number": made.comparison.number,
        "as_of": made.as_of,
        "settings": made.layers.settings,
        "files": {"a.html": "0" * 64},
        "land": made.land,
        "figures": made.figures,
        "last_record": made.layers.selection.last_record,
        **PERSONS,
    }
    return store.record_edition(**(given | changes))  # type: ignore[arg-type]


def test_two_persons_and_an_unchanged_register(filled: Store, tmp_path: Path) -> None:
    made = editions.draft(filled, as_of="2020-12-31")
    with pytest.raises(errors.OptionError, match="two persons"):
        record(filled, made, approved_by="SOK  dara")
    with pytest.raises(errors.OptionError, match="approved_by"):
        record(filled, made, approved_by="")
    with pytest.raises(errors.OptionError, match="two persons"):
        editions.release(filled, tmp_path / "x", asked_by="A", approved_by="a")
    with pytest.raises(errors.ConflictError, match="make it again"):
        record(filled, made, number=2)
    filled.register(fields(1, west=104.0, prefix="LATE"))
    with pytest.raises(errors.ConflictError, match="make it again"):
        record(filled, made)
    assert filled.editions().empty
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").touch()
    with pytest.raises(errors.FileError, match="a new folder, or an empty one"):
        editions.release(filled, tmp_path / "full", **PERSONS)
    with pytest.raises(errors.FileError, match="make it first"):
        editions.release(filled, tmp_path / "no" / "where", **PERSONS)


@pytest.mark.parametrize(
    "table", ["public_setting", "public_edition", "edition_land", "edition_recall"]
)
def test_nothing_of_it_is_changed_or_deleted(filled: Store, table: str) -> None:
    filled.set_public_settings({"least_count": 9}, set_by="Sok Dara")
    record(filled, editions.draft(filled, as_of="2020-12-31"))
    filled.recall_edition(1, reason="x", recalled_by="y")
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET fid = fid"):
        with pytest.raises(errors.StoreError, match="kept as it is"), filled._writing() as open_:
            open_.execute(text(statement))
    with filled._reading() as open_:
        assert open_.scalar(text(f"SELECT count(*) FROM {table}")) == 1
        on_file = open_.dialect.name == "sqlite"
    again = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
    if on_file:
        with pytest.raises(errors.StoreError, match="kept as it is"), filled._writing() as open_:
            open_.execute(text(again))
    with pytest.raises(errors.StoreError), filled._engine.begin() as open_, _translated(filled):
        open_.execute(text(f"DELETE FROM {table}"))


def _translated(store: Store) -> object:
    from mine_geo.store import engines as faults  # noqa: PLC0415

    return faults.translated(store._place)


def test_drawn_in_other_pieces_is_not_withheld(filled: Store) -> None:
    """The same ground in two releases instead of one: nothing is drawn less."""
    made = editions.draft(filled, as_of="2020-12-31")
    record(filled, made)
    (whole,) = made.land.geometry
    west, south, east, north = whole.bounds
    halves = [
        shapely.box(west, south, (west + east) / 2, north),
        shapely.box((west + east) / 2, south, east, north),
    ]
    two = pd.concat([made.land, made.land], ignore_index=True).set_geometry(
        gpd.GeoSeries(halves, crs=4326)
    )
    restricted = filled.restricted(as_of="2020-12-31")
    same = filled.compare_edition(two, made.figures, restricted, made.layers.settings)
    assert same.withheld.empty
    half = filled.compare_edition(two.iloc[:1], made.figures, restricted, made.layers.settings)
    assert half.withheld["concerns"].tolist() == [""]
    assert "not known which" in "\n".join(half.lines())


@pytest.mark.parametrize("backend", [pytest.param("postgis", marks=pytest.mark.postgis)])
def test_on_a_server_who_approves_is_who_is_logged_in(filled: Store) -> None:
    """Whatever the client says, also past the library; and nobody approves what he asked for."""
    login = signed(filled, "")
    assert filled.two_persons("Sok Dara", "the minister") == ("Sok Dara", login)
    said = {"settings": filled.public_settings(), "files": {}, "figures": {}}
    said |= {"land": filled.released_land().iloc[:0], "last_record": filled.last_moment()}
    for asked in (login, login.upper()):
        with pytest.raises(errors.OptionError, match=f"two persons: {asked} asked"):
            filled.record_edition(
                number=1, as_of="2020-12-31", asked_by=asked, approved_by="the minister", **said
            )
    done = filled.record_edition(
        number=1, as_of="2020-12-31", asked_by="Sok Dara", approved_by="the minister", **said
    )
    assert done.approved_by == login == filled.editions()["approved_by"].iloc[0]
    filled.recall_edition(1, reason="a wrong day", recalled_by="the minister")
    assert filled.editions()["recalled_by"].iloc[0] == login
    columns = "number, made_at, as_of, asked_by, approved_by, parameters, files, figures, despite"
    values = "2, clock_timestamp(), '2020-12-31', :asked, 'the minister', '{}', '{}', '{}', 0"
    forged = text(f"INSERT INTO public_edition ({columns}) VALUES ({values})")
    with pytest.raises(errors.StoreError, match="two_persons"), filled._writing() as connection:
        connection.execute(forged, {"asked": login})
    with filled._writing() as connection:
        connection.execute(forged, {"asked": "Sok Dara"})
    assert filled.editions()["approved_by"].tolist() == [login, login]
