"""A folder of files made to harm, or cut on their way: one clear line each, nothing written.

One process of its own reads them all through the public way, so that its memory can be measured
and a crash cannot pass for a success.
"""

import hashlib
import json
import math
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from random import Random

import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

import mine_geo as mg
from mine_geo.errors import EXIT_CODES, FileError
from tests.intake.fields import FIELDS
from tests.intake.test_vector_files import GOOD, KML, PLACEMARK, features, polygon, write

MB = 1 << 20
MOST_MB = 1500
"""What the process may take at most, its libraries included."""

READER = f"""
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, ({8192 * MB}, {8192 * MB}))
from mine_geo.intake.reading import read_hazards
for path in sys.stdin.read().split("\\n"):
    try:
        crs = "EPSG:4326" if path.endswith(".csv") else None
        table = read_hazards(path, kind="ap_minefield", crs=crs)
        told = ["", str(table.drop(columns="geometry").iloc[0].to_dict())]
    except Exception as error:
        told = [type(error).__name__, str(error)]
    status = Path("/proc/self/status").read_text().split()
    peak = int(status[status.index("VmHWM:") + 1]) / 1024  # ru_maxrss begins with the parent's
    print(json.dumps([path, *told, peak]), flush=True)
"""

SUBMITTER = f"""
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({8192 * MB}, {8192 * MB}))
from click.testing import CliRunner
from mine_geo.cli import main
for path in sys.stdin.read().split("\\n"):
    words = ["--database", os.environ["STORE"], "workbench", "submit", path]
    words += ["--kind", "ap_minefield"]
    words += ["--crs", "EPSG:4326"] if path.endswith(".csv") else []
    done = CliRunner().invoke(main, words)
    broken = None if isinstance(done.exception, (SystemExit, type(None))) else repr(done.exception)
    print(json.dumps([path, done.exit_code, broken or done.output]), flush=True)
"""
"""As READER, but onto the workbench, by the command."""

MANY = gpd.GeoDataFrame(
    {"hazard_id": [f"A{n}" for n in range(300)], "kind": "ap_minefield", "village": "ភូមិថ្មី"},
    geometry=shapely.multipolygons(
        shapely.box(np.arange(300) / 1000 + 103, 13, np.arange(300) / 1000 + 103.0005, 13.001)[
            :, None
        ]
    ),
    crs=4326,
)
LAUGHS = '<!ENTITY l0 "ha">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
)
BOMB = f"<!DOCTYPE kml [{LAUGHS}]>"
OUTSIDE = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ESRI = {
    "geometryType": "esriGeometryPolygon",
    "spatialReference": {"wkid": 4326},
    "fields": [{"name": "hazard_id", "type": "esriFieldTypeString"}],
    "features": [{"attributes": {"hazard_id": "A0"}, "geometry": {"rings": GOOD["coordinates"]}}]
    * 50,
}


def pack(path, *parts, **texts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in parts:
            packed.write(part, part.name)
        for name, content in texts.items():
            packed.writestr(name, content)


def cut(folder, whole):
    """Write a file cut off in the middle and near its end."""
    for part in (0.5, 0.97):
        path = folder / f"cut{int(part * 100)}{whole.suffix}"
        path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * part)])
        if whole.suffix == ".shp":
            for ending in (".shx", ".dbf", ".prj", ".cpg"):
                shutil.copy(whole.with_suffix(ending), path.with_suffix(ending))


def truncated(folder, whole):
    """Cut one file of each format."""
    for suffix in ("gpkg", "shp", "geojson", "fgb", "kml", "gml", "parquet"):
        cut(folder, write(MANY, whole / f"whole.{suffix}"))
    database = write(MANY, whole / "whole.gdb")
    shutil.copytree(database, folder / "cut.gdb")
    table = max((folder / "cut.gdb").glob("*.gdbtable"), key=lambda part: part.stat().st_size)
    for part, name in ((table, "cut.gdb"), (table.with_suffix(".gdbtablx"), "index.gdb")):
        shutil.copytree(database, folder / name, dirs_exist_ok=True)
        (folder / name / part.name).write_bytes(part.read_bytes()[:-500])
    pack(whole / "whole.zip", *sorted(whole.glob("whole.sh?")), *sorted(whole.glob("whole.dbf")))
    pack(whole / "whole.kmz", whole / "whole.kml")
    inside = (folder / f"cut50{ending}" for ending in (".shp", ".shx", ".dbf", ".prj"))
    pack(folder / "cut_inside.zip", *inside)
    MANY.assign(wkt=MANY.to_wkt()["geometry"]).drop(columns="geometry").to_excel(
        whole / "whole.xlsx", index=False
    )
    (whole / "whole.json").write_text(json.dumps(ESRI))
    for suffix in ("zip", "kmz", "xlsx", "json"):
        cut(folder, whole / f"whole.{suffix}")
    for name in ("no_index", "no_table"):
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            shutil.copy(whole / f"whole{ending}", folder / f"{name}{ending}")
    (folder / "no_index.shx").unlink()
    (folder / "no_table.dbf").unlink()
    (folder / "empty.gpkg").touch()


def bombs(folder):
    """Write small files that want to be large."""
    with (
        zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("a.csv", "w", force_zip64=True) as stream,
    ):
        for _ in range(600):
            stream.write(b"\n" * MB)
    content = (folder / "bomb.zip").read_bytes()
    real = struct.pack("<Q", 600 * MB)
    assert real in content
    (folder / "liar.zip").write_bytes(
        content.replace(real, struct.pack("<Q", 1000)).replace(
            struct.pack("<I", 600 * MB), struct.pack("<I", 1000)
        )
    )
    pack(folder / "ratio.zip", **{"a.csv": b"\n" * (100 * MB)})
    pack(folder / "nested.zip", folder / "ratio.zip")
    pack(folder / "slip.zip", **{"../../slipped.csv": "hazard_id\n1\n"})
    for suffix in ("gpkg", "geojson", "fgb", "csv", "kml", "parquet", "xlsx", "json"):
        path = folder / f"sparse.{suffix}"
        starts = {"gpkg": b"SQLite format 3\0", "fgb": b"fgb\x03fgb\x01", "xlsx": b"PK\x03\x04"}
        texts = {"kml": b"<kml>", "json": b'{"features": [', "parquet": b"PAR1"}
        path.write_bytes((starts | texts).get(suffix, features(GOOD).encode()[:-3]))
        os.truncate(path, 1100 * MB)
    for suffix in ("geojson", "csv"):
        path = folder / f"hole.{suffix}"
        path.write_bytes(b"hazard_id\n1" if suffix == "csv" else features(GOOD).encode()[:-3])
        os.truncate(path, 400 * MB)
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "hazard_id", 1
    book.save(folder / "wide.xlsx")


def long_texts(folder, whole):
    """Write attributes that want to be 1 GB, or are longer than any attribute."""
    geometry = pa.array([shapely.to_wkb(FIELDS.geometry[0])] * 1000)
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["x" * MB]))
    meta = pq.read_schema(write(FIELDS, whole / "fields.parquet")).metadata
    one, two = (pa.array(["x" * (size * MB)] + [None] * 999) for size in (120, 200))
    for name, column in (("words", words), ("one", one), ("two", two)):
        table = pa.table({"hazard_id": column, "geometry": geometry})
        table = table.replace_schema_metadata({b"geo": meta[b"geo"]})
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    long = MANY.head(3).assign(village=["a", "x" * (30 * MB), "b"])
    for suffix in ("gpkg", "fgb", "geojson", "gdb", "kml"):
        write(long, folder / f"long.{suffix}")
    (folder / "long.csv").write_text("hazard_id,village\nA1," + "x" * (30 * MB) + "\n")
    (folder / "long.json").write_text(json.dumps(ESRI).replace("A0", "x" * (30 * MB), 1))
    shutil.copy(write(MANY, whole / "views.gpkg"), folder / "views.gpkg")
    with sqlite3.connect(folder / "views.gpkg") as connection:
        connection.execute(
            "CREATE VIEW b AS SELECT fid, geom, printf('%.*c', 1000000000, 'x') FROM views"
        )
    connection.close()


def texts(folder):
    """Write XML with entities, NUL bytes, numbers that are none, and what leads elsewhere."""
    place = PLACEMARK.format("{}", "hazard_id")
    (folder / "laughs.kml").write_text(BOMB + KML.format(place.format("&l9;")))
    (folder / "outside.kml").write_text(OUTSIDE + KML.format(place.format("&x;")))
    pack(folder / "laughs.kmz", **{"doc.kml": BOMB + KML.format(place.format("&l9;"))})
    gml = (
        '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">&l9;</gml:FeatureCollection>'
    )
    (folder / "laughs.gml").write_text(BOMB.replace("kml", "gml:FeatureCollection") + gml)
    maxml = "<MineActionFieldReport>&l9;</MineActionFieldReport>"
    (folder / "laughs.xml").write_text(BOMB + maxml)
    (folder / "deep.kml").write_text("<kml>" + "<a>" * 200_000)
    (folder / "deep.geojson").write_text('{"type": "FeatureCollection", "features": ' + "[" * 10**6)
    (folder / "deep.json").write_text('{"features": ' + "[" * 10**6)
    (folder / "deep.csv").write_text("hazard_id,wkt\nA," + "GEOMETRYCOLLECTION(" * 50_000 + "\n")
    for suffix, text in {
        "csv": "hazard_id,wkt\nA\0 1,POINT (1 1)\n",
        "geojson": features(GOOD).replace("A0", "A\0 0"),
        "json": json.dumps(ESRI).replace("A0", "A\0 0"),
        "kml": KML.format(place.format("A\0 0")),
    }.items():
        (folder / f"nul.{suffix}").write_text(text)
    (folder / "escaped.geojson").write_text(features(GOOD).replace("A0", r"A\u0000 0"))
    for name, number in (("nan", math.nan), ("infinite", math.inf)):
        ring = [(103, 13), (103.1, number), (103.1, 13), (103, 13)]
        (folder / f"{name}.geojson").write_text(features(GOOD, polygon(*ring)))
        with np.errstate(invalid="ignore"):
            shape = shapely.polygons(np.array(ring))
        write(
            MANY.head(2).set_geometry([MANY.geometry[0], shape], crs=4326), folder / f"{name}.gpkg"
        )
        points = "".join(f"A1,{n},103.{n},{13 + n % 2}\n" for n in range(1, 4))
        (folder / f"{name}.csv").write_text(
            f"hazard_id,point_number,longitude,latitude\n{points}A1,4,{number},13\n"
        )
    source = "<SrcDataSource>/etc/passwd</SrcDataSource>"
    vrt = f"<OGRVRTDataSource><OGRVRTLayer name='a'>{source}</OGRVRTLayer></OGRVRTDataSource>"
    (folder / "virtual.kml").write_text(vrt)
    (folder / "elsewhere.tab").write_text(
        '!table\n!version 300\n\nDefinition Table\n  Type NATIVE\n  File "/etc/passwd"\n'
    )
    (folder / "no_rows.mif").write_text('Version 300\nCharset "Neutral"\nColumns 0\nData\n\nRegion')
    (folder / "picture.shp").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))


NOT_FILE_ERRORS = {
    "nan.geojson": "GeometryError",
    "nan.gpkg": "GeometryError",
    "nan.csv": "GeometryError",
    "infinite.geojson": "GeometryError",
    "infinite.gpkg": "GeometryError",
    "infinite.csv": "GeometryError",
}
"""What is wrong with a record, and not with the file."""
TOLD = {
    "cut50.shp": "the file is cut off (",
    "cut50.gpkg": "is cut off",
    "cut50.geojson": "it may be truncated",
    "cut50.kml": "it may be truncated",
    "cut50.zip": "a damaged zip",
    "cut_inside.zip": "cut_inside.zip: cut50.shp in it: ",
    "index.gdb": "is cut off",
    "no_index.shp": "no_index.shx is missing beside it",
    "elsewhere.tab": "points to other files",
    "no_rows.mif": "no_rows.mid is missing beside it",
    "no_table.shp": "no_table.dbf is missing beside it",
    "bomb.zip": "more than 512 MB",
    "liar.zip": "a damaged zip",
    "ratio.zip": "a zip bomb",
    "nested.zip": "zip in a zip; unpack it",
    "sparse.gpkg": "more than 512 MB",
    "sparse.csv": "more than 512 MB",
    "sparse.kml": "more than 512 MB",
    "words.parquet": "more than 512 MB",
    "one.parquet": "record number 1 has 120 MB in column 'hazard_id'",
    "two.parquet": "column 'hazard_id' has 200 MB in one row group",
    "long.gpkg": "a text of more than 1 MB",
    "long.fgb": "record number 2 has a text of more than 1 MB in column 'village'",
    "long.gdb": "record number 2 has a text of more than 1 MB in column 'village'",
    "long.geojson": "one value of more than 16 MB",
    "long.json": "one value of more than 16 MB",
    "long.csv": "one value of more than 16 MB",
    "laughs.kml": "XML with a document type or entities is refused",
    "outside.kml": "XML with a document type or entities is refused",
    "laughs.gml": "XML with a document type or entities is refused",
    "laughs.xml": "XML with a document type or entities is refused",
    "nul.csv": "NUL bytes",
    "escaped.geojson": "NUL bytes",
    "nan.geojson": "A1",
    "infinite.gpkg": "A1",
    "virtual.kml": "XML of 'OGRVRTDataSource' is not read",
}
"""What some of them must say."""
PARTS = (".shx", ".dbf", ".prj", ".cpg")


def contents(folder):
    """Return names, times and sizes of all files; checksums of those that are small."""
    return {
        str(path): (
            path.lstat().st_mtime_ns,
            path.lstat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.lstat().st_size < MB else "",
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory):
    folder, whole = (tmp_path_factory.mktemp(name) for name in ("hostile", "whole"))
    truncated(folder, whole)
    bombs(folder)
    long_texts(folder, whole)
    texts(folder)
    yield folder
    shutil.rmtree(folder)


def run(folder, paths, script=READER, **environment):
    """Read files in a process of their own; return what it said of each, and its peak in MB."""
    temporary = folder.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", script],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(temporary), **environment},
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(paths), f"died of {paths[len(rows)]}: {done.stderr[-2000:]}"
    assert list(temporary.iterdir()) == [], "what was unpacked is gone again"
    return {row[0]: row[1:] for row in rows}, done.stderr


def test_hostile_files_are_one_clear_line_each(folder):
    paths = sorted(path for path in folder.iterdir() if path.suffix not in PARTS)
    before = contents(folder)
    said, noise = run(folder, paths)
    assert noise == ""
    assert contents(folder) == before, "nothing is written beside the files, or into them"
    wrong = {}
    for path in paths:
        kind, text, _ = said[str(path)]
        expected = NOT_FILE_ERRORS.get(path.name, "FileError")
        if kind != expected or "\n" in text or path.name not in text or len(text) > 600:
            wrong[path.name] = (kind, text[:300])
    assert wrong == {}
    assert len(paths) > 70
    assert {
        name: told for name, told in TOLD.items() if told not in said[str(folder / name)][1]
    } == {}
    assert "passwd" not in str(said.values())
    peaks = {path.name: said[str(path)][2] for path in paths}
    assert max(peaks.values()) < MOST_MB, sorted(peaks.items(), key=lambda item: item[1])[-5:]


def everything(store):
    """Return all rows of all tables of a GeoPackage, as SQL."""
    with closing(sqlite3.connect(store)) as connection:
        return "\n".join(connection.iterdump())


def test_nothing_of_a_hostile_folder_is_written_into_the_store(folder, tmp_path):
    """What cannot be read leaves no trace; a record that cannot be is no hazard anywhere."""
    store = tmp_path / "register.gpkg"
    mg.create_store(store).close()
    before = everything(store)
    paths = sorted(path for path in folder.iterdir() if path.suffix not in PARTS)
    files = [path for path in paths if path.name not in NOT_FILE_ERRORS]
    said, noise = run(folder, files, SUBMITTER, STORE=str(store))
    assert noise == ""
    lines = {Path(path).name: (code, text.strip()) for path, (code, text) in said.items()}
    wrong = {
        name: told
        for name, told in lines.items()
        if told[0] != EXIT_CODES[FileError] or len(told[1].splitlines()) != 1
    }
    assert wrong == {}
    assert all(name in text for name, (_, text) in lines.items())
    assert everything(store) == before
    records = [path for path in paths if path.name in NOT_FILE_ERRORS]
    said, _ = run(folder, records, SUBMITTER, STORE=str(store))
    assert len(said) == len(NOT_FILE_ERRORS)
    assert all(code == 0 for code, _ in said.values()), said
    with mg.open_store(store) as opened:
        assert "A1" not in set(opened.hazards(workbench="include")["hazard_id"])
        assert opened.hazards(workbench="exclude").empty
        assert opened.submissions()["errors"].gt(0).all()


def test_tables_in_other_encodings_are_read_right(folder, tmp_path):
    """These two are no faults: what a spreadsheet in Europe saves, and one in Cambodia."""
    rows = 'hazard_id,village,wkt\n1,{},"POLYGON ((103 13, 103.1 13, 103.1 13.1, 103 13))"\n'
    western, khmer = tmp_path / "western.csv", tmp_path / "khmer.csv"
    western.write_text(rows.format("Café “Poipet” €"), encoding="cp1252")
    khmer.write_text(rows.format("ភូមិថ្មី ខេត្តបាត់ដំបង"), encoding="utf-16")
    said, _ = run(folder, [western, khmer])
    assert said[str(western)][0] == ""
    assert "'village': 'Café “Poipet” €'" in said[str(western)][1]
    assert said[str(khmer)][0] == ""
    assert "'village': 'ភូមិថ្មី ខេត្តបាត់ដំបង'" in said[str(khmer)][1]


def test_the_limit_holds_for_each_format(folder, tmp_path):
    """What is larger than the limit is refused before a byte of it is parsed."""
    paths = [
        write(MANY, tmp_path / f"a.{suffix}") for suffix in ("gpkg", "shp", "fgb", "gdb", "kml")
    ]
    said, _ = run(folder, paths, MINE_GEO_MAX_FILE_MB="0.02")
    assert {kind for kind, _, _ in said.values()} == {"FileError"}
    assert all("MINE_GEO_MAX_FILE_MB" in text for _, text, _ in said.values())


@pytest.mark.parametrize(
    "suffix", ["gpkg", "shp", "geojson", "fgb", "kml", "gml", "parquet", "gdb"]
)
def test_a_damaged_file_is_read_or_refused_in_one_line(folder, tmp_path, suffix):
    """Some bytes are changed, the end is cut: what comes is records, or one line."""
    random = Random(suffix)
    whole = write(MANY.head(20), tmp_path / f"whole.{suffix}")
    paths = []
    for number in range(60):
        path = tmp_path / f"damaged{number}.{suffix}"
        shutil.copytree(whole, path) if whole.is_dir() else shutil.copy(whole, path)
        for ending in PARTS if suffix == "shp" else ():
            shutil.copy(whole.with_suffix(ending), path.with_suffix(ending))
        damage(path, random)
        paths.append(path)
    said, noise = run(folder, paths)
    assert noise == ""
    assert {kind for kind, _, _ in said.values()} <= {"", *(one.__name__ for one in EXIT_CODES)}
    assert all("\n" not in text for kind, text, _ in said.values() if kind)
    assert any(kind == "FileError" for kind, _, _ in said.values())


def damage(path, random):
    """Change some bytes of a file, of a geodatabase its largest table, and cut one in five."""
    tables = path.glob("*.gdbtable")
    target = max(tables, key=lambda part: part.stat().st_size) if path.is_dir() else path
    content = bytearray(target.read_bytes())
    for _ in range(random.choice([1, 3, 20])):
        content[random.randrange(len(content))] = random.randrange(256)
    if random.random() < 0.2:
        del content[random.randrange(len(content)) :]
    target.write_bytes(content)
