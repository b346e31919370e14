"""A file appears whole or not at all: it is made beside its place and then moved there."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mine_geo.errors import FileError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator


@contextmanager
def new_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Give a place to write a file; what stands there at the end is moved to `path`.

    Parameters
    ----------
    path
        Where the file shall be. Its folder must be there.
    overwrite
        Replace a file that is there already, at the very end.

    Raises
    ------
    FileError
        If there is a file and `overwrite` is false, `path` is a folder, or cannot be written;
        then nothing has changed.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with new_file(folder / "a.txt") as place:
    ...     _ = place.write_text("whole")
    >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
    ('whole', 1)
    """
    target = Path(path)
    _check(target, overwrite=overwrite)
    try:
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
            place = Path(folder) / target.name
            yield place
            _check(target, overwrite=overwrite)
            place.replace(target)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"{target}: cannot be written ({error.strerror or error}); choose another place"
        ) from error


def _check(target: Path, *, overwrite: bool) -> None:
    if target.is_dir():
        raise FileError(f"{target}: is a folder; give the name of a file")
    if target.exists() and not overwrite:
        raise FileError(f"{target}: is there already; choose another name, or say overwrite")
