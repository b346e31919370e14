"""A finished sheet, and the files that it is written to."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mine_geo.errors import FileError, OptionError
from mine_geo.maps.sheets import fonts
from mine_geo.maps.sheets.paper import DPI
from mine_geo.maps.sheets.pinned import pinned

if TYPE_CHECKING:
    from mine_geo.maps.sheets.paper import Page
    from mine_geo.maps.sheets.view import View

ENDINGS: Final = (".pdf", ".png")


@dataclass(frozen=True, eq=False)
class Sheet:
    """A printed sheet: a page of paper with a map on it.

    `save` writes it; the same sheet gives the same bytes.
    """

    page: Page
    view: View
    title: str
    notice: str = ""
    """The standing text of a sheet for everybody, for the metadata of its file."""

    @property
    def paper(self) -> str:
        """The paper: A4 or A3."""
        return self.page.paper.name

    @property
    def orientation(self) -> str:
        """`portrait` or `landscape`."""
        return self.page.paper.orientation

    @property
    def scale(self) -> float:
        """The map's scale is one to this."""
        return self.view.denominator

    def save(self, path: str | Path) -> Path:
        """Write the sheet: a vector PDF, or a PNG of 300 dots per inch, by the path's ending.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OptionError
            If the ending is neither `.pdf` nor `.png`.
        FileError
            If the file cannot be written.
        """
        place = Path(path)
        ending = place.suffix.casefold()
        if ending not in ENDINGS:
            raise OptionError(
                f"{place.name}: a sheet is written as {' or '.join(ENDINGS)}; give one of them"
            )
        content = self._content(ending.removeprefix("."))
        try:
            place.write_bytes(content)
        except OSError as error:
            raise FileError(
                f"{place}: cannot be written ({error.strerror or error}); "
                "choose a folder that exists and may be written to"
            ) from error
        return place

    def _content(self, kind: str) -> bytes:
        """Return the bytes of a file; nothing in them tells when it was made."""
        title = fonts.clean(self.title)
        said: dict[str, Any] = {"Title": title, "Creator": "mine_geo"}
        if kind == "pdf":
            said |= {"CreationDate": None, "Producer": None}
        else:
            said |= {"Software": "mine_geo"}
            del said["Creator"]
        if self.notice:
            said["Subject" if kind == "pdf" else "Description"] = fonts.clean(self.notice)
        written = io.BytesIO()
        with pinned():
            fonts.register()
            self.page.figure.savefig(written, format=kind, dpi=DPI, metadata=said)
        return written.getvalue()
