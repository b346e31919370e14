"""A headless Chromium without network, and what a page did in it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from pathlib import Path

    import folium

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--window-size=1280,800",
)
HOW_TO_INSTALL = (
    "the map pages are tested in Chromium, and {missing} is not there: "
    "apt-get install chromium chromium-driver (or leave these tests out with -m 'not browser')"
)
DESKTOP = (1280, 800)
OLD_LAPTOP = (1024, 600)
PHONE = (390, 844)


class NoBrowserError(Exception):
    """Chromium or its driver is not installed."""


def start(profile: Path) -> webdriver.Chrome:
    """Start a Chromium with an empty profile and no way to any host."""
    binary = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        missing = "chromium" if binary is None else "chromedriver"
        raise NoBrowserError(HOW_TO_INSTALL.format(missing=missing))
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


@dataclass
class Page:
    """An open page: its driver, its file, and all that its console and network logs said."""

    driver: webdriver.Chrome
    path: Path
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def js(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def read_logs(self) -> None:
        """Take over what the browser has logged since the last look."""
        self.console += [entry["message"] for entry in self.driver.get_log("browser")]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])

    def check_alone(self, folder: Path | None = None) -> None:
        """Assert that the page wrote no error and asked for nothing but its own file.

        With a folder: for nothing but what lies in it.
        """
        self.read_logs()
        asked = [url for url in self.requests if url[:5] != "data:"]
        if folder is None:
            assert [url for url in asked if url != self.path.as_uri()] == []
            assert self.js("return performance.getEntriesByType('resource').length") == 0
        else:
            assert [url for url in asked if not url.startswith(f"{folder.as_uri()}/")] == []
        assert self.console == []

    def all_counts(self) -> dict[str, int]:
        """Return how many records are on the map, by each key that can be switched."""
        return self.js("return window.mineGeo.counts()")

    def counts(self) -> dict[str, int]:
        """Return the same by kind and zone, and released land by outcome."""
        others = ("area_type-", "status-", "kind-", "year-")
        return {key: n for key, n in self.all_counts().items() if not key.startswith(others)}

    def popup(self) -> str:
        """Return the text of the open popup."""
        found = self.js("return document.querySelector('.leaflet-popup-content')?.textContent")
        assert found, "no popup is open"
        return found

    def popup_fields(self) -> dict[str, str]:
        """Return the open popup's names and values."""
        rows = self.js(
            "return [...document.querySelectorAll('.leaflet-popup-content .mg-fields tr')]"
            ".map((row) => [row.cells[0].textContent, row.cells[1].textContent])"
        )
        return dict(rows)

    def size(self, width: int, height: int) -> None:
        """Show the page at another width and height, in CSS pixels."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )


def load(driver: webdriver.Chrome, drawn: folium.Map, path: Path) -> Page:
    """Save a map, open it, wait until it is ready."""
    drawn.save(str(path))
    return visit(driver, path)


def visit(driver: webdriver.Chrome, path: Path) -> Page:
    """Open a page that is there, wait until it is ready."""
    page = Page(driver, path)
    page.size(*DESKTOP)
    forget(driver)
    driver.get("about:blank")
    page.read_logs()
    page.console, page.requests = [], []
    driver.get(path.as_uri())
    await_ready(driver)
    return page


def forget(driver: webdriver.Chrome) -> None:
    """Forget what pages keep from one to the next: the language and the way back."""
    driver.execute_script("try { window.localStorage.clear(); } catch { /* no file is open */ }")
    # A history of 50 entries is full: for each entry more, Chromium drops one that a script added.
    driver.execute_cdp_cmd("Page.resetNavigationHistory", {})


def await_ready(driver: webdriver.Chrome, path: Path | None = None) -> None:
    """Wait until a page is ready; with a path, until it is the page there that is."""
    shown = "" if path is None else f" && location.href.split('#')[0] === '{path.as_uri()}'"
    ready = f"return Boolean(window.mineGeo && window.mineGeo.ready{shown})"
    try:
        WebDriverWait(driver, 20).until(lambda one: one.execute_script(ready))
    except TimeoutException:
        said = [entry["message"] for entry in driver.get_log("browser")]
        raise AssertionError(f"the page is not ready: {said}") from None
