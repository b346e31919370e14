"""Conclusions in English, French and Khmer: read where they are certain, else asked for."""

import re

import pytest

from mine_geo.intake import check_received
from mine_geo.intake.report_words import is_understood, meaning_of
from tests.intake.test_items import profile, received, written

CODES = {"not_released", "release_unsaid"}


def codes(path, own=None):
    return set(check_received(received(path, own))["code"]) & CODES


def asked(path):
    found = check_received(received(path))
    return found.loc[found["code"] == "release_unsaid", "message"].item()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Aucune terre libérée", "not_released"),
        ("Terrain non dépollué", "not_released"),
        ("La zone n'a pas été annulée", "not_released"),
        ("Travaux en cours", "ongoing"),
        ("Terre partiellement libérée", "ongoing"),
        ("Zone annulée", "released"),
        ("Superficie réduite de 500 m2", "released"),
        ("Zone confirmée", "not_released"),
        ("Le risque est réduit", None),
        ("La terre sera libérée", None),
        ("Terres à libérer", None),
        ("Land cannot be released", "not_released"),
        ("It wasn't cleared", "not_released"),
        ("It wasn\u2019t cleared", "not_released"),
        ("Remaining land to be cleared", "not_released"),
        ("To be cleared next year", None),
        ("The land will be released", None),
        ("The land was released", "released"),
        ("Has been cancelled", "released"),
    ],
)
def test_what_a_conclusion_says(text, meaning):
    assert meaning_of(text) == meaning
    assert meaning is not None or not is_understood(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("បានលុបចោល", None),
        ("បានបោសសម្អាត", None),
        ("\u200bបាន\u200bកាត់បន្ថយ", None),
        ("បានបញ្ជាក់", "not_released"),
        ("មិនទាន់បោសសម្អាត", "not_released"),
        ("គ្មានដីត្រូវបានលុបចោលទេ", "release_unsaid"),
        ("ផ្លូវល្អ", "release_unsaid"),
        ("Aucune suite", "release_unsaid"),
        ("ដី cleared", None),
        ("Aucun terrain libéré", "not_released"),
        ("Zone dépolluée", None),
        ("Will be cleared in May", "release_unsaid"),
        ("Good access, 500 m² near Prey La", None),
    ],
)
def test_a_conclusion_of_a_clearance(tmp_path, text, code):
    path = written(tmp_path, 1, conclusion=[text])
    assert codes(path) == ({code} if code else set())


@pytest.mark.parametrize("text", ["គ្មានដីត្រូវបានលុបចោលទេ", 'La terre "A" sera libérée'])
def test_the_line_that_answers(tmp_path, text):
    """The line of the message is pasted, and each of the three answers given."""
    path = written(tmp_path, 1, conclusion=[text])
    line = re.search(r'reports\.values\.conclusion\.".*" = "released"', asked(path))[0]
    assert codes(path, profile(tmp_path, line)) == set()
    answer = line.removesuffix('"released"')
    assert codes(path, profile(tmp_path, answer + '"not_released"')) == {"not_released"}
    assert codes(path, profile(tmp_path, answer + '""')) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("គ្មានដីត្រូវបានលុបចោលទេ", "release_unsaid"),
        ("Aucun terrain libéré", "release_unsaid"),
        ("ផ្លូវល្អ", None),
        ("La route est bonne", None),
    ],
)
def test_a_remark_that_may_say_that_nothing_was_released(tmp_path, text, code):
    path = written(tmp_path, 1, remarks=[text])
    assert codes(path) == ({code} if code else set())


@pytest.mark.parametrize(
    ("word", "code"),
    [("បានបញ្ចប់", None), ("Terminé", None), ("En cours", "not_released"),
     ("មិនទាន់បញ្ចប់", "not_released"), ("ផ្លូវល្អ", "release_unsaid")],
)  # fmt: skip
def test_a_state_in_french_or_khmer(tmp_path, word, code):
    path = written(tmp_path, 1, status=[word])
    assert codes(path) == ({code} if code else set())
