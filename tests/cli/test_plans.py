"""The commands `plan` and `mine-free`: tables, runs and the chart, and what a bad plan is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import mine_geo as mg
from mine_geo.errors import FileError, OptionError, RecordError

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Command

PLAN = """
name = "By hand"
kind = "ap_minefield"
start = 2025-01-01
[[capacity]]
m2 = 300_000
[cost]
usd_m2 = 0.257
[spread]
capacity = 0.2
"""


@pytest.fixture
def plan(filled: Command) -> Path:
    path = filled.folder / "plan.toml"
    path.write_text(PLAN)
    return path


def test_years_far_before_near(filled: Command, plan: Path) -> None:
    split = json.loads(filled.done("totals", "--format", "json"))["rows"][0]
    said = json.loads(filled.done("plan", plan, "--format", "json"))
    rows = said["rows"]
    assert said["as_of"] == "2024-12-31"
    assert said["rule"] == "edge"
    assert rows[0]["opening_m2"] == split["size_m2"]
    assert sum(row["far_released_m2"] for row in rows) == split["far_size_m2"]
    assert [row["near_released_m2"] > 0 for row in rows] == [False] * 4 + [True]
    assert rows[0]["cost_usd"] == round(300_000 * 0.257)
    assert "Finished after" in said["title"]
    text = filled.done("plan", plan, "--show", "finish")
    assert "Battambang" in text


def test_runs_and_their_fan(filled: Command, plan: Path) -> None:
    words = ("plan", plan, "--simulate", 50, "--seed", 4, "--chart", "fan.png", "--format", "json")
    found = filled(*words)
    assert "50 runs in" in found.stderr
    rows = json.loads(found.stdout)["rows"]
    assert [row["province"] for row in rows] == ["Battambang", "all"]
    assert rows[0]["p5"] < rows[0]["p50"] < rows[0]["p95"]
    with Image.open(filled.folder / "fan.png") as image:
        assert image.width > 1000
    again = filled(*words)
    assert json.loads(again.stdout)["rows"] == rows


def test_what_is_wrong_is_said_in_a_line(filled: Command, plan: Path) -> None:
    plan.write_text(PLAN.replace("300_000", "-3"))
    assert "capacity.m2" in filled.refused(FileError, "plan", plan)
    plan.write_text(PLAN + "[inflow]\nby_province = { Kep = 3 }\n")
    assert "names Kep, where no hazard" in filled.refused(RecordError, "plan", plan)
    plan.write_text(PLAN)
    assert "valid: " in filled.refused(OptionError, "plan", plan, "--scenario", "low")
    assert "runs must be" in filled.refused(OptionError, "plan", plan, "--simulate", 0)
    assert ".png, .svg, .pdf" in filled.refused(OptionError, "plan", plan, "--chart", "fan.gif")
    assert "none.toml: cannot be read" in filled.refused(FileError, "plan", "none.toml")


def test_districts_and_what_stands_between(filled: Command) -> None:
    rows = json.loads(filled.done("mine-free", "--format", "json"))["rows"]
    assert len(rows) == 198
    # Listed in the district that a field records, and in each that it reaches into as drawn.
    districts = mg.read_admin(mg.sample.path("districts"))
    fields = mg.read_hazards(filled.folder / "fields.gpkg")
    pairs = districts.sjoin(fields[["geometry"]])["district"]
    open_ = {"Phnum Proek", "Banan", *pairs}
    assert {row["name"] for row in rows if row["state"] == "open"} == open_
    assert {row["state"] for row in rows[: 198 - len(open_)]} == {"unknown"}
    assert {row["name"] for row in rows[198 - len(open_) :]} == open_
    text = filled.done("mine-free")
    assert f"{198 - len(open_)} unknown, {len(open_)} open" in text
    # What the store does not hold is not none.
    assert {(row["accidents"], row["evidence"], row["spot_tasks"]) for row in rows} == {(None,) * 3}
    assert {row["waiting"] for row in rows} == {0}
    assert "Not looked at: spot tasks, evidence, accidents." in " ".join(text.split())
    before = json.loads(filled.done("mine-free", "--as-of", "2020-06-29", "--format", "json"))
    assert {row["state"] for row in before["rows"]} == {"unknown"}
