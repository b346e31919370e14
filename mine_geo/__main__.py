"""The command, as `mine-geo` and `python -m mine_geo`; interrupted it ends without a traceback."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command; interrupted, also while it is loaded, it ends with exit code 130."""
    try:
        from mine_geo.cli import main  # noqa: PLC0415 - it may be interrupted meanwhile

        main(prog_name="mine-geo")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
