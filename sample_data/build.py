#!/usr/bin/env python3
"""Build the bundled sample from the border, the country's outline and the published tables.

    python sample_data/build.py [--out FOLDER] [--quiet]

Makes `districts.gpkg`, `minefields.gpkg`, `cluster_munition_areas.gpkg`, `ledger/`, `lists/`,
`terrain.tif` and `population.tif` from what lies beside this script (`border.gpkg`, `country.gpkg`,
`district_seats.csv`, `places.csv`, `published/`).
Nothing is downloaded; the same input gives the same sample, whatever the machine. README.md says
what each file is.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from building.districts import find_district_faults, make_districts
from building.files import read_layer, read_table, write_layer, write_table
from building.land import make_land
from building.ledger import make_ledger
from building.lists import make_accidents, make_declarations, make_evidence
from building.minefields import WORKBENCH_M2, Sources, make_minefields
from building.nearest import Places
from building.rasters import make_population, make_terrain
from building.spot_tasks import make_spot_tasks

HERE = Path(__file__).parent


def build(out: Path, *, quiet: bool = False) -> None:
    """Write the sample into a folder."""
    start = time.monotonic()

    def tell(text: str) -> None:
        if not quiet:
            print(f"{time.monotonic() - start:6.1f} s  {text}")

    out.mkdir(parents=True, exist_ok=True)
    seats = read_table(HERE / "district_seats.csv")
    country = read_layer(HERE / "country.gpkg").geometry.iloc[0]
    districts = make_districts(country, seats)
    faults = find_district_faults(districts, country)
    if faults:
        raise SystemExit("; ".join(faults))
    write_layer(districts, out / "districts.gpkg", "districts")
    tell(f"{len(districts)} districts")
    make_terrain(country, out / "terrain.tif")
    make_population(country, read_table(HERE / "places.csv"), out / "population.tif")
    tell("terrain and population")
    tables = {path.stem: read_table(path) for path in (HERE / "published").glob("*.csv")}
    sources = Sources(
        land=make_land(read_layer(HERE / "border.gpkg"), districts),
        seats=seats,
        annex1=tables["wp2023_annex1"],
        table3=tables["wp2023_table3"],
    )
    minefields = make_minefields(sources, tell)
    bench = int(minefields["size_m2"][minefields["in_workbench"]].sum())
    tell(
        f"{len(minefields)} minefields, {minefields['size_m2'].sum()} m²; "
        f"on the workbench {bench} m² (wanted {WORKBENCH_M2})"
    )
    places = Places(
        seats,
        read_table(HERE / "places.csv"),
        read_table(HERE / "villages.csv"),
        sources.land.districts,
    )
    ledger = make_ledger(sources.land, minefields, tables, places, tell)
    write_layer(ledger.minefields, out / "minefields.gpkg", "minefields")
    areas = ledger.cluster_munition_areas
    write_layer(areas, out / "cluster_munition_areas.gpkg", "cluster_munition_areas")
    tell(f"{len(areas)} cluster-munition areas, {areas['size_m2'].sum()} m²")
    for name, frame in (("hazards", ledger.hazards), ("events", ledger.events)):
        write_layer(frame, out / "ledger" / f"{name}.gpkg", name)
        tell(f"{len(frame)} {name}")
    spot_tasks = make_spot_tasks(sources.land, tables["cmr2024_table8"])
    write_table(spot_tasks, out / "ledger" / "spot_tasks.csv")
    tell(f"{len(spot_tasks)} spot tasks")
    lists = {
        "accidents": make_accidents(ledger.hazards, ledger.events, seats),
        "evidence": make_evidence(ledger.hazards, seats),
        "declarations": make_declarations(ledger.hazards, sources.land.districts),
    }
    for name, rows in lists.items():
        write_table(rows, out / "lists" / f"{name}.csv")
        tell(f"{len(rows)} {name}, made up")


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="default: beside this script")
    parser.add_argument("--quiet", action="store_true")
    args = parser.parse_args()
    build(args.out, quiet=args.quiet)


if __name__ == "__main__":
    main()
