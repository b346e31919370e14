"""Printed sheets: paper, tidiness, tables, words, bad input, and that nothing else is touched."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import warnings

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import font_manager
from matplotlib.patches import PathPatch

from mine_geo import maps
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import FileError, OptionError, UnknownNameError
from mine_geo.maps import symbols
from mine_geo.maps.sheets import sheet
from mine_geo.tables.totals import totals
from mine_geo.terms import SPLIT_COLUMNS
from mine_geo.typeset import letters
from tests.maps.papers import media_box, printed, rows, texts, untidy
from tests.typeset.prints import lines

A4, A3 = (595.276, 841.89), (841.89, 1190.551)
NASTY = (
    "$x^2$ and $\\frac{1}{0}$",
    "\u202eright to left\u2066",
    "two\nlines\r\u2028\x00\x1f",
    "\\alpha {{ 7*7 }} </text> %PDF (unclosed",
    "\U0001f4a3 \u0e44\u0e17\u0e22 \u5730",
    "a very long name " * 40,
    "",
)


@pytest.fixture
def places() -> pd.DataFrame:
    return pd.DataFrame({"name": ["Ta Sanh", "Kampong"], "lon": [103.3, 103.8], "lat": 13.3})


@pytest.fixture
def releases() -> gpd.GeoDataFrame:
    land = [shapely.box(103.3 + step, 13.1, 103.32 + step, 13.12) for step in (0, 0.05, 0.7)]
    outcomes = ["cancelled", "cleared", "reduced"]
    return gpd.GeoDataFrame({"outcome": outcomes}, geometry=land, crs="EPSG:4326")


@pytest.mark.parametrize(
    ("paper", "size"),
    [
        ("a4-portrait", A4),
        ("A4-Landscape", A4[::-1]),
        ("A3-portrait", A3),
        ("a3-landscape", A3[::-1]),
    ],
)
def test_the_paper_is_what_was_asked_for(paper, size, split, border, admin, tmp_path) -> None:
    drawn = sheet(maps.layers(split, border=border, admin=admin), "Battambang", paper=paper)
    assert media_box(drawn.save(tmp_path / "sheet.pdf")) == pytest.approx(size, abs=0.01)
    assert (drawn.paper, drawn.orientation) == (paper[:2].upper(), paper[3:].lower())
    assert untidy(drawn) == []
    first = "".join(lines(printed(drawn)[0]))  # map, scale and sources are on one page
    assert f"Scale1:{drawn.scale:,.0f}on{drawn.paper}" in first
    assert len(printed(drawn)) == 1


def test_the_ground_turns_the_paper(split, border, admin) -> None:
    high = admin.assign(geometry=[shapely.box(103, 13, 103.2, 13.9)] * 2 + [None])
    wide = admin.assign(geometry=[shapely.box(103, 13, 104, 13.3)] * 2 + [None])
    assert sheet(maps.layers(split, admin=high), "Battambang").orientation == "portrait"
    assert sheet(maps.layers(split, admin=wide), "Battambang").orientation == "landscape"


def test_a_png_has_300_dots_per_inch(split, tmp_path) -> None:
    content = sheet(split, paper="A4-portrait").save(str(tmp_path / "a.PNG")).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (2480, 3508)  # 8.2677 and 11.6929 inches
    place = content.index(b"pHYs") + 4
    assert struct.unpack(">II", content[place : place + 8]) == (11811, 11811)  # dots per metre


def test_a_pdf_is_the_same_wherever_the_fonts_lie(tmp_path) -> None:
    code = """
import hashlib, sys
from pathlib import Path
from mine_geo.maps.sheets import paper
from mine_geo.typeset import letters
letters.OTHERS, letters.FOLDER = map(Path, sys.argv[1:3])
page = paper.Page(100, 100, 1.0, "km")
page.text(20, 20, "Battambang បាត់ដំបង", size=8)
page.text(20, 40, "Bavel បវេល", size=8, bold=True)
content = page.pdf()
print(hashlib.sha256(content).hexdigest(), content.count(b"/FontFile2"))
"""
    found = set()
    for latin, khmer in (("a", "z"), ("z/deeper/down", "b")):
        shutil.copytree(letters.OTHERS, tmp_path / latin)
        shutil.copytree(letters.FOLDER, tmp_path / khmer)
        given = [str(tmp_path / latin), str(tmp_path / khmer)]
        made = subprocess.run(
            [sys.executable, "-c", code, *given], check=True, capture_output=True, text=True
        )
        found.add(made.stdout)
    assert len(found) == 1, found
    assert found.pop().split()[1] == "4"


def test_the_same_frames_give_the_same_bytes(split, border, admin, tmp_path) -> None:
    pages = [
        sheet(maps.layers(split, border=border, admin=admin), "02")
        .save(tmp_path / f"{number}.pdf")
        .read_bytes()
        for number in range(2)
    ]
    assert pages[0] == pages[1]
    assert b"CreationDate" not in pages[0]


@pytest.mark.parametrize("language", ["en", "km"])
@pytest.mark.parametrize("unit", [(), ("Battambang",), ("Battambang", "Samlout")])
def test_nothing_overlaps_and_nothing_is_cut(
    unit, language, split, border, admin, places, releases
) -> None:
    layers = {"border": border, "admin": admin, "places": places, "releases": releases}
    drawn = sheet(maps.layers(split.assign(synthetic=True), **layers), *unit, language=language)
    assert untidy(drawn) == []


def test_what_stands_on_a_sheet(split, border, admin, places, releases) -> None:
    schematic = admin.assign(schematic=True)
    layers = {"border": border, "admin": schematic, "places": places, "releases": releases}
    drawn = sheet(maps.layers(split.assign(synthetic=True), **layers, as_of="2022-12-31"), "02")
    said = texts(drawn)
    for text in (
        *("Battambang province", "ខេត្តបាត់ដំបង", "AP minefields near and far from the border"),
        *("SYNTHETIC SAMPLE", "Schematic districts", "as of 31 December 2022"),
        *("drawn by hand, 1", "nearest edge of the hazard", "7,000 m"),
        *("does not count as border", "Confirmed hazardous area (CHA)", "Status: worked on"),
        *("7 km from the border", "Border with Thailand", "Released land: cleared", "Places"),
        *("Samlout", "សំឡូត", "Bavel", "បវេល", "Kandal", "កណ្ដាល", "Thailand", "ថៃ", "Ta Sanh"),
        f"Scale 1:{drawn.scale:,.0f} on A4",
    ):
        assert text in said, text
    assert "Released land: reduced" not in said  # it lies in the other province
    assert any("EPSG:32648" in text for text in said)


def test_the_table_has_the_totals_of_each_district(split, border, admin) -> None:
    table = rows(sheet(maps.layers(split, border=border, admin=admin), "02"))
    assert table == [
        ["Bavel", "1", "50", "1", "4,000"],
        ["Samlout", "2", "3,000,100", "1", "20,000"],
        ["Total", "3", "3,000,150", "2", "24,000"],
    ]
    ours = totals(split, by=["district"])
    for line, (_, row) in zip(table[:2], ours.iterrows(), strict=True):
        figures = row[["near_hazards", "near_size_m2", "far_hazards", "far_size_m2"]]
        assert line[1:] == [f"{figure:,}" for figure in figures]


def test_a_district_lists_its_hazards_nearest_first(split, border, admin) -> None:
    drawn = sheet(maps.layers(split, border=border, admin=admin), "Battambang", "Samlout")
    assert rows(drawn) == [
        ["AP-1", "CHA", "near", "1,082", "100"],
        ["AP-3", "near", "6,999", "3,000,000"],  # 6,999.99 m are not 7,000
        ["AP-2", "SHA", "far", "21,641", "20,000"],
        ["Total: 3 hazards", "3,020,100"],
    ]
    assert texts(drawn).count("AP-3") == 2  # in the table and on the map


def test_many_hazards_are_summed_up_by_zone(split, admin) -> None:
    many = pd.concat(
        [split.assign(hazard_id=f"H{part}-" + split["hazard_id"]) for part in range(60)]
    )
    drawn = sheet(maps.layers(many.reset_index(drop=True), admin=admin), "Battambang", "Bavel")
    assert rows(drawn) == [
        ["Near, under 7,000 m", "60", "3,000"],
        ["Far, 7,000 m or more", "60", "240,000"],
        ["Total", "120", "243,000"],
    ]


def test_kinds_are_never_added_up(split, border, admin) -> None:
    other = split.assign(kind="cluster_munition", hazard_id="C" + split["hazard_id"])
    both = pd.concat([split, other], ignore_index=True)
    for unit in ((), ("02",), ("02", "0209")):
        drawn = sheet(maps.layers(both, border=border, admin=admin), *unit)
        said = texts(drawn)
        assert "Several kinds are shown; kinds are never added up." in " ".join(said)
        assert {"AP minefields", "Cluster munition areas"} <= set(said)
        assert not {"6,048,300", "6,040,200", "48,000"} & set(said)
        assert untidy(drawn) == []


def test_released_land_of_no_outcome_is_drawn_and_called_so(split, border, admin, releases) -> None:
    outcomes = pd.Series(["cancelled", None, "odd"], dtype=object)
    drawn = sheet(
        maps.layers(split, border=border, admin=admin, releases=releases.assign(outcome=outcomes))
    )
    legend = [text for row in rows(drawn, "legend") for text in row if "Released" in text]
    assert legend == ["Released land: cancelled", "Released land: outcome not recorded"]


def test_several_kinds_are_told_apart_by_hatching(split, border, admin) -> None:
    """An AP minefield and a cluster munition area looked the same on paper."""

    def hatches(drawn) -> set[str]:
        return {patch.get_hatch() for patch in drawn.page.figure.findobj(PathPatch)} - {None}

    one, *_, last = split.index
    several = split.assign(kind="ap_minefield")
    assert hatches(sheet(maps.layers(several, border=border, admin=admin))) == set()
    several.loc[one, "kind"], several.loc[last, "kind"] = "cluster_munition", "other_erw"
    drawn = sheet(maps.layers(several, border=border, admin=admin))
    assert hatches(drawn) == {"////", "||||"}
    legend = [text for row in rows(drawn, "legend") for text in row]
    assert {"AP minefields", "Cluster munition areas", "Other ERW areas"} <= set(legend)


@pytest.mark.parametrize("coast", [True, False])
def test_an_undemarcated_border_is_dashed(coast, split, border, admin) -> None:
    parts = border.assign(demarcated=[False, coast])
    drawn = sheet(maps.layers(split, border=parts, admin=admin))
    assert "Border with Thailand, not demarcated" in texts(drawn)
    assert "Coast" in texts(drawn)  # which nobody demarcates
    colour = symbols.symbol("border_THA").line
    lines = [
        patch
        for patch in drawn.page.figure.findobj(PathPatch)
        if mpl.colors.to_hex(patch.get_edgecolor()) == colour
    ]
    assert [patch.get_linestyle() not in ("solid", "-") for patch in lines] == [True]


@pytest.mark.parametrize("text", NASTY)
def test_whatever_an_attribute_holds_is_shown_as_text(text, split, border, admin, tmp_path) -> None:
    words = ("also", "commune", "operator", "status", "area_type", "kind", "border_name")
    nasty = split.astype(dict.fromkeys(words, object))
    for word in (*words, "province", "district"):
        nasty[word] = pd.Series([text] * len(nasty), index=nasty.index, dtype=object)
    ids = [f"{text} {number}" for number in range(len(nasty))]
    nasty["hazard_id"] = pd.Series(ids, index=nasty.index, dtype=object)
    lines, units = border.copy(), admin.copy()
    for word in ("border_name", "attribution", "neighbour"):
        lines[word] = pd.Series([text, None], dtype=object)
    for word in ("province", "district", "province_km", "district_km"):
        units[word] = pd.Series([text] * 3, dtype=object)
    names = pd.Series([text, None], dtype=object)
    spot = pd.DataFrame({"name": names, "lon": 103.7, "lat": 13.6})
    for unit in (("02",), ("02", "0209")):
        title = f"{text}\ud800"
        drawn = sheet(
            maps.layers(nasty, border=lines, admin=units, places=spot), *unit, title=title
        )
        assert untidy(drawn) == []
        assert not set("\u202e\u2066\n\r\u2028\x00\ud800") & set("".join(texts(drawn)))
    assert drawn.save(tmp_path / "sheet.pdf").stat().st_size
    if text.startswith("$"):
        assert f"{text}\ufffd" in texts(drawn)


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("$5", "$5"),
        ("a\u202eb\u200fc", "abc"),
        ("a\nb\u2028c", "a b c"),
        ("\x00\ud800\U0001f4a3", "\ufffd\ufffd\ufffd"),
        ("ភ្នំ\u200bពេញ", "ភ្នំ\u200bពេញ"),
    ],
)
def test_what_cannot_be_drawn_is_a_mark(given: str, drawn: str) -> None:
    assert letters.clean(given) == drawn


def test_khmer_comes_from_the_bundled_font(split, border, admin, tmp_path) -> None:
    before = len(font_manager.fontManager.ttflist)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = sheet(maps.layers(split, border=border, admin=admin), "02", language="km")
        content = drawn.save(tmp_path / "sheet.pdf").read_bytes()
    for name in (b"NotoSansKhmer-Regular", b"NotoSansKhmer-Bold", b"NotoSans-Bold"):
        assert b"+" + name in content
    assert {"ខេត្តបាត់ដំបង", "Battambang province", "សំឡូត"} <= set(texts(drawn))
    assert len(font_manager.fontManager.ttflist) - before in (0, 6)  # 6 if this sheet is the first


def test_the_settings_of_others_are_left_alone(split, tmp_path) -> None:
    with mpl.rc_context({"text.usetex": True, "font.size": 40, "axes.linewidth": 9}):
        before = dict(mpl.rcParams)
        content = sheet(split).save(tmp_path / "one.pdf").read_bytes()
        assert dict(mpl.rcParams) == before
    assert sheet(split).save(tmp_path / "two.pdf").read_bytes() == content


def test_matplotlib_is_not_loaded_before_a_sheet_is_asked_for() -> None:
    code = "import sys, mine_geo.maps.sheets; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_input_is_left_alone(split, border, admin, places, releases) -> None:
    frames = (split, border, admin, places, releases)
    before = [frame.copy() for frame in frames]
    sheet(
        maps.layers(split, border=border, admin=admin, places=places, releases=releases),
        "02",
        "0209",
    )
    for old, new in zip(before, frames, strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_an_empty_split_says_so(split, border, admin) -> None:
    for drawn in (
        sheet(split.iloc[:0]),
        sheet(maps.layers(split.iloc[:0], border=border, admin=admin), "08"),
    ):
        assert any(each.startswith("No hazard is recorded here. Not") for each in texts(drawn))
        assert rows(drawn)[-1] == ["Total", "0", "0"]
        assert untidy(drawn) == []


def test_one_small_hazard_and_nothing_else(split) -> None:
    drawn = sheet(split.iloc[:1][["hazard_id", "size_m2", *SPLIT_COLUMNS, "geometry"]])
    assert rows(drawn)[-1] == ["Total", "1", "100"]
    assert "Area type not recorded" in texts(drawn)
    assert untidy(drawn) == []


def test_a_public_sheet_knows_no_hazard(split, border, admin, releases) -> None:
    for unit in ((), ("02",), ("02", "0209")):
        every = PublicSettings(least_count=1, round_m2=1)
        layers = maps.layers(
            split,
            border=border,
            admin=admin,
            releases=releases,
            restricted=split,
            settings=every,
        )
        drawn = sheet(layers, *unit, public=True)
        said = texts(drawn)
        assert "PUBLIC: hazard polygons not shown" in said
        assert not any(text.startswith("AP-") for text in said)
        assert untidy(drawn) == []
        red = {symbols.symbol(f"{fill} open").fill for fill in symbols.table()["fills"]}
        patches = drawn.page.figure.findobj(PathPatch)
        fills = {mpl.colors.to_hex(each.get_facecolor()) for each in patches if each.get_fill()}
        assert not red & fills
        corners = drawn.view.on_paper(split.geometry)
        hazards = {tuple(xy) for xy in np.round(shapely.get_coordinates(corners), 2)}
        for patch in patches:
            assert not hazards & {tuple(xy) for xy in np.round(patch.get_path().vertices, 2)}
    assert rows(drawn) == [
        ["Near, under 7,000 m", "2", "3,000,100"],
        ["Far, 7,000 m or more", "0", "0"],
        ["Total", "2", "3,000,100"],
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"paper": "A5"}, "paper 'A5' is unknown; valid: A4, A4-portrait, A4-landscape, A3"),
        ({"paper": ""}, "paper '' is unknown"),
        ({"language": "fr"}, "language 'fr' is unknown; valid: en, km"),
        ({"district": "Bavel"}, "name its province too"),
    ],
)
def test_unknown_options_list_the_valid_ones(options, says, split) -> None:
    with pytest.raises(OptionError, match=says):
        sheet(split, **options)


def test_an_unknown_province_is_said(split, admin) -> None:
    with pytest.raises(UnknownNameError, match="Nowhere"):
        sheet(maps.layers(split, admin=admin), "Nowhere")


def test_where_a_sheet_cannot_be_written(split, tmp_path) -> None:
    drawn = sheet(split)
    with pytest.raises(OptionError, match=r"sheet\.svg: a sheet is written as \.pdf or \.png"):
        drawn.save(tmp_path / "sheet.svg")
    with pytest.raises(FileError, match="choose a folder that exists"):
        drawn.save(tmp_path / "none" / "sheet.pdf")
    (tmp_path / "folder.pdf").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        drawn.save(tmp_path / "folder.pdf")


@pytest.mark.parametrize("language", ["en", "km"])
def test_warnings_leave_a_title_its_room(language, split, border, admin) -> None:
    """Three of them beside a long title: it was cut, with the province's name."""
    long = "Preah Netr Preah district, Banteay Meanchey province: minefields"
    layers = {"border": border, "admin": admin.assign(schematic=True)}
    drawn = sheet(
        maps.layers(split.assign(synthetic=True), **layers, restricted=split),
        "02",
        title=long,
        language=language,
        paper="A4-portrait",
        public=True,
    )
    assert long in texts(drawn)
    assert untidy(drawn) == []
