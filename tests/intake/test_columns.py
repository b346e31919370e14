"""Words of a source into ours, whatever their case, spaces and hyphens."""

import pandas as pd

from mine_geo.intake.columns import read_words


def test_words_whatever_case_spaces_and_hyphens():
    column = pd.Series(["Non Technical survey", "NON-TECHNICAL_SURVEY", "nts", None, "other"])
    read = read_words(column, {"non-technical survey": "cancelled", "NTS": "cancelled"})
    assert read.fillna("-").tolist() == ["cancelled", "cancelled", "cancelled", "-", "other"]


def test_an_empty_meaning_is_nothing():
    read = read_words(pd.Series(["To be decided", "CHA"]), {"to be decided": ""})
    assert read.fillna("-").tolist() == ["-", "CHA"]
