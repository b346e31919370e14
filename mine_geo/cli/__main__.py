"""`python -m mine_geo.cli`: the same as `python -m mine_geo`."""

from mine_geo.cli import main

if __name__ == "__main__":
    main(prog_name="mine-geo")
