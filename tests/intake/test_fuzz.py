"""Survey123, IMSMA NG, maXML and turning points, broken by chance: a table or one line, no more.

Good files are broken as text (bytes cut, doubled, replaced) and in their structure (columns, rows,
cells, elements), written to disk and read as an officer's file is read. Warnings count as errors.
"""

from __future__ import annotations

import csv
import tempfile
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo import intake
from mine_geo.errors import MineGeoError
from mine_geo.intake import formats
from mine_geo.intake.findings import CODES, SEVERITIES, as_table
from mine_geo.intake.formats import maxml
from mine_geo.intake.reading import WHATS
from mine_geo.intake.received import Profile, Raw, Wanted
from tests.intake.test_maxml import document, element, point, report

Table = list[list[str]]
Book = dict[str, Table]

SQUARE = [("104.5", "13.2"), ("104.51", "13.2"), ("104.51", "13.21"), ("104.5", "13.21")]

FORM: Book = {
    "survey_0": [
        ["ObjectID", "GlobalID", "hazard_id", "status", "surveyed_on", "CreationDate", "Creator"],
        ["1", "{A-1}", "MF-1", "open", "2022-11-30", "2022-12-01", "officer"],
        ["2", "{A-2}", "MF-2", "open", "2022-11-30", "2022-12-01", "officer"],
    ],
    "turning_points_1": [
        ["ObjectID", "GlobalID", "ParentGlobalID", "point_no", "x", "y"],
        *(
            [str(n), f"{{P-{n}}}", f"{{A-{1 + n // 4}}}", str(1 + n % 4), *SQUARE[n % 4]]
            for n in range(8)
        ),
    ],
}
EXPORT: Book = {
    "hazard": [
        ["hazard_guid", "hazard_localid", "status_guid"],
        ["{H-1}", "MF-1", "{E-1}"],
        ["{H-2}", "MF-2", "{E-1}"],
    ],
    "hazard_has_geospatialinfo": [
        ["hazard_guid", "geospatialinfo_guid"],
        ["{H-1}", "{G-1}"],
        ["{H-2}", "{G-2}"],
    ],
    "geopoint": [
        [
            *("geopoint_guid", "geospatialinfo_guid", "pointno", "pointlocal_id"),
            *("pointtypeenum_guid", "latitude", "longitude", "bearing", "distance"),
            *("frompoint_guid", "user_entered_mgrs"),
        ],
        *(
            [f"{{P-{n}}}", "{G-1}", str(n + 1), f"TP{n}", "{E-2}", *SQUARE[n][::-1], "", "", "", ""]
            for n in range(4)
        ),
        ["{Q-0}", "{G-2}", "1", "SP", "{E-3}", "13.3", "104.6", "", "", "", "48P VV 45822 59307"],
        *(
            [
                *(f"{{Q-{n}}}", "{G-2}", str(n + 1), f"TP{n}", "{E-2}", "", ""),
                *(str(n * 90 - 90), "100", f"{{Q-{n - 1}}}", ""),
            ]
            for n in range(1, 5)
        ),
    ],
    "imsmaenum": [
        ["imsmaenum_guid", "enumvalue"],
        ["{E-1}", "Open"],
        ["{E-2}", "Turning Point"],
        ["{E-3}", "Start Point"],
    ],
}
POINTS: Book = {
    "points": [
        ["hazard_id", "point", "lon", "lat", "easting", "northing", "zone", "mgrs"],
        *(
            [f"MF-{1 + n // 4}", f"TP{1 + n % 4}", *SQUARE[n % 4], "", "", "48N", ""]
            for n in range(8)
        ),
    ]
}
UTM: Book = {
    "points": [
        ["hazard_id", "part", "point_no", "easting", "northing", "zone"],
        *(
            [
                "MF-1",
                str(n // 4),
                str(n % 4),
                str(445822 + 9 * (n % 4)),
                str(1459307 + n * n),
                "48N",
            ]
            for n in range(8)
        ),
    ]
}
BOOKS = {"survey123": FORM, "imsma_ng": EXPORT, "turning points": POINTS, "utm": UTM}

LEGS = [
    point(n, None, None, PointID=f"TP{n}", Bearing=n * 90, Distance=100, FromPoint=f"TP{n - 1}")
    for n in range(1, 5)
]
REPORTS = document(
    report(
        element(
            "Hazard",
            element("GeospatialInfo", point(0, 103, 13, PointID="TP0"), *LEGS, ShapeID="P1"),
            HazardLocalID="MF-1",
            Village="ភូមិបឹង",
        ),
        ReportingDate="2022-11-30",
    ),
    report(
        element(
            "HazardReduction",
            element("GeospatialInfo", *(point(n, *at) for n, at in enumerate(SQUARE))),
            EndDate="2022-12-30",
        )
    ),
    header=element("DocumentHeader", element("Reference", Datum="WGS 84")),
)

EXAMPLES = settings().max_examples  # each of ours is a folder of files
NASTY = (
    *("", " ", "0", "-1", "1", "999", "1e400", "nan", "inf", "-Infinity", "NULL", "<Null>", "TP1"),
    *(
        "12,345",
        "1.234.567,8",
        "104°30'00\"E",
        "13.2N",
        "48N",
        "48P VV 45822 59307",
        "99Z",
        "{A-1}",
    ),
    *("{H-1}", "{G-1}", "{P-1}", "{Q-4}", "TP4", "SP", "Benchmark", "End Point", "Polyline"),
    *(
        "POLYGON ((1 1, 2 2, 1 2, 1 1))",
        "=1+1",
        "x" * 300,
        "ខ្មែរ១២",
        '"',
        ";",
        "\t",
        "a\nb",
        "\ufeff",
    ),
)
cells = st.sampled_from(NASTY) | st.text(max_size=6)
fractions = st.floats(0, 1, exclude_max=True)
deeds = st.lists(
    st.tuples(st.sampled_from(range(9)), fractions, fractions, fractions, cells),
    min_size=1,
    max_size=6,
)
cuts = st.lists(
    st.tuples(
        st.sampled_from(("cut", "end", "double", "put", "over")),
        fractions,
        st.integers(0, 40),
        st.binary(max_size=6) | st.sampled_from([nasty.encode() for nasty in NASTY]),
    ),
    min_size=1,
    max_size=4,
)


def check(raw: Raw) -> None:
    """Whatever a reader gives must be what the rest of the intake builds on."""
    assert isinstance(raw.table, gpd.GeoDataFrame)
    assert isinstance(raw.table.index, pd.RangeIndex)
    assert raw.table.columns.is_unique
    assert set(raw.table.geometry.dropna().geom_type) <= {"Polygon", "MultiPolygon"}
    for finding in raw.findings:
        assert finding.code in CODES
        assert finding.message
        assert "\n" not in finding.message
        assert finding.record is None or 0 <= finding.record < len(raw.table)
    assert len(as_table(raw.findings)) == len(raw.findings)


def read_or_one_line(reader, path: Path, **options) -> Raw | None:
    said, raw = "", None
    try:
        raw = reader(path, **options)
    except MineGeoError as error:
        said = str(error)
    assert "\n" not in said
    assert (raw is None) == bool(said)
    if raw is not None:
        check(raw)
    return raw


def write(book: Book, folder: Path) -> Path:
    """Write the tables as a folder of CSV, or one table as one file."""
    for name, rows in book.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
    return folder if len(book) > 1 else folder / f"{next(iter(book))}.csv"


def broken_bytes(data: bytes, edits) -> bytes:
    for deed, where, length, new in edits:
        at = int(where * len(data))
        if deed == "cut":
            data = data[:at] + data[at + length :]
        elif deed == "end":
            data = data[:at]
        elif deed == "double":
            data = data[: at + length] + data[at:]
        elif deed == "put":
            data = data[:at] + new + data[at:]
        else:
            data = data[:at] + new + data[at + len(new) :]
    return data


def broken_book(book: Book, edits) -> Book:
    """Return the book with columns, rows and cells changed, lost, doubled or renamed."""
    book = {name: [list(row) for row in rows] for name, rows in book.items()}
    for deed, which, down, across, new in edits:
        name = list(book)[int(which * len(book))]
        rows = book[name]
        row = 1 + int(down * (len(rows) - 1)) if len(rows) > 1 else 0
        column = int(across * len(rows[0])) if rows and rows[0] else 0
        if not rows or not rows[0]:
            continue
        if deed <= 3:  # cells are what people get wrong most
            rows[row][column : column + 1] = [new]
        elif deed == 4:
            rows[0][column] = new
        elif deed == 5:
            for cells_of_row in rows:
                del cells_of_row[column : column + 1]
        elif deed == 6:
            rows.insert(row, list(rows[-1]))
        elif deed == 7:
            del rows[row]
        elif len(book) > 1:
            del book[name]
    return book


def broken_tree(text: str, edits) -> str:
    """Return the XML with elements renamed, moved, doubled, emptied or lost."""
    root = ET.fromstring(text)  # our own text
    for deed, which, down, _across, new in edits:
        parents = [(above, child) for above in root.iter() for child in above]
        if not parents:
            break
        above, child = parents[int(which * len(parents))]
        other = parents[int(down * len(parents))][1]
        if deed <= 2:
            child.text = "".join(sign for sign in new if sign.isprintable())
        elif deed == 3:
            child.tag = other.tag
        elif deed == 4:
            above.remove(child)
        elif deed == 5:
            above.append(ET.fromstring(ET.tostring(child)))
        elif deed == 6:
            child.set("latitude", "".join(sign for sign in new if sign.isprintable()))
        elif deed == 7 and child not in other.iter():
            above.remove(child)
            other.append(child)
        else:
            child.clear()
    return ET.tostring(root, encoding="unicode")


@pytest.mark.parametrize("name", BOOKS)
def test_the_good_tables_give_two_polygons(name, tmp_path) -> None:
    raw = read_or_one_line(formats.read_tables, write(BOOKS[name], tmp_path))
    assert raw is not None
    assert raw.table.geometry.notna().all()
    assert {"closure", "left_over"} >= {finding.code for finding in raw.findings}


def test_the_good_xml_gives_two_polygons(tmp_path) -> None:
    path = tmp_path / "reports.xml"
    path.write_text(REPORTS)
    raw = read_or_one_line(maxml.read_items, path)
    assert raw is not None
    assert raw.table.geometry.notna().tolist() == [True, True]


@pytest.mark.parametrize("name", BOOKS)
@settings(max_examples=EXAMPLES // 3)
@given(edits=deeds)
def test_tables_of_broken_structure(name, edits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read_or_one_line(formats.read_tables, write(broken_book(BOOKS[name], edits), Path(folder)))


@pytest.mark.parametrize("name", BOOKS)
@settings(max_examples=EXAMPLES // 2)
@given(which=fractions, edits=cuts)
def test_tables_of_broken_text(name, which, edits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(BOOKS[name], Path(folder))
        files = sorted(Path(folder).iterdir())
        file = files[int(which * len(files))]
        file.write_bytes(broken_bytes(file.read_bytes(), edits))
        read_or_one_line(formats.read_tables, path)


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("name", BOOKS)
@settings(max_examples=EXAMPLES // 6)
@given(edits=deeds)
def test_broken_tables_the_whole_way_to_the_findings(name, what, edits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(broken_book(BOOKS[name], edits), Path(folder))
        with suppress(MineGeoError):
            found = intake.check_received(intake.read(path, what=what, crs="EPSG:4326"))
            assert found["severity"].isin(SEVERITIES).all()


@pytest.mark.parametrize("what", WHATS)
@settings(max_examples=EXAMPLES // 3)
@given(edits=deeds)
def test_broken_xml_the_whole_way_to_the_findings(what, edits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "reports.xml")
        path.write_text(broken_tree(REPORTS, edits), encoding="utf-8")
        with suppress(MineGeoError):
            found = intake.check_received(intake.read(path, what=what))
            assert found["severity"].isin(SEVERITIES).all()


@settings(max_examples=EXAMPLES // 2)
@given(edits=deeds)
def test_xml_of_broken_structure(edits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "reports.xml")
        path.write_text(broken_tree(REPORTS, edits), encoding="utf-8")
        read_or_one_line(maxml.read_items, path)


@given(edits=cuts)
def test_xml_of_broken_text(edits) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "reports.xml")
        path.write_bytes(broken_bytes(REPORTS.encode(), edits))
        read_or_one_line(maxml.read_items, path)


ROLES = ("part", "order", "lon", "lat", "mgrs", "bearing", "distance", "from_point", "shape")


@settings(max_examples=EXAMPLES // 3)
@given(
    edits=deeds,
    points=st.dictionaries(
        st.sampled_from(ROLES),
        st.tuples(st.sampled_from([name for table in EXPORT.values() for name in table[0]])),
    ),
    options=st.dictionaries(
        st.sampled_from(("magnetic_declination_deg", "number_gaps", "decimal")),
        st.sampled_from(("accept", ".", ",", "-0.5", "x", "")),
    ),
)
def test_exports_with_a_profile_that_names_the_wrong_columns(edits, points, options) -> None:
    profile = Profile("wrong", "Wrong", points=points, options=options)
    with tempfile.TemporaryDirectory() as folder:
        path = write(broken_book(EXPORT, edits[:2]), Path(folder))
        read_or_one_line(formats.read_tables, path, wanted=Wanted(profile=profile))
