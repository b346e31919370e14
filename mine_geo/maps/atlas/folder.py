"""The folder of an atlas: what is written, left as it is, and taken away again.

Names of files for provinces and districts, whatever these are called.
Small letters, figures and hyphens alone, so that a name is the same on every system, in an
archive and in an address, and never leads out of its folder.

`atlas.json` lists the atlas's own files. A file is replaced at once and whole, and only when its
bytes differ; a file that is not in the list belongs to somebody else and is left alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mine_geo.disclosure import restriction
from mine_geo.disclosure.restriction import MANIFEST
from mine_geo.errors import FileError, some

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


MOST: Final = 60
"""Letters of a name; what is longer is cut."""

_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
"""Names that Windows keeps for devices, with any ending."""

_OTHERS: Final = re.compile("[^a-z0-9]+")


def slug(text: str) -> str:
    """Return the Latin letters and figures of a text, in small letters, joined by hyphens.

    Examples
    --------
    >>> slug("Ta Khmau"), slug("../../Krâchéh"), slug("បាត់ដំបង")
    ('ta-khmau', 'kracheh', '')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return _OTHERS.sub("-", plain.lower()).strip("-")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def file_names(
    units: Sequence[tuple[str, str, str]], taken: Collection[str] = ()
) -> dict[str, str]:
    """Return a file name without ending for each unit: its code and name, `0209-samlout`.

    Where that says nothing, is taken, or two units would have the same, letters made from the
    key follow: the order of the units, and those of other names, change nothing.

    Parameters
    ----------
    units
        Key, code and name of each; keys differ, codes may be empty.
    taken
        Names that are in use otherwise.

    Examples
    --------
    >>> file_names([("a", "02", "Battambang"), ("b", "", "CON"), ("c", "", "index")], ["index"])
    {'a': '02-battambang', 'b': 'con-3e23e816', 'c': 'index-2e7d2c03'}
    """
    plain = {
        key: "-".join(filter(None, (slug(code), slug(name))))[:MOST].strip("-")
        for key, code, name in units
    }
    often = Counter(plain.values())
    refused = {"", *taken, *_DEVICES}
    found = {key: name for key, name in plain.items() if often[name] == 1 and name not in refused}
    for key, name in plain.items():
        if key not in found:
            found[key] = _marked(name or "unit", key, {*taken, *found.values()})
    return {key: found[key] for key in plain}


def _marked(name: str, key: str, taken: Collection[str]) -> str:
    """Return the name with as many letters of the key's hash as set it apart."""
    digest = _digest(key)
    most = next(n for n in range(8, len(digest) + 1) if f"{name}-{digest[:n]}" not in taken)
    return f"{name}-{digest[:most]}"


PRINTED: Final = ".pdf"
WHAT: Final = "mine_geo atlas"
FORMAT: Final = 1

_OWN: Final = re.compile(r"(?:[a-z0-9-]+/)?[a-z0-9_-]+\.(?:html|css|js|png|jpg|webp|pdf)")
"""What a file of an atlas can be called; a list that names others is not followed there."""

_PART: Final = re.compile(r"\.[a-z0-9_-]+\.(?:html|css|js|json|pdf)\.\d+\.part")
_PART_SECONDS: Final = 3600.0
"""How old a half-written file is that no run is writing any more."""


@dataclass
class Folder:
    """An atlas on disk, open for one run."""

    place: Path
    public: bool
    printed: bool = False
    """Whether this run writes sheets to print; pages of another run stay beside them."""

    known: dict[str, str | None] = field(default_factory=dict)
    """Hash of each file of the last run; None where a run was cut off before its end."""

    kept: dict[str, str | None] = field(default_factory=dict)
    """The same of this run, so far; None for what is still to come."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    begun: bool = False

    @classmethod
    def open(cls, place: Path, *, public: bool, printed: bool = False) -> Folder:
        """Take a folder that is new, empty, or an atlas of the same kind.

        Raises
        ------
        FileError
            If it is none of these, is to be public and holds a restricted file, or cannot be read
            or made.
        """
        if place.exists() and not place.is_dir():
            raise FileError(f"{place} is a file; an atlas needs a folder: give another name")
        try:
            restriction.make_folder(place, public=public, parents=True)
            there = sorted(each.name for each in place.iterdir())
            _sweep(place)
        except OSError as error:
            raise _fault(place, error) from error
        if MANIFEST in there:
            known = _known(place / MANIFEST, public=public)
            if public:  # whatever somebody has put there since would be published with it
                restriction.check_public_folder(place)
            return cls(place, public, printed, known)
        others = [name for name in there if not _PART.fullmatch(name)]
        if others:
            raise FileError(
                f"{place} holds other things ({some(others, 3)}) and no atlas; choose an empty "
                "folder or a new one"
            )
        return cls(place, public, printed)

    def claim(self, names: Collection[str]) -> None:
        """Refuse names under which something lies that is not the atlas's; then make room.

        Raises
        ------
        FileError
            If there is such a thing, a run of the other kind (public or restricted) has begun
            meanwhile, or room cannot be made.
        """
        foreign = [n for n in names if n not in self.known and (self.place / n).exists()]
        if foreign:
            raise FileError(
                f"{self.place}: {some(sorted(foreign), 3)} is not of this atlas and in its way; "
                "move it elsewhere, or wait if another run is writing it"
            )
        self.kept = dict.fromkeys(names)
        if all(name in self.known for name in names):
            return
        if (self.place / MANIFEST).is_file():  # another run may have begun since
            _known(self.place / MANIFEST, public=self.public)
        try:
            self._begin()
            for room in sorted({(self.place / name).parent for name in names}):
                restriction.make_folder(room, public=self.public)
        except OSError as error:
            raise _fault(self.place, error) from error

    def put(self, name: str, content: bytes) -> None:
        """Write a file unless the same bytes are there.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        path = self.place / name
        try:
            if path.is_file() and path.read_bytes() == content:
                self.unchanged += 1
            else:
                self._begin()
                restriction.make_folder(path.parent, public=self.public)
                restriction.put(path, content, restricted=not self.public)
                self.written += 1
        except OSError as error:
            raise _fault(path, error) from error
        self.kept[name] = _hash(content)

    def adopt(self, name: str) -> None:
        """Count a file that was written beside a page as the atlas's own."""
        self.kept[name] = _hash((self.place / name).read_bytes())

    def close(self) -> None:
        """Take away the files of earlier runs that no longer belong, and write the list.

        A file that somebody has changed since is left, and is the atlas's no more. Pages stay
        beside sheets to print, and these beside pages.

        Raises
        ------
        FileError
            If that cannot be done.
        """
        try:
            for name in sorted(set(self.known) - set(self.kept)):
                if (Path(name).suffix == PRINTED) is self.printed:
                    self._remove(self.place / name, self.known[name])
                else:
                    self.kept[name] = self.known[name]
            self._list(self.kept)
        except OSError as error:
            raise _fault(self.place, error) from error

    def _begin(self) -> None:
        """Before the first change, list all that this run may write: it may be cut off."""
        if not self.begun:
            self._list({**self.known, **dict.fromkeys(self.kept)})
            self.begun = True

    def _remove(self, path: Path, told: str | None) -> None:
        if path.is_file() and told in (None, _hash(path.read_bytes())):
            path.unlink()
            self.removed += 1
        room = path.parent
        if room != self.place and room.is_dir() and not any(room.iterdir()):
            room.rmdir()

    def _list(self, files: dict[str, str | None]) -> None:
        listed = {"what": WHAT, "format": FORMAT, "public": self.public, "files": files}
        content = json.dumps(listed, indent=1, sort_keys=True).encode("ascii") + b"\n"
        path = self.place / MANIFEST
        if not (path.is_file() and path.read_bytes() == content):
            restriction.put(path, content, restricted=not self.public)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fault(path: Path, error: OSError) -> FileError:
    why = error.strerror or type(error).__name__
    return FileError(f"{path}: the atlas cannot be written ({why}); choose another folder")


def _known(path: Path, *, public: bool) -> dict[str, str | None]:
    """Read the list of an earlier run; refuse what is none, and that of the other kind.

    A folder that is to be published never holds what a restricted run has left, nor the reverse.
    """
    listed = _read(path)
    if listed.get("format") != FORMAT or not isinstance(listed.get("public"), bool):
        raise FileError(
            f"{path} is of another version of mine_geo; choose an empty folder or a new one"
        )
    if listed["public"] is not public:
        kinds = ("a public atlas; a restricted", "a restricted atlas; a public")
        raise FileError(f"{path.parent} holds {kinds[public]} one goes into a folder of its own")
    return {
        name: told if isinstance(told, str) else None
        for name, told in listed["files"].items()
        if _OWN.fullmatch(name)
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        listed = json.loads(path.read_bytes())
    except OSError as error:
        raise _fault(path, error) from error
    except ValueError:
        listed = None
    if isinstance(listed, dict) and listed.get("what") == WHAT:
        files = listed.get("files")
        if isinstance(files, dict):
            return listed
    raise FileError(f"{path} is not the list of an atlas; choose an empty folder or a new one")


def _sweep(place: Path) -> None:
    """Take away what a run left that was cut off while it wrote a file."""
    for path in (*place.glob(".*.part"), *place.glob("*/.*.part")):
        if _PART.fullmatch(path.name) and time.time() - path.stat().st_mtime > _PART_SECONDS:
            path.unlink()
