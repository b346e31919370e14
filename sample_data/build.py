#!/usr/bin/env python3
"""Build the bundled sample from the border, the country's outline and the published tables.

    python sample_data/build.py [--out FOLDER] [--quiet]

Makes `districts.gpkg` and `minefields.gpkg` from what lies beside this script (`border.gpkg`,
`country.gpkg`, `district_seats.csv`, `published/`). Nothing is downloaded; the same input gives
the same sample, whatever the machine. README.md says what each file is.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from building.districts import find_district_faults, make_districts
from building.files import read_layer, read_table, write_layer
from building.minefields import WORKBENCH_M2, Sources, make_minefields

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
    sources = Sources(
        border=read_layer(HERE / "border.gpkg"),
        districts=districts,
        seats=seats,
        annex1=read_table(HERE / "published" / "wp2023_annex1.csv"),
        table3=read_table(HERE / "published" / "wp2023_table3.csv"),
    )
    minefields = make_minefields(sources, tell)
    write_layer(minefields, out / "minefields.gpkg", "minefields")
    bench = int(minefields["size_m2"][minefields["in_workbench"]].sum())
    tell(
        f"{len(minefields)} minefields, {minefields['size_m2'].sum()} m²; "
        f"on the workbench {bench} m² (wanted {WORKBENCH_M2})"
    )


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="default: beside this script")
    parser.add_argument("--quiet", action="store_true")
    args = parser.parse_args()
    build(args.out, quiet=args.quiet)


if __name__ == "__main__":
    main()
