"""Dossiers read back by PDFium: every figure where it belongs, alike each time, restricted."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo import maps, reports
from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError
from mine_geo.reports.dossier import metres
from mine_geo.terms import OUTCOMES
from tests.exports.conftest import ATTACK
from tests.typeset.prints import lines, pages

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def read(by_hand, tmp_path_factory):
    """Give a function that writes a dossier and returns the lines of each page, without spaces."""
    folder = tmp_path_factory.mktemp("dossiers")
    made: dict[tuple, list[list[str]]] = {}

    def pages_of(*ids: str, number: str | None = None, language: str = "en", layers=by_hand):
        key = (*ids, number, language, id(layers))
        if key not in made:
            place = folder / f"{len(made)}.pdf"
            reports.dossier(layers, ids, number=number, language=language).save(place)
            made[key] = lines_of(place)
        return made[key]

    return pages_of


def lines_of(place: Path) -> list[list[str]]:
    return [lines(page) for page in pages(place.read_bytes())]


def flat(found: list[list[str]]) -> str:
    return "".join(line for page in found for line in page)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("language", ["en", "km"])
def test_every_page_has_balance_standing_text_number_and_its_place(by_hand, read, language):
    found = read("AP-1", "AP-2", "CM-1", number="T-7", language=language)
    facts = reports.facts(by_hand, ["AP-1", "AP-2", "CM-1"])
    assert len(found) >= 3
    for number, page in enumerate(found, 1):
        whole = "".join(page)
        assert "RESTRICTED,notforpublication" in whole
        assert "T-7" in whole
        if language == "en":
            assert f"Page{number}of{len(found)}" in whole
        for _, line in facts.by_kind.iterrows():
            figures = [line["task_m2"], *(line[f"{each}_m2"] for each in OUTCOMES)]
            order = r"\D.*?".join(f"{figure:,}" for figure in (*figures, line["remaining_m2"]))
            assert [each for each in page if re.search(order, each)], page
        if language == "en":
            assert f"cancelled{facts.by_kind['cancelled_m2'][0]:,}+reduced" in whole


@pytest.mark.parametrize("hazard", ["AP-1", "AP-100", "AP-2"])
def test_each_turning_point_is_in_it_once_with_all_its_figures(by_hand, read, hazard):
    rows = [line for page in read(hazard) for line in page]
    points = reports.facts(by_hand, hazard).points
    for point in points.itertuples():
        row = (
            f"{point.point_number}{point.latitude:.7f}{point.longitude:.7f}{point.easting:.2f}"
            f"{point.northing:.2f}{point.mgrs}{point.bearing_deg:.4f}{point.distance_m:.2f}"
        )
        assert rows.count(row) == 1, row
    assert sum(len(re.findall(r"48P[A-Z]{2}\d{10}", row)) for row in rows) == len(points)


def test_history_balance_items_and_neighbours_are_those_of_the_facts(by_hand, read):
    rows = [line for page in read("AP-1", "AP-2", number="T-7") for line in page]
    facts = reports.facts(by_hand, ["AP-1", "AP-2"])
    names = ["task", "registered", "amended", "transferred", *OUTCOMES, "remaining"]
    for _, row in facts.balance.iterrows():
        figures = "".join(f"{row[f'{name}_m2']:,}" for name in names)
        assert rows.count(f"{row['hazard_id']}{figures}") == 1
    for _, event in facts.history[facts.history["before_m2"].notna()].iterrows():
        name = event["event_id"] if pd.isna(event["report_ref"]) else event["report_ref"]
        gone = "".join(f"{event[f'{each}_m2']:,}" for each in OUTCOMES if event[f"{each}_m2"])
        added = f"+{event['registered_m2']:,}" if event["registered_m2"] else ""
        day = f"{event['happened_on']:%Y-%m-%d}{event['event_type']}"
        figures = f"{bare(name)}{event['before_m2']:,}{gone}{added}{event['after_m2']:,}"
        (line,) = [each for each in rows if each.startswith(day) and figures in each]
        said = event["reported_size_m2"]
        assert line.endswith("\N{EN DASH}" if pd.isna(said) else f"{said:,.0f}")
    assert any("CL-0:doesnotcount:thehazardis" in line for line in rows)
    for _, row in facts.neighbours.iterrows():
        told = f"{row['size_m2']:,}{metres(row['distance_m'])}{row['nearest_id']}"
        assert sum(line.startswith(row["hazard_id"]) and told in line for line in rows) == 1
    assert any(line.startswith("AP-1cleared7") for line in rows)
    assert "access_route:fromthepagoda2kmnorth" in "".join(rows)
    assert "Sok" not in "".join(rows)


def test_the_record_stands_in_both_languages(read):
    assert "AreatypeConfirmedhazardousarea(CHA)" in flat(read("AP-1"))
    for language in ("en", "km"):
        khmer = re.findall("[\u1780-\u17ff]", flat(read("AP-1", language=language)))
        assert len(khmer) > 300


def test_a_closed_hazard_says_so_and_where_nothing_is_near_it_says_that(read):
    whole = flat(read("AP-2"))
    assert "AP-2:closed,nothingremains" in whole
    assert "Releasedland:cancelled" in whole  # its own: what is of others has no name of its own
    assert "remaining0" in whole
    far = flat(read("AP-9"))
    assert bare("None is recorded. No record does not mean no danger.") in far
    assert "Noreleaseisrecorded." in far


def test_without_a_ledger_it_says_that_the_balance_is_not_known(by_hand, read):
    found = read("AP-1", layers=replace(by_hand, ledger=None))
    assert all("Noledgerwasgiven" in "".join(page) for page in found)
    assert "task" not in flat(found)


def test_what_waits_is_named_beside_the_balance_on_every_page(by_hand, read):
    waiting = by_hand.split.iloc[:1].assign(hazard_id="NEW", in_workbench=True)
    split = pd.concat([by_hand.split, waiting], ignore_index=True)
    found = read("AP-1", "NEW", layers=replace(by_hand, split=split))
    assert all("NEW:notintheregister,innobalance" in "".join(page) for page in found)


def test_the_same_facts_give_the_same_bytes_and_say_that_they_are_restricted(by_hand, tmp_path):
    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    reports.dossier(by_hand, "AP-1").save(one)
    reports.dossier(by_hand, "AP-1").save(other)
    assert one.read_bytes() == other.read_bytes()
    assert restriction.kind_of(one) == "restricted"
    assert one.stat().st_mode & 0o777 == 0o600
    public = tmp_path / "map.pdf"
    public.write_bytes(b"%PDF-1.7\n/Keywords (mine_geo public)")
    with pytest.raises(FileError, match="is a public file"):
        reports.dossier(by_hand, "AP-1").save(public)
    with pytest.raises(OptionError, match=r"written as \.pdf"):
        reports.dossier(by_hand, "AP-1").save(tmp_path / "one.html")
    with pytest.raises(OptionError, match="language"):
        reports.dossier(by_hand, "AP-1", language="fr")


def test_hostile_texts_stay_texts(by_hand, tmp_path):
    texts = dict.fromkeys(("village", "operator", "province", "access_route"), ATTACK + " #read(1)")
    split = by_hand.split.assign(**texts)
    layers = maps.layers(split, border=by_hand.border)
    place = reports.dossier(layers, ["AP-1"], number='"]#panic("x")').save(tmp_path / "a.pdf")
    whole = flat(lines_of(place))
    assert '#panic("x")' in whole
    assert "#read(1)" in whole
    assert "</script>" in whole


def test_a_hazard_of_many_parts_and_holes_has_each_of_its_rings(by_hand, tmp_path):
    shell = shapely.box(103.3, 13.3, 103.31, 13.31)
    hole = shapely.box(103.302, 13.302, 103.304, 13.304)
    shape = shapely.MultiPolygon(
        [shell.difference(hole), shapely.box(103.32, 13.32, 103.33, 13.33)]
    )
    row = by_hand.split.iloc[:1].assign(hazard_id="M")
    split = gpd.GeoDataFrame(row.assign(geometry=[shape]), crs=4326)
    place = reports.dossier(maps.layers(split), "M").save(tmp_path / "a.pdf")
    whole = flat(lines_of(place))
    for ring in ("M,part1,outerring", "M,part1,hole1", "M,part2,outerring"):
        assert ring in whole
    assert len(re.findall(r"48P[A-Z]{2}\d{10}", whole)) == 12


@pytest.mark.untraced
def test_many_dossiers_are_made_by_several_processes_as_by_one(by_hand, tmp_path):
    tasks = {f"T-{number}": ["AP-1"] if number else ["AP-2", "AP-9"] for number in range(13)}
    told = []
    written = reports.dossiers(
        by_hand, tasks, tmp_path / "tasks", jobs=2, progress=lambda *each: told.append(each)
    )
    assert [place.name for place in written] == [f"{name}.pdf" for name in tasks]
    assert told[-1] == (13, 13, "T-12")
    assert (tmp_path / "tasks").stat().st_mode & 0o777 == 0o700
    for number in (0, 12):
        one = reports.dossier(by_hand, tasks[f"T-{number}"], number=f"T-{number}").document.pdf()
        assert written[number].read_bytes() == one
    assert written[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["../T-7", "a/b", "", ".hidden", "T\n7", "x" * 101])
def test_a_task_whose_name_cannot_be_that_of_a_file_is_refused(by_hand, tmp_path, name):
    with pytest.raises(OptionError, match="cannot be named so"):
        reports.dossiers(by_hand, {"T-1": ["AP-1"], name: ["AP-1"]}, tmp_path / "tasks")
    assert not (tmp_path / "tasks").exists()
