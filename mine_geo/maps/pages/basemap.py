"""What lies beneath a map: an online tile source, or a GeoTIFF put beside the page.

None is drawn unless asked for. Tiles come from the internet while the page is looked at; the
image of a GeoTIFF is a file beside the page, in EPSG:3857 as the map is, cut to the page's view.
"""

from __future__ import annotations

import difflib
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote

import xyzservices
from xyzservices import providers

from mine_geo.errors import FileError, OptionError, some
from mine_geo.maps import whole_files
from mine_geo.maps.pages import pixels

if TYPE_CHECKING:
    from mine_geo.maps.ground import Box


SUFFIXES: Final = (".tif", ".tiff", ".gtiff", ".gtif")
_WEB: Final = "EPSG:3857"
_LETTERS: Final = re.compile(r"[\W_]+")


class Basemap(Protocol):
    """What a page asks of its basemap."""

    @property
    def attribution(self) -> str:
        """Plain text, to be shown with the map; empty where nobody asks for it."""

    def check(self, view: Box) -> None:
        """Refuse a view (west, south, east, north, degrees) of which nothing would be shown."""

    def beside(self, page: Path, view: Box) -> dict[str, Any] | None:
        """Write what must lie beside a page; return what its script is told, None for nothing."""


@dataclass(frozen=True)
class Tiles:
    """An online tile source in EPSG:3857; nothing lies beside the page."""

    name: str
    """As xyzservices names it."""
    url: str
    """With `{x}`, `{y}` and `{z}`."""
    attribution: str
    """Plain text, to be shown with the map."""
    max_zoom: int

    def check(self, view: Box) -> None:
        """Take any view: nobody knows where tiles end."""

    def beside(self, page: Path, view: Box) -> dict[str, Any]:
        """Return `tiles` (the URL), `attribution` and `max_zoom`; `page` and `view` are all one."""
        del page, view
        return {"tiles": self.url, "attribution": self.attribution, "max_zoom": self.max_zoom}


@dataclass(frozen=True)
class Image:
    """A GeoTIFF; each page has its part of it beside it, as a PNG, JPEG or WebP."""

    path: Path
    attribution: str = ""
    """The copyright that the file declares."""

    def check(self, view: Box) -> None:
        """Refuse a raster that does not reach the view.

        Raises
        ------
        OptionError
            If nothing of the raster lies in the view.
        """
        from mine_geo.maps.pages import geotiff  # noqa: PLC0415 - loads GDAL once more

        if not geotiff.reaches(self.path, view):
            seen = "{:.3f} {:.3f} to {:.3f} {:.3f}".format(*view)
            raise OptionError(
                f"basemap {self.path} does not reach this page (west south {seen} east north, "
                "degrees); choose a GeoTIFF of the place, or leave the basemap out"
            )

    def beside(self, page: Path, view: Box) -> dict[str, Any] | None:
        """Write the image beside the page, unless the same bytes are there already.

        `battambang.html` gets `battambang_basemap.jpg` (or .png, .webp); one in another format,
        from an earlier run, is taken away.

        Parameters
        ----------
        page
            The file of the page.
        view
            West, south, east, north in degrees (EPSG:4326): no more is written than lies in it.

        Returns
        -------
        dict or None
            `image` (its address, relative to the page) and `bounds` ([[south, west], [north,
            east]] in degrees); None, and no file, where nothing of the raster lies in the view.

        Raises
        ------
        FileError
            If the raster cannot be read, or the image cannot be written.
        """
        from mine_geo.maps.pages import geotiff  # noqa: PLC0415

        cut = geotiff.cut(self.path, view)
        names = {suffix: page.with_name(f"{page.stem}_basemap{suffix}") for suffix in pixels.KINDS}
        written = None if cut is None else names.pop(cut.suffix)
        try:
            for stale in names.values():
                stale.unlink(missing_ok=True)
            if cut is None or written is None:
                return None
            if not (written.is_file() and written.read_bytes() == cut.content):
                whole_files.replace(written, cut.content)
        except OSError as error:
            raise FileError(
                f"{page}: the basemap cannot be written beside it ({error.strerror}); choose "
                "another folder"
            ) from error
        west, south, east, north = cut.bounds
        return {"image": quote(written.name), "bounds": [[south, west], [north, east]]}


def choose_basemap(source: str | os.PathLike[str]) -> Tiles | Image:
    """Return the basemap of a name or a path.

    Parameters
    ----------
    source
        Name of an online tile source as xyzservices has it ("OpenStreetMap.Mapnik",
        "Esri.WorldImagery"; letters and digits count), or the path of a GeoTIFF on WGS 84
        (projected or not): a `pathlib.Path`, or a text that ends in .tif or holds a slash.

    Raises
    ------
    OptionError
        If the name is unknown (the message lists close ones), the source needs a key, has given
        up, or is not in EPSG:3857.
    FileError
        If the file is missing, is no GeoTIFF, or says not where it lies.
    CRSError
        If it has no coordinate reference system, or one that does not stand on WGS 84.

    Examples
    --------
    >>> choose_basemap("esri worldimagery").url
    'https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}'
    """
    text = os.fspath(source)
    if "://" in text:
        raise OptionError(
            f"basemap {text!r} is an address; give the name of a tile source as xyzservices has "
            "it (OpenStreetMap.Mapnik, Esri.WorldImagery), or the path of a GeoTIFF"
        )
    if isinstance(source, str) and not text.lower().endswith(SUFFIXES) and os.sep not in text:
        return _tiles(text)
    from mine_geo.maps.pages import geotiff  # noqa: PLC0415

    place = Path(text).absolute()  # so that it holds in any process
    return Image(place, geotiff.check(Path(text)))


def beneath(source: str | os.PathLike[str] | None) -> Basemap | None:
    """Return the basemap that is asked for, if any; see `choose_basemap`."""
    return None if source is None else choose_basemap(source)


def _tiles(name: str) -> Tiles:
    """Return the tile source of a name."""
    known: dict[str, Any] = providers.flatten()
    try:
        provider = providers.query_name(name)
    except ValueError as error:
        raise OptionError(
            f"basemap {name!r} is unknown{_close(name, list(known))}; any source that xyzservices "
            "lists will do, or the path of a GeoTIFF (.tif)"
        ) from error
    _usable(provider)
    attribution = str(provider.get("attribution", provider.name)).replace("(C)", "©")
    return Tiles(
        name=str(provider.name),
        url=provider.build_url(x="{x}", y="{y}", z="{z}"),
        attribution=attribution,
        max_zoom=int(provider.get("max_zoom", 18)),
    )


def _close(name: str, known: list[str]) -> str:
    """Return the names most like it, for a message."""
    plain = {_LETTERS.sub("", one).lower(): one for one in known}
    wanted = _LETTERS.sub("", name).lower()
    within = [one for short, one in plain.items() if len(wanted) > 2 and wanted in short]
    like = difflib.get_close_matches(wanted, plain, n=5, cutoff=0.6)
    found = list(dict.fromkeys([*within, *(plain[short] for short in like)]))
    return f"; close to it: {some(found)}" if found else ""


def _usable(provider: xyzservices.TileProvider) -> None:
    """Refuse a source whose tiles a page cannot show by itself."""
    name = provider.name
    fault = None
    if provider.requires_token():
        fault = "needs a key of its provider, which a page would show to everybody"
    elif provider.get("status") == "broken":
        fault = "no longer answers, as xyzservices knows"
    elif str(provider.get("crs", _WEB)) != _WEB or provider.get("tms") is True:
        fault = f"is not tiled in {_WEB} as these maps are"
    elif not math.isclose(float(provider.get("tileSize", 256)), 256):
        fault = "has tiles of another size than 256 pixels"
    if fault:
        raise OptionError(f"basemap {name} {fault}; choose another, like Esri.WorldImagery")
