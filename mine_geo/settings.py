"""Settings that come from the environment, read when asked and never kept.

Imports nothing of ours.
"""

from __future__ import annotations

import os
import re
from typing import Final

DATABASE_VARIABLE: Final = "MINE_GEO_DATABASE_URL"
FILE_SIZE_VARIABLE: Final = "MINE_GEO_MAX_FILE_MB"
DEFAULT_FILE_MB: Final = 512
DEFAULT_DATABASE: Final = "mine_geo.gpkg"
RESTRICTED_MODE_VARIABLE: Final = "MINE_GEO_RESTRICTED_MODE"
DEFAULT_RESTRICTED_MODE: Final = "600"


def database(place: str | os.PathLike[str] | None = None) -> str:
    """Return the store's place: as given, else `MINE_GEO_DATABASE_URL`, else `mine_geo.gpkg`.

    Examples
    --------
    >>> database("register.gpkg")
    'register.gpkg'
    """
    if place is not None:
        return os.fspath(place)
    return named_database() or DEFAULT_DATABASE


def named_database() -> str | None:
    """Return what `MINE_GEO_DATABASE_URL` names, None where it is not set."""
    return os.environ.get(DATABASE_VARIABLE) or None


_DRIVE: Final = re.compile(r"^[A-Za-z]:(?=[\\/])")
_LIKE_A_CONNECTION: Final = re.compile(
    r"""
    ^\s*[a-z][a-z0-9+.-]+:         # a scheme: longer than the letter of a drive
    | :.*@                         # user:password@
    | ^[^/\\]*@[^/\\]+/(?!.*\.gpkg$)
    | (?:^|[\s;,&?]) [\w\s]*
      (?: host | port | dbname | database | server | user | uid | service
        | pass\w* | pwd | secret | token ) \w* \s* =
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_AFTER_A_USER: Final = re.compile(r":(?!//)\S*@")
_NAMED: Final = re.compile(r"((?:pass\w*|pwd)\s*=\s*)\S+", re.IGNORECASE)


def like_a_connection(place: str) -> bool:
    r"""Tell whether a text looks like the address of a database, so that it is no path.

    Examples
    --------
    >>> [like_a_connection(text) for text in ("host=db password=x", "postgres:me:x@db/mines")]
    [True, True]
    >>> [like_a_connection(text) for text in ("work/register.gpkg", r"C:\me@home\x.gpkg")]
    [False, False]
    """
    return _LIKE_A_CONNECTION.search(_DRIVE.sub("", place)) is not None


def without_passwords(text: str) -> str:
    """Return a message without what looks like a password in it.

    Examples
    --------
    >>> without_passwords("No such command 'postgresql://me:x@y@db/mines?sslpassword=z'")
    "No such command 'postgresql://me:***@db/mines?sslpassword=***"
    """
    return _NAMED.sub(r"\1***", _AFTER_A_USER.sub(":***@", text))


def threads() -> int:
    """Return how many threads a computation may use: the cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def max_file_mb() -> float:
    """Return how large a foreign file may be, unpacked, in MB (of 1024 * 1024 bytes).

    From `MINE_GEO_MAX_FILE_MB`, 512 unless set.

    Raises
    ------
    ValueError
        If the variable is set to something that is not a number above 0.

    Examples
    --------
    >>> max_file_mb() > 0
    True
    """
    written = os.environ.get(FILE_SIZE_VARIABLE) or str(DEFAULT_FILE_MB)
    try:
        size = float(written)
    except ValueError:
        size = 0
    if not 0 < size < float("inf"):
        raise ValueError(f"{FILE_SIZE_VARIABLE}={written!r} is no size; write a number of MB, 512")
    return size


def restricted_mode() -> int:
    """Return who may read and write a restricted file: the mode of a new one, as chmod has it.

    From `MINE_GEO_RESTRICTED_MODE`, octal; 600, its owner alone, unless set. 640 lets the group
    read. Folders get the right to enter wherever a file gets the right to be read.

    Raises
    ------
    ValueError
        If the variable is no such mode: three octal digits (a 0 before them is no harm) that let
        the owner read and write, nobody run it, and nobody but owner and group see it.

    Examples
    --------
    >>> oct(restricted_mode()) if RESTRICTED_MODE_VARIABLE not in os.environ else "0o600"
    '0o600'
    """
    written = os.environ.get(RESTRICTED_MODE_VARIABLE) or DEFAULT_RESTRICTED_MODE
    mode = int(written, 8) if re.fullmatch("0?[0-7]{3}", written) else 0
    if mode & 0o600 != 0o600 or mode & 0o111 or mode & 0o006:
        raise ValueError(
            f"{RESTRICTED_MODE_VARIABLE}={written!r} is no mode of a restricted file; write 600 "
            "(its owner alone), 640 (the group may read) or 660 (and write)"
        )
    return mode
