"""Permissions of files that hold for root too."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Capabilities(ctypes.Structure):
    """What a thread may do, as capset(2) takes it: 64 bits in two halves."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@contextmanager
def stopped_by_permissions() -> Iterator[None]:
    """Let the permissions of files hold for root too, whom they do not stop otherwise.

    Root stays root, so that this very code, perhaps in root's own home, can still be read; as
    another user it could not.
    """
    if os.geteuid() != 0:
        yield
        return
    version, override = 0x20080522, 1 << 1  # _LINUX_CAPABILITY_VERSION_3, CAP_DAC_OVERRIDE
    library = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(version, 0)
    mine = (_Capabilities * 2)()
    assert library.capget(header, mine) == 0
    before = mine[0].effective
    mine[0].effective &= ~override
    assert library.capset(header, mine) == 0
    try:
        yield
    finally:
        mine[0].effective = before
        assert library.capset(header, mine) == 0
