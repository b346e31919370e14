"""Every output for everybody says what it cannot know; "none recorded" never stands alone."""

import html
import json
import re
import xml.etree.ElementTree as ET
import zipfile

import geopandas as gpd
import pandas as pd
import pytest

from mine_geo import exports, maps
from mine_geo.disclosure import settings
from mine_geo.disclosure.disclosed import disclose
from mine_geo.disclosure.layers import Layers, Selection
from mine_geo.disclosure.settings import PublicSettings, StandingText
from mine_geo.errors import OptionError
from mine_geo.maps import subject as subjects
from mine_geo.maps.atlas.build import atlas
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.scene import Scene
from tests.maps.papers import drawn as sheet_of
from tests.maps.papers import texts, untidy
from tests.maps.test_public_bytes import ADMIN, BORDER, DAY, land, register

KNOWN = pd.Timestamp("2023-01-09T20:00:00Z").to_pydatetime()
"""The tenth of January in Cambodia."""
OWN = StandingText(
    authority=("Office <A> & B", "ការិយាល័យ ក"),
    contact=("hotline 1288", "ទូរស័ព្ទ ១២៨៨"),
)
WHOLE = StandingText(text=("Ask {contact}; {data}; {known}.", "សួរ {contact}; {data}; {known}។"))
TOLD = {
    "usual": (
        (
            "what the national mine action authority has recorded",
            "They do not say that any place is safe.",
            *("nobody has surveyed", "residual risk", "Not for navigation", "do not touch it"),
        ),
        ("អាជ្ញាធរជាតិសកម្មភាពមីនបានកត់ត្រា", "ហានិភ័យនៅសេសសល់", "មិនត្រូវប្រើសម្រាប់រកផ្លូវ", "កុំប៉ះ"),
    ),
    "own": (
        ("what Office <A> & B has recorded", "Not for navigation", "questions: hotline 1288."),
        ("ការិយាល័យ ក", "ទូរស័ព្ទ ១២៨៨"),
    ),
    "whole": (("Ask the national mine action authority, or the",), ("សួរ អាជ្ញាធរជាតិសកម្មភាពមីន",)),
}
EVERY_FIGURE = PublicSettings(least_count=1, round_m2=1)
TEXTS = {"usual": None, "own": OWN, "whole": WHOLE}
MEANINGS = (
    "non-technical survey found no evidence of explosive ordnance",
    "technical survey found no evidence of explosive ordnance",
    "the specified explosive ordnance was removed or destroyed to a specified depth",
    "ការអង្កេតមិនបច្ចេកទេស",
    "ដកចេញ ឬបំផ្លាញ ដល់ជម្រៅដែលបានកំណត់",
)


def layers_of(text, **told):
    split = register("Sarika")
    split = split[split["district_code"].isin(ADMIN["district_code"])]
    chosen = Selection(last_record=KNOWN, standing_text=text, **told)
    return Scene.of(Layers(
        split, BORDER, ADMIN, land("Sarika"), None, DAY, restricted=split, selection=chosen,
        settings=EVERY_FIGURE,
    ))  # fmt: skip


def units(layers):
    split = layers.split
    return {
        "national": subjects.whole(split, ADMIN),
        "province": subjects.province(split, ADMIN, "Battambang"),
        "district": subjects.district(split, ADMIN, "Battambang", "Samlout"),
        "empty": subjects.province(split, ADMIN, "Kandal"),
    }


def plain(source):
    """Return all that a page says, each text with its tags and entities read."""
    return re.sub(
        r"\s+", " ", html.unescape(re.sub(r"</?(?:span|bdi|strong|b)\b[^>]*>", "", source))
    )


def both(source):
    """Return what a page shows, in English and in Khmer."""
    body = source.partition('id="mine-geo-data"')[0].rpartition("<body>")[2]
    assert body.count('class="mg-standing"') == 1
    khmer = " ".join(re.findall(r'data-km="([^"]*)"', body))
    return f"{plain(body)} {html.unescape(khmer)}"


def squeezed(text):
    return re.sub(r"[\s\u200b]+", "", text)


def said_on(drawn):
    """Return what a sheet says, line by line without the places where lines break."""
    return squeezed("".join(texts(drawn)))


def public_pages(layers):
    for name, subject in units(layers).items():
        yield name, compose(layers, subject, public=True).get_root().render()


def outputs(text, folder):
    """Give the name of each output for everybody and all that it says."""
    layers = layers_of(text)
    for name, source in public_pages(layers):
        yield name, both(source)
    told = maps.layers(
        layers.split,
        border=BORDER,
        admin=ADMIN,
        releases=layers.releases,
        as_of=DAY,
        restricted=layers.split,
        selection=layers.selection,
    )
    made = atlas(told, folder / "atlas", public=True)
    for path in made.pages:
        yield path.relative_to(folder).as_posix(), both(path.read_text(encoding="utf-8"))
    told = layers.public.disclosed
    for ending in ("gpkg", "kml", "kmz"):
        path = folder / f"all.{ending}"
        exports.write_public(told, path, selection=layers.selection)
        yield ending, "".join(metadata_of(path))


def metadata_of(path):
    if path.suffix == ".gpkg":
        yield from gpd.read_file(path, layer="provenance")["text"]
        return
    source = path.read_bytes()
    if path.suffix == ".kmz":
        with zipfile.ZipFile(path) as archive:
            source = archive.read("doc.kml")
    root = ET.fromstring(source)
    yield html.unescape(root.findtext("{*}Document/{*}description"))


@pytest.mark.parametrize("text", TEXTS)
def test_every_output_for_everybody_says_it_in_both_languages(text, tmp_path):
    found = dict(outputs(TEXTS[text], tmp_path))
    assert len(found) == 4 + 6 + 3
    for name, said in found.items():
        for words in (*TOLD[text][0], *TOLD[text][1], *MEANINGS):
            assert words in said, (name, words)
        assert "31 December 2022" in said or "2022-12-31" in said, name
        assert "10 January 2023" in said or "2023-01-10" in said, name


@pytest.mark.parametrize(
    ("unit", "paper", "language"),
    [
        ("national", "A4-portrait", "km"),
        ("national", "A4-landscape", "en"),
        ("district", "A4-landscape", "km"),
        ("empty", "A3-portrait", "en"),
    ],
)
def test_a_sheet_says_it_in_both_languages_and_cuts_nothing(unit, paper, language):
    layers = layers_of(OWN)
    drawn = sheet_of(layers, units(layers)[unit], language=language, paper=paper, public=True)
    said = said_on(drawn)
    for words in (*TOLD["own"][0], *TOLD["own"][1], *MEANINGS):
        assert squeezed(words) in said, words
    assert untidy(drawn) == []


def test_a_sheets_file_bears_it_too(tmp_path):
    from PIL import Image  # noqa: PLC0415

    layers = layers_of(OWN)
    drawn = sheet_of(layers, units(layers)["empty"], public=True)
    drawn.save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert "Not for navigation" in picture.info["Description"]
    drawn.save(tmp_path / "sheet.pdf")
    assert b"Not for navigation" in (tmp_path / "sheet.pdf").read_bytes()


LACKS = "all kinds but AP minefields, Cluster munition areas; ground that nobody has surveyed"


def test_none_recorded_never_stands_alone():
    for public in (True, False):
        layers = layers_of(None)
        page = compose(layers, units(layers)["empty"], public=public)
        lacks = f"records that wait to be accepted; {LACKS}" if public else LACKS
        assert page.facts.none.en == f"No hazard is recorded here. Not counted: {lacks}."
        assert "មិនបានរាប់៖ " in page.facts.none.km
        shown = plain(page.get_root().render().partition('id="mine-geo-data"')[0])
        assert f"No hazard is recorded here. Not counted: {lacks}." in shown
        drawn = sheet_of(layers, units(layers)["empty"], public=public)
        assert squeezed(f"Not counted: {lacks}.") in said_on(drawn)


def test_what_waits_or_has_no_unit_is_named():
    split = register("Sarika").drop(columns="commune")
    split.loc[4, ["province", "province_code", "district", "district_code"]] = None
    left = split[~split["in_workbench"]]
    for public in (True, False):
        layers = Scene.of(
            Layers(left, BORDER, ADMIN, restricted=split, selection=Selection(workbench="exclude"))
        )
        page = compose(layers, subjects.province(left, ADMIN, "Kandal"), public=public)
        missing = "Not counted: records that wait to be accepted; hazards for which no unit is"
        assert missing in page.facts.none.en
        assert "Whether any lies here is not known." in page.facts.none.en
    only = split[split["in_workbench"]]
    page = compose(
        Scene.of(Layers(only, BORDER, ADMIN, selection=Selection(workbench="only"))),
        subjects.province(only, ADMIN, "Kandal"),
    )
    assert "Not counted: records that are accepted" in page.facts.none.en


def test_the_legend_and_every_popup_say_what_is_not_counted():
    layers = layers_of(None)
    page = compose(layers, units(layers)["national"], public=True)
    for section in page.facts.public:
        assert section.legend[0][1].en == "none recorded (does not mean none)"
    districts = next(layer for layer in page.data["layers"] if layer["name"] == "districts")
    column = districts["columns"][-1]
    assert column["name"] == "not_counted"
    assert LACKS in json.dumps(column)


def test_each_row_of_a_public_file_says_it(tmp_path):
    layers = layers_of(None, workbench="exclude", kind="ap_minefield")
    told = disclose(layers.split, ADMIN, restricted=layers.split)
    exports.write_public(told, tmp_path / "a.gpkg", selection=layers.selection)
    rows = gpd.read_file(tmp_path / "a.gpkg", layer="districts")
    (said,) = rows["not_counted"].unique()
    assert said.startswith("records that wait to be accepted; all kinds but AP minefields; ground")
    assert rows["not_counted_km"].str.contains("កំពុងរង់ចាំ").all()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"contact": ("", "ទូរស័ព្ទ")}, "contact needs words in English and in Khmer"),
        ({"authority": ("A", " ")}, "authority needs words"),
        ({"text": ("{day}", "{data}")}, "{day} is not known there"),
        ({"text": ("{data.x}", "x")}, "{data.x} is not known"),
        ({"text": ("{} {0}", "x")}, "is not known there"),
        ({"text": ("open {data", "x")}, "brace"),
    ],
)
def test_a_text_that_would_be_printed_half_is_refused(wrong, says):
    with pytest.raises(OptionError, match=re.escape(says)):
        StandingText(**wrong)


def test_what_is_put_into_the_text_is_no_template():
    text = StandingText(authority=("{contact}", "{data}"))
    english, khmer = text.paragraphs(data=("d", "d"), known=("{known}", "k"))[0]
    assert "what {contact} has recorded (d; known on: {known})" in english
    assert "{data}" in khmer


def test_all_kinds_counted_still_leaves_what_is_unknown():
    kinds = ("ap_minefield", "av_minefield", "cluster_munition", "other_erw", "")
    said = settings.not_counted(kinds)[0]
    assert said == "other kinds of explosive ordnance; ground that nobody has surveyed"
