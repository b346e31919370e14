"""Looks for coordinates in the bytes of a file, by no means of the library's own.

A vertex is looked for as text in degrees (4 to 9 decimals, rounded or cut off), as lattice
integers in text, as pairs of floats and integers of either order of bytes, at every offset, and
among the vertices that the packed data of a page adds up to. PDF streams, zips and what is
embedded in base64 are unpacked first.
"""

import base64
import io
import json
import re
import zipfile
import zlib

import numpy as np
import shapely

DECIMALS = range(4, 10)
FINE = range(6, 10)
"""Where numbers do not stand side by side: 10 m are met by chance."""
LATTICES = (1e5, 1e6, 1e7)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PAGE_DATA = re.compile(rb'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
EMBEDDED = re.compile(rb"base64,([A-Za-z0-9+/=]{64,})")
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
NUMBER = re.compile(rb"\d{1,3}\.\d+|\d{6,12}")


def unpacked(content):
    """Give the content, and whatever it holds in packed form."""
    yield content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    if content[:4] == b"%PDF":
        for stream in STREAM.findall(content):
            try:
                yield zlib.decompress(stream)
            except zlib.error:
                continue
    for text in EMBEDDED.findall(content):
        yield base64.b64decode(text)


def texts_of(value):
    """Give every string of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


def whole_numbers(text):
    """Read a text of letters that hold five bits each, lowest first; the sixth says: more."""
    found, number, bits = [], 0, 0
    for letter in text:
        value = LETTERS.index(letter)
        number |= (value & 31) << bits
        bits += 5
        if value < 32:
            found.append(number >> 1 if number % 2 == 0 else -((number + 1) >> 1))
            number, bits = 0, 0
    return found


def page_vertices(content):
    """Give degrees that a string of a page's data may add up to: steps from vertex to vertex."""
    for block in PAGE_DATA.findall(content):
        for text in texts_of(json.loads(block)):
            if len(text) < 6 or set(text) - set(LETTERS):
                continue
            numbers = whole_numbers(text)
            for start in (0, 1):
                pairs = np.array(numbers[start:][: (len(numbers) - start) // 2 * 2], dtype=float)
                steps = pairs.reshape(-1, 2)
                yield np.cumsum(steps, axis=0) / 1e6
                yield steps / 1e6


def key(lon, lat):
    """Return one number for a pair of whole numbers."""
    mixed = lon.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (lat.astype(np.int64).astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F))


def keys_of(xy, decimals):
    scaled = xy * 10.0**decimals
    return np.concatenate([key(*np.rint(scaled).T), key(*np.floor(scaled).T)])


class Search:
    """Vertices that must be nowhere, but for those that public geometries share with them."""

    def __init__(self, secret, public):
        self.secret = shapely.get_coordinates(np.asarray(secret, dtype=object))
        known = shapely.get_coordinates(np.asarray(public, dtype=object))
        self.keys = {
            decimals: np.setdiff1d(keys_of(self.secret, decimals), keys_of(known, decimals))
            for decimals in DECIMALS
        }
        self.floats = {
            size: np.setdiff1d(self._bits(self.secret, size), self._bits(known, size))
            for size in (4, 8)
        }
        low, high = self.secret.min(axis=0) - 0.01, self.secret.max(axis=0) + 0.01
        self.lon, self.lat = (low[0], high[0]), (low[1], high[1])

    @staticmethod
    def _bits(xy, size):
        bits = np.ascontiguousarray(xy.astype(f"f{size}")).view(f"i{size}").reshape(-1, 2)
        return key(*bits.T)

    def _near(self, first, second):
        """Return the pairs, as longitude and latitude, that lie where the secret is."""
        pairs = [np.empty((0, 2))]
        for lon, lat in ((first, second), (second, first)):
            inside = (lon > self.lon[0]) & (lon < self.lon[1])
            inside &= (lat > self.lat[0]) & (lat < self.lat[1])
            pairs.append(np.column_stack([lon[inside], lat[inside]]))
        return np.concatenate(pairs)

    def _hits(self, pairs, decimals=DECIMALS):
        """Count the pairs that are a secret vertex at any of the decimals."""
        if not len(pairs):
            return 0
        found = np.zeros(len(pairs), dtype=bool)
        for places in decimals:
            found |= np.isin(key(*np.rint(pairs * 10.0**places).T), self.keys[places])
        return int(found.sum())

    def _in_text(self, content):
        numbers = np.array([float(each) for each in NUMBER.findall(content)])
        found = 0
        for scale in (1.0, *LATTICES):
            values = numbers / scale
            for apart, decimals in ((1, DECIMALS), (2, FINE), (3, FINE)):
                found += self._hits(self._near(values[:-apart], values[apart:]), decimals)
        return found

    def _in_numbers(self, content):
        found = 0
        for order in "<>":
            for size in (4, 8):
                for start in range(size):
                    whole = content[start : start + (len(content) - start) // size * size]
                    values = np.frombuffer(whole, dtype=f"{order}f{size}").astype(f"f{size}")
                    with np.errstate(invalid="ignore"):
                        pairs = self._near(values[:-1], values[1:])
                    if len(pairs):
                        found += int(np.isin(self._bits(pairs, size), self.floats[size]).sum())
                        found += self._hits(pairs, (5, 6, 7)) if size == 8 else 0
            for start in range(4):
                whole = content[start : start + (len(content) - start) // 4 * 4]
                values = np.frombuffer(whole, dtype=f"{order}i4").astype(float)
                for scale in LATTICES[1:]:
                    pairs = self._near(values[:-1] / scale, values[1:] / scale)
                    found += self._hits(pairs, (6,))
        return found

    def found(self, content):
        """Count what of the secret stands in a file, by the way in which it does."""
        counts = {"text": 0, "numbers": 0, "packed": 0}
        for part in unpacked(content):
            counts["text"] += self._in_text(part)
            counts["numbers"] += self._in_numbers(part)
            for xy in page_vertices(part):
                counts["packed"] += self._hits(self._near(*xy.T), (5, 6))
        return {way: count for way, count in counts.items() if count}


def says(content, words):
    """Return which of the words stand in a file, in any usual encoding."""
    parts = list(unpacked(content))
    return {
        word
        for word in words
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        if any(word.encode(encoding) in part for part in parts)
    }
