"""The command `report`: files of each report, followed from the shell; what is refused."""

from __future__ import annotations

import json
import shlex
import shutil
from typing import TYPE_CHECKING

import geopandas as gpd
import openpyxl
import pytest
import shapely

import mine_geo as mg
from mine_geo.disclosure import restriction

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

DAY = ("--as-of", "2022-12-31")


@pytest.fixture
def worked(filled: Command) -> Command:
    """AP-2 is cleared by half; both are of a programme, with a plan and people."""
    with mg.open_store(filled.store) as store:
        west, south, east, north = store.hazards().geometry.iloc[1].bounds
        half = shapely.box(west, south, (west + east) / 2, north)
    gpd.GeoDataFrame(geometry=[half], crs=4326).to_file(filled.folder / "half.gpkg")
    words = ("--outcome", "cleared", "--happened-on", "2022-05-03", "--operator", "MAG", "--yes")
    filled.done("release", "AP-2", "half.gpkg", *words)
    members = "programme,baseline_on,hazard_id\nDonor,2021-12-31,AP-1\nDonor,2021-12-31,AP-2\n"
    (filled.folder / "members.csv").write_text(members)
    filled.done("load", "programmes", "members.csv")
    (filled.folder / "plan.toml").write_text(
        'name = "By hand"\nstart = 2022-01-01\nhorizon = 2023\n[[capacity]]\nm2 = 300_000\n'
    )
    (filled.folder / "people.csv").write_text("sex,age,people\nfemale,child,12\nmale,,3\n")
    return filled


def figures(path: Path, sheet: str) -> list[dict[str, object]]:
    """Return the rows of a sheet by its headings, which stand above the first key."""
    rows = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    head = next(n for n, row in enumerate(rows) if row[0] in {"Key", "What"})
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :] if any(row)]


def test_each_report_is_written_and_says_that_it_is_restricted(worked: Command) -> None:
    people = ("--beneficiaries", "people.csv")
    reports = {
        "monthly.xlsx": ("monthly", *people, "--then", "2022-01-01T00:00Z"),
        "monthly.docx": ("monthly", *people),
        "article7.xlsx": ("article7",),
        "article7.docx": ("article7",),
        "donor.xlsx": ("donor", "--programme", "Donor", "--cost-usd", 5000, *people),
        "progress.xlsx": ("progress", "--plan", "plan.toml", "--kind", "ap_minefield"),
    }
    for name, words in reports.items():
        said = worked.done("report", *words, *DAY, "-o", name)
        assert said == f"wrote {name} (restricted)\n"
        assert restriction.kind_of(worked.folder / name) == "restricted"
    with mg.open_store(worked.store) as store:
        released = int(store.releases(by="year")["released_m2"].iloc[0])
        size = int(store.hazards(as_of="2022-12-31")["size_m2"].sum())
        before = int(store.hazards(as_of="2021-12-31")["size_m2"].sum())
    left = figures(worked.folder / "monthly.xlsx", "Table 1")
    assert [row["m²"] for row in left] == [size, size]
    (then,) = figures(worked.folder / "monthly.xlsx", "Then and now")
    assert (then["Known then, m²"], then["Known now, m²"]) == (0, released)
    summary = {r["What"]: r["Figure"] for r in figures(worked.folder / "donor.xlsx", "Project")}
    assert summary["Released, m²"] == released
    assert summary["USD a m²"] == pytest.approx(5000 / released)
    assert summary["People"] == 15
    first, second = figures(worked.folder / "progress.xlsx", "Plan and done")[:2]
    assert (first["Year"], first["Planned, m²"], first["Done, m²"]) == (2022, 300_000, released)
    assert first["Remaining as planned, m²"] == before - 300_000
    assert first["Remaining, m²"] == size
    assert (second["Year"], second["Done, m²"], second["Remaining, m²"]) == (2023, None, None)
    (programme,) = figures(worked.folder / "progress.xlsx", "Programmes")
    assert programme["Released, m²"] == released


def test_the_options_that_provenance_names_give_the_same_cells(worked: Command) -> None:
    (worked.folder / "our people.csv").write_text("sex,age,people\nfemale,adult,8\n")
    more = ["--since", "2021-12-31", "--then", "2020-01-01T00:00Z"]
    more += ["--beneficiaries", "our people.csv", "--kind", "ap_minefield"]
    worked.done("report", "monthly", *DAY, *more, "-o", "first.xlsx")
    told = figures(worked.folder / "first.xlsx", "Provenance")
    again = next(row["Value"] for row in told if row["What"] == "the same again")
    worked.done("retract", _release(worked), "--reason", "another field", "--yes")
    worked.done("report", "monthly", *shlex.split(str(again)), "-o", "second.xlsx")
    worked.done("report", "monthly", *DAY, *more, "-o", "third.xlsx")
    first, second, third = (
        {sheet.title: list(sheet.values) for sheet in openpyxl.load_workbook(worked.folder / name)}
        for name in ("first.xlsx", "second.xlsx", "third.xlsx")
    )
    assert second == first
    assert third != first


def _release(worked: Command) -> str:
    with mg.open_store(worked.store) as store:
        events = store.events()
    return str(events.loc[events["event_type"] == "cleared", "event_id"].iloc[0])


def test_what_cannot_be_reported_is_said_in_a_line(filled: Command) -> None:
    errors = mg.errors
    shutil.copy(filled.store, filled.folder / "store.xlsx")
    (filled.folder / "people.csv").write_text("sex,age,people\nx,adult,1\n")
    for error, words, said in (
        (errors.OptionError, ("monthly", "-o", "a.pdf"), "valid: .xlsx, .docx"),
        (errors.OptionError, ("donor", "-o", "a.xlsx"), "name the hazards of the project"),
        (
            errors.OptionError,
            ("donor", "AP-1", "--programme", "D", "-o", "a.xlsx"),
            "one of the two",
        ),
        (errors.OptionError, ("donor", "AP-1", "-o", "a.docx"), "has no template"),
        (errors.UnknownNameError, ("donor", "AP-9", "-o", "a.xlsx"), "no hazard AP-9"),
        (
            errors.UnknownNameError,
            ("donor", "--programme", "D", "-o", "a.xlsx"),
            "no programme 'D'",
        ),
        (errors.OptionError, ("progress", "-o", "a.xlsx"), "no programme is loaded"),
        (errors.OptionError, ("monthly", "--border", "99", "-o", "a.xlsx"), "border '99'"),
        (errors.OptionError, ("monthly", "--districts", "99", "-o", "a.xlsx"), "districts '99'"),
        (errors.RecordError, ("monthly", "--beneficiaries", "people.csv", "-o", "a.xlsx"), "sex x"),
        (
            errors.RecordError,
            ("monthly", *DAY, "--since", "2023-01-01", "-o", "a.xlsx"),
            "earlier day",
        ),
        (errors.RecordError, ("monthly", "--then", "2024-05-03", "-o", "a.xlsx"), "--then: "),
        (errors.FileError, ("monthly", "-o", "store.xlsx"), "is a store"),
    ):
        assert said in filled.refused(error, "report", *words)
    assert not (filled.folder / "a.xlsx").exists()


def test_a_sample_of_releases_names_which_to_inspect(worked: Command) -> None:
    told = json.loads(worked.done("sampling", "--defective", 1, *DAY, "--format", "json"))
    (row,) = told["rows"]
    assert (row["draw"], row["event_id"], row["operator"]) == (1, _release(worked), "MAG")
    assert "Inspect 1 of 1 releases (seed 0)" in told["title"]
    none = ("--outcome", "cancelled")
    assert "nothing to inspect" in worked.done("sampling", "--defective", 1, *none)
    said = worked.refused(mg.errors.OptionError, "sampling", "--defective", 2)
    assert "give from 1 to 1" in said
    said = worked.refused(mg.errors.OptionError, "sampling", "--defective", 1, "--confidence", "2")
    assert "between 0 and 1" in said
