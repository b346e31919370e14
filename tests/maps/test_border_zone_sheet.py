"""The border-zone sheet: each figure of the list is on the paper once, and is that of the frame."""

from __future__ import annotations

import math
import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mine_geo import intake, maps
from mine_geo.errors import OptionError, RecordError, UnknownNameError
from mine_geo.geo import sample
from mine_geo.split import zones
from tests.maps.papers import printed, texts, untidy, written
from tests.typeset.prints import lines

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from mine_geo.maps.sheets.compose import Sheet

CAPACITY = 3_000_000


@pytest.fixture(scope="module")
def pailin() -> maps.Layers:
    fields = intake.read_hazards(sample.path("minefields"))
    border = intake.read_border(sample.path("border"))
    split = zones.border_split(fields[fields["province"] == "Pailin"], border)
    admin = intake.read_admin(sample.path("districts"))
    return maps.layers(split, border=border, admin=admin, as_of="2022-12-31")


@pytest.fixture(scope="module")
def planned(pailin: maps.Layers) -> Sheet:
    return maps.border_zone_sheet(
        pailin,
        "Pailin",
        capacity_m2=CAPACITY,
        number="PLN-12",
        prepared_by="MAPU Pailin",
        approved_by="A. Chief",
    )


def by_hand(split: gpd.GeoDataFrame, capacity: int | None) -> list[str]:
    """Return each row of the list as it must stand on the paper, without spaces."""
    rows = split.assign(near=split["zone"] == "near")
    rows = rows.sort_values(["near", "border_distance_m", "hazard_id"])
    running, found = 0, []
    for place, (_, row) in enumerate(rows.iterrows(), 1):
        year = "" if capacity is None else str(running // capacity + 1)
        running += int(row["size_m2"])
        found.append(
            f"{place}{row['hazard_id']}{row['area_type']}{row['zone']}{row['district']}"
            f"{math.floor(row['border_distance_m']):,}{row['size_m2']:,}{running:,}{year}"
        )
    return [re.sub(r"\s", "", each) for each in found]


def behind(drawn: Sheet) -> list[list[str]]:
    """Return the lines of each page behind the map and its insets, six of them a page."""
    insets = math.ceil(len(drawn.insets.found) / 6)
    return [lines(page) for page in printed(drawn)[1 + insets :]]


def test_each_figure_of_the_list_is_on_the_paper_once(pailin, planned) -> None:
    listed = [line for page in behind(planned) for line in page]
    wanted = by_hand(pailin.split, CAPACITY)
    assert len(wanted) > 300
    assert [line for line in listed if re.match(r"\d+AP-", line)] == wanted
    for page in behind(planned):
        assert any(line.startswith("RankHazard") for line in page)
        assert any("RESTRICTED,notforpublication" in line for line in page)
        assert any("PLN-12" in line for line in page)
    assert untidy(planned) == []


def test_without_a_capacity_there_are_no_years(split, border, admin) -> None:
    drawn = maps.border_zone_sheet(maps.layers(split, border=border, admin=admin), "02")
    listed = [line for page in behind(drawn) for line in page]
    wanted = by_hand(split.fillna({"area_type": ""}), None)
    assert [line for line in listed if re.match(r"\d+AP-", line)] == wanted
    assert not any("Year" in line for line in listed)


def test_pdftotext_reads_the_same(pailin, planned, tmp_path: Path) -> None:
    place = planned.save(tmp_path / "a.pdf")
    try:
        said = subprocess.run(
            ["pdftotext", "-layout", place, "-"], check=True, capture_output=True, text=True
        ).stdout
    except FileNotFoundError:
        pytest.skip("pdftotext is not installed; PDFium reads the same in the test above")
    rows = [re.sub(r"\s", "", line) for line in said.splitlines()]
    assert [row for row in rows if re.match(r"\d+AP-", row)] == by_hand(pailin.split, CAPACITY)


def test_what_a_print_needs_stands_on_the_first_page(pailin, planned) -> None:
    drawn = planned
    said = texts(drawn)
    for text in (
        *(
            "Pailin province",
            "ខេត្តប៉ៃលិន",
            "3,000,000 m²",
            "as of 31 December 2022",
            "Data as known at",
        ),
        *("Prepared by", "MAPU Pailin", "Approved by", "A. Chief", "Name, signature, date"),
        *(
            "Grid north (UTM 48N)",
            f"Scale 1:{drawn.scale:,.0f} on A4",
            "nearest edge of the hazard",
        ),
    ):
        assert text in said, text
    size = pailin.split["size_m2"].sum()
    assert f"{len(pailin.split)} hazards, {size:,} m²" in said
    first = "".join(lines(printed(drawn)[0]))
    for figure in (f"{size:,}", "MAPUPailin", "1:"):
        assert figure in first


def test_the_years_add_up_to_the_list(pailin, planned) -> None:
    by_year = planned.document.data["tables"][0].rows
    counts = [[int(cell.en.replace(",", "")) for cell in row.cells] for row in by_year]
    assert [row[0] for row in counts] == list(range(1, len(counts) + 1))
    assert sum(row[1] for row in counts) == len(pailin.split)
    assert counts[-1][3] == sum(row[2] for row in counts) == pailin.split["size_m2"].sum()
    assert len(counts) in (5, 6)  # 17.65 km² by 3 km² a year


def test_numbers_on_the_map_are_those_of_the_list(split, border, admin) -> None:
    drawn = maps.border_zone_sheet(maps.layers(split, border=border, admin=admin), "02")
    numbers = {each.text: each.box for each in written(drawn) if each.text.isdigit()}
    order = ["AP-4", "AP-2", "AP-5", "AP-1", "AP-3"]  # far first, then by border distance
    rows = drawn.document.data["ranked"].rows
    assert [row.cells[1].en for row in rows] == order
    assert set(numbers) == {"1", "2", "3", "4", "5"}
    placed = split.set_index("hazard_id").geometry
    for number, name in enumerate(order, 1):
        x, y = np.array(drawn.view.on_paper([placed[name].centroid])[0].coords)[0]
        left, bottom, right, top = numbers[str(number)]
        assert abs((left + right) / 2 - x) < 12
        assert abs((bottom + top) / 2 - y) < 12


def test_recorded_ranks_and_pins_are_kept(split, border, admin) -> None:
    ranked = split.assign(
        priority_rank=[3, 1, None, 2, 4],
        year=pd.array([7, None, None, None, None], dtype="Int64"),
        pinned_by=["the governor", None, None, None, None],
        pinned_why=["a school", None, None, None, None],
        weights_name="w", weights_hash="0123456789abcdef", weights_decided_by="NMAC",
        weights_decided_on="2022-01-01", weights_frozen=True,
    )  # fmt: skip
    layers = maps.layers(ranked, border=border, admin=admin)
    drawn = maps.border_zone_sheet(layers, "02", capacity_m2=20_000)
    rows = [[cell.en for cell in row.cells] for row in drawn.document.data["ranked"].rows]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "\N{EN DASH}"]
    assert [row[1] for row in rows] == ["AP-2", "AP-4", "AP-1", "AP-5", "AP-3"]
    assert rows[2][-1] == "7*"
    said = " ".join(texts(drawn))
    assert "Year marked *: fixed by the governor" in said
    assert "w, decided by NMAC on 1 January 2022, hash 0123456789ab" in said
    assert "A low score is not safe land" in said


def test_only_one_kind_is_listed_and_the_others_are_counted(split, border, admin) -> None:
    both = split.assign(kind=["ap_minefield"] * 4 + ["cluster_munition"])
    drawn = maps.border_zone_sheet(maps.layers(both, border=border, admin=admin), "02")
    assert len(drawn.document.data["ranked"].rows) == 4
    assert any("Cluster munition areas: 1" in text for text in texts(drawn))


@pytest.mark.parametrize(("paper", "language"), [("A4", "en"), ("A3-portrait", "km")])
def test_it_is_tidy_and_the_same_twice(paper, language, split, border, admin) -> None:
    layers = maps.layers(split, border=border, admin=admin.assign(schematic=True))
    how = {"capacity_m2": 1_000_000, "language": language, "paper": paper}
    one, other = (maps.border_zone_sheet(layers, "02", "0209", **how) for _ in range(2))
    assert untidy(one) == []
    assert one.document.pdf() == other.document.pdf()
    assert {"Samlout district, Battambang province", "ស្រុកសំឡូត ខេត្តបាត់ដំបង"} <= set(texts(one))


def test_what_cannot_be_is_refused(split, admin) -> None:
    layers = maps.layers(split, admin=admin)
    with pytest.raises(UnknownNameError, match="Nowhere"):
        maps.border_zone_sheet(layers, "Nowhere")
    with pytest.raises(OptionError, match="yearly capacity"):
        maps.border_zone_sheet(layers, "02", capacity_m2=0.5)
    with pytest.raises(OptionError, match="first 'far away'"):
        maps.border_zone_sheet(layers, "02", first="far away")
    with pytest.raises(RecordError, match="records its kind"):
        maps.border_zone_sheet(maps.layers(split.assign(kind=None), admin=admin), "02")
