"""Tables and claims of an office's own: figures by hand, and bad files in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo.errors import FileError, MineGeoError, OptionError, RecordError, UnknownNameError
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import registered_events
from mine_geo.ledger.fold import fold
from mine_geo.split.zones import border_split
from mine_geo.tables import own, published
from mine_geo.tables.rederive import Sources

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "# document: Work plan 2027\n# day: 2026-12-31\n# kind: ap_minefield\n"
M2 = 1_200_149
"""A box of 0.01 degree at 13 north, as DESIGN's own example has it."""
HALF = 600_074
"""What remains of one of which the eastern half was released; 600,075 m² were."""


def register() -> Sources:
    """Four minefields: two near and one far in Battambang, one far in Pailin; one is cut in 2025.

    The border is the meridian 102.99: 0.01 degree are 1,084 m there, 0.1 are 10,843 m.
    """
    hazards = to_hazards(
        gpd.GeoDataFrame(
            {
                "hazard_id": ["A", "B", "C", "D"],
                "kind": "ap_minefield",
                "area_type": ["SHA", "CHA", "CHA", "SHA"],
                "province": ["Battambang", "Battambang", "Battambang", "Pailin"],
                "district": ["Samlout", "Banan", "Banan", None],
                "operator": ["MAG", "CMAC", "CMAC", None],
                "surveyed_on": "2020-01-31",
            },
            geometry=shapely.box(
                [103, 103, 103.2, 103.4], [13, 13.1, 13, 13], [103.01, 103.01, 103.21, 103.41],
                [13.01, 13.11, 13.01, 13.01],
            ),
            crs=4326,
        )
    )  # fmt: skip
    cut = gpd.GeoDataFrame(
        {
            "event_id": ["BAC-1"], "hazard_id": ["D"], "event_type": ["cleared"],
            "happened_on": ["2025-05-01"], "recorded_at": ["2025-06-01T08:00:00Z"],
            "operator": ["HALO"],
        },
        geometry=[shapely.box(103.405, 12.9, 103.5, 13.1)],
        crs=4326,
    )  # fmt: skip
    state = fold(pd.concat([registered_events(hazards), cut]))
    border = gpd.GeoDataFrame(
        {"kind": ["land"], "neighbour": ["THA"], "border_name": "by hand", "border_version": "1",
         "accuracy_m": 10.0},
        geometry=[shapely.LineString([(102.99, 12), (102.99, 14)])], crs=4326,
    )  # fmt: skip
    return Sources(state, "ap_minefield", border_split(state.hazards, border))


def written(tmp_path: Path, rows: str, head: str = HEAD, name: str = "t3.csv") -> Path:
    path = tmp_path / name
    path.write_text(head + rows, encoding="utf-8")
    return path


def differing(tmp_path: Path, rows: str, head: str = HEAD) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what differs, and the polygons behind it."""
    mine, sources = own.read_table(written(tmp_path, rows, head)), register()
    found = published.differences(published.reconcile(mine.recipe().make(sources), mine.table))
    return found, own.polygons_behind(found, sources, mine.year)


def test_a_table_of_zones_and_the_polygons_behind_its_difference(tmp_path: Path) -> None:
    rows = (
        "province,near_hazards,near_size_m2,far_hazards,far_size_m2\n"
        f"BATTAMBANG,1,1199654,1,{M2}\nPailin,0,0,1,{HALF}\nTotal,1,1199654,2,{M2 + HALF}\n"
    )
    found, behind = differing(tmp_path, rows)
    told = found[found["row"] == "data"][["province", "figure", "ours", "published", "difference"]]
    near = register().split
    assert near is not None
    both = int(near.loc[near["zone"] == "near", "size_m2"].sum())
    assert told.to_numpy().tolist() == [
        ["Battambang", "near_hazards", 2, 1, 1],
        ["Battambang", "near_size_m2", both, 1_199_654, both - 1_199_654],
    ]
    # Both near ones, 1,084 m from the border; the far one and Pailin's are behind no difference.
    assert sorted(behind["hazard_id"]) == ["A", "B"]
    assert set(behind["figures"]) == {"near_hazards, near_size_m2"}
    assert behind["m2"].sum() == both
    assert behind["border_distance_m"].round(-1).tolist() == [1080, 1080]


def test_districts_area_types_operators_and_years(tmp_path: Path) -> None:
    found, _ = differing(
        tmp_path,
        "province,district,cha_hazards,sha_hazards,sha_size_m2\n"
        f"Battambang,Samlout,0,1,{M2}\nBattambang,Banan,2,0,0\n",
    )
    # Pailin's hazard records no district: ours has a row that the table lacks.
    rows = found[found["row"] == "data"]
    assert rows["published"].isna().all()
    assert rows.set_index("figure")["ours"].to_dict() == {
        "cha_hazards": 0, "sha_hazards": 1, "sha_size_m2": HALF,
    }  # fmt: skip
    found, behind = differing(tmp_path, "operator,year,cleared_m2\nHALO,2025,600075\n")
    assert found.empty
    assert behind.empty
    found, behind = differing(tmp_path, "province,released_2024_m2,released_2025_m2\nPailin,5,5\n")
    assert found.loc[found["row"] == "data", "ours"].tolist() == [0, 600_075] or found.loc[
        found["row"] == "data", "ours"
    ].tolist() == [600_075]
    assert behind[["hazard_id", "event_id", "m2"]].to_numpy().tolist() == [["D", "BAC-1", 600_075]]


def test_a_year_without_releases_is_that_of_the_day(tmp_path: Path) -> None:
    rows = "operator,cleared_m2\nHALO,600075\n"
    found, _ = differing(tmp_path, rows, HEAD.replace("2026", "2025"))
    assert found.empty
    found, _ = differing(tmp_path, rows, HEAD + "# year: 2025\n")
    assert found.empty


def test_reading_says_how_a_table_is_read(tmp_path: Path) -> None:
    mine = own.read_table(
        written(
            tmp_path, 'province,size_sqm\nBATTAMBANG,"1,234,567"\nPailin,5\n',
            "\ufeff# Document: Plan\n#\n# Day : 2026-12-31\n# kind: ap_minefield\n"
            "# rule: centroid\n# threshold_m: 5000\n# include coast: yes\n",
        )
    )  # fmt: skip
    assert (mine.document, mine.name, mine.day) == ("Plan", "t3", "2026-12-31")
    assert (mine.rule, mine.threshold_m, mine.include_coast) == ("centroid", 5000.0, True)
    assert mine.table[["province_code", "size_m2"]].to_numpy().tolist() == [
        ["02", 1_234_567], ["24", 5],
    ]  # fmt: skip
    assert not mine.recipe().zones


BAD = {
    "no document": ("province,hazards\nPailin,1\n", "# day: 2026-12-31\n", RecordError,
                    "does not say its document"),
    "no day": ("province,hazards\nPailin,1\n", HEAD.replace("# day: 2026-12-31\n", ""),
               RecordError, "does not say its day"),
    "unclear day": ("province,hazards\nPailin,1\n", HEAD.replace("2026-12-31", "31/12/2026"),
                    RecordError, "is not a day that is clear"),
    "no kind of ours": ("province,hazards\nPailin,1\n", HEAD.replace("ap_minefield", "mines"),
                        OptionError, "kind 'mines' is unknown; valid: ap_minefield"),
    "a header of its own": ("province,hazards\nPailin,1\n", HEAD + "# author: me\n", RecordError,
                            "write # key: value with one of document"),
    "no number of metres": ("province,hazards\nPailin,1\n", HEAD + "# threshold_m: -1\n",
                            RecordError, "no number of metres"),
    "no year": ("province,hazards\nPailin,1\n", HEAD + "# year: last\n", RecordError, "last"),
    "no rows": ("province,hazards\n", HEAD, FileError, "no rows below"),
    "nothing": ("", "", RecordError, "does not say its document"),
    "no figure": ("province,hazards\nPailin,many\n", HEAD, RecordError,
                  "Pailin: hazards 'many' is no whole number"),
    "a broken figure": ("province,hazards\nPailin,1.5\n", HEAD, RecordError, "no whole number"),
    "below 0": ("province,hazards\nPailin,-1\n", HEAD, RecordError, "no whole number"),
    "no province": ("province,hazards\nAtlantis,1\n", HEAD, UnknownNameError, "Atlantis"),
    "another column": ("province,deminers\nPailin,1\n", HEAD, RecordError,
                       "column deminers is none that a ledger gives"),
    "no key": ("hazards\n1\n", HEAD, RecordError, "has no key"),
    "no figures": ("province,difficulty\nPailin,high\n", HEAD, RecordError, "has no figures"),
    "twice": ("province,hazards\nPailin,1\nPAILIN,2\n", HEAD, RecordError, "stands in two rows"),
    "a wrong total": ("province,hazards\nPailin,1\nTotal,2\n", HEAD, RecordError,
                      "adds up to 1, its total row says 2"),
    "one name twice": ("province,hazards,hazards\nPailin,1,1\n", HEAD, RecordError,
                       "column hazards stands twice"),
    "more cells": ("province,hazards\nPailin,1,2\n", HEAD, RecordError, "row 1 has not as many"),
    "by year, of a day": ("province,year,hazards\nPailin,2025,1\n", HEAD, RecordError,
                          "is of one day, and rows are by year"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    rows, head, error, says = BAD[name]
    path = written(tmp_path, rows, head)
    with pytest.raises(error, match=says) as refused:
        own.read_table(path)
    assert isinstance(refused.value, MineGeoError)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


def test_bytes_that_are_no_text_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    for name, says in (("x.csv", "not UTF-8"), ("none.csv", "no such file")):
        with pytest.raises(FileError, match=says):
            own.read_table(tmp_path / name)


def test_claims_of_an_own_document_against_its_own_table(tmp_path: Path) -> None:
    written(
        tmp_path, "province,hazards,size_m2\nPailin,327,17654046\nKep,3,8\nTotal,330,17654054\n"
    )
    path = written(
        tmp_path,
        "id,claim,printed,unit,expression,figures\n"
        "sum,All hazards,330,hazards,a,a=t3.csv/Total/hazards\n"
        "share,Pailin has this share,97.1,percent,100 * p / a,"
        "p=t3.csv/Pailin/hazards; a=t3.csv/total/hazards\n"
        "rows,Provinces,2,provinces,n,n=t3.csv/*\n"
        "old,As in 2022,327,hazards,a + b,a=wp2023_table3/Pailin/near_hazards; b=71\n",
        "# document: Work plan 2027\n",
        "claims.csv",
    )  # fmt: skip
    found = own.read_claims(path).set_index("id")
    # 100 * 327 / 330 = 99.0909..., and the text says 97.1; 256 + 71 = 327.
    assert found["verdict"].to_dict() == {
        "sum": "holds", "share": "contradicts", "rows": "holds", "old": "holds",
    }  # fmt: skip
    assert found.loc["share", ["computed", "difference"]].tolist() == [99.09, -1.99]
    assert set(found["document"]) == {"Work plan 2027"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("x,1,a,a=none.csv/*", "none.csv: no such file"),
        ("x,1,a,a=table_9/*", "table 'table_9' is unknown"),
        ("x,1,a,a=t3.csv/Kandal/hazards", "no figure 't3.csv/Kandal/hazards'"),
        ("x,1,a,a=t3.csv/Kep/near_hazards", "no figure"),
        ("x,1,a,a=soon", "no figure 'soon'"),
        ("x,one,1,b=1", "printed 'one' is no number"),
        ("x,1,a / 0,a=1", "cannot be computed"),
        ("x,1,__import__('os'),a=1", "only numbers"),
    ],
)
def test_a_bad_claim_is_refused_in_one_line(tmp_path: Path, row: str, says: str) -> None:
    written(tmp_path, "province,hazards\nKep,3\n")
    head = "# document: Plan\nclaim,printed,expression,figures\n"
    path = written(tmp_path, f"{row}\n", head, "claims.csv")
    with pytest.raises(MineGeoError) as refused:
        own.read_claims(path)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "claims.csv" in str(refused.value)
