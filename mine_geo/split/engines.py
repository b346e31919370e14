"""Which engine measures distances, and with how many threads.

Two engines give one answer, within 5 mm: the compiled kernel (`kernel.c`), where it was built, and
NumPy in a plane (`plane`). Nothing heavy is imported here, so that the command can say which.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
from pathlib import Path
from typing import Final, Literal

from mine_geo.errors import OptionError

Engine = Literal["compiled", "numpy"]

ENGINE_VARIABLE: Final = "MINE_GEO_ENGINE"
THREADS_VARIABLE: Final = "MINE_GEO_THREADS"
FOLDER: Final = Path(__file__).parent
SOURCES: Final = ("kernel.h", "kernel.c")
LIBRARY: Final = "libkernel.so"
BUILD: Final = "with a C compiler there (gcc and libc6-dev on Debian), install mine_geo anew"


def engine() -> Engine:
    """Say which engine measures: `compiled` where the kernel is built, else `numpy`.

    The environment variable MINE_GEO_ENGINE names one of the two to have that one.

    Raises
    ------
    OptionError
        If MINE_GEO_ENGINE names another engine, or `compiled` where none is built.

    Examples
    --------
    >>> engine() in ("compiled", "numpy")
    True
    """
    asked = os.environ.get(ENGINE_VARIABLE, "")
    if asked == "numpy":
        return "numpy"
    if asked not in ("", "compiled"):
        raise OptionError(f"{ENGINE_VARIABLE}={asked}: no such engine; valid: compiled, numpy")
    if library() is not None:
        return "compiled"
    if asked:
        raise OptionError(f"{ENGINE_VARIABLE}=compiled, but the kernel is not built; {BUILD}")
    return "numpy"


def threads(asked: int | None = None) -> int:
    """Return how many threads a computation may use.

    Parameters
    ----------
    asked
        How many; else as MINE_GEO_THREADS says; else one for each core this process may run on.

    Raises
    ------
    OptionError
        If the number is not a whole one above 0.

    Examples
    --------
    >>> threads(3)
    3
    >>> threads(0)
    Traceback (most recent call last):
        ...
    mine_geo.errors.OptionError: threads 0: give a whole number above 0
    """
    if asked is not None:
        # What NumPy counts with is a whole number too; True and 2.0 are not.
        if isinstance(asked, bool) or not hasattr(asked, "__index__") or asked < 1:
            raise OptionError(f"threads {asked!r}: give a whole number above 0")
        return int(asked)
    told = os.environ.get(THREADS_VARIABLE, "")
    if told:
        if not (told.isascii() and told.isdigit() and int(told) > 0):
            raise OptionError(f"{THREADS_VARIABLE}={told}: give a whole number above 0")
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def source_hash(folder: Path = FOLDER) -> str:
    """Return what names the kernel's source: the library carries it from when it was compiled.

    Examples
    --------
    >>> len(source_hash())
    64
    """
    sums = hashlib.sha256()
    for name in SOURCES:
        sums.update((folder / name).read_bytes())
    return sums.hexdigest()


@functools.cache
def library() -> ctypes.CDLL | None:
    """Load the compiled kernel; None where there is none, or one of another source.

    A checkout that moves on keeps the library of before until mine_geo is installed anew: rather
    none than one that computes as the source no longer says.
    """
    try:
        loaded = ctypes.CDLL(str(FOLDER / LIBRARY))
        loaded.kernel_source.restype = ctypes.c_char_p
        same = loaded.kernel_source().decode() == source_hash()
    except (OSError, AttributeError):
        # None built, built for another machine, or no library of ours.
        return None
    return loaded if same else None
