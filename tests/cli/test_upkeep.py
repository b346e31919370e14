"""The commands of a store's life, as one types them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mine_geo as mg
from mine_geo.errors import DIFFERENCES_EXIT

if TYPE_CHECKING:
    from tests.cli.conftest import Command


def test_copied_backed_up_restored_and_looked_at(filled: Command) -> None:
    place = filled.folder / "register.gpkg"
    said = filled.done("db", "backup", filled.folder / "saved.gpkg")
    assert "restored and compared: the same" in said
    said = filled.done("db", "restore", filled.folder / "saved.gpkg", filled.folder / "again.gpkg")
    assert said.startswith("restored into again.gpkg: ")
    said = filled.done("db", "copy", place, filled.folder / "copy.gpkg")
    assert "the same by counts, hashes and balance" in said
    assert "up to date" in filled.done("db", "status")
    assert " 0 error" in filled.done("db", "doctor")
    bad = filled("db", "doctor", "--head", f"1:{'0' * 64}")
    assert (bad.exit_code, "written anew" in bad.stdout) == (DIFFERENCES_EXIT, True)
    assert "as before" in filled.done("db", "upgrade")


def test_a_border_that_is_loaded_is_made_the_active_one(filled: Command) -> None:
    with mg.open_store(filled.folder / "register.gpkg", clock_is_right=True) as store:
        first = store.border()[["border_name", "border_version"]].iloc[0].tolist()
        store.load_border(store.border(), version="other")
    words = ("db", "activate", "border", *first)
    assert "would take the place of" in filled.done(*words)
    assert "is active now" in filled.done(*words, "--yes")
    assert "is active already" in filled.done(*words)
    assert filled("db", "activate", "border", "nobody", "1").exit_code == 2


def test_residual_is_somebodys_decision(filled: Command) -> None:
    words = ("describe", "AP-1", "--set", "residual=true", "--happened-on", "2024-05-03")
    refused = filled(*words)
    assert (refused.exit_code, "say whose it is" in refused.output) == (6, True)
    filled.done(*words, "--recorded-by", "Director", "--yes")
    with mg.open_store(filled.folder / "register.gpkg") as store:
        found = store.hazards().set_index("hazard_id")["residual"]
        assert found.to_dict() == {name: name == "AP-1" for name in found.index}
        assert store.history("AP-1")["recorded_by"].iloc[-1] == "Director"
        assert store.rebuild().empty
