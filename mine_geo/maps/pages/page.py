"""A Folium map whose page carries everything it needs and asks the network for nothing."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import folium
import jinja2
from branca.element import Figure
from markupsafe import escape
from xstatic.pkg import leaflet

from mine_geo import words
from mine_geo.disclosure import restriction
from mine_geo.disclosure.restriction import write_file
from mine_geo.maps import packing, symbols
from mine_geo.maps.context import LINES
from mine_geo.maps.pages import plugins
from mine_geo.maps.pages.plugins import ASSETS, Raw, data_uri

if TYPE_CHECKING:
    from mine_geo.maps.facts import Facts
    from mine_geo.maps.ground import Box
    from mine_geo.maps.pages.basemap import Basemap


STYLES: Final = (
    "page.css",
    "language.css",
    "panel.css",
    "filters.css",
    "list.css",
    "map.css",
    "record.css",
    "search.css",
    "atlas.css",
    "time.css",
    "public.css",
    "phone.css",
    "print.css",
)
SCRIPTS: Final = (
    "words.js",
    "address.js",
    "language.js",
    "decode.js",
    "format.js",
    "symbols.js",
    "history.js",
    "coordinates.js",
    "places.js",
    "turning.js",
    "popup.js",
    "crowds.js",
    "shape.js",
    "layers.js",
    "filters.js",
    "labels.js",
    "capacity.js",
    "legend.js",
    "sums.js",
    "page.js",
    "chosen.js",
    "search.js",
    "keyboard.js",
    "print.js",
    "list.js",
    "priority.js",
    "list_csv.js",
    "public.js",
    "veil.js",
    "basemap.js",
    "relief.js",
    "time.js",
    "view.js",
    "folium.js",
)
"""In the order in which they run: `words.js` makes the page's one global, features come last."""

DRAW_LIBRARIES: Final = ("leaflet-geoman.min.js", "polyclip-ts.umd.min.js")
"""In `assets/draw`, with their licences: in pages that can draw alone."""

DRAW_SCRIPTS: Final = ("areas.js", "drawn_files.js", "draw.js")

STYLE: Final = "mine_geo.css"
SCRIPT: Final = "mine_geo.js"
"""The files that `OfflinePage.write` links to: what `style()` and `script()` return."""

KHMER_FONT: Final = ASSETS / "fonts" / "NotoSansKhmer-Regular.woff2"
"""Inside every page, so that Khmer is shown on machines that have no font for it."""

_KHMER_FACE: Final = """@font-face {{
  font-family: "Mine Geo Khmer";
  src: url({source}) format("woff2");
  unicode-range: U+1780-17FF, U+19E0-19FF, U+200B-200D, U+25CC;
}}"""
_UNWRITABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LEAFLET: Final = Path(leaflet.BASE_DIR)
_IMAGES: Final = ("layers.png", "layers-2x.png", "marker-icon.png")
_ICONS: Final = {
    "iconUrl": "marker-icon.png",
    "iconRetinaUrl": "marker-icon-2x.png",
    "shadowUrl": "marker-shadow.png",
}
"""What Leaflet's own marker, as of `folium.Marker`, would look for beside the page."""


def _image_uri(name: str) -> str:
    return data_uri(_LEAFLET / "images" / name, "image/png")


@cache
def style() -> str:
    """Return Leaflet's style with its images inside, the Khmer font, then the page's own."""
    sheet = (_LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    for name in _IMAGES:
        sheet = sheet.replace(f"url(images/{name})", f"url({_image_uri(name)})")
    own = [(ASSETS / name).read_text(encoding="utf-8") for name in STYLES]
    return "\n".join([sheet, khmer_face(), *own])


def khmer_face() -> str:
    """Return the rule that gives a page its Khmer font, `Mine Geo Khmer`, with the font inside."""
    return _KHMER_FACE.format(source=data_uri(KHMER_FONT, "font/woff2"))


@cache
def script() -> str:
    """Return Leaflet, then the page's own scripts."""
    library = (_LEAFLET / "leaflet.js").read_text(encoding="utf-8")
    library = library.partition("//# sourceMappingURL=")[0]
    own = [(ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS]
    icons = packing.safe_json({option: _image_uri(name) for option, name in _ICONS.items()})
    # What only a restricted page says stands in its markup: scripts are everybody's. Files for
    # other tools say their own.
    spoken = {
        key: text
        for key, text in words.table().items()
        if not key.startswith(("restricted.", "export."))
    }
    said = f"window.mineGeo.words.fill({packing.safe_json(spoken)});"
    drawn = f"window.mineGeo.symbols.fill({packing.safe_json(symbols.table())});"
    return "\n".join([library, *own, f"window.mineGeo.useIcons({icons});", said, drawn])


@cache
def draw_style() -> str:
    """Return the style of the tools to draw: Leaflet-Geoman's, then the page's own."""
    files = [ASSETS / "draw" / "leaflet-geoman.css", ASSETS / "draw.css"]
    return "\n".join(_without_map(path) for path in files)


@cache
def draw_script() -> str:
    """Return Leaflet-Geoman and polyclip-ts, unchanged from npm, then the page's own scripts."""
    libraries = [ASSETS / "draw" / name for name in DRAW_LIBRARIES]
    own = [ASSETS / name for name in DRAW_SCRIPTS]
    return "\n".join(_without_map(path) for path in (*libraries, *own))


def _without_map(path: Path) -> str:
    """Return a script or style without the name of its source map, which is not there."""
    return re.sub(r"(//|/\*)# sourceMappingURL=\S+( \*/)?", "", path.read_text(encoding="utf-8"))


@cache
def markup(name: str) -> jinja2.Template:
    """Return a template of the page's head or body; every value is escaped."""
    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    room.filters["count"] = lambda number: f"{number:,}"
    room.globals["say"] = words.say
    return room.get_template(name)


def _clean(text: str) -> str:
    """Return text that markup can hold: lone surrogates and nulls become replacement marks."""
    return _UNWRITABLE.sub("\ufffd", text)


class OfflinePage(folium.Map):
    """A Folium map that is a whole page of its own: `save(path)` writes one file.

    Folium's default links (Leaflet, jQuery, Bootstrap, fonts from several hosts) are left out;
    Leaflet comes from the installed package XStatic-Leaflet and stands in the page. Children can
    be added as on any Folium map: popups, and of its plugins `Draw`, `Fullscreen`,
    `MarkerCluster`, `MeasureControl` and `MiniMap` (its ground is this page's land, instead of
    OpenStreetMap's tiles) work without network. Other plugins, `folium.Icon`, which needs the
    fonts of two hosts, and layers of tiles ask the internet when the page is opened. In a
    `folium.LayerControl` stand the page's own layers, too. `location` (latitude, longitude) is
    the middle of what the page shows, `get_bounds()` what it shows and what was added.
    """

    def __init__(
        self,
        facts: Facts,
        data: dict[str, Any],
        *,
        basemap: Basemap | None = None,
        view: Box = (0.0, 0.0, 0.0, 0.0),
        finer_bytes: int = 0,
    ) -> None:
        (south, west), (north, east) = data["bounds"]
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None)
        self.default_js = []
        self.default_css = []
        self._id = "mine_geo"
        self.facts = facts
        self.data = data
        self._assets: str | None = None
        self._basemap = basemap
        self._finer_bytes = finer_bytes
        self._view = view

    def save(  # type: ignore[override]
        self,
        outfile: str | os.PathLike[str] | BinaryIO,
        close_file: bool = True,
        *,
        replace: str | None = None,
    ) -> None:
        """Write the page as one file; a basemap's image, if it has one, beside it.

        A page that is there already is replaced at the very end, or not at all.

        Parameters
        ----------
        outfile
            Path, or a file that is open for writing bytes (which gets no image beside it).
        close_file
            Whether an open file is closed in the end.
        replace
            "public" or "restricted": of which kind a page that is there may be, as for
            `maps.write_file`.

        Raises
        ------
        OptionError
            If the basemap does not reach what the page shows.
        FileError
            If the basemap cannot be read, the page takes the place of one of the other kind
            (public or restricted), or the page or its image cannot be written.
        """
        if isinstance(outfile, (str, os.PathLike)):
            public = self.facts.access == restriction.PUBLIC
            restriction.check(outfile, public=public, replace=replace)  # before any image
            self.lay_beside(Path(outfile), required=True)
            write_file(outfile, self.get_root().render(), public=public, replace=replace)
            return
        super().save(outfile, close_file=close_file)

    @property
    def draw_bytes(self) -> int:
        """How many bytes of the page its tools to draw take, and its finer outlines; 0 without."""
        if not self.facts.draws:
            return 0
        return self._finer_bytes + len((draw_style() + draw_script()).encode())

    def lay_beside(self, page: Path, *, required: bool = False) -> None:
        """Write what must lie beside a page of that name, and tell the page of it.

        For `write`, which knows no file; `save` does it by itself. A page that the basemap does
        not reach has none, or is refused where one is `required`.
        """
        self.data.pop("basemap", None)
        if self._basemap is not None:
            found = self._basemap.beside(page, self._view, required=required)
            self.data |= {} if found is None else {"basemap": found}

    def context_bytes(self) -> int:
        """Return by how many bytes roads, rivers, villages and relief make the page larger."""
        drawn = [*self.data["areas"], *self.data["lines"]]
        own = [one for one in drawn if one["key"] in LINES]
        own += [label for label in self.data["labels"] if label[2] == "village"]
        own += [self.data["relief"]] if "relief" in self.data else []
        return len(packing.safe_json(own).encode()) if own else 0

    def write(self, assets: str) -> str:
        """Return a page whose style and script lie in a folder: `STYLE` and `SCRIPT` in it.

        Parameters
        ----------
        assets
            The folder, relative to the page, with `/` at its end.
        """
        self._assets = assets
        try:
            return str(self.get_root().render())
        finally:
            self._assets = None

    def render(self, **options: Any) -> str:
        """Put style, script, markup and data into the figure, then whatever was added."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise TypeError("the map stands in no Figure; use save() of the map")
        name = self.get_name()
        if self._assets is None:
            styled, alone = f"<style>{style()}</style>", ""
            scripted = f"<script>{script()}</script>"
        else:
            styled = f'<link rel="stylesheet" href="{escape(self._assets + STYLE)}">'
            scripted = f'<script src="{escape(self._assets + SCRIPT)}"></script>'
            # Shown where the folder of style and script is missing.
            said = words.say("atlas.alone", folder=self._assets.rstrip("/").rpartition("/")[2])
            alone = markup("alone.html").render(said=said)
        head = markup("head.html").render(facts=self.facts)
        body = markup("page.html").render(facts=self.facts, map_name=name)
        if self.facts.draws:  # in the page itself, also where all else lies in a folder
            styled += f"<style>{draw_style()}</style>"
            scripted += f"<script>{draw_script()}</script>"
        data = packing.safe_json(self.data)
        parts = (
            (figure.header, "mine_geo_head", _clean(head) + styled),
            (figure.html, "mine_geo_body", alone + _clean(body)),
            (
                figure.html,
                "mine_geo_data",
                f'<script type="application/json" id="mine-geo-data">{data}</script>',
            ),
            (figure.html, "mine_geo_script", scripted),
            (figure.script, "mine_geo_start", f"var {name} = window.mineGeo.start('{name}');"),
        )
        for place, key, text in parts:
            place.add_child(Raw(text), name=key)
        if any(isinstance(child, folium.LayerControl) for child in self._children.values()):
            for layer in plugins.switched(self.facts):
                self.add_child(layer, name=f"mine_geo_{layer.key}")
                self._children.move_to_end(f"mine_geo_{layer.key}", last=False)
        for child in self._children.values():
            child.render(**options)
        plugins.settle(figure)
        return ""

    def _get_self_bounds(self) -> list[list[float | None]]:
        """Return what the page shows at first, [[south, west], [north, east]] in degrees."""
        return [list(corner) for corner in self.data["bounds"]]
