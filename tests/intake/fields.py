"""Five records that every format must give back: holes, parts, Khmer, days, numbers, nulls."""

import ctypes
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

HOLED = shapely.Polygon(
    [(103.0, 13.0), (103.01, 13.0), (103.012, 13.009), (103.0, 13.01)],
    [[(103.002, 13.002), (103.004, 13.002), (103.004, 13.004), (103.002, 13.004)]],
)
PARTS = shapely.MultiPolygon(
    [shapely.box(104, 13.1, 104.0031, 13.1041), shapely.box(104.01, 13.1, 104.0151, 13.1061)]
)
SLIVER = shapely.Polygon([(102.5, 13.7), (102.5300001, 13.7000001), (102.53, 13.7002)])

FIELDS = gpd.GeoDataFrame(
    {
        "hazard_id": ["AP-1", "AP-2", "AP-3", "AP-4", "AP-5"],
        "village": ["ភូមិថ្មី", "O'Smach", None, "“Ta Saen” ខេត្តបាត់ដំបង", "Phnum Proek, \né"],
        "mines": pd.array([3, None, 0, 1234567, 9007199254740991], dtype="Int64"),
        "depth": [12.5, np.nan, 0.0, 1e-7, 20.25],
        "surveyed": pd.to_datetime(
            ["2009-04-13", None, "2022-12-31", "1998-01-01", "2020-02-29"]
        ).astype("datetime64[ms]"),
    },
    geometry=[HOLED, PARTS, SLIVER, shapely.box(107, 14, 107.001, 14.001), PARTS.geoms[0]],
    crs=4326,
)
METRES = 111_320.0
"""Of a degree of latitude."""

CODED = {"area_type": {"1": "SHA", "2": "CHA"}, "kind": {"10": "ចម្ការមីន", "20": "cluster"}}


def apart_m(ours, theirs) -> float:
    """Return how far the polygons of two tables are apart at most, metres; both in degrees."""
    ours, theirs = (shapely.normalize(shapely.force_2d(g.to_numpy())) for g in (ours, theirs))
    return float(shapely.hausdorff_distance(ours, theirs).max()) * METRES


def write_coded_geodatabase(path: Path) -> None:
    """Write a geodatabase with lists of coded values, through GDAL's own C interface.

    pyogrio writes no domains, and has no Python function for them.
    """
    frame = gpd.GeoDataFrame(
        {"hazard_id": ["A", "B", "C"], "area_type": ["1", "2", "9"], "kind": [10, 20, None]},
        geometry=shapely.multipolygons(
            shapely.box([103, 104, 105], 13, [103.1, 104.1, 105.1], 14)[:, None]
        ),
        crs=4326,
    ).astype({"kind": "Int32"})
    pyogrio.write_dataframe(frame, path, layer="hazards", driver="OpenFileGDB", use_arrow=True)
    library = next((Path(pyogrio.__file__).parents[1] / "pyogrio.libs").glob("libgdal*"))
    gdal = _Gdal(ctypes.CDLL(str(library)))
    gdal.call("GDALAllRegister", None)
    dataset = gdal.call("GDALOpenEx", ctypes.c_void_p, bytes(path), 0x05, None, None, None)
    layer = gdal.call("GDALDatasetGetLayerByName", ctypes.c_void_p, dataset, b"hazards")
    for field, kind in (("area_type", 4), ("kind", 0)):
        gdal.add_domain(dataset, layer, field, kind, CODED[field])
    gdal.call("GDALClose", ctypes.c_int, dataset)


class _Value(ctypes.Structure):
    _fields_ = (("code", ctypes.c_char_p), ("text", ctypes.c_char_p))


class _Gdal:
    def __init__(self, library: ctypes.CDLL) -> None:
        self.library = library

    def call(self, name: str, gives, *given):
        function = getattr(self.library, name)
        function.restype = gives
        kinds = {int: ctypes.c_int, bytes: ctypes.c_char_p, type(None): ctypes.c_void_p}
        pointers = [ctypes.c_void_p(g) if isinstance(g, int) and g > 1 << 20 else g for g in given]
        function.argtypes = [kinds.get(type(one), type(one)) for one in pointers]
        return function(*pointers)

    def add_domain(self, dataset, layer, field: str, kind: int, words: dict[str, str]) -> None:
        values = [_Value(code.encode(), text.encode()) for code, text in words.items()]
        listed = (_Value * (len(values) + 1))(*values, _Value(None, None))
        name, pointer = f"list_of_{field}".encode(), ctypes.c_void_p
        domain = self.call("OGR_CodedFldDomain_Create", pointer, name, b"", kind, 0, listed)
        assert self.call("GDALDatasetAddFieldDomain", ctypes.c_bool, dataset, domain, None)
        table = self.call("OGR_L_GetLayerDefn", pointer, layer)
        place = self.call("OGR_FD_GetFieldIndex", ctypes.c_int, table, field.encode())
        new = self.call("OGR_Fld_Create", pointer, field.encode(), kind)
        self.call("OGR_Fld_SetDomainName", None, new, name)
        alter_domain = 0x40
        assert self.call("OGR_L_AlterFieldDefn", ctypes.c_int, layer, place, new, alter_domain) == 0
