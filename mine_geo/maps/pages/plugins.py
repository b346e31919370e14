"""What a user adds to a page from Folium: plugins from files here, not from other hosts.

Folium's children link to scripts of several hosts. Those in `SCRIPTS` and `SHEETS` lie in
`assets/folium`, unchanged from npm, and jQuery in the package XStatic-jQuery; a page holds what
its children use and nothing else. Any other link stays one, and asks the internet when the page
is opened. Either way a script runs after Leaflet, which it extends.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from branca.element import CssLink, Element, JavascriptLink
from folium.map import Layer
from folium.template import Template
from markupsafe import escape
from xstatic.pkg import jquery

from mine_geo.words import say

if TYPE_CHECKING:
    from branca.element import Figure

    from mine_geo.maps.facts import Facts


ASSETS: Final = Path(__file__).parents[1] / "assets"
FOLDER: Final = ASSETS / "folium"
SCRIPTS: Final = {
    "leaflet-measure.min.js": "leaflet-measure.js",
    "Control.FullScreen.min.js": "Control.FullScreen.js",
    "leaflet.markercluster.js": "leaflet.markercluster.js",
    "Control.MiniMap.js": "Control.MiniMap.min.js",
    "leaflet.draw.js": "leaflet.draw.js",
}
"""The file that stands for a script, by the last part of the address that Folium gives."""
SHEETS: Final = {
    "leaflet-measure.min.css": "leaflet-measure.css",
    "Control.FullScreen.css": "Control.FullScreen.css",
    "MarkerCluster.css": "MarkerCluster.css",
    "MarkerCluster.Default.css": "MarkerCluster.Default.css",
    "Control.MiniMap.css": "Control.MiniMap.min.css",
    "leaflet.draw.css": "leaflet.draw.css",
}
_URL: Final = re.compile(r"""url\((?!["']?data:)["']?([^)"']*)["']?\)""")
_USES_JQUERY: Final = re.compile(r"(?<![\w$])\$[.(]|\bjQuery\b")
_TYPES: Final = {".png": "image/png", ".svg": "image/svg+xml"}


class Raw(Element):
    """Text put into the page as it is; an `Element` would read it as a template again."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_options: Any) -> str:
        """Return the text."""
        return self.text


def data_uri(path: Path, content_type: str) -> str:
    """Return a file as an address that holds it."""
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{content_type};base64,{content}"


def _sheet(name: str) -> str:
    """Return a style sheet with its pictures inside; one that is not here is none."""

    def inside(match: re.Match[str]) -> str:
        picture = FOLDER / Path(match[1]).name
        if not picture.is_file():
            return "none"
        return f"url({data_uri(picture, _TYPES[picture.suffix])})"

    return _URL.sub(inside, (FOLDER / name).read_text(encoding="utf-8"))


def _last(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def settle(figure: Figure) -> None:
    """Put into a figure what its children link to and we have; the rest follows Leaflet, too."""
    for name, child in list(figure.header._children.items()):  # noqa: SLF001 - branca has no door
        if isinstance(child, JavascriptLink):
            own = SCRIPTS.get(_last(child.url))
            del figure.header._children[name]  # noqa: SLF001
            script = None if own is None else (FOLDER / own).read_text(encoding="utf-8")
            held = child if script is None else Raw(f"<script>{script}</script>")
            figure.html.add_child(held, name=name)
        elif isinstance(child, CssLink) and (sheet := SHEETS.get(_last(child.url))):
            figure.header.add_child(Raw(f"<style>{_sheet(sheet)}</style>"), name=name)
    if _USES_JQUERY.search(figure.script.render()):
        library = (Path(jquery.BASE_DIR) / "jquery.min.js").read_text(encoding="utf-8")
        figure.html.add_child(Raw(f"<script>{library}</script>"), name="mine_geo_jquery")


class Switched(Layer):
    """One switch of the page's legend, as a layer of a `folium.LayerControl`."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = window.mineGeo.switched({{ this.key|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, key: str, name: str) -> None:
        # Its script puts it on the map; Leaflet reads a name as markup.
        super().__init__(name=str(escape(name)), overlay=True, show=False)
        self._name = "Switched"
        self.key = key


def switched(facts: Facts) -> list[Switched]:
    """Return a layer for each kind and zone, and for each layer that the legend switches."""
    groups = [] if facts.public else facts.groups
    zones = [
        Switched(group.key, f"{group.kind.both}: {say(f'totals.{group.zone}').both}")
        for group in groups
    ]
    return zones + [Switched(switch.key, switch.label.both) for switch in facts.switches]
