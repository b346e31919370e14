"""Where a store is: what was asked for, the environment, or a file here; no password in words.

The environment is read when asked and never kept.
"""

from __future__ import annotations

import os
import re
from typing import Final

DATABASE_VARIABLE: Final = "MINE_GEO_DATABASE_URL"


DEFAULT_DATABASE: Final = "mine_geo.gpkg"


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
