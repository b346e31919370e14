"""The GDAL that pyogrio brings, called as QGIS calls it: to run SQL on a file it may change."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pyogrio

UPDATE_VECTOR = 0x01 | 0x04


def _library() -> ctypes.CDLL:
    pyogrio.list_drivers()  # loads it
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    # rasterio brings a GDAL of its own, which may be loaded already.
    name = next(line.split()[-1] for line in maps if "libgdal" in line and "pyogrio" in line)
    library = ctypes.CDLL(name)
    library.GDALOpenEx.restype = ctypes.c_void_p
    library.GDALDatasetExecuteSQL.restype = ctypes.c_void_p
    library.CPLGetLastErrorMsg.restype = ctypes.c_char_p
    return library


def execute(path: Path | str, statement: str) -> None:
    """Open a file for editing, run one statement, close it again.

    Raises
    ------
    RuntimeError
        With GDAL's message, if it says anything at all.
    """
    gdal = _library()
    gdal.CPLErrorReset()
    nothing: Any = None
    data = gdal.GDALOpenEx(
        str(path).encode(), ctypes.c_uint(UPDATE_VECTOR), nothing, nothing, nothing
    )
    if not data:
        raise RuntimeError(gdal.CPLGetLastErrorMsg().decode())
    dataset = ctypes.c_void_p(data)
    result = gdal.GDALDatasetExecuteSQL(dataset, statement.encode(), nothing, nothing)
    if result:
        gdal.GDALDatasetReleaseResultSet(dataset, ctypes.c_void_p(result))
    said = gdal.CPLGetLastErrorMsg().decode()
    gdal.GDALClose(dataset)
    if said:
        raise RuntimeError(said)
