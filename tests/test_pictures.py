"""The pictures of the README are there, small enough to load in a village, and all of them used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
IMAGES = sorted((ROOT / "docs" / "images").iterdir())
NAMED = [
    name
    for name in re.findall(
        r"""!\[[^\]]*\]\(([^)\s]+)|<img[^>]*\ssrc=["']([^"']+)""",
        (ROOT / "README.md").read_text(encoding="utf-8"),
    )
    for name in name
    if name
]


def test_every_picture_named_in_the_readme_is_there() -> None:
    missing = [name for name in NAMED if "://" in name or not (ROOT / name).is_file()]
    assert missing == []


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_a_picture_is_small(path: Path) -> None:
    # `python -m scripts.screenshots` makes them.
    assert path.stat().st_size < 200_000
    with Image.open(path) as image:
        image.load()
        assert image.width <= 900
