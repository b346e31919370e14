#!/usr/bin/env python3
"""Make an environment with the lowest versions that pyproject.toml allows.

    python scripts/lowest.py FOLDER

Each `>=` of the dependencies and of the extra `dev` becomes `==`; what those need in turn is
taken as pip finds it. `make test-lowest` runs the suite in the result. PYTHON names the
interpreter (the one that runs this unless told).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def lowest(needs: list[str]) -> list[str]:
    """Turn each lower bound into the one version that it names.

    Examples
    --------
    >>> lowest(["pandas>=3.0", "psycopg[binary]>=3.2.2,<4", "mine_geo[notebook]"])
    ['pandas==3.0', 'psycopg==3.2.2']
    """
    return [
        f"{need.name}=={bound.version}"
        for need in map(Requirement, needs)
        for bound in need.specifier
        if bound.operator == ">="
    ]


def run(*command: str | Path) -> None:
    """Run a command that says itself what went wrong."""
    code = subprocess.run(command, check=False).returncode  # noqa: S603
    if code:
        raise SystemExit(code)


def make(folder: Path) -> None:
    """Make the environment and install mine_geo into it, as editable."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    pins = lowest([*project["dependencies"], *(need for extra in extras for need in extra)])
    run(os.environ.get("PYTHON", sys.executable), "-m", "venv", "--clear", folder)
    pip = (folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input")
    with TemporaryDirectory() as scratch:
        constraints = Path(scratch) / "lowest.txt"
        constraints.write_text("\n".join(pins), encoding="utf-8")
        run(*pip, "install", "--quiet", "--constraint", constraints, "--editable", f"{ROOT}[dev]")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    make(Path(sys.argv[1]))
