"""Open data: read as a program reads it that knows the standards and nothing of ours."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from jsonschema import Draft202012Validator

from mine_geo import exports, maps
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import FileError, OptionError
from tests.exports.conftest import square, table

if TYPE_CHECKING:
    from pathlib import Path

# What the standard asks for of a package, a resource and a field (datapackage.org, version 2), as
# far as ours has it; written from its text, offline.
NAME = {"type": "string", "pattern": "^[a-z0-9._-]+$"}
STANDARD = {
    "type": "object",
    "required": ["$schema", "name", "resources"],
    "properties": {
        "$schema": {"const": "https://datapackage.org/profiles/2.0/datapackage.json"},
        "name": NAME,
        "title": {"type": "string"},
        "version": {"type": "string"},
        "sources": {
            "type": "array", "minItems": 1, "items": {"type": "object", "required": ["title"]},
        },
        "resources": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "path", "type", "schema"],
                "properties": {
                    "name": NAME,
                    "path": {"type": "string", "pattern": "^(?![/.])[^:]+$"},
                    "type": {"const": "table"},
                    "bytes": {"type": "integer", "minimum": 1},
                    "hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                    "dialect": {
                        "type": "object",
                        "properties": {
                            "headerRows": {"type": "array", "items": {"type": "integer"}},
                            "commentRows": {"type": "array", "items": {"type": "integer"}},
                        },
                    },
                    "schema": {
                        "type": "object",
                        "required": ["fields"],
                        "properties": {
                            "fields": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["name", "type"],
                                    "properties": {"type": {"enum": ["string", "integer"]}},
                                },
                            },
                            "missingValues": {"const": [""]},
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip
# HXL 1.1: a hashtag, then attributes; an empty cell is no tag.
TAG = re.compile(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*")
CORE = {"#adm1", "#adm2", "#cause", "#date", "#activity", "#output", "#indicator", "#meta"}


def register() -> gpd.GeoDataFrame:
    """Seven near hazards in Samlout, two far ones in Banan, one far one in Kandal's only one."""
    places = [(f"S-{n}", 102.5 + n / 100, "Samlout", "0209") for n in range(7)]
    places += [(f"B-{n}", 103.5 + n / 100, "Banan", "0201") for n in range(2)]
    made = table(
        [name for name, *_ in places],
        [square(lon, 13) for _, lon, *_ in places],
        district=[name for *_, name, _ in places],
        district_code=[code for *_, code in places],
        zone=["near"] * 7 + ["far"] * 2,
        near_size_m2=[12_000] * 7 + [0] * 2,
        far_size_m2=[0] * 7 + [12_000] * 2,
    )
    return made.assign(operator="CMAC", comment="ask Sok Dara")


ADMIN = gpd.GeoDataFrame(
    {
        "province": "Battambang", "province_code": "02", "province_km": "បាត់ដំបង",
        "district": ["Samlout", "Banan", "Kamrieng"], "district_code": ["0209", "0201", "0210"],
        "district_km": ["សំឡូត", "បាណន់", None],
    },
    geometry=[shapely.box(102, 12, 103, 14), shapely.box(103, 12, 104, 14),
              shapely.box(104, 12, 105, 14)],
    crs=4326,
)  # fmt: skip


def written(folder: Path, **settings: Any) -> dict[str, Any]:
    split = register()
    layers = maps.layers(
        split, admin=ADMIN, restricted=split, as_of="2022-12-31",
        settings=PublicSettings(**settings),
    )  # fmt: skip
    exports.write_open(layers, folder)
    found: dict[str, Any] = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return found


def rows_of(folder: Path, resource: dict[str, Any]) -> list[dict[str, Any]]:
    """Read a table by its description alone: header, lines of comment, types, what is missing."""
    with (folder / resource["path"]).open(encoding=resource["encoding"], newline="") as file:
        lines = list(csv.reader(file))
    (head,) = resource["dialect"]["headerRows"]
    skipped = {head, *resource["dialect"]["commentRows"]}
    names = lines[head - 1]
    assert names == [field["name"] for field in resource["schema"]["fields"]]
    found = []
    for number, line in enumerate(lines, 1):
        if number in skipped:
            continue
        assert len(line) == len(names)
        row: dict[str, Any] = {}
        for field, cell in zip(resource["schema"]["fields"], line, strict=True):
            missing = cell in resource["schema"]["missingValues"]
            kind = int if field["type"] == "integer" else str
            row[field["name"]] = None if missing else kind(cell)
            allowed = field.get("constraints", {}).get("enum")
            assert missing or allowed is None or cell in allowed
        found.append(row)
    return found


def test_the_package_is_of_the_standard_and_says_its_bytes(tmp_path: Path) -> None:
    told = written(tmp_path / "open", least_count=1, round_m2=1)
    assert list(Draft202012Validator(STANDARD).iter_errors(told)) == []
    assert sorted(each.name for each in (tmp_path / "open").iterdir()) == [
        "datapackage.json", "released.csv", "remaining.csv",
    ]  # fmt: skip
    for resource in told["resources"]:
        content = (tmp_path / "open" / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert told["version"] == told["mine_geo"]["as_of"] == "2022-12-31"
    assert told["mine_geo"]["threshold_m"] == 7000
    assert {each["title"] for each in told["sources"]} == {
        "© OpenStreetMap contributors (ODbL 1.0)"
    }


def test_tags_of_hxl_stand_in_the_second_line(tmp_path: Path) -> None:
    told = written(tmp_path / "open")
    for resource in told["resources"]:
        with (tmp_path / "open" / resource["path"]).open(encoding="utf-8", newline="") as file:
            tags = list(csv.reader(file))[1]
        assert tags == [field["hxl"] for field in resource["schema"]["fields"]]
        assert all(TAG.fullmatch(tag) for tag in tags)
        assert {tag.partition("+")[0] for tag in tags} <= CORE
        assert len(set(tags)) == len(tags)


def test_figures_by_hand(tmp_path: Path) -> None:
    told = written(tmp_path / "open", least_count=1, round_m2=1)
    remaining = pd.DataFrame(rows_of(tmp_path / "open", told["resources"][0]))
    figures = ["hazards", "size_m2", "near_hazards", "near_size_m2", "far_hazards", "far_size_m2"]
    named = remaining.assign(district=remaining["district"].fillna("-"))
    keyed = named.set_index(["level", "district"])[figures].T.to_dict("list")
    everything = [9, 108_000, 7, 84_000, 2, 24_000]
    assert keyed == {
        ("national", "-"): everything,
        ("province", "-"): everything,
        ("district", "Samlout"): [7, 84_000, 7, 84_000, 0, 0],
        ("district", "Banan"): [2, 24_000, 0, 0, 2, 24_000],
        ("district", "Kamrieng"): [0, 0, 0, 0, 0, 0],
    }
    assert sorted(remaining["district_code"].dropna()) == ["0201", "0209", "0210"]


def test_few_hazards_are_left_out_and_none_can_be_subtracted(tmp_path: Path) -> None:
    told = written(tmp_path / "open", least_count=5, round_m2=1000)
    remaining = pd.DataFrame(rows_of(tmp_path / "open", told["resources"][0]))
    banan = remaining[remaining["district"] == "Banan"].iloc[0]
    assert pd.isna(banan["hazards"])
    assert pd.isna(banan["far_size_m2"])
    assert "fewer than 5" in banan["suppressed"]
    # Of 9 less 7 the two of Banan would follow: one more figure is left out.
    for figure in ("hazards", "size_m2"):
        whole = remaining[remaining["level"] == "province"][figure].iloc[0]
        others = remaining[(remaining["level"] == "district") & (remaining["district"] != "Banan")][
            figure
        ]
        assert pd.isna(whole) or others.isna().any()


def test_nothing_of_a_record_is_in_it_and_the_same_twice(tmp_path: Path) -> None:
    written(tmp_path / "a")
    written(tmp_path / "b")
    for name in ("remaining.csv", "released.csv", "datapackage.json"):
        content = (tmp_path / "a" / name).read_bytes()
        assert content == (tmp_path / "b" / name).read_bytes()
        for word in (b"S-0", b"B-1", b"Sok Dara", b"CMAC", b"RESTRICTED", b"102.5", b"103.5"):
            assert word not in content, (name, word)
    written(tmp_path / "a")  # the next night takes the place of the last


def test_no_other_folder_is_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    split = register()
    layers = maps.layers(split, admin=ADMIN, restricted=split)
    for name, says in (("mine", "holds other things"), ("file", "holds other things"),
                       ("no/such", "there is no folder")):  # fmt: skip
        with pytest.raises(FileError, match=says):
            exports.write_open(layers, tmp_path / name)
    with pytest.raises(OptionError, match="what is public needs restricted"):
        exports.write_open(maps.layers(split, admin=ADMIN), tmp_path / "open")
    with pytest.raises(OptionError, match=r"disclosed must be what disclose\(\) returned"):
        exports.write_open_data(split, tmp_path / "open")
    assert not (tmp_path / "open").exists()
