"""`python -m mine_geo.cli`: the same as `python -m mine_geo`."""

from mine_geo.__main__ import run

if __name__ == "__main__":
    run()
