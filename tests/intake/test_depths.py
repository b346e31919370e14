"""Depths by the unit of their heading, in centimetres; what is doubted is mended."""

import re

import pytest

from mine_geo.intake import check_received
from tests.intake.test_items import profile, received, written


def depths(path, own=None):
    return received(path, own).table["depth_cm"].tolist()


def doubts(path, own=None):
    found = check_received(received(path, own))
    return found.loc[found["code"] == "odd_depth", "message"].tolist()


@pytest.mark.parametrize(
    ("heading", "written_as", "centimetres"),
    [
        ("Depth (m)", 0.29, 29),
        ("Depth_m", 0.13, 13),
        ("Max depth m", 1.5, 150),
        ("clearance depth in metres", 0.2, 20),
        ("Clearance depth [mm]", 130, 13),
        ("Depth (cm)", 20, 20),
        ("depth_cm", 13.5, 13.5),
        ("Clearance depth (in cm)", 20, 20),
    ],
)
def test_a_depth_is_read_by_its_heading(tmp_path, heading, written_as, centimetres):
    path = written(tmp_path, 1, **{heading: [written_as]})
    assert depths(path) == [centimetres]
    assert doubts(path) == []


@pytest.mark.parametrize("heading", ["Depth", "Depth (ft)", "Water depth m", "depth of task (m2)"])
def test_what_says_no_unit_or_another_depth_is_left_over(tmp_path, heading):
    path = written(tmp_path, 1, **{heading: [20]})
    assert depths(path) != [20]
    assert depths(path) != [2000]
    assert received(path).table[heading].astype("float").tolist() == [20]


@pytest.mark.parametrize(
    ("heading", "written_as", "centimetres"), [("depth_cm", 0.2, 20), ("Depth (m)", 20, 20)]
)
def test_the_mend_of_a_doubted_depth(tmp_path, heading, written_as, centimetres):
    """Metres under a heading of centimetres, and the other way round."""
    path = written(tmp_path, 1, **{heading: [written_as]})
    line = re.search(r"reports\.factors\.depth_cm = \d+", doubts(path)[0])[0]
    own = profile(tmp_path, line)
    assert depths(path, own) == [centimetres]
    assert doubts(path, own) == []
