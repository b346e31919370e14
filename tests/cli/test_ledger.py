"""The commands of the ledger: preview, record, history, late reports, changes, rebuild."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

import mine_geo as mg
from mine_geo import errors
from mine_geo.errors import DIFFERENCES_EXIT
from tests.cli.conftest import Command, listing

WHOLE = 1_200_149
EAST = 600_075
"""The eastern half of AP-2 as the ledger has it: the size before less that of the western half."""


def worked(folder: Path, west: float = 103.005, east: float = 103.01, crs: int = 4326) -> Path:
    """Write a strip of AP-2 that was worked on; AP-2 is 0.01 degree wide from 103 on."""
    path = folder / f"worked_{west}_{east}_{crs}.gpkg"
    strip = gpd.GeoDataFrame(geometry=[shapely.box(west, 13, east, 13.01)], crs=4326)
    strip.to_crs(crs).to_file(path)
    return path


def rows(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["rows"]
    return found


def far_m2(command: Command, *words: object) -> int:
    return int(rows(command.done("totals", "--format", "json", *words))[-1]["far_size_m2"])


def release(command: Command, file: Path, day: str, *words: object) -> str:
    given = ["--outcome", "cleared", "--happened-on", day, "--yes", *words]
    return command.done("release", "AP-2", file, *given)


def test_a_preview_writes_nothing(filled: Command) -> None:
    file = worked(filled.folder)
    before = listing(filled.folder)
    said = filled.done(
        "release", "AP-2", file, "--outcome", "reduced", "--happened-on", "2024-05-03"
    )
    assert f"{WHOLE:,}" in said
    assert f"{EAST:,}" in said
    assert "not written" in said
    assert listing(filled.folder) == before


def indian(folder: Path) -> Path:
    """Write the eastern half of AP-2 in Indian 1960, said where PostGIS says it."""
    shift = pyproj.Transformer.from_pipeline("urn:ogc:def:coordinateOperation:EPSG::1542")
    half = shapely.box(103.005, 13, 103.01, 13.01).exterior.coords
    # The operation leads from Indian 1960 to WGS 84, latitude first.
    lat, lon = shift.transform(*np.transpose(half)[::-1], direction="INVERSE")
    geometry = {
        "type": "Polygon",
        "crs": {"type": "name", "properties": {"name": "EPSG:4131"}},
        "coordinates": [[[x, y] for x, y in zip(lon, lat, strict=True)]],
    }
    feature = {"type": "Feature", "properties": {"part": "AP-2-1"}, "geometry": geometry}
    path = folder / "indian.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["release", "AP-2", "FILE", "--outcome", "cleared"], EAST),
        (["amend", "AP-2", "FILE"], WHOLE - 120_015 - EAST),  # 120,015 m² are cleared already
        (["confirm", "AP-2", "--polygon", "FILE", "--outcome", "reduced"], WHOLE - EAST),
        (["divide", "AP-2", "FILE", "--id", "part", "--remainder", "keep"], EAST),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_a_polygon_on_another_datum_is_read_with_the_operation_that_the_message_names(
    filled: Command, words: list[str], says: int
) -> None:
    release(filled, worked(filled.folder, 103, 103.001), "2024-01-01")
    given = [indian(filled.folder) if word == "FILE" else word for word in words]
    line = filled.refused(errors.CRSError, *given, "--happened-on", "2024-05-03")
    assert "--operation" in line
    assert "EPSG:1542" in line
    if words[0] == "confirm":
        filled.done(
            "describe", "AP-2", "--set", "area_type=SHA", "--happened-on", "2024-01-02", "--yes"
        )
        says -= 120_015
    said = filled.done(*given, "--happened-on", "2024-05-03", "--operation", "EPSG:1542")
    figures = {int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", said)}
    assert any(abs(each - says) <= 3 for each in figures), said


def test_a_preview_is_what_the_recording_does(filled: Command) -> None:
    """Where the land was credited to another hazard, and on a day before another report."""
    with mg.open_store(filled.store) as store:
        twin = store.hazards().query("hazard_id == 'AP-2'").assign(hazard_id="AP-3")
        store.register(twin, same_polygons=True)
    release(filled, worked(filled.folder), "2024-05-03", "--event-id", "TS-14")
    file = worked(filled.folder)
    words = ["release", "AP-3", file, "--outcome", "cleared"]
    late = " ".join(filled.done(*words, "--happened-on", "2024-06-03").split())
    assert "cleared 1 remaining 600,074" in late
    assert "credited to AP-2, which it overlaps (600,074 m²)" in late
    early = " ".join(filled.done(*words, "--happened-on", "2023-06-03").split())
    assert f"cleared {EAST:,} remaining" in early
    other = "cleared TS-14 of AP-2 counts otherwise: amended -600,074 m², cleared -600,074 m²"
    assert other in early
    done = filled.done(*words, "--happened-on", "2023-06-03", "--yes")
    assert f"cleared {EAST:,} m²" in done
    assert other in done
    again = filled.done(*words, "--happened-on", "2023-06-03")
    assert "there already" in again
    assert "--yes" not in again


def parts(folder: Path) -> Path:
    """Write two halves of AP-2, named in a column of another name."""
    path = folder / "parts.gpkg"
    halves = [shapely.box(103, 13, 103.005, 13.01), shapely.box(103.005, 13, 103.01, 13.01)]
    table = {"Name": ["AP-2w", "AP-2e"], "village": ["V1", None]}
    gpd.GeoDataFrame(table, geometry=halves, crs=4326).to_file(path)
    return path


VERBS: dict[str, tuple[list[str], dict[str, Any]]] = {
    # command: what is asked, and what the hazards are after it
    "amend": (["amend", "AP-2", "{west}", "--happened-on", "2024-05-03"], {"AP-2": 600_074}),
    "confirm": (["confirm", "AP-2", "--happened-on", "2024-05-03"], {"AP-2": WHOLE}),
    "confirm less": (
        ["confirm", "AP-2", "--polygon", "{west}", "--outcome", "reduced",
         "--happened-on", "2024-05-03"],
        {"AP-2": 600_074},
    ),
    "describe": (
        ["describe", "AP-1", "AP-2", "--set", "village=V 2", "--set", "district=",
         "--happened-on", "2024-05-03"],
        {"AP-2": WHOLE},
    ),
    "divide": (
        ["divide", "AP-2", "{parts}", "--id", "Name", "--happened-on", "2024-05-03"],
        {"AP-2e": 600_074, "AP-2w": 600_074},
    ),
    "merge": (
        ["merge", "AP-1", "AP-2", "--into", "AP-7", "--happened-on", "2024-05-03"],
        {"AP-7": None},
    ),
    "retract": (["retract", "{first}", "--reason", "not a field"], {"AP-2": None}),
}  # fmt: skip


@pytest.mark.parametrize("case", VERBS)
def test_every_verb_is_shown_and_then_recorded(filled: Command, case: str) -> None:
    with mg.open_store(filled.store) as store:
        first = store.history("AP-2")["event_id"].iloc[0]
        count = len(store.events())
    files = {
        "west": worked(filled.folder, 103.0, 103.005), "parts": parts(filled.folder),
        "first": first,
    }  # fmt: skip
    asked, after = VERBS[case]
    words = [word.format(**files) for word in asked]
    before = listing(filled.folder)
    shown = filled.done(*words)
    assert "not written yet" in " ".join(shown.split())
    assert "with the same words and --yes" in shown
    assert max(map(len, shown.splitlines()[2:])) <= 80
    assert listing(filled.folder) == before
    written = filled.done(*words, "--yes")
    assert ": recorded" in written
    if "--happened-on" in words:
        assert "3 May 2024" in shown.splitlines()[0]
        assert "3 May 2024" in written.splitlines()[0]
        other = ["03/05/2024" if word == "2024-05-03" else word for word in words]
        assert "03/05/2024" in filled.refused(errors.RecordError, *other)
    with mg.open_store(filled.store) as store:
        assert len(store.events()) > count
        assert store.rebuild().empty
        found = dict(
            zip(*(store.hazards()[name] for name in ("hazard_id", "size_m2")), strict=True)
        )
        for hazard, size in after.items():
            assert found.get(hazard) == size or (size is None and case in {"merge", "retract"})
        if case == "describe":
            assert store.hazards()["village"].tolist() == ["V 2", "V 2"]
            assert store.hazards()["district"].isna().all()
        elif case == "divide":
            assert store.hazards().set_index("hazard_id")["village"]["AP-2w"] == "V1"
        elif case == "retract":
            assert list(found) == ["AP-1"]
    if case == "confirm":
        filled.refused(errors.RecordError, "confirm", "AP-2", "--happened-on", "2024-06-03")
    else:
        assert "there already" in filled.done(*words)


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["describe", "AP-1", "--set", "village"], errors.OptionError, "COLUMN=VALUE"),
        (["describe", "AP-1", "--set", "size_m2=7"], errors.OptionError, "cannot change size_m2"),
        (["divide", "AP-2", "{parts}"], errors.OptionError, "--id names one of: Name"),
        (["amend", "AP-9", "{parts}"], errors.UnknownNameError, "AP-9"),
        (["spot-task"], errors.RecordError, "without items"),
    ],
)  # fmt: skip
def test_what_cannot_be_said(
    filled: Command, words: list[str], error: type[mg.MineGeoError], said: str
) -> None:
    given = [word.format(parts=parts(filled.folder)) for word in words]
    assert said in filled.refused(error, *given, "--happened-on", "2024-05-03")


def test_a_spot_task_is_shown_and_then_recorded(filled: Command) -> None:
    words = ["spot-task", "--happened-on", "2024-05-03", "--uxo", 2, "--province", "Battambang"]
    words += ["--lon", 103.1, "--lat", 13.1, "--task-id", "S-1", "--recorded-by", "desk"]
    before = listing(filled.folder)
    shown = filled.done(*words)
    assert "spot task S-1: not written yet" in shown
    assert listing(filled.folder) == before
    assert filled.done(*words, "--yes") == "spot task on 3 May 2024\nS-1: recorded\n"
    assert "there already" in filled.done(*words, "--yes")
    with mg.open_store(filled.store) as store:
        row = store.spot_tasks().iloc[0]
        assert row[["task_id", "uxo", "province_code", "recorded_by"]].tolist() == [
            "S-1", 2, "02", "desk",
        ]  # fmt: skip


def test_the_depth_of_clearance_is_kept(filled: Command) -> None:
    release(filled, worked(filled.folder), "2024-05-03", "--depth-cm", 13)
    assert rows(filled.done("history", "AP-2", "--format", "json"))[-1]["depth_cm"] == 13


def test_a_release_is_written_and_counts_from_its_day_on(filled: Command) -> None:
    said = release(filled, worked(filled.folder), "2024-05-03", "--operator", "MAG")
    assert f"cleared {EAST:,} m², {WHOLE - EAST:,} m² remain" in said
    assert far_m2(filled) == WHOLE - EAST
    assert far_m2(filled, "--as-of", "2024-05-02") == WHOLE
    assert far_m2(filled, "--as-of", "2024-05-03") == WHOLE - EAST
    assert far_m2(filled, "--known-at", "2024-06-01T00:00+07:00") == 0
    sums = rows(filled.done("releases", "--by", "year", "--format", "json"))
    assert [(row["row"], row["year"], row["cleared_m2"]) for row in sums] == [
        ("data", 2024, EAST),
        ("total", None, EAST),
    ]


def test_a_day_is_shown_in_words_before_anything_is_written(filled: Command) -> None:
    file, said = worked(filled.folder), "AP-2: cleared on 3 May 2024\n"
    how = ["release", "AP-2", file, "--outcome", "cleared", "--happened-on"]
    assert filled.done(*how, "2024-05-03").startswith(said)
    british = ["--day-format", "%d/%m/%Y"]
    assert filled.done(*british, *how, "03/05/2024", "--yes").startswith(said)
    assert far_m2(filled, "--as-of", "2024-05-02") == WHOLE
    assert far_m2(filled, "--as-of", "2024-05-03") == WHOLE - EAST
    as_of = rows(filled.done(*british, "totals", "--format", "json", "--as-of", "02/05/2024"))
    assert as_of[-1]["far_size_m2"] == WHOLE


@pytest.mark.parametrize("day", ["03/05/2024", "13/05/2024", "2024", "May 2024", "3.5.24"])
def test_a_day_that_is_not_clear_is_refused_everywhere(filled: Command, day: str) -> None:
    file, before = worked(filled.folder), listing(filled.folder)
    for words in (
        ["release", "AP-2", file, "--outcome", "cleared", "--yes", "--happened-on", day],
        ["totals", "--as-of", day],
        ["balance", "--since", day],
        ["history", "AP-2", "--as-of", day],
        ["workbench", "accept", "S-0001", "--happened-on", day],
        ["map", "national", "-o", "x.html", "--as-of", day],
    ):
        line = filled.refused(errors.RecordError, *words)
        assert f"'{day}' is not a day that is clear" in line
        assert "--day-format %d/%m/%Y" in line
    for moment in (day, "2024-05-03", "05/03/2024 12:00+07:00"):
        line = filled.refused(errors.RecordError, "totals", "--known-at", moment)
        assert "2023-01-01T06:00:00+07:00" in line
    assert listing(filled.folder) == before


def test_a_format_that_leaves_the_century_open_is_refused(filled: Command) -> None:
    line = filled.refused(errors.OptionError, "--day-format", "%d/%m/%y", "totals")
    assert "%y is not taken" in line


def test_the_same_event_twice_counts_once(filled: Command) -> None:
    file = worked(filled.folder)
    release(filled, file, "2024-05-03", "--event-id", "TS-14")
    assert "nothing written" in release(filled, file, "2024-05-03", "--event-id", "TS-14")
    assert far_m2(filled) == WHOLE - EAST
    words = ["--outcome", "cleared", "--happened-on", "2024-05-04", "--yes", "--event-id", "TS-14"]
    line = filled.refused(errors.ConflictError, "release", "AP-2", file, *words)
    assert "TS-14" in line


def test_history_and_balance_show_every_movement(filled: Command) -> None:
    release(filled, worked(filled.folder), "2024-05-03", "--event-id", "TS-14")
    past = rows(filled.done("history", "AP-2", "--format", "json"))
    assert [row["event_type"] for row in past] == ["registered", "cleared"]
    assert [row["after_m2"] for row in past] == [WHOLE, WHOLE - EAST]
    assert "TS-14" in filled.done("history", "AP-2")
    (row,) = rows(filled.done("balance", "--since", "2023-12-31", "--format", "json"))
    assert row["opening_m2"] - row["cleared_m2"] == row["remaining_m2"]
    assert row["cleared_m2"] == EAST
    for words in (["balance"], ["balance", "--by", "zone"]):
        assert f"{EAST:,}" in filled.done(*words).split()


def test_a_late_report_says_why_the_total_moved(filled: Command) -> None:
    release(filled, worked(filled.folder), "2024-05-03")
    with mg.open_store(filled.store) as store:
        read = store.events()["recorded_at"].max().isoformat()
    release(filled, worked(filled.folder, west=103.0025), "2023-02-01", "--event-id", "late")
    moved = rows(filled.done("changes", "--since", read, "--format", "json"))
    assert {row["why"] for row in moved} == {"late", "re-attributed"}
    change = sum(row["change_m2"] for row in moved)
    assert change == far_m2(filled) - (WHOLE - EAST)
    assert far_m2(filled, "--known-at", read) == WHOLE - EAST


def test_rebuild_finds_nothing_in_a_sound_store(filled: Command) -> None:
    release(filled, worked(filled.folder), "2024-05-03")
    assert rows(filled.done("db", "rebuild", "--format", "json")) == []


def test_rebuild_finds_and_mends_what_was_written_past_the_ledger(filled: Command) -> None:
    with sqlite3.connect(filled.store) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'hazard'"
        ).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE hazard SET size_m2 = 1 WHERE hazard_id = 'AP-2'")
    connection.close()
    result = filled("db", "rebuild")
    assert result.exit_code == DIFFERENCES_EXIT
    assert "AP-2" in result.stdout
    filled.done("db", "rebuild", "--repair")
    assert far_m2(filled) == WHOLE


def test_import_takes_over_a_whole_ledger(command: Command) -> None:
    command.done("init", "--synthetic")
    command.done("load", "border", mg.sample.path("border"))
    places = [mg.sample.path("ledger_hazards"), mg.sample.path("ledger_events")]
    done = command.done("db", "import", *places, "--spot-tasks", mg.sample.path("spot_tasks"))
    assert "269 spot tasks taken over" in done
    with mg.open_store(command.store) as store:
        tasks = store.spot_tasks()
        assert tasks["submunitions"].sum() == 698
        first = tasks.set_index("task_id").loc["SPOT-CMAC-2024-001"]
        assert first["recorded_at"].isoformat() == "2024-02-15T03:37:21+00:00"
        assert first["province_code"] == "02"
    words = ["--kind", "ap_minefield", "--as-of", "2022-12-31", "--format", "json"]
    total = rows(command.done("totals", *words))[-1]
    assert (total["hazards"], total["size_m2"]) == (7392, 681_284_511)
    assert command("reconcile", "wp2023_table2").exit_code == 0


def test_claims_are_laid_beside_their_tables(filled: Command) -> None:
    claims = rows(filled.done("reconcile", "--claims", "--format", "json"))
    found = {row["id"]: (row["printed"], row["computed"]) for row in claims}
    assert found["wp2023_rise_2022"] == (171, 71.3)


BAD = {
    "unknown hazard": (["AP-9"], {}, errors.UnknownNameError, "AP-9"),
    "future": (["AP-2"], {"--happened-on": "2199-01-01"}, errors.RecordError, "2199-01-01"),
    "before registration": (["AP-2"], {"--happened-on": "2019-01-01"}, errors.RecordError, "AP-2"),
    "no day": (["AP-2"], {"--happened-on": "yesterday"}, errors.RecordError, "yesterday"),
    "negative count": (["AP-2"], {"--ap-mines": "-1"}, errors.RecordError, "ap_mines"),
    "elsewhere": (["AP-1"], {}, errors.GeometryError, "AP-1"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_release_that_cannot_be(filled: Command, case: str) -> None:
    (hazard,), words, error, said = BAD[case]
    options = {"--outcome": "cleared", "--happened-on": "2024-05-03", **words}
    flat = [part for pair in options.items() for part in pair]
    file = worked(filled.folder)
    before = filled.done("history", "AP-2", "--format", "csv")
    line = filled.refused(error, "release", hazard, file, *flat, "--yes")
    assert said in line
    assert filled.refused(error, "release", hazard, file, *flat) == line  # so does the preview
    assert filled.done("history", "AP-2", "--format", "csv") == before


def test_a_second_release_of_all_has_nothing_left(filled: Command) -> None:
    whole = worked(filled.folder, west=102.999, east=103.011)
    assert "0 m² remain" in release(filled, whole, "2024-05-03")
    words = ["--outcome", "cleared", "--happened-on", "2024-06-03", "--yes"]
    filled.refused(errors.RecordError, "release", "AP-2", whole, *words)
    assert far_m2(filled) == 0


def test_a_moment_without_a_time_zone_is_refused(filled: Command) -> None:
    line = filled.refused(errors.RecordError, "totals", "--known-at", "2024-05-03T12:00")
    assert "time zone" in line
    filled.refused(errors.RecordError, "changes", "--since", "2024-05-03T12:00")


def test_what_no_report_says_is_a_dash_and_counted(filled: Command) -> None:
    file = worked(filled.folder, 103.0075)
    release(filled, file, "2023-05-03", "--event-id", "a", "--reported-size-m2", "300000")
    release(filled, worked(filled.folder, 103.005, 103.0075), "2024-05-03", "--event-id", "b")
    found = rows(filled.done("releases", "--by", "year", "--format", "json"))
    said = [(row["year"], row["reported_m2"], row["unreported"], row["uxo"]) for row in found]
    assert said == [(2023, 300_000, 0, None), (2024, None, 1, None), (None, 300_000, 1, None)]
    shown = filled.done("releases", "--by", "year")
    assert "reported m²: 1 of 2 events say nothing" in shown
    cells = {line.split()[0]: line.split() for line in shown.splitlines() if line.strip()}
    assert cells["2024"][-2:] == ["\N{EN DASH}", "1"]
    assert cells["Total"][-2:] == ["300,000", "1"]
    assert "1 of 2 events say nothing" in filled.done("releases")


def test_a_part_of_the_register_beside_a_published_table(filled: Command) -> None:
    """Two minefields in Battambang: what the other eleven provinces have is unknown, not 0."""
    result = filled("reconcile", "wp2023_table3")
    assert result.exit_code == DIFFERENCES_EXIT
    assert "4 of 4 figures differ; 44 more stand in one table only" in result.stdout
    cells = [line.split() for line in result.stdout.splitlines()]
    dash = "\N{EN DASH}"
    pursat = [line[-3:] for line in cells if line[:1] == ["Pursat"]]
    assert pursat[0] == [dash, "395", dash]
    compared, total = (
        next(line[-3:] for line in cells if line[:1] == [name]) for name in ("Compared", "Total")
    )
    assert compared == ["1", "482", "-481"]
    assert total == ["1", "4,075", dash]
    part = filled("reconcile", "wp2023_table3", "--province", "BTB")
    assert "8 of 8 figures differ;" in part.stdout
    assert "Pursat" not in part.stdout
    line = filled.refused(errors.OptionError, "reconcile", "wp2023_table5")
    assert "counts staff" in line


def test_a_record_that_cannot_be_measured_is_named_and_stops_no_figure(filled):
    """Registered in Africa: no distance to the border can be told."""
    before = filled.done("totals")
    with mg.open_store(filled.store) as store:
        afar = store.hazards().iloc[[0]].assign(hazard_id="AP-9")
        store.register(afar.set_geometry([shapely.box(13, 12, 13.01, 12.01)], crs=4326))
    named = "note: AP-9 is in no total and on no map: not in longitude / latitude, or more than 10"
    for words in (
        ["totals"], ["split"], ["sensitivity"], ["balance", "--by", "zone"],
        ["map", "national", "-o", "map.html"],
    ):  # fmt: skip
        result = filled(*words)
        assert result.exit_code == 0, result.output
        notes = [line for line in result.stderr.splitlines() if line.startswith("note")]
        assert len(notes) == 1
        assert notes[0].startswith(named)
    assert filled.done("totals") == before
    assert "AP-9" in filled.done("workbench", "list", "--not-in-split")
