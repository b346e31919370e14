"""`raster`, `priority` and `weights`: what they print and write."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio

import mine_geo as mg
from mine_geo.errors import FileError, OptionError, RecordError
from mine_geo.geo import sample
from tests.maps.rasters import write

if TYPE_CHECKING:
    from tests.cli.conftest import Command

SET = """name = "province"
decided_by = "MAPU of Battambang"
decided_on = 2026-03-01

[[criterion]]
name = "zone"
weight = 3

[[criterion]]
name = "schools"
measure = "distance"
layer = "schools"
first = "low"
weight = 1
"""


@pytest.fixture
def planned(filled: Command) -> Command:
    (filled.folder / "set.toml").write_text(SET, encoding="utf-8")
    (filled.folder / "schools.csv").write_text("lon,lat\n102.37,13.28\n", encoding="utf-8")
    return filled


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


RANK = ("priority", "--weights", "set.toml", "--layer", "schools=schools.csv")


def test_a_ranking_says_whose_weights_and_what_a_score_is_not(planned: Command) -> None:
    said = planned.done(*RANK)
    digest = mg.read_weights(planned.folder / "set.toml").hash
    assert f"decided by MAPU of Battambang on 2026-03-01, hash {digest[:12]}, NOT FROZEN" in said
    assert "A low score is not safe land" in said
    table = rows(planned.done(*RANK, "--format", "csv"))
    # AP-2 is far (3/4), AP-1 has the school beside it (1/4).
    assert [(row["hazard_id"], row["priority_rank"], row["score"]) for row in table] == [
        ("AP-2", "1", "0.75"),
        ("AP-1", "2", "0.25"),
    ]
    assert {row["weights_hash"] for row in table} == {digest}
    assert {row["weights_decided_by"] for row in table} == {"MAPU of Battambang"}
    assert all("not safe land" in row["caution"] for row in table)
    assert table[0]["contribution_zone"] == "0.75"


def test_years_pins_and_chance(planned: Command) -> None:
    (planned.folder / "pins.csv").write_text(
        "hazard_id,year,who,why\nAP-1,1,MAPU,a school\nAP-9,2,MAPU,closed since\n"
    )
    how = ("--capacity", 12_000, "--pins", "pins.csv", "--first", 1, "--format", "csv")
    result = planned(*RANK, *how)
    assert result.exit_code == 0, result.output
    assert "note: AP-9 is pinned and not among these hazards" in result.stderr
    table = {row["hazard_id"]: row for row in rows(result.stdout)}
    assert (table["AP-1"]["year"], table["AP-1"]["pinned_by"]) == ("1", "MAPU")
    assert table["AP-2"]["year"] == "1"  # 10 m² of the first year are left
    assert float(table["AP-1"]["among_first"]) + float(table["AP-2"]["among_first"]) == 1


def test_faults_are_one_line(planned: Command) -> None:
    assert "--weights FILE" in planned.refused(OptionError, "priority")
    assert "'schools' is not given" in planned.refused(OptionError, *RANK[:3])
    assert "say a name and a file" in planned.refused(OptionError, *RANK[:3], "--layer", "x")
    assert "uses none of this name" in planned.refused(OptionError, *RANK, "--layer", "x=y.csv")
    assert "no such file" in planned.refused(FileError, *RANK[:3], "--layer", "schools=y.csv")
    assert "need --capacity" in planned.refused(OptionError, *RANK, "--pins", "pins.csv")
    assert "no yearly capacity" in planned.refused(OptionError, *RANK, "--capacity", -5)
    (planned.folder / "bad.toml").write_text(SET.replace("weight = 3", "weight = -3"))
    assert "weight -3 is negative" in planned.refused(OptionError, "weights", "show", "bad.toml")


def test_weights_are_shown_and_frozen(planned: Command) -> None:
    assert "0.75" in planned.done("weights", "show", "set.toml")
    said = planned.done("weights", "freeze", "set.toml", "2026.toml")
    assert "NOT FROZEN" not in said
    table = rows(planned.done("priority", "--weights", "2026.toml", *RANK[3:], "--format", "csv"))
    assert table[0]["weights_frozen"] == "True"
    text = (planned.folder / "2026.toml").read_text("utf-8").replace("weight = 3", "weight = 4")
    (planned.folder / "2026.toml").write_text(text, encoding="utf-8")
    assert "was changed after it was frozen" in planned.refused(
        OptionError, "weights", "show", "2026.toml"
    )
    assert "is there already" in planned.refused(
        FileError, "weights", "freeze", "set.toml", "2026.toml"
    )
    # A year later: the file is changed or gone, and the store has the set as it was decided.
    (planned.folder / "2026.toml").unlink()
    digest = table[0]["weights_hash"]
    for asked in ("province", digest, digest[:8]):
        words = ("priority", "--weights", asked, *RANK[3:], "--format", "csv")
        assert rows(planned.done(*words)) == table
    assert "0.75" in planned.done("weights", "show", "province")
    assert [
        row["weights_hash"] for row in rows(planned.done("list", "weights", "--format", "csv"))
    ] == [digest]
    none = planned.folder / "none.gpkg"
    assert "no store keeps it" in planned.done(
        "weights", "freeze", "set.toml", "other.toml", store=none
    )
    assert "cannot be read" in planned.refused(FileError, "weights", "show", "x", store=none)
    assert "cannot be read" in planned.refused(FileError, "weights", "show", digest[:7])


def test_rasters_are_read_and_written(planned: Command) -> None:
    population = sample.path("population")
    how = ("--how", "sum", "--measure", "count", "--within", 1000, "--name", "people")
    table = rows(planned.done("raster", "facts", population, *how, "--format", "csv"))
    assert [float(row["people"]) > 0 for row in table] == [True, True]
    assert "within 1,000 m" in table[0]["people_source"]
    assert "counts are summed" not in planned.done("raster", "facts", population)
    assert "never anything else" in planned.refused(
        OptionError, "raster", "facts", population, "--measure", "count"
    )
    assert "wrote m2.tif (restricted): 2 hazards" in planned.done(
        "raster", "contamination", "m2.tif", "--cell", 100
    )
    assert planned.done("raster", "distance", "d.tif", "--cell", 20_000) == "wrote d.tif\n"
    total = int(rows(planned.done("totals", "--format", "csv"))[0]["size_m2"])
    with rasterio.open(planned.folder / "m2.tif") as made:
        assert made.read(1).sum() == pytest.approx(total, rel=1e-9)
    away = write(
        planned.folder / "away.tif", np.ones((1, 9, 9)), rasterio.Affine(1, 0, 9, 0, -1, 9)
    )
    assert "does not reach any" in planned.refused(FileError, "raster", "facts", away)


def test_a_border_zone_map_says_whose_ranks_it_shows(planned: Command) -> None:
    how = ("map", "border-zone", "--province", "Battambang", "-o", "z.html")
    planned.done(*how)
    plain = (planned.folder / "z.html").read_text("utf-8")
    planned.done(*how, *RANK[1:])
    page = (planned.folder / "z.html").read_text("utf-8")
    digest = mg.read_weights(planned.folder / "set.toml").hash[:12]
    assert (digest in plain, digest in page) == (False, True)
    assert "set.toml" not in page
    assert "MAPU of Battambang" in page
    # The words of a page hold the sentence anyway; beside the list it stands once more.
    caution = "A low score is not safe land"
    assert page.count(caution) > plain.count(caution)
    assert "border-zone map alone" in planned.refused(
        OptionError, "map", "national", "-o", "n.html", *RANK[1:]
    )


def test_pins_stand_on_a_border_zone_map(planned: Command) -> None:
    pins = planned.folder / "pins.csv"
    pins.write_text("hazard_id,year,who,why\nAP-1,7,MAPU,a <b>school</b>\n", encoding="utf-8")
    how = ("map", "border-zone", "--province", "Battambang", "-o", "z.html", *RANK[1:])
    planned.done(*how, "--capacity", 100_000, "--pins", pins)
    page = (planned.folder / "z.html").read_text("utf-8")
    assert "MAPU" in page
    assert "a <b>school</b>" not in page  # a text of a file is no markup
    assert "need --weights and --capacity" in planned.refused(OptionError, *how, "--pins", pins)
    other = ("map", "national", "-o", "n.html", "--pins", pins)
    assert "border-zone map alone" in planned.refused(OptionError, *other)


def test_a_file_of_one_years_picks(planned: Command) -> None:
    how = ("--overwrite", *RANK[1:])
    assert "1 hazards" in planned.done("export", "a.gpkg", *how, "--rank", 1)
    made = gpd.read_file(planned.folder / "a.gpkg", layer="hazards")
    assert made["hazard_id"].tolist() == ["AP-2"]
    assert made["weights_decided_by"].tolist() == ["MAPU of Battambang"]
    assert "not safe land" in made["caution"].iloc[0]
    told = pyogrio.read_dataframe(planned.folder / "a.gpkg", layer="provenance")
    assert mg.read_weights(planned.folder / "set.toml").hash in set(told["text"])
    # AP-2 first and larger than a year: it goes on until AP-1 begins.
    m2 = int(made["size_m2"].iloc[0])
    of_year = ("export", "y.kml", *how, "--capacity", m2, "--year")
    assert "1 hazards" in planned.done(*of_year, 1)
    assert "1 hazards" in planned.done(*of_year, 2)
    assert "no hazard is what was asked" in planned.refused(RecordError, *of_year, 3)
    (planned.folder / "ids.txt").write_text("AP-1\n")
    assert "1 hazards" in planned.done("export", "i.gpx", "--ids", "ids.txt")
    assert "1 hazards" in planned.done("export", "z.csv", "--zone", "near")
    for wrong, said in (
        (("--rank", "x", *RANK[1:]), "no span of ranks"),
        (("--rank", "1"), "have no priority_rank"),
        (("--year", "1", *RANK[1:]), "--year needs --capacity"),
        (("--capacity", "5"), "say --weights FILE too"),
        (("--layer", "a=b"), "--layer is of a weight set"),
        (("--public", "--zone", "near"), "no record is public"),
    ):
        assert said in planned.refused(OptionError, "export", "w.gpkg", *wrong)
