"""A file of a map is replaced at once and whole, or stays as it was.

A file appears whole or not at all: it is made beside its place and then moved there.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mine_geo.disclosure import restriction
from mine_geo.errors import FileError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator


def replace(path: Path, content: bytes, *, restricted: bool = False) -> None:
    """Write a file so that others see the old one or the whole new one (`restriction.put`).

    Parameters
    ----------
    path
        The file.
    content
        Its bytes.
    restricted
        Whether it is for its owner's eyes (`restricted_mode`).

    Raises
    ------
    OSError
        If it cannot be written; then nothing has changed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace(Path(folder) / "page.html", b"whole")
    ...     [(each.name, each.read_bytes()) for each in Path(folder).iterdir()]
    [('page.html', b'whole')]
    """
    restriction.put(path, content, restricted=restricted)


@contextmanager
def new_file(
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    public: bool = False,
    replace: str | None = None,
) -> Iterator[Path]:
    """Give a place to write a file; what stands there at the end is moved to `path`.

    Parameters
    ----------
    path
        Where the file shall be. Its folder must be there.
    overwrite
        Replace a file that is there already, at the very end.
    public
        Whether the file is public; else it is restricted, and its mode says so.
    replace
        As for `restriction.check`.

    Raises
    ------
    FileError
        If there is a file and `overwrite` is false, or one of the other kind (`replace`), `path` is
        a folder, or cannot be written; then nothing has changed.
    OptionError
        If the environment names no mode of restricted files.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with new_file(folder / "a.txt") as place:
    ...     _ = place.write_text("whole")
    >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
    ('whole', 1)
    """
    target = Path(path)
    check_place(target, overwrite=overwrite, public=public, replace=replace)
    mode = None if public else restriction.file_mode()
    try:
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
            place = Path(folder) / target.name
            yield place
            check_place(target, overwrite=overwrite, public=public, replace=replace)
            if mode is not None:
                place.chmod(mode)  # the folder that it is made in is its owner's alone
            place.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"{target}: cannot be written ({error.strerror or error}); choose another place"
        ) from error


def check_place(
    target: Path, *, overwrite: bool, public: bool = False, replace: str | None = None
) -> None:
    """Refuse a place where no file can be.

    Raises
    ------
    FileError
        If it is a folder, its folder is not there, or there is a file that may not be replaced:
        any without `overwrite`, one of the other kind (`restriction.check`).

    Examples
    --------
    >>> check_place(Path("no such folder", "a.txt"), overwrite=False)
    Traceback (most recent call last):
    mine_geo.errors.FileError: ...a.txt: there is no folder ...; make it first
    """
    try:
        there, folder, parent = target.exists(), target.is_dir(), target.parent.is_dir()
    except OSError as error:
        raise FileError(f"{target}: cannot be a file ({error.strerror}); choose another") from error
    if not parent:
        raise FileError(f"{target}: there is no folder {target.parent}; make it first")
    if folder:
        raise FileError(f"{target}: is a folder; give the name of a file")
    if there and not overwrite:
        raise FileError(f"{target}: is there already; choose another name, or say overwrite")
    restriction.check(target, public=public, replace=replace)
