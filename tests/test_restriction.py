"""Each output says whether it is restricted or public, and one never takes the other's place."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from mine_geo import exports, maps, reports
from mine_geo.disclosure import restriction
from mine_geo.disclosure.disclosed import disclose
from mine_geo.disclosure.restriction import RESTRICTED_MODE_VARIABLE
from mine_geo.errors import FileError, OptionError
from mine_geo.exports import tables
from mine_geo.geo.border import to_border
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import registered_events
from mine_geo.ledger.fold import fold
from mine_geo.store import create_store
from mine_geo.tables.accounts import Accounts
from mine_geo.tables.envelope import Envelope
from tests.exports.conftest import square, table
from tests.maps.papers import printed
from tests.typeset.prints import lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Any]

DAY = "2022-12-31"
ADMIN = gpd.GeoDataFrame(
    {
        "province": ["Battambang"],
        "province_code": ["02"],
        "province_km": ["បាត់ដំបង"],
        "district": ["Samlout"],
        "district_code": ["0209"],
        "district_km": ["សំឡូត"],
    },
    geometry=[shapely.box(102.5, 12.5, 103.5, 13.5)],
    crs=4326,
)
PUBLIC_MARK = (
    'mine_geo public /Keywords (mine_geo public) <meta name="mine-geo-access" content="public">'
)


@pytest.fixture(autouse=True)
def no_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RESTRICTED_MODE_VARIABLE, raising=False)


def split(name: str = "AP-1") -> gpd.GeoDataFrame:
    return table([name, "AP-2"], [square(103, 13), square(103.2, 13.1)])


def page(path: Path, **how: Any) -> None:
    maps.national(maps.layers(split(), admin=ADMIN, as_of=DAY), title=PUBLIC_MARK).save(path, **how)


def sheet(path: Path, **how: Any) -> None:
    maps.sheet(maps.layers(split(), admin=ADMIN, as_of=DAY), title=PUBLIC_MARK).save(path, **how)


def dossier(path: Path, **how: Any) -> None:
    layers = maps.layers(split(), admin=ADMIN, as_of=DAY)
    reports.dossier(layers, "AP-1", number=PUBLIC_MARK).save(path, **how)


def paper(path: Path, **how: Any) -> None:
    layers = maps.layers(split(), admin=ADMIN, as_of=DAY)
    reports.paper(layers, "AP-1", "task-order", number=PUBLIC_MARK).save(path, **how)


def register_report(path: Path, **how: Any) -> None:
    layers = maps.layers(split(), admin=ADMIN, as_of=DAY)
    about = Envelope(PUBLIC_MARK, store=PUBLIC_MARK, as_of=DAY)
    ledger = fold(
        registered_events(to_hazards(split()[["hazard_id", "geometry"]]), happened_on=DAY)
    )
    sections = reports.article7(Accounts(about, ledger, layers.split))
    reports.save(path, sections, about, form="article7", **how)


def export(path: Path, **how: Any) -> None:
    exports.write(
        maps.layers(split(PUBLIC_MARK), admin=ADMIN, as_of=DAY),
        path,
        title=PUBLIC_MARK,
        overwrite=True,
        **how,
    )


def listed(path: Path, **how: Any) -> None:
    tables.write_table(split(PUBLIC_MARK), path, Envelope(PUBLIC_MARK, as_of=DAY), **how)


def split_file(path: Path, **how: Any) -> None:
    source = path.with_name("source.parquet")
    split(PUBLIC_MARK)[["hazard_id", "province", "geometry"]].to_parquet(source)
    line = gpd.GeoDataFrame(
        {"kind": ["land"]}, geometry=[shapely.LineString([(102.9, 12), (102.9, 14)])], crs=4326
    )
    exports.split_file(source, path, to_border(line), overwrite=True, **how)


def report_map(path: Path, **how: Any) -> None:
    one = maps.ReportOnMap(PUBLIC_MARK, (), ("AP-1",), square(103, 13))
    maps.write_file(path, maps.report_map([one], split(), title=PUBLIC_MARK, as_of=DAY), **how)


def public_page(path: Path, **how: Any) -> None:
    maps.national(
        maps.layers(split(), admin=ADMIN, as_of=DAY, restricted=split()),
        public=True,
        title="mine_geo restricted",
    ).save(path, **how)


def public_sheet(path: Path, **how: Any) -> None:
    layers = maps.layers(split(), admin=ADMIN, as_of=DAY, restricted=split())
    title = "/Keywords (mine_geo restricted)"
    maps.sheet(layers, public=True, title=title).save(path, **how)


def public_export(path: Path, **how: Any) -> None:
    shown = disclose(split(), ADMIN, None, restricted=split(), as_of=DAY)
    exports.write_public(shown, path, title="RESTRICTED", overwrite=True, **how)


RESTRICTED: dict[str, tuple[str, Write]] = {
    "page": (".html", page),
    "report map": (".html", report_map),
    "pdf": (".pdf", sheet),
    "png": (".png", sheet),
    "dossier": (".pdf", dossier),
    "paper": (".docx", paper),
    "report": (".xlsx", register_report),
    "report to sign": (".docx", register_report),
    "gpkg": (".gpkg", export),
    "kml": (".kml", export),
    "kmz": (".kmz", export),
    "gpx": (".gpx", export),
    "points": (".csv", export),
    "csv": (".csv", listed),
    "json": (".json", listed),
    "xlsx": (".xlsx", listed),
    "parquet": (".parquet", split_file),
    "hazards in parquet": (".parquet", export),
    "geojson": (".geojson", export),
    "shp": (".shp", export),
    "fgb": (".fgb", export),
}
PUBLIC: dict[str, tuple[str, Write]] = {
    "page": (".html", public_page),
    "pdf": (".pdf", public_sheet),
    "png": (".png", public_sheet),
    "gpkg": (".gpkg", public_export),
    "kml": (".kml", public_export),
    "kmz": (".kmz", public_export),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Every output once, by kind and form; names and titles hold the marks of the other kind."""
    folder = tmp_path_factory.mktemp("made")
    found = {}
    for kind, forms in (("restricted", RESTRICTED), ("public", PUBLIC)):
        for form, (ending, write) in forms.items():
            place = folder / f"{kind}-{form}".replace(" ", "-")
            found[kind, form] = place.with_suffix(ending)
            write(found[kind, form])
    return found


FORMS = [*(("restricted", form) for form in RESTRICTED), *(("public", form) for form in PUBLIC)]


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_every_output_is_known_again_whatever_its_data_says(
    form: tuple[str, str], made: dict[tuple[str, str], Path]
) -> None:
    assert restriction.kind_of(made[form]) == form[0]


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
def test_a_restricted_file_is_its_owners_alone(
    form: tuple[str, str], made: dict[tuple[str, str], Path]
) -> None:
    mode = stat.S_IMODE(made[form].stat().st_mode)
    assert (mode == 0o600) == (form[0] == "restricted")


WHOLE = re.compile(
    r"RESTRICTED: polygons or records of hazards, not for publication; data of 2022-12-31; "
    r"no edition; mine_geo \d+\.\d+\.\d+"
)
ON_PAGE = "RESTRICTED, not for publication · Data: as of 31 December 2022 · no edition"
KHMER = "ដាក់កម្រិត មិនសម្រាប់ផ្សព្វផ្សាយ · ទិន្នន័យ៖ គិតត្រឹម 31 ធ្នូ 2022 · គ្មានលេខចេញផ្សាយ"


def test_a_page_says_so_to_its_reader_and_in_its_head(
    made: dict[tuple[str, str], Path],
) -> None:
    text = made["restricted", "page"].read_text("utf-8")
    head, _, body = text.partition("<body>")
    assert f'<p class="mg-restricted"><strong data-en="{ON_PAGE}" data-km="{KHMER}">' in body
    assert re.search(f'<meta name="description" lang="en" content="{ON_PAGE}[^"]*">', head)
    assert re.search(f'<meta name="description" lang="km" content="{KHMER}[^"]*">', head)
    public = made["public", "page"].read_text("utf-8")
    assert "RESTRICTED" not in public
    assert "ដាក់កម្រិត" not in public
    assert "mg-restricted" not in public.partition("</style>")[2]


def test_a_report_map_says_so_in_both_languages(made: dict[tuple[str, str], Path]) -> None:
    text = made["restricted", "report map"].read_text("utf-8").partition("<body>")[2]
    assert "RESTRICTED, not for publication · Data: 31 December 2022 · no edition" in text
    assert "ដាក់កម្រិត" in text


@pytest.mark.parametrize("language", ["en", "km"])
def test_a_sheet_says_so_above_and_below_in_both_languages(language: str, tmp_path: Path) -> None:
    drawn = maps.sheet(maps.layers(split(), admin=ADMIN, as_of=DAY), language=language)
    standing = drawn.document.head.standing
    assert (standing.en, standing.km.replace("\u200b", "")) == (ON_PAGE, KHMER)
    (page,) = printed(drawn)
    said = [line for line in lines(page) if "RESTRICTED,notforpublication" in line]
    assert len(said) == 1  # the other one is in Khmer
    high = 297 if drawn.orientation == "portrait" else 210
    heights = [each.box[1] for each in page if each.font.endswith("Bold")]
    assert max(heights) > high - 14
    assert min(heights) < 12
    public = maps.sheet(
        maps.layers(split(), admin=ADMIN, as_of=DAY, restricted=split()),
        language=language,
        public=True,
    )
    assert "RESTRICTED" not in "".join(map("".join, map(lines, printed(public))))


def test_sheets_say_so_in_their_metadata(made: dict[tuple[str, str], Path]) -> None:
    pdf = made["restricted", "pdf"].read_bytes()
    said = b"RESTRICTED, not for publication; Data: as of 31 December 2022; no edition"
    assert b"/Keywords(mine_geo restricted)" in pdf
    assert b"/Subject(" + said in pdf
    assert said in made["restricted", "png"].read_bytes()
    for form in ("pdf", "png"):
        assert b"RESTRICTED, not" not in made["public", form].read_bytes()


def test_a_geopackage_says_so_in_its_layers_and_its_table(
    made: dict[tuple[str, str], Path],
) -> None:
    path = made["restricted", "gpkg"]
    told = pyogrio.read_dataframe(path, layer="provenance").set_index("name")["text"]
    assert WHOLE.fullmatch(told["restriction"])
    assert told["access"] == "restricted"
    about = pyogrio.read_info(path, layer="hazards")["layer_metadata"]
    assert about["DESCRIPTION"].startswith("RESTRICTED: ")
    assert WHOLE.search(about["PROVENANCE"])


def test_documents_for_google_earth_and_gps_say_so(made: dict[tuple[str, str], Path]) -> None:
    kml = made["restricted", "kml"].read_text("utf-8")
    assert re.search(r"<Document>\s*<name>RESTRICTED: ", kml)
    assert WHOLE.search(kml.partition("<ExtendedData>")[2].partition("</ExtendedData>")[0])
    assert kml.index("<ExtendedData>") < kml.index("<Schema ")
    with zipfile.ZipFile(made["restricted", "kmz"]) as archive:
        assert WHOLE.search(archive.read("doc.kml").decode())
    gpx = made["restricted", "gpx"].read_text("utf-8").partition("</metadata>")[0]
    assert "<name>RESTRICTED: " in gpx
    assert WHOLE.search(gpx)
    assert "<keywords>mine_geo restricted</keywords>" in gpx


def test_tables_say_so(made: dict[tuple[str, str], Path]) -> None:
    for form in ("points", "csv"):
        rows = pd.read_csv(made["restricted", form])
        assert rows["restriction"].map(lambda said: bool(WHOLE.fullmatch(said))).all()
    said = json.loads(made["restricted", "json"].read_text("utf-8"))
    assert WHOLE.fullmatch(said["restriction"])
    book = openpyxl.load_workbook(made["restricted", "xlsx"])
    assert WHOLE.fullmatch(book["table"]["A1"].value)
    assert WHOLE.fullmatch(book.properties.subject)
    assert book.properties.keywords == "mine_geo restricted"


def test_totals_are_neither_and_single_records_are_restricted(tmp_path: Path) -> None:
    totals = pd.DataFrame({"province": ["Pailin"], "hazards": [3], "size_m2": [12]})
    for ending in ("csv", "json", "xlsx"):
        assert not tables.write_table(totals, tmp_path / f"totals.{ending}")
        assert restriction.kind_of(tmp_path / f"totals.{ending}") is None
    for column in ("hazard_id", "event_id", "village", "submission_id"):
        one = totals.assign(**{column: "x"})
        assert tables.write_table(one, tmp_path / f"{column}.csv")
        assert restriction.kind_of(tmp_path / f"{column}.csv") == "restricted"


def test_our_own_reading_takes_a_marked_table_and_leaves_the_mark(
    made: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    from mine_geo.intake import read  # noqa: PLC0415

    received = read(made["restricted", "points"], crs="EPSG:4326")
    assert "restriction" not in received.table.columns
    assert len(received.table) == 2
    own = pd.DataFrame({"hazard_id": ["AP-1"], "restriction": ["no entry"], "m": [1]})
    tables.write_table(own, tmp_path / "own.csv")
    found = pd.read_csv(tmp_path / "own.csv")
    assert found["source_restriction"].tolist() == ["no entry"]
    assert found["restriction"].str.startswith("RESTRICTED").all()


PAIRS = list(PUBLIC)


@pytest.mark.parametrize("form", PAIRS)
def test_neither_takes_the_others_place_without_a_word_that_names_it(
    form: str, made: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    ending = PUBLIC[form][0]
    for there, write, word in (
        ("public", RESTRICTED[form][1], "public"),
        ("restricted", PUBLIC[form][1], "restricted"),
    ):
        place = tmp_path / f"{there}{ending}"
        before = made[there, form].read_bytes()
        place.write_bytes(before)
        other = {"public": "restricted", "restricted": "public"}[word]
        for more in ({}, {"replace": other}):
            with pytest.raises(FileError, match=f'is a {there} file.*replace="{word}"'):
                write(place, **more)
            assert place.read_bytes() == before
            assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
        write(place, replace=word)
        assert restriction.kind_of(place) == other
    with pytest.raises(OptionError, match="valid: public, restricted"):
        write(tmp_path / f"new{ending}", replace="all")


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_a_table_never_takes_the_place_of_a_public_file(
    form: str, made: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    place = tmp_path / f"a.{form}"
    for table_ in (split(), pd.DataFrame({"hazards": [1]})):
        place.write_bytes(made["public", "page"].read_bytes())
        with pytest.raises(FileError, match="is a public file"):
            tables.write_table(table_, place)
        tables.write_table(table_, place, replace="public")
        assert restriction.kind_of(place) != "public"


def test_pages_of_earlier_versions_are_known(
    made: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    for kind in ("public", "restricted"):
        text = made[kind, "page"].read_text("utf-8")
        old = re.sub(r'<meta name="(mine-geo-access|description)"[^>]*>', "", text)
        assert old != text
        (tmp_path / "old.html").write_text(old.replace(PUBLIC_MARK, ""), "utf-8")
        assert restriction.kind_of(tmp_path / "old.html") == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF",
        b"PK\x03\x04",
        b"SQLite format 3\x00",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"<",
        b"{",
        b"a\0b",
        b'"' + b"a" * 200_000,
        b"\xff\xfe",
    ],
)
def test_a_strange_file_is_neither(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    assert restriction.kind_of(tmp_path / "x") is None
    assert restriction.kind_of(tmp_path) is None
    assert restriction.kind_of(tmp_path / "nothing") is None


def atlas(folder: Path, *, public: bool) -> maps.Atlas:
    return maps.atlas(
        maps.layers(split(), admin=ADMIN, as_of=DAY, restricted=split()), folder, public=public
    )


def test_a_public_atlas_takes_no_restricted_file_into_its_folder(tmp_path: Path) -> None:
    made = atlas(tmp_path / "atlas", public=True)
    assert [restriction.kind_of(each) for each in made.pages] == ["public"] * 3
    for target in ("mine.html", "index.html", "02-battambang/mine.html"):
        with pytest.raises(FileError, match="public"):
            page(tmp_path / "atlas" / target)
        with pytest.raises(FileError, match="public"):
            listed((tmp_path / "atlas" / target).with_suffix(".csv"))
    assert atlas(tmp_path / "atlas", public=True).written == 0
    public_page(tmp_path / "atlas" / "other.html")
    page(tmp_path / "atlas" / "02-battambang" / "mine.html", replace="public")
    with pytest.raises(FileError, match=r"02-battambang/mine\.html is restricted"):
        atlas(tmp_path / "atlas", public=True)
    (tmp_path / "atlas" / "02-battambang" / "mine.html").unlink()
    page(tmp_path / "atlas" / "index.html", replace="public")
    with pytest.raises(FileError, match=r"index\.html is restricted"):
        atlas(tmp_path / "atlas", public=True)


def test_a_restricted_atlas_takes_no_public_file_and_is_its_owners_alone(tmp_path: Path) -> None:
    made = atlas(tmp_path / "atlas", public=False)
    assert [restriction.kind_of(each) for each in made.pages] == ["restricted"] * len(made.pages)
    with pytest.raises(FileError, match="restricted atlas"):
        public_page(tmp_path / "atlas" / "for-all.html")
    for each in (tmp_path / "atlas").rglob("*"):
        wanted = 0o700 if each.is_dir() else 0o600
        assert stat.S_IMODE(each.stat().st_mode) == wanted, each
    assert stat.S_IMODE((tmp_path / "atlas").stat().st_mode) == 0o700


def test_the_office_says_who_may_read_what_is_restricted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RESTRICTED_MODE_VARIABLE, "0640")
    folder = tmp_path / "atlas"
    atlas(folder, public=False)
    for write, name in ((page, "a.html"), (export, "a.gpkg"), (listed, "a.xlsx"), (sheet, "a.png")):
        write(tmp_path / name)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert stat.S_IMODE((folder / "index.html").stat().st_mode) == 0o640
    monkeypatch.delenv(RESTRICTED_MODE_VARIABLE)
    page(tmp_path / "a.html")  # a restricted file that is made anew is as a new one
    assert stat.S_IMODE((tmp_path / "a.html").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", ["644", "604", "400", "700", "6 00", "rw", "0o600", "1600"])
def test_a_mode_that_is_none_is_refused_before_anything_is_written(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RESTRICTED_MODE_VARIABLE, mode)
    for write, name in ((page, "a.html"), (export, "a.kml"), (listed, "a.csv")):
        with pytest.raises(OptionError, match=RESTRICTED_MODE_VARIABLE):
            write(tmp_path / name)
    with pytest.raises(OptionError, match=RESTRICTED_MODE_VARIABLE):
        create_store(tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_a_new_store_is_restricted_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    from mine_geo.store import open_store  # noqa: PLC0415

    place = tmp_path / "register.gpkg"
    create_store(place).close()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert restriction.kind_of(place) == "restricted"
    place.chmod(0o660)
    with open_store(place) as store:
        store.load_admin(ADMIN)
    assert stat.S_IMODE(place.stat().st_mode) == 0o660


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "atlas").mkdir(mode=0o755)
    (tmp_path / "atlas").chmod(0o755)
    atlas(tmp_path / "atlas", public=False)
    assert stat.S_IMODE((tmp_path / "atlas").stat().st_mode) == 0o755


def test_personal_columns_are_taken_out_of_what_holds_others_in_json() -> None:
    detail = '{"extra":{"task":1,"personal_surveyor":"Sok"},"personal_phone":"012"}'
    frame = pd.DataFrame({"hazard_id": ["AP-1", "AP-2"], "detail": [detail, None]})
    for column in restriction.IN_JSON:
        renamed = frame.rename(columns={"detail": column})
        left = restriction.leaving(renamed)
        assert left[column][0] == '{"extra":{"task":1}}'
        assert left[column][1] is None or pd.isna(left[column][1])
        named = restriction.leaving(renamed, with_personal=["surveyor"])
        assert named[column][0] == '{"extra":{"task":1,"personal_surveyor":"Sok"}}'
        assert renamed[column][0] == detail
    assert list(restriction.leaving(frame, without_remarks=True)) == ["hazard_id"]


def test_the_ground_keeps_its_credits_without_remarks(tmp_path: Path) -> None:
    places = pd.DataFrame(
        {"name": ["Ou"], "lon": [103.0], "lat": [13.0], "geonames_id": [1], "comment": ["by Sok"]}
    )
    released = gpd.GeoDataFrame(
        {"outcome": ["cleared"], "comment": ["by Planted"], "recorded_by": ["Planted"], "x": [1]},
        geometry=[square(103, 13)], crs=4326,
    )  # fmt: skip
    layers = maps.layers(split(), admin=ADMIN, places=places, releases=released)
    exports.write(layers, tmp_path / "a.gpkg", without_remarks=True)
    assert list(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="released")) == [
        "outcome", "geometry",
    ]  # fmt: skip
    names = list(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="places"))
    assert "geonames_id" in names
    assert "comment" not in names
    told = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="provenance")["text"].tolist()
    assert "GeoNames (CC BY 4.0)" in told
    assert b"Planted" not in (tmp_path / "a.gpkg").read_bytes()


def test_a_public_file_holds_no_remarks_on_places(tmp_path: Path) -> None:
    shown = disclose(split(), ADMIN, None, restricted=split(), as_of=DAY)
    places = pd.DataFrame(
        {
            "name": ["Ou"],
            "lon": [103.0],
            "lat": [13.0],
            "comment": "Planted",
            "personal_x": "Planted",
        }
    )
    for name in ("a.gpkg", "a.kml"):
        exports.write_public(shown, tmp_path / name, places=places)
        assert b"Planted" not in (tmp_path / name).read_bytes()
        assert b"Ou" in (tmp_path / name).read_bytes()
