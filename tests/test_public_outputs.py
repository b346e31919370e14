"""Two registers with the same figures give the same bytes in every output for everybody.

Those that `test_public_bytes` leaves out: sheets of each unit, in both languages, both directions
and both formats; whole KMZ files; and all of them with a moment, with the authority's own text and
of one kind. Turning points (GPX, CSV) are the outlines of hazards: no public file of them is made.
"""

import pytest

from mine_geo import exports
from mine_geo.disclosure.layers import Layers, Selection
from mine_geo.disclosure.settings import StandingText
from mine_geo.errors import OptionError
from mine_geo.maps import subject as subjects
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.scene import Scene
from tests import leaks
from tests.maps.papers import drawn as sheet_of
from tests.maps.test_public_bytes import (
    ADMIN,
    BORDER,
    DAY,
    NAMES,
    PLACES,
    SHORT,
    files,
    land,
    register,
)
from tests.maps.test_public_bytes import search_for as search_of

SHEETS = (
    ("national", "km", "A4-portrait", "png"),
    ("province", "km", "A4-landscape", "pdf"),
    ("district", "en", "A4-landscape", "png"),
    ("empty", "km", "A3-portrait", "pdf"),
)
CHOSEN = {
    "usual": Selection(),
    "told": Selection(
        known_at="2023-01-01T00:00:00Z",
        printed_on="2023-01-02",
        standing_text=StandingText(authority=("Office", "ការិយាល័យ"), contact=("1288", "១២៨៨")),
    ),
    "kind": Selection(kind="ap_minefield", known_at="2023-01-01T00:00:00Z"),
}
pytestmark = pytest.mark.untraced


def units(split):
    return {
        "national": subjects.whole(split, ADMIN),
        "province": subjects.province(split, ADMIN, "Battambang"),
        "district": subjects.district(split, ADMIN, "Battambang", "Samlout"),
        "empty": subjects.province(split, ADMIN, "Kandal"),
    }


def layers_of(who, selection):
    every, released = register(who), land(who)
    split = every
    if selection.kind is not None:
        split = every[every["kind"] == selection.kind]
    return Scene.of(
        Layers(split, BORDER, ADMIN, released, PLACES, DAY, restricted=every, selection=selection)
    )


def write_all(who, folder):
    for name, chosen in CHOSEN.items():
        layers = layers_of(who, chosen)
        place = folder / name
        place.mkdir(parents=True)
        for unit, subject in units(layers.split).items():
            compose(layers, subject, public=True).save(place / f"{unit}.html")
        told = layers.public.disclosed
        for ending in ("kml", "kmz", *(["gpkg"] if chosen.known_at is not None else [])):
            exports.write_public(told, place / f"all.{ending}", places=PLACES, selection=chosen)
    layers = layers_of(who, CHOSEN["told"])
    exports.write_open_data(
        layers.public.disclosed, folder / "open", selection=layers.public.selection
    )
    for unit, language, paper, ending in SHEETS:
        subject = units(layers.split)[unit]
        drawn = sheet_of(layers, subject, language=language, paper=paper, public=True)
        drawn.save(folder / f"{unit}-{language}.{ending}")


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    """Give all files of either register."""
    folder = tmp_path_factory.mktemp("every")
    for who in NAMES:
        write_all(who, folder / who)
    return {who: files(folder / who) for who in NAMES}


def test_each_kind_of_file_is_there_in_both_languages(every):
    names = every["Sarika"]
    assert {name.rpartition(".")[2] for name in names} == {
        "html", "gpkg", "kml", "kmz", "pdf", "png", "csv", "json",
    }  # fmt: skip
    assert len(names) == 3 * (4 + 2) + 2 + len(SHEETS) + len(("remaining", "released", "package"))


def test_other_polygons_give_the_same_bytes_in_every_output(every):
    one, other = every["Sarika"], every["Romdoul"]
    assert list(one) == list(other)
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.parametrize("who", NAMES)
def test_no_vertex_and_no_name_in_any_byte_of_every_output(every, who):
    released = land(who)
    search = search_of(register(who), released, released.geometry[:2], BORDER, ADMIN)
    assert len(search.secret) > 5 * SHORT
    forbidden = {f"Recorder {who}", f"Surveyor {who}", "Farmer", f"Operator {who}", f"Phum {who}"}
    forbidden |= {f"{who}-2", "AP-1", f"report of {who}", f"closed by {who}", f"{who} event"}
    for name, content in every[who].items():
        assert search.found(content) == {}, name
        assert leaks.says(content, forbidden) == set(), name


def test_what_is_no_secret_is_found_in_them(every):
    """The same search finds what may be shown: else it would prove nothing."""
    shown = leaks.Search(land("Sarika").geometry[:2], BORDER.geometry)
    for name in ("told/national.html", "told/all.kml", "told/all.kmz", "told/all.gpkg"):
        assert max(shown.found(every["Sarika"][name]).values()) >= 2 * SHORT, name
    for name, content in every["Sarika"].items():
        if name.startswith("told/") or name.endswith(".json"):
            assert leaks.says(content, {"1288"}), name


@pytest.mark.parametrize("ending", ["csv", "gpx"])
def test_turning_points_are_never_public(ending, tmp_path):
    told = layers_of("Sarika", CHOSEN["usual"]).public.disclosed
    with pytest.raises(OptionError, match="turning points are the outlines of hazards"):
        exports.write_public(told, tmp_path / f"all.{ending}")
    assert list(tmp_path.iterdir()) == []
