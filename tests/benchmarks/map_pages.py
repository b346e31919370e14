"""How big and how quick the national page is, beside Folium's plain GeoJson page.

    python -m tests.benchmarks.map_pages
    python -m tests.benchmarks.map_pages --pans 20 --page other.html
    python -m tests.benchmarks.map_pages --sizes 7392 50000 100000 --before ../older-checkout

Both pages of one run hold the same 7,392 minefields of the bundled sample. Ours is the page of
`maps.national` with border, districts, places and the land released by the end of 2022. Folium's
is `folium.GeoJson` of the columns that our popup shows, on a map of its own, before Leaflet and
the rest of what it links to; and again of the polygons alone.

Each page is opened in headless Chromium without network (into Folium's page goes the same Leaflet,
so that it opens at all), over and over with an empty cache. Seconds are from the start of
navigation to the page being ready, and to the end of the last long task after it. Then the map is
dragged by the mouse, at the national zoom and at zoom 11, and zoomed by the wheel; a long task is
one of 50 ms and more, by the browser's own Long Tasks API. `--page` times any other page of ours.
Seconds and tasks are worth something on an idle machine only.

`--sizes` compares pages of so many hazards (the sample's, set beside themselves) with Folium's and,
with `--before`, with the page that another checkout makes of the same rows: bytes, and the seconds
that the page's main thread worked (its own clock, by the browser's `threadTicks`, which other
work on the machine does not lengthen much) until it was ready, for a pan and for a zoom. The pages
take turns.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import Element
from xstatic.pkg import leaflet

import mine_geo as mg
from mine_geo.geo import sample
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold
from mine_geo.maps.pages import page as offline
from mine_geo.maps.pages.compose import HAZARD_FIELDS
from mine_geo.tables.movements import released_land
from tests.maps import browser

if TYPE_CHECKING:
    from selenium import webdriver

AS_OF = "2022-12-31"
SHARE = 4
READY_S = 2.0
TASK_MS = 200
NEAR_BATTAMBANG = (12.9, 102.6)
WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => list.getEntries().forEach(
  (entry) => window.longTasks.push([entry.startTime, entry.duration])
)).observe({ type: 'longtask', buffered: true });
"""
FIND_MAP = """
window.theMap = window.mineGeo ? window.mineGeo.map
  : Object.values(window).find((value) => value instanceof L.Map);
"""
QUIET_MS = 400


@dataclass(frozen=True)
class Timing:
    """What one opening of a page took."""

    ready_s: float
    settled_s: float
    tasks_ms: dict[str, float]
    """The longest task by what was done; 0 where none reached 50 ms."""


def frames() -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return the split of the sample and what is drawn with it."""
    border = mg.read_border(sample.path("border"))
    hazards = mg.read_hazards(sample.path("minefields"))
    split = mg.border_split(hazards, border, include_coast=True)
    events = [
        registered_events(gpd.read_file(sample.path("ledger_hazards"))),
        to_events(gpd.read_file(sample.path("ledger_events"))),
    ]
    released = released_land(fold(pd.concat(events), as_of=AS_OF), kind="ap_minefield")
    return split, {
        "border": border,
        "admin": mg.read_admin(sample.path("districts")),
        "releases": released,
        "places": pd.read_csv(sample.path("places")),
        "as_of": AS_OF,
    }


def plain(split: gpd.GeoDataFrame, columns: list[str]) -> folium.Map:
    """Return Folium's own page of the polygons with these columns."""
    shown = split[[*columns, "geometry"]].copy()
    for column in shown.columns[shown.dtypes.astype(str).str.startswith("datetime")]:
        shown[column] = shown[column].dt.strftime("%Y-%m-%d")
    drawn = folium.Map(location=[12.6, 105.0], zoom_start=7, tiles=None)
    folium.GeoJson(shown if columns else shown.geometry).add_to(drawn)
    return drawn


def shown_columns(split: gpd.GeoDataFrame) -> list[str]:
    """Return the columns of a split that our pages show of a record."""
    return [name for name, _ in HAZARD_FIELDS if name in split.columns]


def make_ours(split: gpd.GeoDataFrame, layers: dict[str, Any], path: Path) -> None:
    """Write our national page."""
    mg.maps.national(mg.maps.layers(split, **layers)).save(str(path))


def make_plain(split: gpd.GeoDataFrame, _layers: dict[str, Any], path: Path) -> None:
    """Write Folium's page of the same hazards and columns."""
    plain(split, shown_columns(split)).save(str(path))


def with_leaflet(drawn: folium.Map) -> str:
    """Return a plain page that opens without network: Leaflet inside, no links."""
    folder = Path(leaflet.BASE_DIR)
    drawn.default_js, drawn.default_css = [], []
    parts = (("style", "leaflet.css"), ("script", "leaflet.js"))
    for tag, name in parts:
        text = (folder / name).read_text(encoding="utf-8")
        text = "{% raw %}" + text + "{% endraw %}"
        drawn.get_root().header.add_child(Element(f"<{tag}>{text}</{tag}>"), name=f"own_{tag}")
    return str(drawn.get_root().render())


def opened(driver: webdriver.Chrome, path: Path) -> tuple[float, float]:
    """Open a page; return seconds until its script has run, and until it is quiet."""
    driver.get("about:blank")
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get(path.as_uri())
    driver.execute_script(WATCH + FIND_MAP)
    quiet(driver)
    ready, last = driver.execute_script(
        "const { domContentLoadedEventEnd: ready } = performance.getEntriesByType('navigation')[0];"
        "return [ready, Math.max(ready, ...window.longTasks.map(([start, ms]) => start + ms))]"
    )
    return ready / 1000, last / 1000


def quiet(driver: webdriver.Chrome) -> None:
    """Wait until no long task has come for a while."""
    while True:
        before = driver.execute_script("return window.longTasks.length")
        time.sleep(QUIET_MS / 1000)
        if driver.execute_script("return window.longTasks.length") == before:
            return


def mouse(driver: webdriver.Chrome, kind: str, x: float, y: float, **more: float | str) -> None:
    """Send one event of the mouse."""
    driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})


def drag(driver: webdriver.Chrome, pans: int) -> None:
    """Drag the map to and fro, letting go each time, and move the mouse over it."""
    left, top, width, height = driver.execute_script(
        "const box = window.theMap.getContainer().getBoundingClientRect();"
        "return [box.left, box.top, box.width, box.height]"
    )
    x, y = left + width / 2, top + height / 2
    for number in range(pans):
        way = 1 if number % 2 else -1
        across, down = way * 0.35 * width, way * (0.2 if number % 4 < 2 else -0.2) * height
        mouse(driver, "mousePressed", x, y, button="left", clickCount=1)
        for step in range(1, 13):
            at = (x + across * step / 12, y + down * step / 12)
            mouse(driver, "mouseMoved", *at, button="left", buttons=1)
            time.sleep(0.016)
        mouse(driver, "mouseReleased", *at, button="left", clickCount=1)
        for step in range(6):
            mouse(driver, "mouseMoved", x + 9 * step, y + 7 * step)
            time.sleep(0.016)
        time.sleep(0.4)


def wheel(driver: webdriver.Chrome) -> None:
    """Zoom in and out again by the wheel."""
    x, y = driver.execute_script(
        "const box = window.theMap.getContainer().getBoundingClientRect();"
        "return [box.left + box.width / 2, box.top + box.height / 2]"
    )
    for amount in (-120, -120, -120, 120, 120, 120):
        mouse(driver, "mouseWheel", x, y, deltaX=0, deltaY=amount)
        time.sleep(0.5)


def longest(driver: webdriver.Chrome, what: Any, *values: Any) -> float:
    """Do something; return the longest task that it brought, in milliseconds."""
    driver.execute_script("window.longTasks.length = 0")
    what(driver, *values)
    quiet(driver)
    tasks = driver.execute_script("return window.longTasks.map(([, ms]) => ms)")
    return max(tasks, default=0.0)


def timed(driver: webdriver.Chrome, path: Path, pans: int) -> Timing:
    """Open a page, pan and zoom it."""
    ready, settled = opened(driver, path)
    tasks = {"pan, national": longest(driver, drag, pans), "wheel": longest(driver, wheel)}
    lat, lon = NEAR_BATTAMBANG
    driver.execute_script(
        f"window.theMap.setView([{lat}, {lon}], 11, {{ animate: false }})",
    )
    quiet(driver)
    tasks["pan, zoom 11"] = longest(driver, drag, pans)
    return Timing(ready, settled, tasks)


def report(name: str, path: Path, pans: int, repeat: int, slower: float = 1) -> list[Timing]:
    """Time a page over and over, by a processor so many times slower; print medians, worst task."""
    found = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as profile:
            driver = browser.start(Path(profile))
            try:
                driver.execute_cdp_cmd("Network.enable", {})
                driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": slower})
                found.append(timed(driver, path, pans))
            finally:
                driver.quit()
    ready = median(one.ready_s for one in found)
    settled = median(one.settled_s for one in found)
    print(f"{name}: ready {ready:.2f} s, quiet {settled:.2f} s", end="")
    for what in found[0].tasks_ms:
        print(f"; {what}: longest task {max(one.tasks_ms[what] for one in found):.0f} ms", end="")
    print()
    return found


def many(split: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Return so many hazards: the sample's, and those again, moved by up to 0.15 degrees."""
    at = np.arange(count) % len(split)
    turn = np.arange(count) // len(split)
    made = split.iloc[at].reset_index(drop=True)
    moved = np.random.default_rng(17).uniform(-0.15, 0.15, (count, 2))
    moved[turn == 0] = 0
    shapes = made.geometry.to_numpy().copy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    made.geometry = gpd.GeoSeries(shapely.set_coordinates(shapes, xy + moved[owner]), crs=made.crs)
    made["hazard_id"] = [
        f"{name}-{number:02d}" if number else name
        for name, number in zip(made["hazard_id"], turn, strict=True)
    ]
    return made


BEFORE = """
import pickle, sys
import mine_geo as mg
split, layers = pickle.load(open(sys.argv[1], "rb"))
mg.maps.national(mg.maps.layers(split, **layers)).save(sys.argv[2])
"""
PAINTED = """
return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
  () => setTimeout(done, 60))))
"""
STEPS = {
    "pan": "window.theMap.panBy([300, 0], { animate: false })",
    "zoom": "window.theMap.setZoom(window.theMap.getZoom() + 1, { animate: false })",
    "zoom 11": f"window.theMap.setView({list(NEAR_BATTAMBANG)}, 11, {{ animate: false }})",
    "pan at 11": "window.theMap.panBy([300, 0], { animate: false })",
}


def worked(driver: webdriver.Chrome) -> float:
    """Return the seconds that the page's main thread has worked so far."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def seconds(path: Path) -> dict[str, float]:
    """Open a page in a browser of its own, pan and zoom it; return the seconds of each."""
    found = {}
    with tempfile.TemporaryDirectory() as profile:
        driver = browser.start(Path(profile))
        try:
            driver.set_page_load_timeout(600)
            driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
            before = worked(driver)
            driver.get(path.as_uri())
            driver.execute_script(FIND_MAP)
            driver.execute_script(PAINTED)
            found["ready"] = worked(driver) - before
            for step, script in STEPS.items():
                before = worked(driver)
                driver.execute_script(script)
                driver.execute_script(PAINTED)
                found[step] = worked(driver) - before
        finally:
            driver.quit()
    return found


def compare(sizes: list[int], before: Path | None, repeat: int) -> None:
    """Print bytes and seconds of each page, and what part of the others' ours is."""
    split, layers = frames()
    for size in sizes:
        rows = many(split, size)
        with tempfile.TemporaryDirectory() as folder:
            pages = {"ours": Path(folder) / "ours.html", "Folium": Path(folder) / "plain.html"}
            make_ours(rows, layers, pages["ours"])
            drawn = plain(rows, shown_columns(rows))
            pages["Folium"].write_text(with_leaflet(drawn), encoding="utf-8")
            if before is not None:
                pages["before"] = Path(folder) / "before.html"
                held = Path(folder) / "frames.pickle"
                held.write_bytes(pickle.dumps((rows, layers)))
                subprocess.run(
                    [sys.executable, "-c", BEFORE, str(held), str(pages["before"])],
                    check=True,
                    cwd=folder,
                    env=os.environ | {"PYTHONPATH": str(before.resolve())},
                )
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in pages}
            for _ in range(repeat):
                for name, path in pages.items():
                    runs[name].append(seconds(path))
            medians = {
                name: {"bytes": float(pages[name].stat().st_size)}
                | {step: median(one[step] for one in found) for step in found[0]}
                for name, found in runs.items()
            }
        print(f"{size:,} hazards")
        for name, found in medians.items():
            told = ", ".join(f"{step} {s:.2f} s" for step, s in found.items() if step != "bytes")
            print(f"  {name}: {found['bytes']:,.0f} bytes; {told}")
            if name != "ours":
                parts = (f"{what} {medians['ours'][what] / found[what]:.3f}" for what in found)
                print(f"    ours is of it: {', '.join(parts)}")


def main() -> int:
    """Measure; return 1 where a bound of ours is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pans", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--page", type=Path, help="time this page of ours and nothing else")
    parser.add_argument("--slower", type=float, default=1, help="a processor so many times slower")
    parser.add_argument("--without-folium", action="store_true", help="do not open Folium's page")
    parser.add_argument("--sizes", type=int, nargs="*", help="compare pages of so many hazards")
    parser.add_argument("--before", type=Path, help="another checkout, for --sizes")
    asked = parser.parse_args()
    if asked.sizes:
        compare(asked.sizes, asked.before, asked.repeat)
        return 0
    if asked.page:
        report(asked.page.name, asked.page.resolve(), asked.pans, asked.repeat, asked.slower)
        return 0
    split, layers = frames()
    columns = shown_columns(split)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours.html", Path(folder) / "plain.html"
        make_ours(split, layers, ours)
        size = ours.stat().st_size
        library = len((offline.style() + offline.script()).encode())
        full = len(plain(split, columns).get_root().render().encode())
        bare = len(plain(split, []).get_root().render().encode())
        print(f"ours: {size:,} bytes, of which style and script {library:,}")
        print(f"Folium, {len(columns)} columns: {full:,} bytes; ours is {size / full:.3f} of it")
        print(f"Folium, polygons alone: {bare:,} bytes; ours is {size / bare:.3f} of it")
        mine = report("ours", ours, asked.pans, asked.repeat)
        if not asked.without_folium:
            theirs.write_text(with_leaflet(plain(split, columns)), encoding="utf-8")
            report("Folium's plain page", theirs, asked.pans, asked.repeat)
    panning = [ms for one in mine for what, ms in one.tasks_ms.items() if what.startswith("pan")]
    held = (
        size * SHARE <= full
        and median(one.settled_s for one in mine) <= READY_S
        and max(panning) <= TASK_MS
    )
    print("within the bounds" if held else "NOT within the bounds")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
