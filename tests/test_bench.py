"""`make bench`: it runs, it fails where a claim is missed, and README claims what it holds."""

import re
from pathlib import Path

from tests.benchmarks import bench


def test_readme_claims_what_the_benchmark_holds():
    text = Path("README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (split, [^|]+) \| ([^|]+) \| ([0-9.]+) times \|$", text, re.MULTILINE)
    assert [(what, peer, float(times)) for what, peer, times in rows] == bench.claims()


def test_a_claim_that_is_missed_is_said(monkeypatch, capsys):
    monkeypatch.setattr(bench, "claims", lambda: [("a", "peer", 3.0), ("b", "peer", 9.0)])
    times = {
        bench.OURS: bench.Timed([1, 2, 3], [1, 1, 1]),
        "peer": bench.Timed([5, 4, 9], [1, 1, 1]),
    }
    assert bench.report("a", times, {}, held=True) == ["a: peer took 2.5 times as long, 3 claimed"]
    assert bench.report("a", times, {}, held=False) == []
    assert "2.5" in capsys.readouterr().out


def test_ways_are_taken_in_turn():
    order = []
    ways = {name: lambda name=name: order.append(name) for name in "ab"}
    times, _ = bench.interleaved(ways, 2)
    assert order == ["a", "b", "a", "b"]
    assert [len(each.wall) for each in times.values()] == [2, 2]
