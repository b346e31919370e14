"""Public outputs by command: one set of parameters, editions, recall."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from mine_geo import errors
from mine_geo.disclosure import restriction
from tests.cli.conftest import Command

PERSONS = ("--asked-by", "Sok Dara", "--approved-by", "Chan Sophea")


def test_settings_are_set_and_shown(filled: Command) -> None:
    assert "least_count    5" in filled.done("public", "settings")
    said = filled.done(
        *("public", "set", "--least-count", "8", "--round", "10000", "--tell-waiting"),
        *("--authority", "The Authority", "អាជ្ញាធរ", "--by", "Sok Dara"),
    )
    assert "least_count: 8 (was 5)" in said
    assert "tell_waiting: yes (was no)" in said
    assert "threshold_m: 7,000\n" in said
    assert "The Authority / អាជ្ញាធរ" in filled.done("public", "settings")
    filled.done("public", "set", "--usual-text", "--by", "Chan Sophea")
    history = filled.done("public", "settings", "--history", "--format", "json")
    assert [row["set_by"] for row in json.loads(history)["rows"]] == ["Sok Dara", "Chan Sophea"]
    assert "would say one" in filled.refused(
        errors.OptionError, "public", "set", "--least-count", "2", "--by", "X"
    )
    assert "nothing to set" in filled.refused(errors.OptionError, "public", "set", "--by", "X")


@pytest.mark.parametrize(
    "words",
    [
        ("map", "national", "-o", "p.html"),
        ("map", "national", "-o", "p.pdf"),
        ("atlas", "--out", "atlas"),
        ("export", "p.gpkg"),
    ],
)
@pytest.mark.parametrize(
    "other", [("--threshold", "3985"), ("--rule", "area"), ("--include-coast",)], ids=lambda o: o[0]
)
def test_no_public_output_has_parameters_of_its_own(
    filled: Command, words: tuple[str, ...], other: tuple[str, ...]
) -> None:
    said = filled.refused(errors.OptionError, *words, "--public", *other)
    assert "one set of parameters" in said
    assert not any(filled.folder.glob("p.*"))
    assert not (filled.folder / "atlas").exists()


def test_public_outputs_take_what_is_set(filled: Command) -> None:
    filled.done("public", "set", "--threshold", "500", "--least-count", "1", "--by", "Sok Dara")
    filled.done("export", "p.gpkg", "--public")
    table = gpd.read_file("p.gpkg", layer="districts")
    assert set(table["threshold_m"].dropna()) == {500}
    assert table["near_hazards"].sum() == 0  # both lie 1 km from the border and farther
    assert table["hazards"].sum() == 2
    filled.done("export", "same.gpkg", "--public", "--threshold", "500")
    filled.done("map", "national", "-o", "restricted.html", "--threshold", "3985")
    filled.done("public", "set", "--least-count", "3", "--by", "Sok Dara")
    filled.done("export", "few.gpkg", "--public", "--province", "Battambang")
    few = gpd.read_file("few.gpkg", layer="districts")
    assert few["hazards"].isna().all()
    assert set(few["suppressed"].dropna()) == {
        "not shown, so that no figure of fewer than 3 hazards can be computed"
    }


def test_an_edition_from_asking_to_recall(filled: Command) -> None:
    said = filled.done("public", "release", "one", "--no-atlas", *PERSONS)
    assert "edition 1, beside the earlier ones (RESTRICTED" in said
    assert ": 6 files in one" in said
    assert json.loads(Path("one/edition.json").read_text("utf-8"))["number"] == 1
    Path("plain").touch()
    for path in Path("one").iterdir():
        assert b"RESTRICTED" not in path.read_bytes(), path
        assert path.stat().st_mode == Path("plain").stat().st_mode, path
        assert restriction.kind_of(path) != "restricted", path
    for name in ("figures.csv", "released.csv"):
        rows = pd.read_csv(Path("one", name))
        assert rows["not_counted"].str.contains("ground that nobody has surveyed").all()
    listed = filled.done("public", "editions", "--format", "json")
    assert json.loads(listed)["rows"][0]["files"] == 6
    assert "edition 1 is recalled; take back its 6 files" in filled.done(
        "public", "recall", "1", "--reason", "wrong districts", "--by", "Sok Dara"
    )
    assert "wrong districts" in filled.done("public", "editions", "--format", "csv")
    again = filled("public", "release", "two", "--asked-by", "A", "--approved-by", "a")
    assert again.exit_code == errors.EXIT_CODES[errors.OptionError]
    assert "two persons" in again.stderr
    assert not Path("two").exists()
