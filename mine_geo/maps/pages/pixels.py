"""From the numbers of a raster to colours, and from colours to the bytes of an image."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Colours = NDArray[np.uint8]


KINDS: Final = (".png", ".jpg", ".webp")
FEW_COLOURS: Final = 256
"""Up to so many, an image is packed without loss."""
_PERCENTILES: Final = (2, 98)
_MIDDLE: Final = 128


def coloured(
    bands: NDArray[Any], valid: Colours, palette: Mapping[int, tuple[int, ...]] | None = None
) -> Colours:
    """Return red, green, blue and opacity (4, rows, columns) of one band or three.

    Parameters
    ----------
    bands
        Numbers of any real type, (1 or 3, rows, columns). One band is stretched from its 2nd to
        its 98th percentile; so are three, each by itself, unless they are bytes.
    valid
        Opacity of each pixel, 0 to 255; what is no finite number becomes transparent anyway.
    palette
        Red, green, blue and opacity of each value of the one band.

    Examples
    --------
    >>> coloured(np.array([[[0, 7]]], dtype="uint8"), np.full((1, 2), 255, "uint8"),
    ...          {7: (255, 0, 0, 255)})[:, 0].T.tolist()
    [[0, 0, 0, 0], [255, 0, 0, 255]]
    """
    if palette is not None:
        return _by_palette(bands[0], valid, palette)
    opacity = np.where(np.isfinite(bands).all(axis=0), valid, 0).astype(np.uint8)
    if len(bands) == 1 or bands.dtype != np.uint8:
        bands = np.stack([_stretched(band, opacity > 0) for band in bands])
    if len(bands) == 1:
        bands = np.repeat(bands, 3, axis=0)
    return np.concatenate([bands, opacity[None]]).astype(np.uint8)


def _by_palette(
    band: NDArray[Any], valid: Colours, palette: Mapping[int, tuple[int, ...]]
) -> Colours:
    table = np.zeros((int(np.iinfo(band.dtype).max) + 1, 4), dtype=np.uint8)
    for value, colour in palette.items():
        table[value] = colour
    made = np.moveaxis(table[band], -1, 0).copy()
    made[3] = np.minimum(made[3], valid)
    return made


def _stretched(band: NDArray[Any], valid: NDArray[np.bool_]) -> Colours:
    """Return a band as bytes, from its low to its high percentile; middle grey if it has one."""
    numbers = np.where(valid, band, np.nan).astype(np.float64)
    if not valid.any():
        return np.zeros(band.shape, dtype=np.uint8)
    low, high = np.percentile(numbers[valid], _PERCENTILES)
    if high <= low:
        low, high = numbers[valid].min(), numbers[valid].max()
    if high <= low:
        return np.full(band.shape, _MIDDLE, dtype=np.uint8)
    share = ((numbers - low) / (high - low)).clip(0, 1)
    return np.asarray(np.nan_to_num(np.rint(share * 255)), dtype=np.uint8)


def packed(rgba: Colours) -> tuple[bytes, str]:
    """Return an image's bytes and its suffix; the same colours give the same bytes.

    Up to 256 colours as PNG, so that they stay exact; a photograph as JPEG, one with transparent
    parts as WebP.

    Examples
    --------
    >>> red = np.zeros((4, 2, 2), dtype=np.uint8)
    >>> red[[0, 3]] = 255
    >>> packed(red)[1]
    '.png'
    """
    image = Image.fromarray(np.ascontiguousarray(np.moveaxis(rgba, 0, -1)))
    out = io.BytesIO()
    if image.getcolors(FEW_COLOURS) is not None:
        image.save(out, "PNG", compress_level=9)
        return out.getvalue(), ".png"
    if (rgba[3] == 255).all():
        image.convert("RGB").save(out, "JPEG", quality=82)
        return out.getvalue(), ".jpg"
    image.save(out, "WEBP", quality=78, method=2)
    return out.getvalue(), ".webp"
