"""A proposed profile reads a file as it was read, whatever its columns are called."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo.intake import profiles, propose, read, receive_admin, receive_border, sort_of
from mine_geo.intake.received import Received, Source
from tests.intake.writers import HAZARDS, WRITERS

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = Source("/in/office.gpkg", "office.gpkg", "0" * 64, 1, "GeoPackage", None, "plain", "none")
OURS = (*profiles.OURS["hazards"],)
EVERYDAY = ("Prov", "Dist", "SurvDate", "Area_sqm", "MF_ID", "Provnce", "Typ", "KIND", "a b", "")
HOSTILE = ('"', "\\", "\n", "[x]", "# y", "'''", "=", "\x7f", "\x00", "é", "ភូមិ", "a.b", "\u202e")


def received(columns: pd.DataFrame, **values: list[object]) -> Received:
    count = max((len(each) for each in values.values()), default=1)
    table = gpd.GeoDataFrame(
        {"hazard_id": ["A"] * count, **values}, geometry=[shapely.Point(103, 13)] * count, crs=4326
    )
    return Received("hazards", table, (), columns, SOURCE)


names = st.one_of(
    st.sampled_from(EVERYDAY),
    st.text(min_size=1, max_size=12),
    st.tuples(st.sampled_from(HOSTILE), st.text(max_size=4)).map("".join),
)


@given(st.lists(names, max_size=8, unique_by=lambda name: name.strip().casefold()), st.data())
def test_a_proposal_is_toml_that_says_what_was_understood(
    sources: list[str], data: st.DataObject
) -> None:
    free = list(OURS)
    taken = {}
    for name in sources:
        ours = data.draw(st.sampled_from([None, *free]))
        if ours is not None and name.strip():
            free.remove(ours)
            taken[ours] = name
    back = {name: ours for ours, name in taken.items()}
    columns = pd.DataFrame(
        [(n, back.get(n), "by profile", 1, data.draw(st.text(max_size=9))) for n in sources],
        columns=["source", "ours", "how", "filled", "example"],
    )
    told = tomllib.loads(propose(received(columns), "office", "hazards"))
    shown = received(columns).columns  # as a store holds them: the sign 0 is escaped
    expected = dict(zip(shown["ours"], shown["source"], strict=True))
    said = {ours: value for ours, (value,) in told["hazards"].get("columns", {}).items()}
    assert said == {ours: name for ours, name in expected.items() if isinstance(ours, str)}
    assert told["extends"] == "plain"


@pytest.mark.parametrize("format_", WRITERS)
def test_a_file_of_each_writer_is_read_as_before(tmp_path: Path, format_: str) -> None:
    name, make, options = WRITERS[format_]
    make(tmp_path / name)
    before = read(tmp_path / name, **options)
    profile = tmp_path / "proposed.toml"
    text = propose(before, "proposed", before.what, crs=options.get("crs"))
    profile.write_text(text, encoding="utf-8")
    after = read(tmp_path / name, what=before.what, profile=profile)
    assert after.table.equals(before.table)
    assert after.columns["ours"].equals(before.columns["ours"])


def test_words_that_mean_nothing_are_asked_for_the_most_frequent_first() -> None:
    columns = pd.DataFrame(
        [("Class", "area_type", "by profile", 4, "CHA")],
        columns=["source", "ours", "how", "filled", "example"],
    )
    text = propose(
        received(columns, area_type=["Red", "CHA", 'a "b"', "Red"], kind=[None] * 4),
        "office",
        "hazards",
    )
    lines = text.splitlines()
    start = lines.index("[hazards.values.area_type]  # theirs = ours: SHA CHA")
    assert lines[start + 1] == '# "Red" = ""  # 2 records'
    assert lines[start + 2] == '# "a \\"b\\"" = ""  # 1 record'
    assert "values.kind" not in text
    # Answered, it is a profile.
    answered = text.replace('# "Red" = ""', '"Red" = "CHA"')
    assert tomllib.loads(answered)["hazards"]["values"]["area_type"] == {"Red": "CHA"}


def test_border_and_districts_are_read_as_before(tmp_path: Path) -> None:
    for sort, file, receive in (
        ("border", mg.sample.path("border"), receive_border),
        ("admin", mg.sample.path("districts"), receive_admin),
    ):
        before = receive(file)
        profile = tmp_path / f"{sort}.toml"
        profile.write_text(propose(before, sort, sort), encoding="utf-8")
        after = receive(file, profile=profile)
        assert after.table.equals(before.table)


def test_what_a_file_holds_is_told_by_its_shapes_and_columns(tmp_path: Path) -> None:
    for name, sort in (("border", "border"), ("districts", "admin"), ("minefields", "hazards")):
        frame = gpd.read_file(mg.sample.path(name)).head(400)
        for ending in (".gpkg", ".geojson", ".fgb"):
            frame.drop(columns="accuracy_m", errors="ignore").to_file(tmp_path / f"{name}{ending}")
            assert sort_of(tmp_path / f"{name}{ending}") == sort, ending
    # A hazard in each of two districts is no district, and a table is never one.
    two = HAZARDS[["hazard_id", "kind", "province", "geometry"]].assign(district=["A", "B", "C"])
    two.to_file(tmp_path / "two.gpkg")
    assert sort_of(tmp_path / "two.gpkg") == "hazards"
    name, make, options = WRITERS["WKT CSV"]
    make(tmp_path / name)
    assert sort_of(tmp_path / name, **options) == "hazards"
    with pytest.raises(mg.errors.FileError):
        sort_of(tmp_path / "none.gpkg")


def test_a_word_of_a_border_that_is_not_understood_is_asked_for(tmp_path: Path) -> None:
    line = shapely.LineString([(103, 12), (103, 14)])
    columns = {"TYPE": ["Land", "Frontier"], "CNTRY": "THA"}
    frame = gpd.GeoDataFrame(columns, geometry=[line] * 2, crs=4326)
    frame.to_file(tmp_path / "border.gpkg")
    profile = tmp_path / "own.toml"
    profile.write_text(
        'name = "own"\ntitle = "Own"\n[border.columns]\nkind = ["TYPE"]\nneighbour = ["CNTRY"]\n'
    )
    text = propose(receive_border(tmp_path / "border.gpkg", profile=profile), "office", "border")
    assert 'kind = ["TYPE"]  # Land' in text
    assert '# "Frontier" = ""  # 1 record' in text


def test_a_column_is_proposed_by_what_its_words_say(tmp_path: Path) -> None:
    path = tmp_path / "office.gpkg"
    gpd.GeoDataFrame(
        {
            "MF_ID": ["A", "B", "C", "D"],
            "Statut": ["CHA", "SHA", "zone suspecte", None],  # its name is like status
            "Genre": ["AP mines", "CMR", "mines", "mines"],  # as many words are known as not
            "Opérateur": ["CMAC", "MAG", "HALO", "CHA"],
            "Remarque": ["AP", "see map", "see map", None],  # one word known of three
            "Vide": [None, None, None, None],
        },
        geometry=[shapely.box(103 + n, 13, 103.01 + n, 13.01) for n in range(4)],
        crs=4326,
    ).to_file(path)
    text = propose(read(path), "office", "hazards")
    asked = [line for line in text.splitlines() if "=" in line and "COLUMN" not in line]
    assert '# area_type = ["Statut"]  # by its words; CHA' in asked
    assert '# kind = ["Genre"]  # by its words; AP mines' in asked
    assert '# operator = ["Opérateur"]  # alike; CMAC' in asked
    assert not [line for line in asked if line.startswith("# status")]
    assert not [line for line in asked if '["Remarque"]' in line or '["Vide"]' in line]
    # Taken away, the # makes them count: what is left to say is said below.
    for column in ("area_type", "kind"):
        text = text.replace(f"# {column} = ", f"{column} = ")
    text = text.replace('# "zone suspecte" = ""', '"zone suspecte" = "SHA"')
    profile = tmp_path / "office.toml"
    profile.write_text(text.replace('# "mines" = ""', '"mines" = "ap_minefield"'), "utf-8")
    table = read(path, profile=profile).table
    assert table["area_type"].fillna("").tolist() == ["CHA", "SHA", "SHA", ""]
    kinds = ["ap_minefield", "cluster_munition", "ap_minefield", "ap_minefield"]
    assert table["kind"].tolist() == kinds
