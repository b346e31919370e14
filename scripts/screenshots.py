"""Make the pictures of the README from the bundled sample.

    python -m scripts.screenshots            all of them, into docs/images
    python -m scripts.screenshots district   only those whose name holds a word

Pages are opened in headless Chromium without network, as in the tests; run it from the clone.
Pictures are at most 900 pixels wide, with a small palette, and each under 200 kB.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from mine_geo import maps
from tests.benchmarks.map_pages import frames
from tests.maps import browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd
    from selenium import webdriver

FOLDER: Final = Path(__file__).parent.parent / "docs" / "images"
WIDEST_PX: Final = 900
LARGEST_BYTES: Final = 200_000
COLOURS: Final = (256, 192, 128, 96, 64)
DESKTOP: Final = (1180, 760)
WIDE: Final = (1280, 900)
PHONE: Final = (390, 844)
OPENED: Final = """
window.mineGeo.openHazard('%s');
window.mineGeo.map.setZoom(12, { animate: false }).panBy([0, -150], { animate: false });
const inside = document.querySelector('.leaflet-popup-content');
document.activeElement.blur();
inside.scrollTop = inside.scrollHeight;
"""
KHMER: Final = "document.querySelector('[data-language=\"km\"]').click();"
SETTLED: Final = (
    "const done = arguments[arguments.length - 1];"
    "document.fonts.ready.then(() => setTimeout(done, 600));"
)


@dataclass(frozen=True)
class Picture:
    """A page to be shown: how it is made, at which size, and what is done on it."""

    name: str
    make: Callable[[], Any]
    size: tuple[int, int] = DESKTOP
    script: str = ""


def pictures(split: gpd.GeoDataFrame, layers: dict[str, Any]) -> Iterator[Picture]:
    """Return the pictures of pages; each is made only when it is wanted."""
    battambang = split[split["province"] == "Battambang"]
    worked = layers["releases"]["hazard_id"].value_counts()
    known = worked[worked.index.isin(battambang["hazard_id"])]
    chosen = min(known.index[known == known.max()])
    held = maps.layers(split, **layers)
    yield Picture("national", lambda: maps.national(held))
    yield Picture(
        "province",
        lambda: maps.province(held, "Battambang"),
        script=OPENED % chosen,
    )
    yield Picture("district", lambda: maps.district(held, "Battambang", "Samlout"))
    yield Picture(
        "border-zone",
        lambda: maps.border_zone(held, "Battambang", capacity_m2=20_000_000),
        size=WIDE,
    )
    yield Picture(
        "phone",
        lambda: maps.district(held, "Battambang", "Samlout"),
        size=PHONE,
    )
    yield Picture(
        "khmer",
        lambda: maps.district(held, "Battambang", "Samlout"),
        script=KHMER,
    )


def shot(driver: webdriver.Chrome, picture: Picture, folder: Path) -> Image.Image:
    """Open a page and take its picture."""
    page = browser.load(driver, picture.make(), folder / f"{picture.name}.html")
    page.size(*picture.size)
    driver.refresh()
    browser.await_ready(driver)
    if picture.script:
        page.js(picture.script)
    driver.execute_async_script(SETTLED)
    return Image.open(BytesIO(driver.get_screenshot_as_png()))


def save(image: Image.Image, path: Path) -> None:
    """Write a picture as small as it must be: narrower, and with as many colours as fit."""
    plain = image.convert("RGB")
    if plain.width > WIDEST_PX:
        height = round(plain.height * WIDEST_PX / plain.width)
        plain = plain.resize((WIDEST_PX, height), Image.Resampling.LANCZOS)
    for count in COLOURS:
        written = BytesIO()
        few = plain.quantize(
            count, method=Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE
        )
        few.save(written, "PNG", optimize=True)
        if written.tell() < LARGEST_BYTES:
            path.write_bytes(written.getvalue())
            print(f"{path.name}: {plain.width} x {plain.height}, {written.tell():,} bytes")
            return
    raise SystemExit(f"{path.name} does not fit into {LARGEST_BYTES:,} bytes")


def main(wanted: list[str]) -> None:
    """Make all pictures, or those whose name holds one of the words."""
    split, layers = frames()
    FOLDER.mkdir(parents=True, exist_ok=True)

    def asked(name: str) -> bool:
        return not wanted or any(word in name for word in wanted)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        driver = browser.start(folder / "profile")
        try:
            for picture in pictures(split, layers):
                if asked(picture.name):
                    save(shot(driver, picture, folder), FOLDER / f"{picture.name}.png")
        finally:
            driver.quit()
        if asked("sheet"):
            written = folder / "sheet.png"
            maps.sheet(maps.layers(split, **layers), "Battambang").save(written)
            with Image.open(written) as image:
                save(image, FOLDER / "sheet.png")


if __name__ == "__main__":
    main(sys.argv[1:])
