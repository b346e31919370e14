"""`make bench`: it runs, it fails where a claim is missed, and README claims what it holds."""

import re
from pathlib import Path

import numpy as np
import pytest
import shapely

import mine_geo as mg
from tests.benchmarks import bench, commands, million, peers, timing
from tests.benchmarks.timing import Beside, Claim, Timed


def test_readme_claims_what_the_benchmark_holds():
    text = Path("README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (split, [^|]+) \| ([^|]+) \| ([0-9.]+) times \|$", text, re.MULTILINE)
    assert [(what, peer, float(times)) for what, peer, times in rows] == timing.claims()


def test_a_claim_that_is_missed_or_not_measured_is_said():
    claims = [Claim("a", "peer", 3.0), Claim("a", "other", 2.0), Claim("b", "peer", 9.0)]
    assert timing.missed(claims, {"a": {"ours": 1.0, "peer": 2.5, "other": 2.0}}) == [
        "a: peer took 2.5 times as long, 3 claimed",
        "b: peer was not measured, 9 times claimed",
    ]


def test_a_comparison_is_of_medians_and_says_what_it_does_not_know(capsys):
    times = {
        bench.OURS: Timed([1, 2, 3], [1, 1, 1]),
        "peer": Timed([5, 4, 9], [4, 4, 4]),
        "server": Timed([7], [0.1]),
    }
    ratios = timing.report("a", times, Beside("error", {"peer": "0.1"}), elsewhere=["server"])
    assert ratios == {bench.OURS: 1.0, "peer": 2.5, "server": 3.5}
    lines = {line[:32].strip(): line[32:].split() for line in capsys.readouterr().out.splitlines()}
    assert lines[""][-1] == "error"
    assert lines["peer"] == ["3", "5.000", "4.000", "2.5", "4.0", "0.1"]
    assert lines["server"] == ["1", "7.000", "-", "3.5", "-"]


def test_ways_are_taken_in_turn():
    order = []
    ways = {name: lambda name=name: order.append(name) for name in "ab"}
    times, _ = timing.interleaved(ways, 2)
    assert order == ["a", "b", "a", "b"]
    assert [len(each.wall) for each in times.values()] == [2, 2]


def test_slow_ways_are_taken_in_fewer_rounds_from_the_first_to_the_last():
    order = []
    ways = {name: lambda name=name: order.append(name) for name in "ab"}
    timing.interleaved(ways, 7, slow="b")
    assert "".join(order) == "abaaabaaab"
    assert [len(timing.few_of(rounds)) for rounds in (1, 2, 3, 4, 5, 7)] == [1, 2, 3, 3, 3, 3]


def test_made_hazards_have_17_vertices_and_lie_in_the_country():
    made = peers.made_hazards(200)
    assert made.is_valid.all()
    assert set(shapely.get_num_coordinates(made.geometry)) == {17}
    country = mg.intake.read_admin(mg.sample.path("districts")).total_bounds
    west, south, east, north = made.total_bounds
    assert (np.array([west, south, -east, -north]) > country * [1, 1, -1, -1]).all()
    assert made["hazard_id"].is_unique


def test_the_brute_force_of_the_benchmark_is_that_of_both_engines(monkeypatch):
    border = mg.read_border(mg.sample.path("border"))
    hazards = mg.to_hazards(peers.made_hazards(20))
    truth = bench.true_distances(hazards, border)
    for way in (peers.by_border_split, peers.by_numpy):
        assert np.abs(way(hazards, border) - truth).max() < 0.005
    monkeypatch.setenv("MINE_GEO_ENGINE", "numpy")
    assert "engine numpy" in bench.head(1)


@pytest.mark.untraced
def test_commands_run_on_a_store_of_the_sample(capsys):
    hazards = mg.read_hazards(mg.sample.path("minefields")).iloc[:5]
    ratios = commands.compare(hazards, 1)
    assert list(ratios) == list(commands.asked_of(""))
    assert "on 5 stored hazards" in capsys.readouterr().out


@pytest.mark.untraced
def test_a_file_is_split_by_the_command_and_by_dask_alike(capsys):
    million.run((30, 160))
    out = capsys.readouterr().out
    assert re.search(r"^ +160 +[0-9.]+ +[0-9.]+ +[0-9]+$", out, re.MULTILINE)
    assert "equal, row for row" in out


def test_what_differs_between_two_splits_is_named():
    hazards = peers.made_hazards(3)
    moved = hazards.set_geometry(hazards.translate(1))
    assert million.differences(hazards, hazards) == []
    assert million.differences(hazards, hazards.iloc[:2]) == ["3 rows and 2"]
    assert million.differences(hazards, moved.assign(kind="cluster")) == ["kind", "geometry"]
