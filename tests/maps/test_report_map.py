"""Reports drawn over their hazards: what lies where, and that nothing of the data is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import geopandas as gpd
import pytest
import shapely

from mine_geo.maps import ReportOnMap, report_map

FIELD = shapely.box(103.0, 13.0, 103.002, 13.002)
WEST = shapely.box(103.0, 13.0, 103.001, 13.002)


def hazards(*rows: tuple[str | None, shapely.Polygon]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"hazard_id": [name for name, _ in rows]}, geometry=[each for _, each in rows], crs=4326
    )


def one(worked: object = WEST, **said: object) -> ReportOnMap:
    left = FIELD.difference(WEST)
    return ReportOnMap(
        **{"head": "record 1: A", "lines": (), "hazards": ("A",), "worked": worked,
           "before": FIELD, "left": left, **said}
    )  # fmt: skip


def paths(page: str, key: str) -> list[list[tuple[float, float]]]:
    """Return the rings that are drawn for a class, in pixels."""
    found = re.findall(rf'<path class="{key}"[^>]* d="([^"]*)"', page)
    return [
        [tuple(map(float, pair.split(","))) for pair in ring.rstrip("Z").split("L")]
        for path in found
        for ring in path.split("M")[1:]
    ]


def bounds(ring: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = zip(*ring, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def test_the_land_lies_over_its_hazard_and_beside_what_would_remain() -> None:
    page = report_map([one()], hazards(("A", FIELD)), title="S-1")
    (before,), (worked,), (left,) = (paths(page, key) for key in ("before", "worked", "left"))
    west, north, east, south = bounds(before)
    middle = (west + east) / 2
    assert middle == pytest.approx(320, abs=0.2)
    assert (north + south) / 2 == pytest.approx(210, abs=0.2)
    assert bounds(worked) == pytest.approx((west, north, middle, south), abs=0.2)
    assert bounds(left) == pytest.approx((middle, north, east, south), abs=0.2)
    # 0.002 degree of latitude are 222.6 m in 420 px less 15 % on each side; longitude is narrower
    assert south - north == pytest.approx(420 / 1.3, abs=0.2)
    assert (east - west) / (south - north) == pytest.approx(0.97436, abs=0.001)  # cos 13.001°


def test_north_is_up() -> None:
    north = shapely.box(103.0, 13.0015, 103.002, 13.002)
    page = report_map([one(north, left=None)], hazards(), title="S-1")
    assert bounds(paths(page, "worked")[0])[3] < bounds(paths(page, "before")[0])[3]


def test_a_report_that_reaches_far_shows_its_hazard_alone_too() -> None:
    far = shapely.box(103.0, 13.0, 103.05, 13.05)
    page = report_map([one(far)], hazards(("A", FIELD)), title="S-1")
    small, large = (bounds(ring) for ring in paths(page, "before"))
    assert large[2] - large[0] > 20 * (small[2] - small[0])
    assert report_map([one()], hazards(), title="S-1").count("<figure>") == 1


def test_only_hazards_around_it_are_drawn_and_named() -> None:
    beside = shapely.box(103.0021, 13.0, 103.003, 13.001)
    there = hazards(("A", FIELD), ("B", beside), ("C", shapely.box(104, 13, 104.1, 13.1)))
    page = report_map([one()], there, title="S-1")
    assert len(paths(page, "others")) == 1
    assert re.findall(r"<text x=[^>]*>([AB-C])</text>", page) == ["A", "B"]


def test_a_report_without_land_says_so() -> None:
    page = report_map([one(None, before=None, left=None)], hazards(), title="S-1")
    assert "No polygon to draw" in page
    assert "<figure>" not in page


def test_what_data_say_is_text() -> None:
    class Tags(HTMLParser):
        found: set[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.add(tag)

    evil = '"><script>alert(1)</script><img src="http://a.b/c">'
    said = one(head=evil, lines=(evil,), hazards=(evil,))
    page = report_map([said], hazards((evil, FIELD), (None, FIELD)), title=evil, note=evil)
    tags = Tags()
    tags.found = set()
    tags.feed(page)
    assert not tags.found & {"script", "img", "link"}
    assert "<img" not in page
