"""Files of the cases with bytes changed by chance: a table or one line, and no other end."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import MineGeoError
from mine_geo.intake import check_received, read
from tests.intake.test_cases_read import CASES

NAMES = (
    *("a.tab", "b.mif", "a.dxf", "curve_kh.gpkg", "h_date0.shp", "h_stars.shp", "h_deleted.shp"),
    *(
        "k_ring.kml",
        "k_multigeom_pt.kml",
        "o_odk.csv",
        "j_trunc_feature.geojson",
        "pg_4131.geojson",
    ),
)
PARTS = {
    name: sorted(CASES.glob(f"{Path(name).stem}.*")) if Path(name).stem != "a" or name == "a.tab"
    else [CASES / name]
    for name in NAMES
}  # fmt: skip


@pytest.mark.untraced
@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_bytes_changed_by_chance(name, data):
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS[name]:
            if part.suffix != ".dxf" or name == "a.dxf":
                shutil.copy(part, folder)
        file = data.draw(st.sampled_from([p.name for p in sorted(Path(folder).iterdir())]))
        content = bytearray((Path(folder) / file).read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, max(0, len(content) - 1)))
            length = data.draw(st.sampled_from([0, 1, 1, 2, 8, 100]))
            content[start : start + length] = data.draw(st.binary(max_size=12))
        (Path(folder) / file).write_bytes(content)
        with suppress(MineGeoError):
            received = read(Path(folder) / name)
            shapes = received.table.geometry.to_numpy()
            assert set(shapely.get_type_id(shapes)) <= {-1, 0, 1, 2, 3, 4, 5, 6, 7}
            check_received(received)
