"""Reports over the desk from the shell: what is said before, shown, and said after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from click.testing import CliRunner

import mine_geo as mg
from mine_geo import errors
from mine_geo.cli import main
from tests.cli.conftest import Command
from tests.reports_register import REPORTS, square
from tests.reports_register import hazards as register

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(command: Command) -> Command:
    """The register that the cases are about."""
    command.done("init")
    with mg.open_store(command.store) as store:
        store.register(register())
    return command


def sent(folder: Path) -> Path:
    """Write a file of reports: one that can be, and one each of what is refused."""
    table = {
        "hazard_id": ["AP-001", "ap-003", "AP-099", "AP-004", "AP-005"],
        "outcome": "Clearance",
        "completion_date": ["2024-05-03", "2024-05-03", "2024-05-03", "2019-01-01", "2024-05-04"],
        "operator": "CMAC",
        "report_no": ["CR-1", "CR-2", "CR-3", "CR-4", "CR-5"],
        "area_m2": [20_000, None, None, None, None],
        "ap_mines": [3, None, None, None, 2],
        "wkt": [
            each.wkt
            for each in (
                square(1, 4000, east=-1900, height=3000),
                square(3),
                square(9),
                square(4),
                square(5, 210),
            )
        ],
    }
    pd.DataFrame(table).to_csv(folder / "sent.csv", index=False)
    return folder / "sent.csv"


REASONS = (
    "AP-001 (record 1): size_mistaken: reported 20,000 m², the polygon has 11,992,657 m²",
    "ap-003 (record 2): no hazard ap-003 in this store; did you mean AP-003?",
    "AP-099 (record 3): no hazard AP-099 in this store; check the id, or register it",
    "AP-004 (record 4): AP-004: cleared on 2019-01-01 comes before it was in the register",
)
FIVE = (
    "record 5 (AP-005): cleared on 2024-05-04, 39,977 of 41,976 m² drawn are released, 0 m² are "
    "left; 1,999 m² lie outside what was left; not released: 1,999 m² on no hazard"
)


def test_submit_says_what_accept_will_do(desk: Command) -> None:
    said = desk.done("workbench", "submit", sent(desk.folder), "--reports", "--crs", "EPSG:4326")
    assert "accept would take 1 of them, 39,977 m² released" in said
    assert FIVE in said
    for why in REASONS:
        assert f"left: {why}" in said
    assert "with --despite size_mistaken" in said
    assert "despite=" not in said
    with mg.open_store(desk.store) as store:
        assert len(store.events()) == 20
    done = desk.done("workbench", "accept", "S-0001", "--yes")
    assert FIVE in done
    for why in REASONS:
        assert f"left: {why}" in done


def test_check_says_what_submit_says(desk: Command) -> None:
    """One mechanism: the same lines, from a dry run; nothing is written, and 21 is the end."""
    words = [sent(desk.folder), "--reports", "--crs", "EPSG:4326"]
    before = desk.store.read_bytes()
    checked = desk("check", *words)
    assert checked.exit_code == errors.FINDINGS_EXIT
    tried = desk.done("workbench", "submit", *words, "--dry-run")
    assert desk.store.read_bytes() == before
    assert "S-0001 (it would be): sent.csv; 5 reports, 5 waiting" in tried
    assert "Nothing is written: submit without --dry-run." in tried
    submitted = desk.done("workbench", "submit", *words)
    assert "S-0001: sent.csv; 5 reports, 5 waiting" in submitted
    lines = submitted[submitted.index("  accept would take 1") :].rstrip()
    assert lines in checked.output
    assert lines in tried
    assert FIVE in lines
    for why in REASONS:
        assert f"left: {why}" in lines
    flat = " ".join(checked.output.split())
    for code in ("refused", "unknown_hazard", "size_mistaken"):
        assert f"error {code}" in flat or code in flat


def test_check_without_a_store_says_what_it_did_not_look_at(command: Command) -> None:
    file = sent(command.folder)
    done = CliRunner().invoke(main, ["check", str(file), "--reports", "--crs", "EPSG:4326"])
    flat = " ".join(done.output.split())
    assert "No store at hand: whether their hazards are in the register" in flat
    assert "accept would" not in flat
    assert done.exit_code == errors.FINDINGS_EXIT  # 20,000 m² beside 12 km²


def test_a_report_names_a_hazard_that_waits(desk: Command) -> None:
    one = register([1]).assign(hazard_id="AP-030").set_geometry([square(30)])
    one.to_file(desk.folder / "new.gpkg")
    desk.done("workbench", "submit", desk.folder / "new.gpkg")
    table = {"hazard_id": ["AP-030"], "outcome": "Clearance", "completion_date": "2024-05-03"}
    table |= {"wkt": square(30).wkt}
    pd.DataFrame(table).to_csv(desk.folder / "reports.csv", index=False)
    words = ["workbench", "submit", desk.folder / "reports.csv", "--reports"]
    said = desk.done(*words, "--crs", "EPSG:4326")
    assert "AP-030: not in the register, only on the workbench (S-0001); accept it first" in said
    desk.done("workbench", "accept", "S-0001", "--yes")  # the mend
    assert "1 released" in desk.done("workbench", "accept", "S-0002", "--yes")


def test_show_is_what_accept_does(desk: Command) -> None:
    desk.done("workbench", "submit", sent(desk.folder), "--reports", "--crs", "EPSG:4326")
    shown = desk.done("workbench", "show", "S-0001")
    stacked = shown[shown.index("record 1: ") :]
    assert max(map(len, stacked.splitlines())) <= 80
    flat = " ".join(shown.split())
    assert "record 1: AP-001, cleared, 3 May 2024, CMAC, CR-1, waiting" in flat
    assert (
        "reported 20,000 m², drawn 11,992,657 m², effective 39,976 m², outside 11,952,681 m²"
        in flat
    )
    assert "0 m² would be left of 39,976 m² items: 3 ap_mines" in flat
    for code in ("size_mistaken", "mostly_beyond", "on_other_hazard", "larger_than_left"):
        assert code in flat
    assert "39,976 m² on AP-002" in flat
    assert "drawn 41,976 m², effective 39,977 m², outside 1,999 m²" in flat
    for why in REASONS[1:]:
        assert f"would be left: {why.split(': ', 1)[1]}" in flat
    listed = desk.done("workbench", "show", "S-0001", "--findings")
    assert "mostly_beyond" in listed
    desk.done("workbench", "accept", "S-0001", "--yes")
    after = " ".join(desk.done("workbench", "show", "S-0001").split())
    assert "CR-5, accepted" in after
    assert "it wrote: cleared" in after


def test_an_error_is_overruled_by_number_and_word(desk: Command) -> None:
    file = REPORTS / "c7c.xlsx"
    desk.done("workbench", "submit", file, "--reports", "--crs", "EPSG:4326")
    words = ["workbench", "accept", "S-0001", "--despite", "on_other_hazard", "--yes"]
    line = desk.refused(errors.OptionError, *words)
    assert "name the records by their numbers" in line
    line = desk.refused(errors.RecordError, "workbench", "accept", "S-0001", "--record", 1)
    assert "accept it by its number with --despite on_other_hazard" in line
    done = desk.done(*words, "--record", 1)
    assert "1 records accepted: 1 released (19,989 m²)" in done
    assert "19,988 m² on AP-002" in done
    assert desk("workbench", "accept", "S-0001", "--despite", "no_land").exit_code == 2


def test_reports_are_drawn(desk: Command) -> None:
    desk.done("workbench", "submit", sent(desk.folder), "--reports", "--crs", "EPSG:4326")
    page = desk.folder / "S-0001.html"
    assert "5 reports" in desk.done("workbench", "map", "S-0001", "-o", page)
    drawn = page.read_text(encoding="utf-8")
    assert drawn.count('<path class="worked"') == 6  # that of 12 km² also near its hazard
    assert drawn.count('<path class="before"') == 3
    assert "record 5: AP-005, cleared, 4 May 2024, CMAC, CR-5, waiting" in drawn
    assert "--despite size_mistaken" in drawn
    desk.done("workbench", "map", "S-0001", "--record", 5, "-o", page)
    assert page.read_text(encoding="utf-8").count("<section>") == 1
    with mg.open_store(desk.store) as store:
        assert len(store.events()) == 20
    words = ["workbench", "map", "S-0001", "-o"]
    assert "9: not in S-0001" in desk.refused(errors.UnknownNameError, *words, page, "--record", 9)
    desk.refused(errors.OptionError, *words, desk.folder / "a.pdf")
    desk.refused(errors.FileError, *words, desk.folder / "none" / "a.html")


def test_hazards_are_drawn_elsewhere(desk: Command) -> None:
    register([1]).to_file(desk.folder / "h.gpkg")
    desk.done("workbench", "submit", desk.folder / "h.gpkg")
    page = desk.folder / "a.html"
    line = desk.refused(errors.OptionError, "workbench", "map", "S-0001", "-o", page)
    assert "`mine-geo map` draws them" in line


def test_a_note_is_not_taken_for_that_of_a_report_by_its_words(desk: Command) -> None:
    """Before, a note that began as a line of a report does was not printed."""
    ref = "record 1 (AP-005): CR-5"
    for day, side, another in (("2024-05-04", 50, []), ("2024-05-05", 210, ["--as-another"])):
        table = {"hazard_id": "AP-005", "outcome": "Clearance", "completion_date": day}
        table |= {"report_no": ref, "wkt": square(5, side).wkt}
        pd.DataFrame([table]).to_csv(desk.folder / f"{day}.csv", index=False)
        desk.done("workbench", "submit", f"{day}.csv", "--reports", "--crs", "EPSG:4326")
        number = "S-0001" if not another else "S-0002"
        desk.done("workbench", "accept", number, "--record", "1", *another, "--yes")
    words = ("workbench", "submit", "2024-05-04.csv", "--reports", "--crs", "EPSG:4326", "--again")
    desk.done(*words)
    said = desk.done("workbench", "accept", "S-0003", "--record", "1")
    assert said.count(f"note: {ref}") == 1
    assert "the ledger has more of it (" in said
