"""axe-core finds no fault on any kind of page, in either language, on wide and narrow screens."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.maps.browser import DESKTOP, OLD_LAPTOP, PHONE
from tests.maps.test_pages import KINDS

if TYPE_CHECKING:
    import geopandas as gpd

    from tests.maps.browser import Page
    from tests.maps.conftest import Opener

# WCAG 2.0 to 2.2, A and AA, and what axe holds to be good practice besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TALL = 4000
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, { runOnly: arguments[0] }).then((found) => done({
  passes: found.passes.length,
  faults: [...found.violations, ...(arguments[1] ? found.incomplete : [])].flatMap((one) =>
    one.nodes.map((node) => [one.id, node.target.join(' '), node.failureSummary])),
}));
"""


@cache
def axe() -> str:
    """Return axe-core; the package around it is not imported, it would want Playwright."""
    found = importlib.util.find_spec("axe_playwright_python")
    assert found is not None, "the script of axe is missing: pip install axe-playwright-python"
    assert found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def faults(page: Page) -> list[list[str]]:
    """Return what axe finds against the rules.

    The drawings are larger than the map that cuts them off; axe would take them for being on top
    of what lies beside the map.
    """
    drawings = "document.querySelectorAll('.leaflet-pane canvas').forEach((one) => { %s; })"
    page.js(drawings % "one.style.display = 'none'")
    found = page.driver.execute_async_script(RUN, RULES, False)
    page.js(drawings % "one.style.display = ''")
    assert found["passes"] > 20
    return found["faults"]


def pale(page: Page) -> list[list[str]]:
    """Return texts whose contrast is too low or unsure: without the drawing, nothing scrolled."""
    page.size(DESKTOP[0], TALL)
    page.js("document.querySelector('.mg-canvas').style.visibility = 'hidden'")
    found = page.driver.execute_async_script(RUN, ["color-contrast"], True)
    page.js("document.querySelector('.mg-canvas').style.visibility = ''")
    page.size(*DESKTOP)
    assert found["passes"] == 1
    return found["faults"]


def overlapping(page: Page) -> list[str]:
    """Return pairs of blocks that lie on each other, and what reaches out of the screen."""
    return page.js(
        "const blocks = ['.mg-title', '.mg-search', '.mg-canvas', '.mg-under', '.mg-list',"
        " '.mg-side', '.leaflet-control-zoom', '.leaflet-control-scale', '.mg-languages', 'h1',"
        " '.mg-badges', '.mg-totals', '.mg-facts'];"
        "const inside = [['.mg-title', '.mg-languages'], ['.mg-title', 'h1'],"
        " ['.mg-title', '.mg-badges'], ['.mg-title', '.mg-totals'], ['.mg-title', '.mg-facts'],"
        " ['.mg-canvas', '.leaflet-control-zoom'], ['.mg-canvas', '.leaflet-control-scale']]"
        " .map((pair) => pair.join(' '));"
        "const found = [];"
        "const boxes = blocks.map((name) => [name, document.querySelector(name)])"
        " .filter(([, node]) => node && node.getClientRects().length)"
        " .map(([name, node]) => [name, node.getBoundingClientRect()]);"
        "boxes.forEach(([name, box], at) => {"
        "  if (box.left < -0.5 || box.right > innerWidth + 0.5) { found.push(name); }"
        "  boxes.slice(at + 1).forEach(([other, second]) => {"
        "    if (!inside.includes(`${name} ${other}`) && box.left < second.right - 1"
        "      && box.right > second.left + 1 && box.top < second.bottom - 1"
        "      && box.bottom > second.top + 1) { found.push(`${name} on ${other}`); } }); });"
        "if (document.documentElement.scrollWidth > innerWidth) { found.push('scrolls'); }"
        "return found"
    )


@pytest.mark.parametrize("kind", list(KINDS))
def test_axe_finds_nothing_and_nothing_overlaps(
    kind: str,
    open_page: Opener,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame,
    admin: gpd.GeoDataFrame,
    released: gpd.GeoDataFrame,
) -> None:
    drawn = KINDS[kind](
        split.assign(synthetic=True),
        border=border,
        admin=admin.assign(schematic=True),
        releases=released,
    )
    page = open_page(drawn)
    page.js(axe())
    turn = "document.querySelectorAll('details').forEach((one) => { one.open = arguments[0]; })"
    for size in (DESKTOP, OLD_LAPTOP, PHONE):
        page.size(*size)
        for language in ("en", "km"):
            page.js("document.querySelector(`[data-language='${arguments[0]}']`).click()", language)
            page.js(turn, False)
            assert overlapping(page) == []
            page.js(turn, True)
            assert overlapping(page) == []
            if size == OLD_LAPTOP:
                continue
            page.js("window.mineGeo.openHazard('AP-1')")
            assert faults(page) == []
            if size == DESKTOP:
                assert pale(page) == []
            page.js("window.mineGeo.map.closePopup()")
    page.check_alone()
