"""A file of a map is replaced at once and whole, or stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mine_geo import restriction

if TYPE_CHECKING:
    from pathlib import Path


def replace(path: Path, content: bytes, *, restricted: bool = False) -> None:
    """Write a file so that others see the old one or the whole new one (`restriction.put`).

    Parameters
    ----------
    path
        The file.
    content
        Its bytes.
    restricted
        Whether it is for its owner's eyes (`settings.restricted_mode`).

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
