"""A Folium map whose page carries everything it needs and asks the network for nothing."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import folium
import jinja2
from branca.element import Element, Figure
from xstatic.pkg import leaflet

from mine_geo.maps import packing

if TYPE_CHECKING:
    from mine_geo.maps.facts import Facts

ASSETS: Final = Path(__file__).parent / "assets"
SCRIPTS: Final = (
    "decode.js",
    "format.js",
    "symbols.js",
    "popup.js",
    "layers.js",
    "labels.js",
    "list.js",
    "page.js",
)
"""In the order in which they run."""

_UNWRITABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LEAFLET: Final = Path(leaflet.BASE_DIR)
_IMAGES: Final = ("layers.png", "layers-2x.png", "marker-icon.png")
_ICONS: Final = {
    "iconUrl": "marker-icon.png",
    "iconRetinaUrl": "marker-icon-2x.png",
    "shadowUrl": "marker-shadow.png",
}
"""What Leaflet's own marker, as of `folium.Marker`, would look for beside the page."""


class _Raw(Element):
    """Text put into the page as it is; an `Element` would read it as a template again."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_options: Any) -> str:
        return self.text


def _data_uri(name: str) -> str:
    content = base64.b64encode((_LEAFLET / "images" / name).read_bytes()).decode("ascii")
    return f"data:image/png;base64,{content}"


@cache
def _style() -> str:
    """Return Leaflet's style with its images inside, then the page's own."""
    sheet = (_LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    for name in _IMAGES:
        sheet = sheet.replace(f"url(images/{name})", f"url({_data_uri(name)})")
    return sheet + (ASSETS / "page.css").read_text(encoding="utf-8")


@cache
def _script() -> str:
    """Return Leaflet, then the page's own scripts."""
    library = (_LEAFLET / "leaflet.js").read_text(encoding="utf-8")
    library = library.partition("//# sourceMappingURL=")[0]
    own = [(ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS]
    icons = packing.safe_json({option: _data_uri(name) for option, name in _ICONS.items()})
    return "\n".join([library, *own, f"window.mineGeo.useIcons({icons});"])


@cache
def _markup(name: str) -> jinja2.Template:
    """Return a template of the page's head or body; every value is escaped."""
    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    room.filters["count"] = lambda number: f"{number:,}"
    return room.get_template(name)


def _clean(text: str) -> str:
    """Return text that markup can hold: lone surrogates and nulls become replacement marks."""
    return _UNWRITABLE.sub("\ufffd", text)


class OfflinePage(folium.Map):
    """A Folium map that is a whole page of its own: `save(path)` writes one file.

    Folium's default links (Leaflet, jQuery, Bootstrap, fonts from several hosts) are left out;
    Leaflet comes from the installed package XStatic-Leaflet and stands in the page. Children can
    be added as on any Folium map; what they link to is theirs, and those that need jQuery
    (`folium.Popup`) find none: use a tooltip.
    """

    def __init__(self, facts: Facts, data: dict[str, Any]) -> None:
        super().__init__(tiles=None)
        self.default_js = []
        self.default_css = []
        self._id = "mine_geo"
        self.facts = facts
        self.data = data

    def render(self, **options: Any) -> str:
        """Put style, script, markup and data into the figure, then whatever was added."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise TypeError("the map stands in no Figure; use save() of the map")
        name = self.get_name()
        head = _markup("head.html").render(facts=self.facts)
        body = _markup("page.html").render(facts=self.facts, map_name=name)
        data = packing.safe_json(self.data)
        parts = (
            (figure.header, "mine_geo_head", f"{_clean(head)}<style>{_style()}</style>"),
            (figure.html, "mine_geo_body", _clean(body)),
            (
                figure.html,
                "mine_geo_data",
                f'<script type="application/json" id="mine-geo-data">{data}</script>',
            ),
            (figure.html, "mine_geo_script", f"<script>{_script()}</script>"),
            (figure.script, "mine_geo_start", f"var {name} = window.mineGeo.start('{name}');"),
        )
        for place, key, text in parts:
            place.add_child(_Raw(text), name=key)
        for child in self._children.values():
            child.render(**options)
        return ""
