"""A finished sheet, and the files that it is written to."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mine_geo.disclosure import restriction
from mine_geo.disclosure.restriction import write_file
from mine_geo.errors import OptionError
from mine_geo.maps.sheets import paper
from mine_geo.maps.sheets.paper import DPI, pinned

if TYPE_CHECKING:
    from mine_geo.maps.sheets.paper import Page
    from mine_geo.maps.sheets.view import View
    from mine_geo.words import Said


ENDINGS: Final = (".pdf", ".png")


@dataclass(frozen=True, eq=False)
class Sheet:
    """A printed sheet: a page of paper with a map on it.

    `save` writes it; the same sheet gives the same bytes.
    """

    page: Page
    view: View
    title: str
    restricted: Said | None
    """What a restricted sheet says of itself in its metadata; None of one for everybody."""
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

    @property
    def public(self) -> bool:
        """Whether it is for everybody; else it is restricted."""
        return self.restricted is None

    def save(self, path: str | Path, *, replace: str | None = None) -> Path:
        """Write the sheet: a vector PDF, or a PNG of 300 dots per inch, by the path's ending.

        A restricted one says so in its metadata and is its owner's alone.

        Parameters
        ----------
        path
            The file; one that is there is replaced at the very end, or not at all.
        replace
            "public" or "restricted": of which kind the file that is there may be, where it is not
            of the same.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OptionError
            If the ending is neither `.pdf` nor `.png`.
        FileError
            If the file cannot be written, or takes the place of one of the other kind (or lies in
            the folder of an atlas of the other kind) that `replace` does not name.
        """
        place = Path(path)
        ending = place.suffix.casefold()
        if ending not in ENDINGS:
            raise OptionError(
                f"{place.name}: a sheet is written as {' or '.join(ENDINGS)}; give one of them"
            )
        content = self._content(ending.removeprefix("."))
        write_file(place, content, public=self.public, replace=replace)
        return place

    def _content(self, kind: str) -> bytes:
        """Return the bytes of a file; nothing in them tells when it was made."""
        title = paper.clean(self.title)
        access = restriction.PUBLIC if self.public else restriction.RESTRICTED
        # In letters that any program of documents finds, whatever the sheet's language.
        about = "" if self.restricted is None else self.restricted.en.replace(" · ", "; ")
        said: dict[str, Any] = {"Title": title}
        if kind == "pdf":
            said |= {"Creator": "mine_geo", "CreationDate": None, "Producer": None}
            said |= {"Keywords": restriction.KEYWORDS[access]}
            said |= {"Subject": about} if about else {}
        else:
            said |= {"Software": "mine_geo", restriction.FIELD: access}
            said |= {"Description": about} if about else {}
        if self.notice:
            said["Subject" if kind == "pdf" else "Description"] = paper.clean(self.notice)
        written = io.BytesIO()
        with pinned():
            paper.register()
            self.page.figure.savefig(written, format=kind, dpi=DPI, metadata=said)
        return written.getvalue()
