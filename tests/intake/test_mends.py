"""Each mend that a message of the intake names is carried out, to the letter, and the file read."""

import json
import re
import shlex
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from click.testing import CliRunner

from mine_geo.cli import main
from mine_geo.errors import CRSError, MineGeoError
from mine_geo.intake import read_hazards
from tests.intake.test_cases_read import RINGS, assert_there

FEET = "+proj=utm +zone=48 +datum=WGS84 +units=ft +type=crs"
IDS = ["BTB-0001", "BTB-0002", "BTB-0003"]
DRIVERS = {
    "gpkg": "GPKG",
    "shp": "ESRI Shapefile",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "gdb": "OpenFileGDB",
    "gml": "GML",
    "tab": "MapInfo File",
    "mif": "MapInfo File",
}
ENDINGS = (*DRIVERS, "parquet", "json", "csv", "ewkb.csv")


def numbers(crs):
    """Return the polygons of the cases in the coordinates of a reference system."""
    way = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    return [shapely.Polygon(np.column_stack(way.transform(*np.array(ring).T))) for ring in RINGS]


def write(path, shapes, declared):
    """Write polygons in a format, under the reference system that is declared."""
    ending = path.name.partition(".")[2]
    table = {"hazard_id": IDS[: len(shapes)], "kind": ["ap_minefield"] * len(shapes)}
    if ending == "json":
        features = [
            {"attributes": {"hazard_id": name, "kind": "ap_minefield"},
             "geometry": {"rings": [[list(xy) for xy in shape.exterior.coords]]}}
            for name, shape in zip(IDS, shapes, strict=True)
        ]  # fmt: skip
        code = {} if declared is None else {"spatialReference": {"wkid": declared}}
        path.write_text(
            json.dumps({"geometryType": "esriGeometryPolygon", **code, "features": features})
        )
    elif ending.endswith("csv"):
        if ending == "ewkb.csv":
            made = [shapely.set_srid(shape, declared or 0) for shape in shapes]
            texts = shapely.to_wkb(made, hex=True, include_srid=True)
        else:
            start = "" if declared is None else f"SRID={declared};"
            texts = [start + shape.wkt for shape in shapes]
        pd.DataFrame({**table, "wkt": texts}).to_csv(path, index=False)
    else:
        frame = gpd.GeoDataFrame(table, geometry=shapes, crs=declared)
        if ending == "parquet":
            frame.to_parquet(path)
            return path
        more = {"SPATIAL_INDEX": "NO"} if ending == "fgb" else {}
        more |= {"FORMAT": "MIF"} if ending == "mif" else {}
        if ending in {"tab", "mif"}:  # whose coordinates are whole numbers of a grid within these
            west, south, east, north = frame.total_bounds
            more |= {"BOUNDS": f"{west - 1},{south - 1},{east + 1},{north + 1}"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(frame, path, driver=DRIVERS[ending], **more)
    return path


def mends(message):
    """Return the options that a message names, as the library writes them."""
    return dict(re.findall(r'\b(crs|operation)="([^"]+)"', message))


def refused(path, **options):
    with pytest.raises(MineGeoError) as caught:
        read_hazards(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def of_command(message):
    """Return the options that a message of the command names."""
    found = re.findall(r"--(?:crs|operation) (?:'[^']*'|[^\s';,)]+)", message)
    return [word for one in found[:1] for word in shlex.split(one)]


WRONG = {
    "degrees as metres": (4326, 32648),
    "degrees as the next zone": (4326, 32647),
    "degrees as Web Mercator": (4326, 3857),
    "degrees as Indian 1960 in metres": (4326, 3148),
    "metres as degrees": (32648, 4326),
    "the wrong zone": (32648, 32647),
    "Web Mercator as UTM": (3857, 32648),
    "feet as metres": (FEET, 32648),
    "a slip of the code": (4326, 4236),
    "metres of Taiwan": (32648, 3826),
    "degrees of nothing": (4326, None),
    "metres of nothing": (32648, None),
}
SAY_NONE = {"geojson", "gml"}
"""What these two hold without a system is longitude and latitude on WGS 84, or of no known place."""


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_wrong_reference_system_is_mended_as_the_message_says(tmp_path, ending, wrong):
    true, declared = WRONG[wrong]
    if declared is None and ending in SAY_NONE:
        pytest.skip("this format always says one")
    path = write(tmp_path / f"a.{ending}", numbers(true), declared)
    message = refused(path)
    options = mends(message)
    assert set(options) == {"crs"}, message
    # A geodatabase made for metres keeps four decimals: of degrees that is 11 m.
    rough = ending == "gdb" and true == 4326
    table = read_hazards(path, **options).sort_values("hazard_id", ignore_index=True)
    assert_there(table, off_m=20 if rough else 0.1, off_m2=600 if rough else 1)

    run = CliRunner().invoke(main, ["check", str(path)])
    assert run.exit_code == 4
    assert 'crs="' not in run.output, "the words of the library"
    assert of_command(run.output), run.output
    again = CliRunner().invoke(main, ["check", str(path), *of_command(run.output)])
    assert again.exit_code == 0, again.output
    assert f"3 hazards, {table['size_m2'].sum():,} m²" in again.output
