"""A file of a map is replaced at once and whole, or stays as it was."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def replace(path: Path, content: bytes) -> None:
    """Write a file so that others see the old one or the whole new one.

    What is half-written lies beside it meanwhile, as `.NAME.PROCESS.part`.

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
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
