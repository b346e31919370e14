"""What the texts claim against what their tables give: the figures by hand."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mine_geo.cli import main
from mine_geo.errors import RecordError
from mine_geo.geo import admin_names
from mine_geo.tables.published import claims, evaluate, published_table

BY_HAND = {
    "wp2023_rise_2021": (124, round(100 * (111_839_103 / 89_900_733 - 1), 1), "contradicts"),
    "wp2023_rise_2022": (171, round(100 * (191_541_632 / 111_839_103 - 1), 1), "contradicts"),
    "wp2023_target_2023": (345_284_511, 327_881_692, "holds"),
    "cmr2024_drop": (7, 6.0, "open"),
    "cmr2024_hike": (150, round(100 * (55.25 / 19.4 - 1), 1), "contradicts"),
    "cmr2024_rise": (36, round(100 * (68.90 / (38.24 + 12 + 0.31) - 1), 1), "holds"),
    "cmr2024_surpassed_year": (2025, 2024, "contradicts"),
    "cmr2024_surpassed_first": (44, 38.24, "holds"),
    "cmr2024_baseline": (645, round(499 / 0.8, 2), "contradicts"),
    "cmr2024_technical_survey_2023": (12, 7.74, "contradicts"),
    "cmr2024_survey_two_years": (14, 4.44 + 9.21 + 7.74 + 0.31, "contradicts"),
    "cmr2024_strategy_share": (43, round(100 * 268 / 624, 1), "holds"),
    "cmr2024_provinces": (21, 20, "contradicts"),
    "cmr2024_siem_reap": (1, 0, "open"),
    "cmr2024_operators": (3, 4, "contradicts"),
    "cmr2024_npa_staff": (117, 10 + 111, "contradicts"),
    "cmr2024_reference_groups": (7, 8, "contradicts"),
    "er2019_target_sum": (470_048_519, 384_334_043.45, "contradicts"),
    "er2019_target_eleven": (470_048_519, 470_048_517.28, "holds"),
    "er2019_achieved": (123, round(123 * 470_048_519 / 384_334_043.45, 1), "open"),
    "cmr2024_mag_clearance": (8.67, round(9_425_756 / 1e6, 2), "contradicts"),
}


@pytest.mark.parametrize("claim", BY_HAND)
def test_a_claim_beside_what_its_tables_give(claim: str) -> None:
    row = claims().set_index("id").loc[claim]
    printed, computed, verdict = BY_HAND[claim]
    assert row["printed"] == printed
    assert row["computed"] == pytest.approx(computed, abs=1e-9)
    assert row["verdict"] == verdict
    assert row["difference"] == pytest.approx(printed - computed, abs=0.006)


def test_each_claim_says_its_reading_and_its_document() -> None:
    table = claims().set_index("id")
    assert set(table.index) == set(BY_HAND)
    assert table[["reading", "note"]].map(bool).all(axis=None)
    plan = table["document"].str.startswith("Revised Workplan, Cambodia, 1 January 2023")
    assert plan.equals(table.index.to_series().str.startswith("wp2023_"))
    report = "Mine Action Review, Clearing Cluster Munition Remnants 2025: Cambodia"
    request = "Extension request of Cambodia, 2019 (Anti-Personnel Mine Ban Convention)"
    assert set(table.loc[~plan, "document"]) == {report, request}
    assert (
        not table.astype(str).apply(lambda column: column.str.contains("(?i)synth")).any(axis=None)
    )


def test_what_contradicts_differs_by_more_than_its_rounding() -> None:
    table = claims()
    accused = table[table["verdict"] == "contradicts"]
    assert (accused["difference"].abs() > 0.5).all()


def test_the_second_readings_in_the_notes_are_right() -> None:
    notes = claims().set_index("id")["note"]
    assert round(100 * 111_839_103 / 89_900_733, 1) == 124.4
    assert "124.4" in notes["wp2023_rise_2021"]
    assert round(100 * 191_541_632 / 111_839_103, 1) == 171.3
    assert "171.3" in notes["wp2023_rise_2022"]
    assert 345_284_511 - 327_881_692 == 17_402_819
    assert "17,402,819" in notes["wp2023_target_2023"]
    assert round(100 * 55.25 / 19.4, 1) == 284.8
    assert "284.8" in notes["cmr2024_hike"]
    assert round(100 * ((55.25 + 4.44 + 9.21) / (38.24 + 7.74 + 0.31) - 1), 1) == 48.8
    assert "48.8" in notes["cmr2024_rise"]
    assert round(38.24 + 7.74, 2) == 45.98
    assert "45.98" in notes["cmr2024_surpassed_first"]
    assert round(4.44 + 9.21, 2) == 13.65
    assert "13.65" in notes["cmr2024_survey_two_years"]
    assert round(100 * 268 / 499, 1) == 53.7
    assert "53.7" in notes["cmr2024_strategy_share"]
    assert round(0.8 * 624) == 499
    women = published_table("cmr2024_table2").set_index("operator").loc["NPA"]
    assert int(women["women_managers"]) + int(women["women_operational"]) == int(
        women["women_staff"]
    )


def test_no_other_province_of_tables_6_to_8_is_missing_in_table_1() -> None:
    there = set(published_table("cmr2024_table1")["province_code"])
    named: set[str] = set()
    for table in ("cmr2024_table6", "cmr2024_table7", "cmr2024_table8"):
        for cell in published_table(table)["provinces"]:
            named |= {admin_names.province_code(name.strip()) for name in cell.split(",")}
    assert {admin_names.province_name(code) for code in named - there} == {"Siem Reap"}


def test_the_claims_need_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINE_GEO_DATABASE_URL", "postgresql://127.0.0.1:9/none")
    for words in (["reconcile", "--claims"], ["--database", "no.gpkg", "reconcile", "--claims"]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        assert "SYNTHETIC" not in result.output
        assert "15 of: Mine Action Review, Clearing Cluster Munition Remnants 2025" in result.output
        assert "17,402,819 m²" in result.output
    written = json.loads(CliRunner().invoke(main, [*words, "--format", "json"]).stdout)
    assert written["synthetic"] is False
    assert len(written["rows"]) == len(BY_HAND)
    csv = CliRunner().invoke(main, [*words, "--format", "csv"]).stdout
    assert ",unit,verdict,reading,note,schema_version,title," in csv.splitlines()[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "expression", ["__import__('os')", "a.b", "a ** 9", "[1]", "b", "1 +", "1 / 0", "'a'"]
)
def test_an_expression_is_arithmetic_and_nothing_else(expression: str) -> None:
    with pytest.raises(RecordError):
        evaluate(expression, {"a": 1.0})
