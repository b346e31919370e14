"""What the texts claim against what their tables give: the figures by hand."""

import pytest

from mine_geo.claims import claims, evaluate
from mine_geo.errors import RecordError

BY_HAND = {
    "wp2023_rise_2021": (124, round(100 * (111_839_103 / 89_900_733 - 1), 1)),
    "wp2023_rise_2022": (171, round(100 * (191_541_632 / 111_839_103 - 1), 1)),
    "wp2023_target_2023": (345_284_511, 327_881_692),
    "cmr2024_drop": (7, 6.0),
    "cmr2024_hike": (150, round(100 * (55.25 / 19.4 - 1), 1)),
    "cmr2024_rise": (36, round(100 * ((55.25 + 4.44 + 9.21) / (38.24 + 7.74 + 0.31) - 1), 1)),
    "cmr2024_surpassed_year": (2025, 2024),
    "cmr2024_technical_survey_2023": (12, 7.74),
}


@pytest.mark.parametrize("claim", BY_HAND)
def test_a_claim_beside_what_its_tables_give(claim: str) -> None:
    row = claims().set_index("id").loc[claim]
    assert (row["printed"], row["computed"]) == BY_HAND[claim]


def test_every_claim_differs_or_it_would_not_be_listed() -> None:
    table = claims()
    assert (table["difference"] != 0).all()
    assert table["id"].is_unique


def test_the_target_of_2023_exceeds_all_that_is_far() -> None:
    row = claims().set_index("id").loc["wp2023_target_2023"]
    assert row["difference"] == 17_402_819


@pytest.mark.parametrize(
    "expression", ["__import__('os')", "a.b", "a ** 9", "[1]", "b", "1 +", "1 / 0", "'a'"]
)
def test_an_expression_is_arithmetic_and_nothing_else(expression: str) -> None:
    with pytest.raises(RecordError):
        evaluate(expression, {"a": 1.0})
