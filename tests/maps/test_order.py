"""A table where a name belongs, or a name where a table belongs, is refused in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mine_geo import exports, maps
from mine_geo.errors import OptionError
from mine_geo.maps.sheets import sheet

if TYPE_CHECKING:
    import geopandas as gpd

Call = "Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame], Any]"

WRONG: dict[str, Call] = {
    "border_zone": lambda split, border: maps.border_zone(split, "Battambang", border),
    "border_zone first": lambda split, border: maps.border_zone("Battambang", split),
    "province": maps.province,
    "province first": lambda split, border: maps.province("Battambang", split),
    "province layers": lambda split, border: maps.province(split, maps.layers(split)),
    "province number": lambda split, border: maps.province(split, 2),
    "district": lambda split, border: maps.district(split, "Battambang", border),
    "national": lambda split, border: maps.national("Battambang"),
    "national title": lambda split, border: maps.national(split, title=border),
    "layers": lambda split, border: maps.layers("minefields.gpkg"),
    "layers releases": lambda split, border: maps.layers(split, releases="all"),
    "layers places": lambda split, border: maps.layers(split, places="places.csv"),
    "sheet": sheet,
    "atlas": maps.atlas,
    "write": lambda split, border: exports.write("hazards.gpkg", split),
    "write province": lambda split, border: exports.write(split, "x.gpkg", province=border),
    "write_public": exports.write_public,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_stands_in_the_wrong_place_is_refused(
    name: str, split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OptionError) as refused:
        WRONG[name](split, border)
    said = str(refused.value)
    assert "\n" not in said
    assert len(said) < 300
    # It begins with the call in its right order.
    assert said.startswith(f"{name.split(maxsplit=1)[0]}(")
    assert "must be a t" in said  # a text, or a table
    assert list(tmp_path.iterdir()) == []


def test_the_order_that_the_message_tells_is_right(split, border, admin) -> None:
    with pytest.raises(OptionError, match=r"^border_zone\(layers, province, district=None\)"):
        maps.border_zone(split, "Battambang", border)
    layers = maps.layers(split, border=border, admin=admin)
    assert maps.border_zone(layers, "Battambang", None).facts.total_hazards == 5
