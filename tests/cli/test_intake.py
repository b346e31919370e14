"""The desk: check, explain, repair, compare, and the workbench from the shell."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import shapely.affinity
from click.testing import CliRunner

import mine_geo as mg
from mine_geo import errors
from mine_geo.cli import main
from tests.cli.conftest import Command, fields, listing
from tests.intake.writers import HAZARDS, WRITERS
from tests.reports_register import REPORTS
from tests.reports_register import hazards as register

BOW_TIE = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])
NEW = shapely.box(103.05, 13.05, 103.055, 13.055)


def write(path: Path, geometry: list[object], **columns: object) -> Path:
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=4326)
    frame.to_file(path)
    return path


def rows(command: Command, *words: object) -> list[dict[str, object]]:
    return json.loads(command(*words, "--format", "json").stdout)["rows"]


def test_a_clean_file_has_no_errors_and_is_checked_against_the_store(filled: Command) -> None:
    file = fields(filled.folder / "again.gpkg", operator="CMAC", area_type="CHA")
    said = filled.done("check", file)
    assert "again.gpkg: GeoPackage, layer again, profile plain, EPSG:4326" in said
    assert "0 errors" in said
    assert "checked against register.gpkg" in said


def test_check_explains_which_column_went_where(command: Command) -> None:
    name, make, _ = WRITERS["IMSMA NG"]
    make(command.folder / name)
    command.done("init")
    assert "hazard_guid" in command.done("check", command.folder / name, "--explain")
    table = rows(command, "check", command.folder / name, "--explain")
    where = {row["source"]: row["ours"] for row in table}
    assert where["hazard_localid"] == "hazard_id"
    assert where["hazard_guid"] is None
    assert {row["how"] for row in table if row["source"] == "hazard_guid"} == {"left over"}


def test_a_profile_of_ones_own(command: Command) -> None:
    file = write(command.folder / "x.gpkg", [NEW], **{"Task no.": ["T-1"], "ha": [30.5]})
    profile = command.folder / "x.toml"
    profile.write_text(
        'name = "x"\ntitle = "X"\nextends = "plain"\n'
        '[hazards.columns]\nhazard_id = ["Task no."]\nreported_size_m2 = ["ha"]\n'
        "[hazards.factors]\nreported_size_m2 = 10000\n",
        encoding="utf-8",
    )
    command.done("init")
    assert "missing_id" in command("check", file).output
    found = rows(command, "check", file, "--profile", profile)
    assert "missing_id" not in {row["code"] for row in found}
    done = command.done("load", "hazards", file, "--profile", profile, "--kind", "ap_minefield")
    assert "1 hazards registered" in done
    with mg.open_store(command.store) as store:
        assert store.hazards()["reported_size_m2"].tolist() == [305000.0]
    profile.write_text('name = "x"\n[hazards.columns]\nhazzard = ["a"]\n', encoding="utf-8")
    line = command.refused(errors.FileError, "check", file, "--profile", profile)
    assert "hazzard" in line


def test_repair_writes_elsewhere_and_says_the_square_metres(command: Command) -> None:
    file = write(command.folder / "b.gpkg", [BOW_TIE, NEW], hazard_id=["A", "B"])
    before = file.read_bytes()
    command.done("init")
    assert command("check", file).exit_code == errors.FINDINGS_EXIT
    said = command.done("check", file, "--repair", command.folder / "mended.gpkg")
    assert "1 polygons repaired" in said
    half = mg.size_m2([shapely.box(103, 13, 103.01, 13.01)])[0] // 2
    assert f"{half:,}"[:4] in said
    mended = mg.read_hazards(command.folder / "mended.gpkg", kind="ap_minefield")
    assert mended.geometry.is_valid.all()
    assert file.read_bytes() == before
    line = command.refused(errors.FileError, "check", file, "--repair", file)
    assert "is there already" in line
    assert file.read_bytes() == before


def test_compare_says_what_a_new_edition_changes(command: Command) -> None:
    old = fields(command.folder / "old.gpkg")
    frame = gpd.read_file(old)
    frame.loc[0, "operator"] = "MAG"
    frame.loc[1, "geometry"] = frame.geometry[1].buffer(0.001)
    frame.to_file(command.folder / "new.gpkg")
    said = CliRunner().invoke(main, ["compare", str(old), str(command.folder / "new.gpkg")])
    assert said.exit_code == 0, said.output
    assert "2 hazards differ" in said.output
    assert "operator: (none) -> MAG" in " ".join(said.output.split())
    assert "redrawn" in said.output


def test_the_way_of_a_file_over_the_desk(filled: Command) -> None:
    file = write(
        filled.folder / "sent.gpkg",
        [NEW, None, BOW_TIE],
        hazard_id=["N-1", "N-2", "N-3"],
        kind="ap_minefield",
        province="Battambang",
        surveyed_on="2024-02-01",
    )
    said = filled.done("workbench", "submit", file, "--submitted-by", "desk", "--operator", "CMAC")
    assert "S-0001: sent.gpkg; 3 hazards, 3 waiting" in said
    assert "1 without a polygon" in said
    assert "was there before" in filled.done("workbench", "submit", file)
    included = filled.done("totals", "--format", "json")
    assert json.loads(included)["rows"][-1]["hazards"] == 3
    shown = filled.done("totals")
    assert "1 of them on the workbench" in " ".join(shown.split())
    assert "not in the split: " in shown
    assert "no polygon: 1" in shown
    assert rows(filled, "totals", "--workbench", "exclude")[-1]["hazards"] == 2
    seen = filled.done("workbench", "show", "S-0001")
    assert "no polygon" in seen
    assert "invalid_ring" in filled.done("workbench", "show", "S-0001", "--findings")
    missing = filled.done("workbench", "list", "--not-in-split")
    assert "N-2" in missing
    before = listing(filled.folder)
    shown = filled.done("workbench", "accept", "S-0001", "--accepted-by", "desk")
    assert "1 records would be accepted: 1 registered" in shown
    assert "left: N-2" in shown
    assert "Nothing is written yet" in shown
    assert listing(filled.folder) == before
    done = filled.done("workbench", "accept", "S-0001", "--accepted-by", "desk", "--yes")
    assert "1 records accepted: 1 registered" in done
    assert done.startswith("S-0001: each as of its own day, ")
    assert "left: N-2" in done
    assert "left: N-3 (record 3): invalid_ring: self-intersection at" in done
    assert rows(filled, "totals", "--workbench", "exclude")[-1]["hazards"] == 3
    why = "ring crosses itself; polygon missing"
    words = ["workbench", "reject", "S-0001", "--reason", why]
    assert "2 records would be rejected" in filled.done(*words)
    assert "2 records rejected" in filled.done(*words, "--yes")
    kept = rows(filled, "workbench", "show", "S-0001")
    assert [row["state"] for row in kept] == ["accepted", "rejected", "rejected"]
    assert {row["why"] for row in kept} == {None, why}
    history = rows(filled, "history", "N-1")
    assert [(row["event_type"], row["recorded_by"]) for row in history] == [("registered", "desk")]


def test_a_record_without_an_id_is_named_by_its_number(filled: Command) -> None:
    file = write(filled.folder / "b.gpkg", [NEW, NEW], hazard_id=["A", None])
    filled.done("workbench", "submit", file, "--kind", "ap_minefield")
    done = filled.done(
        "workbench", "reject", "S-0001", "--record", 2, "--reason", "whose is it?", "--yes"
    )
    assert "1 records rejected" in done
    assert [r["state"] for r in rows(filled, "workbench", "show", "S-0001")][1] == "rejected"
    line = filled.refused(errors.UnknownNameError, "workbench", "accept", "S-0001", "--record", 9)
    assert "9: not in S-0001" in line


def test_reports_over_the_desk_release_land(filled: Command) -> None:
    with mg.open_store(filled.store) as store:
        whole = store.hazards().set_index("hazard_id").geometry["AP-2"]
    west, south, east, north = whole.bounds
    file = write(
        filled.folder / "reports.gpkg",
        [shapely.box(west, south, (west + east) / 2, north), whole],
        GlobalID=["{r-1}", "{r-2}"],
        hazard_id=["AP-2", "AP-9"],
        outcome=["Clearance", "Reduction"],
        happened_on="2024-03-01",
        ap_mines=[4, 0],
    )
    assert filled("check", file, "--reports").exit_code == errors.FINDINGS_EXIT
    assert "unknown_hazard" in filled("check", file, "--reports").output
    filled.done("workbench", "submit", file, "--reports")
    done = filled.done("workbench", "accept", "S-0001", "--yes")
    assert "1 released" in done
    assert "left: AP-9" in done
    totals = rows(filled, "releases", "--by", "outcome")
    assert totals[-1]["ap_mines"] == 4
    assert totals[-1]["released_m2"] > 0


def test_a_datum_is_named_kept_and_told(filled: Command) -> None:
    file = filled.folder / "indian.gpkg"
    HAZARDS.assign(kind="ap_minefield").set_crs(4131, allow_override=True).to_file(file)
    before = listing(filled.folder)
    line = filled.refused(errors.CRSError, "workbench", "submit", file)
    assert "EPSG:1542, 44 m" in line
    assert listing(filled.folder) == before
    filled.done("workbench", "submit", file, "--operation", "EPSG:1542")
    shown = " ".join(filled.done("workbench", "show", "S-0001").split())
    assert "Indian 1960 to WGS 84 (2) (EPSG:1542, 44 m" in shown
    told = rows(filled, "workbench", "list")[0]["operation"]
    assert told.startswith("Indian 1960 to WGS 84 (2)")
    assert "datum_shift" in filled.done("workbench", "show", "S-0001", "--findings")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["show", "S-0009"], errors.UnknownNameError),
        (["accept", "S-0009"], errors.UnknownNameError),
        (["reject", "S-0009", "--reason", "no"], errors.UnknownNameError),
        (["reject", "S-0001", "--reason", " "], errors.RecordError),
        (["accept", "S-0001", "N-7"], errors.UnknownNameError),
        (["accept", "S-0001", "B"], errors.RecordError),
    ],
)
def test_the_desk_is_told_in_one_line(filled: Command, words: list[str], error: type) -> None:
    file = write(filled.folder / "b.gpkg", [NEW, BOW_TIE], hazard_id=["A", "B"])
    filled.done("workbench", "submit", file, "--kind", "ap_minefield")
    filled.refused(error, "workbench", *words)


def test_a_file_that_cannot_be_read_does_not_stop_the_others(filled: Command) -> None:
    good = fields(filled.folder / "good.gpkg", hazard_id=["N-1", "N-2"])
    bad = filled.folder / "bad.gpkg"
    bad.write_bytes(good.read_bytes()[:5000])
    result = filled("workbench", "submit", bad, good)
    assert result.exit_code == errors.EXIT_CODES[errors.FileError]
    assert [line for line in result.stderr.splitlines() if line.startswith("Error: ")] == [
        line for line in result.stderr.splitlines() if "bad.gpkg: " in line
    ]
    assert "S-0001: good.gpkg" in result.stdout


def test_several_files_one_after_the_other(filled: Command) -> None:
    names = ["GeoPackage", "Survey123 XLSX", "Esri JSON"]
    files = []
    for name in names:
        file, make, _ = WRITERS[name]
        make(filled.folder / file)
        files.append(filled.folder / file)
    said = filled.done("workbench", "submit", *files)
    assert [f"S-000{n}" in said for n in (1, 2, 3)] == [True] * 3
    assert len(rows(filled, "workbench", "list", "--waiting")) == 3
    table = pd.DataFrame(rows(filled, "totals", "--kind", "ap_minefield"))
    assert table["hazards"].iloc[-1] == 4


LAND = shapely.LineString([(102.3, 13.0), (102.4, 13.5)])
COAST = shapely.LineString([(103, 11), (103.5, 10.5)])


def test_a_border_is_checked_and_what_was_understood_is_said(command: Command) -> None:
    file = write(command.folder / "b.gpkg", [LAND, COAST], TYPE=["land", "coast"], CNTRY=["ថៃ", ""])
    said = command.done("check", "border", file)
    assert "land Thailand 56 km, coast 78 km" in " ".join(said.split())
    table = {r["source"]: r["ours"] for r in rows(command, "check", "border", file, "--explain")}
    assert table == {"TYPE": "kind", "CNTRY": "neighbour"}
    explained = command.done("check", "border", file, "--explain")
    assert "What its words mean" in explained
    command.done("init")
    loaded = command.done("load", "border", file, "--name", "office", "--version", "2024")
    assert loaded == "2 lines loaded: office 2024\nland Thailand 56 km, coast 78 km\n"
    with mg.open_store(command.store) as store:
        assert store.border()["kind"].tolist() == ["land", "coast"]


def test_lines_that_could_be_coast_are_refused_until_the_officer_says_it(command: Command) -> None:
    file = write(command.folder / "b.gpkg", [LAND, COAST], a=["land", "coast"], b=["THA", None])
    command.done("init")
    line = command.refused(errors.RecordError, "load", "border", file)
    assert "2 lines (134 km) could be land border or coast" in line
    for explain in ([], ["--explain"]):
        result = command("check", "border", file, *explain)
        assert result.exit_code == errors.FINDINGS_EXIT
        assert "could be land border or coast" in result.output
    for mend, said in {
        ("--kind", "land"): "land neighbour not said 134 km",
        ("--kind-column", "a"): "land neighbour not said 56 km, coast 78 km",
        ("--neighbour-column", "b", "--kind", "coast"): "land Thailand 56 km, coast 78 km",
    }.items():
        assert said in command.done("check", "border", file, *mend)
        loaded = command("load", "border", file, *mend, "--version", mend[1])
        assert loaded.exit_code == 0
        assert said in loaded.output


def test_districts_are_checked_and_loaded_by_column(command: Command) -> None:
    square = shapely.box(103, 12.5, 103.1, 12.6)
    file = write(command.folder / "d.gpkg", [square], label=["Samlout"], within=["Battambang"])
    refused = command("check", "admin", file, "--explain")
    assert refused.exit_code == errors.FINDINGS_EXIT
    assert "no column of districts" in refused.output
    mend = ["--district-column", "label", "--province-column", "within"]
    assert "1 districts in 1 provinces" in command.done("check", "admin", file, *mend)
    command.done("init")
    loaded = command.done("load", "admin", file, *mend, "--version", "1")
    assert loaded == "1 districts in 1 provinces loaded: d 1\n"


def test_check_of_a_file_is_check_of_hazards(filled: Command) -> None:
    file = filled.folder / "fields.gpkg"
    assert filled.done("check", file) == filled.done("check", "hazards", file)
    assert filled.done("check", "--explain", file) == filled.done("check", file, "--explain")
    for what in ("hazards", "border", "admin"):
        said = CliRunner().invoke(main, ["check", what, "--help"])
        assert "--explain" in said.output
        assert f"Example: mine-geo check {what}" in said.output


def test_units_that_a_file_leaves_out_are_taken_from_the_polygon_if_asked(filled: Command) -> None:
    file = fields(
        filled.folder / "n.gpkg", 0.0015, hazard_id=["N1", "N2"], province=None, district=None
    )
    copied = filled.folder / "copy.gpkg"
    copied.write_bytes(filled.store.read_bytes())
    said = filled.done("load", "hazards", file)
    assert "2 hazards record no province, 2 no district: they are in no unit's figures" in said
    assert "--assign-units gives 2 of them theirs, by districts" in said
    filled.store = copied
    said = filled.done("load", "hazards", file, "--assign-units")
    assert "province and district of 2 hazards" in said
    assert "each has its unit" in said
    again = filled.done("load", "hazards", file, "--assign-units")
    assert "0 hazards registered, 2 there already" in again
    table = {row["hazard_id"]: row for row in rows(filled, "split")}
    assert table["N1"]["province"] == table["N2"]["province"] == "Battambang"
    assert table["N1"]["district"] == table["AP-1"]["district"]
    assert str(table["N1"]["unit_from"]).startswith("districts ")
    assert table["AP-1"]["unit_from"] is None


def test_the_desk_gives_units_to_what_is_in_the_register_without_any(filled: Command) -> None:
    file = fields(
        filled.folder / "n.gpkg", 0.0015, hazard_id=["N1", "N2"], province=None, district=None
    )
    filled.done("load", "hazards", file)
    said = filled.done("workbench", "submit", file, "--assign-units")
    assert "2 described" in said
    done = filled.done("workbench", "accept", "S-0001", "--happened-on", "2024-05-03", "--yes")
    assert done.startswith("S-0001: as of 3 May 2024\n")
    table = {row["hazard_id"]: row for row in rows(filled, "split")}
    assert {row["province"] for row in table.values()} == {"Battambang"}
    line = filled.refused(
        errors.OptionError, "workbench", "submit", file, "--reports", "--assign-units"
    )
    assert "leave it out" in line


def test_a_recorded_unit_is_kept_and_said_where_the_polygon_lies_elsewhere(filled: Command) -> None:
    file = fields(filled.folder / "n.gpkg", 0.0015, hazard_id=["N1", "N2"],
                  province=["Pailin", None], district=None)  # fmt: skip
    said = filled.done("load", "hazards", file, "--assign-units")
    assert "province and district of 1 hazards and the district of 0" in said
    assert "0 hazards record no province, 1 no district" in said
    assert "kept as recorded: N1: " in said
    table = {row["hazard_id"]: row for row in rows(filled, "split")}
    assert table["N1"]["province"] == "Pailin"
    assert table["N2"]["province"] == "Battambang"


def test_units_need_districts(command: Command) -> None:
    file = fields(command.folder / "n.gpkg", province=None, district=None)
    command.done("init")
    line = command.refused(errors.StoreError, "load", "hazards", file, "--assign-units")
    assert "mine-geo load admin" in line
    command.done("load", "admin", mg.sample.path("districts"))
    assert "2 hazards registered" in command.done("load", "hazards", file, "--assign-units")


KML = Path(__file__).parents[1] / "cases" / "intake" / "k_names.kml"


def test_the_column_of_the_id_is_named_in_every_command_of_files(command: Command) -> None:
    command.done("init")
    assert command("check", KML).exit_code == errors.FINDINGS_EXIT
    said = [row["message"] for row in rows(command, "check", KML) if row["code"] == "missing_id"]
    assert "take one with --id Name" in said[0]
    for words in (("load", "hazards", KML), ("workbench", "submit", KML), ("compare", KML, KML)):
        line = command.refused(errors.RecordError, *words)
        assert "these could be it: Name (BTB-0001); take one with --id Name" in line
    named = ("--id", "Name", "--kind", "ap_minefield")
    assert "0 errors" in command.done("check", KML, *named)
    assert "3 hazards, 3 waiting" in command.done("workbench", "submit", KML, *named)
    assert "3 hazards registered" in command.done("load", "hazards", KML, *named)
    assert "0 hazards differ" in command.done("compare", KML, KML, *named)
    numbered = ("--id", "placemark_id", "--kind", "ap_minefield")
    assert "known_polygon" in command("check", KML, *numbered).output
    line = command.refused(errors.ConflictError, "load", "hazards", KML, *numbered)
    assert "28 (BTB-0001)" in line
    loaded = command.done("load", "hazards", KML, *numbered, "--same-polygons")
    assert "3 hazards registered" in loaded


def test_states_of_approval_are_said_by_check_load_and_submit(command: Command) -> None:
    file = write(
        command.folder / "export.gpkg",
        [NEW, shapely.affinity.translate(NEW, 0.1), shapely.affinity.translate(NEW, 0.2)],
        ha_code=["A", "B", "C"],
        kind="ap_minefield",
        sys_validation_status=["validated", "rejected", "not_validated"],
    )
    command.done("init")
    said = {row["code"]: row["message"] for row in rows(command, "check", file)}
    rejected = "1 records that their source rejected left out"
    waiting = "1 records are not validated at their source, and count as on the workbench"
    assert said["rejected_left_out"].startswith(rejected)
    submitted = command.done("workbench", "submit", file)
    loaded = command.done("load", "hazards", file)
    for text in (submitted, loaded):
        assert f"note: {rejected}" in text
        assert f"warning: {waiting}" in text
    assert "2 hazards registered" in loaded


def test_a_corrected_report_is_accepted_in_one_step(command: Command) -> None:
    command.done("init")
    with mg.open_store(command.store) as store:
        store.register(register())
    how = ["--reports", "--crs", "EPSG:4326"]
    command.done("workbench", "submit", REPORTS / "c9a.xlsx", *how)
    assert "1 released (19,989 m²)" in command.done("workbench", "accept", "S-0001", "--yes")
    command.done("workbench", "submit", REPORTS / "c9a2.xlsx", *how)
    refused = command.done("workbench", "accept", "S-0002", "--yes")
    assert "left: AP-001 (record 1): CR-1 of CMAC is there with other content" in refused
    assert "ap_mines 3, now 5" in refused
    assert "--as-correction" in refused
    assert "as_correction=" not in refused
    assert rows(command, "releases", "--by", "outcome")[-1]["ap_mines"] == 3
    words = ["workbench", "accept", "S-0002", "--as-correction"]  # the mend
    shown = command.done(*words)
    assert "1 released, 1 retracted (19,989 m²)" in shown
    assert rows(command, "releases", "--by", "outcome")[-1]["ap_mines"] == 3
    assert "1 released, 1 retracted (19,989 m²)" in command.done(*words, "--yes")
    assert rows(command, "releases", "--by", "outcome")[-1]["ap_mines"] == 5
    both = [*words, "--as-another"]
    assert "say one of the two" in command.refused(errors.OptionError, *both)


def square(n: int) -> shapely.Polygon:
    return shapely.box(103 + n / 500, 13, 103 + n / 500 + 0.001, 13.001)


def test_equal_findings_are_one_line_with_their_number(command: Command) -> None:
    ids = [*(f"AP-{n}" for n in range(281)), None]
    file = write(command.folder / "many.gpkg", [square(n) for n in range(282)], hazard_id=ids)
    command.done("init")
    short = command("check", file).stdout
    assert "1 error, 282 warnings" in short
    assert "--all lists each" in short
    lines = [line.split() for line in short.splitlines() if "missing_data" in line]
    assert [line[:3] for line in lines] == [["warning", "282", "AP-0"]]
    assert short.index("missing_id") < short.index("missing_data")  # errors first
    every = command("check", file, "--all").stdout
    assert every.count("missing_data") == 282
    assert "--all" not in every
    assert len(rows(command, "check", file)) == 283  # a file has each


def test_a_file_with_bad_records_names_the_desk_and_its_good_ones_are_taken(
    filled: Command,
) -> None:
    bow_tie = shapely.affinity.translate(BOW_TIE, 0.5)
    shapes = [square(6), square(1), bow_tie, square(3), square(4)]
    ids = ["Z-1", "Z-2", "Z-3", None, "Z-5"]
    file = write(
        filled.folder / "bad.gpkg", shapes, hazard_id=ids, kind="ap_minefield",
        surveyed_on="2024-01-01", province="Battambang",
    )  # fmt: skip
    line = filled.refused(errors.RecordError, "load", "hazards", file)
    assert "record 4 has no hazard_id" in line
    assert "--accept-good" in line
    assert "mine-geo workbench submit bad.gpkg" in line
    with mg.open_store(filled.store) as store:
        assert len(store.hazards()) == 2  # nothing of it
    done = filled("load", "hazards", file, "--accept-good")
    assert done.exit_code == errors.FINDINGS_EXIT
    assert "3 hazards registered" in done.stdout
    assert "2 records left" in done.stdout
    left = [line.split()[:3] for line in done.stdout.splitlines() if line.strip()]
    assert left[-2:] == [
        ["Z-3", "3", "invalid_ring"],
        ["–", "4", "missing_id"],  # noqa: RUF001
    ]
    with mg.open_store(filled.store) as store:
        assert sorted(store.hazards()["hazard_id"]) == ["AP-1", "AP-2", "Z-1", "Z-2", "Z-5"]
    # Mended, the file goes in whole; what is there already is the same.
    write(
        file, [*shapes[:2], square(7), *shapes[3:]], hazard_id=[*ids[:3], "Z-4", ids[4]],
        kind="ap_minefield", surveyed_on="2024-01-01", province="Battambang",
    )  # fmt: skip
    assert "2 hazards registered, 3 there already" in filled.done("load", "hazards", file)


def test_good_records_are_not_taken_from_a_file_that_is_wrong_as_a_whole(filled: Command) -> None:
    file = write(filled.folder / "no_id.gpkg", [NEW], name_of_it=["x"])
    line = filled.refused(errors.RecordError, "load", "hazards", file, "--accept-good")
    assert "no column says the id" in line


def office(folder: Path) -> tuple[Path, Path, Path]:
    """Write the files of an office: hazards in UTM with its names, districts, a border of words."""
    fields(folder / "fields.gpkg")
    hazards = gpd.read_file(folder / "fields.gpkg").to_crs(32648)
    short = {
        "hazard_id": "MF_ID", "province": "Prov", "district": "Dist", "surveyed_on": "SurvDate"
    }  # fmt: skip
    hazards = hazards.rename(columns=short).drop(columns="kind").assign(Area_sqm=5, Team="B")
    hazards.to_file(folder / "hazards.shp")
    border = gpd.read_file(mg.sample.path("border"))
    border = border.assign(TYPE=border["kind"].str.title(), CNTRY=border["neighbour"])
    border[["TYPE", "CNTRY", "geometry"]].to_file(folder / "border.gpkg")
    gpd.read_file(mg.sample.path("districts")).to_file(folder / "districts.geojson")
    return folder / "hazards.shp", folder / "border.gpkg", folder / "districts.geojson"


def test_a_store_from_three_files_in_any_order(command: Command) -> None:
    files = office(command.folder)
    said = command.done("init", "--from", *files, "--kind", "ap_minefield")
    assert "districts: districts.geojson: 198 districts in 25 provinces" in said
    assert "border: border.gpkg: land Thailand 824 km, land Lao PDR 559 km" in said
    assert "TYPE = kind, CNTRY = neighbour" in said
    assert "hazards: hazards.shp: 2 hazards" in said
    assert "MF_ID = hazard_id, Prov = province, Dist = district, SurvDate = surveyed_on" in said
    assert "left over: Team" in said
    assert "mine-geo profile new hazards.shp --of hazards -o office.toml" in said
    total = json.loads(command.done("totals", "--format", "json"))["rows"][-1]
    assert [total["hazards"], total["near_hazards"], total["far_hazards"]] == [2, 1, 1]


def test_a_store_from_a_file_that_says_no_kind_says_how_to_name_it(command: Command) -> None:
    hazards, border, districts = office(command.folder)
    said = command.done("init", "--from", border, districts, hazards)
    assert "note: the file says no kind of 2 hazards" in said
    assert "--kind ap_minefield" in said
    command.store.unlink()
    told = command.done("init", "--from", border, districts, hazards, "--kind", "ap_minefield")
    assert "no kind" not in told


def test_no_store_is_made_from_files_that_cannot_be_loaded(command: Command) -> None:
    hazards, border, _ = office(command.folder)
    bad = write(command.folder / "bad.gpkg", [BOW_TIE], hazard_id=["A"])
    for files, says in (
        ((border, bad), "Self-intersection"),
        ((hazards, hazards), "both look like hazards"),
        ((border, command.folder / "none.shp"), "no such file"),
    ):
        result = command("init", "--from", *files)
        assert result.exit_code not in (0, 1)
        assert says in result.stderr
        assert not command.store.exists()
    assert "after --from" in command.refused(errors.OptionError, "init", hazards)
    assert "after --from" in command.refused(errors.OptionError, "init", "--from")


def test_a_profile_is_proposed_edited_and_read(command: Command) -> None:
    file = write(command.folder / "x.gpkg", [NEW], MF_ID=["T-1"], Klass=["Red"], area_type=["Red"])
    command.done("init")
    said = command.done("profile", "new", file, "-o", "office.toml")
    assert "wrote office.toml" in said
    assert "mine-geo check hazards x.gpkg --profile office.toml --explain" in said
    profile = command.folder / "office.toml"
    assert "in order" in command.done("profile", "check", "office.toml")
    before = rows(command, "check", file)
    assert rows(command, "check", file, "--profile", profile) == before
    profile.write_text(profile.read_text().replace('# "Red" = ""', '"Red" = "CHA"'))
    after = rows(command, "check", file, "--profile", profile)
    unknown = {row["code"] for row in before} - {row["code"] for row in after}
    assert unknown == {"unknown_word"}
    line = command.refused(errors.FileError, "profile", "new", file, "-o", "office.toml")
    assert "is there already" in line
    line = command.refused(errors.OptionError, "profile", "show", "nothing")
    assert "'nothing' is unknown" in line
    assert command.done("profile", "show", "plain").startswith("# Plain tables")
    assert "imsma_core" in command.done("profile", "show")
    profile.write_text('name = "x"\n[hazards.columns]\nhazzard = ["a"]\n')
    assert "hazzard" in command.refused(errors.FileError, "profile", "check", "office.toml")
