"""Compile the distance kernel while mine_geo is built: for a wheel, or in place for a checkout.

hatchling calls `CompiledKernel`. With a C compiler the wheel holds `libkernel.so` and is one for
this platform; without, it is one for any, and NumPy measures. MINE_GEO_KERNEL=required makes a
missing compiler an error, as `make wheel` has it.

    python hatch_build.py        compile it in place, as an editable install does
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
PLACE = Path("mine_geo", "split")
OPTIONS = ("-std=c11", "-O2", "-fPIC", "-shared")
# Contracted products round otherwise: bits would depend on the compiler and its processor.
# Nothing reads errno after a root.
SAME_BITS = ("-ffp-contract=off", "-fno-math-errno")
REQUIRED = "MINE_GEO_KERNEL"


def compiler() -> list[str] | None:
    """Return the command of the C compiler: CC, or the first of the usual ones; None for none."""
    told = os.environ.get("CC")
    if told:
        return shlex.split(told)
    found = (shutil.which(name) for name in ("cc", "gcc", "clang"))
    return next(([path] for path in found if path), None)


def compile_kernel(target: Path, root: Path = ROOT) -> str:
    """Compile the kernel to a file; return why it could not be, or nothing.

    The file appears at once and whole: a process may be loading the one that was there.
    """
    command = compiler()
    if command is None:
        return "no C compiler (cc, gcc or clang)"
    sys.path.insert(0, str(root))
    from mine_geo.split.engines import source_hash  # noqa: PLC0415 - needs the checkout on the path

    sys.path.pop(0)
    folder = root / PLACE
    (root / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / "build") as made:
        library = Path(made, target.name)
        options = [*OPTIONS, *SAME_BITS, f'-DSOURCE="{source_hash(folder)}"', "-o", str(library)]
        try:
            done = subprocess.run(  # noqa: S603 - the compiler that the builder names
                [*command, *options, str(folder / "kernel.c"), "-lm"],
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            return f"{command[0]}: {error}"
        if done.returncode != 0:
            return f"{command[0]}: {done.stderr.strip()}"
        library.replace(target)
    return ""


class CompiledKernel(BuildHookInterface):  # type: ignore[type-arg]
    """The step of hatchling that compiles the kernel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what the wheel is then."""
        root = Path(self.root)
        folder = root / PLACE if version == "editable" else root / "build"
        library = folder / "libkernel.so"
        why = compile_kernel(library, root)
        if not why and version != "editable":
            build_data["force_include"][str(library)] = str(PLACE / library.name)
        if not why:
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform()}"
        elif os.environ.get(REQUIRED) == "required":
            raise RuntimeError(f"the distance kernel was not compiled: {why}")
        else:
            self.app.display_warning(f"distances will be measured by NumPy, slower: {why}")


def platform() -> str:
    """Return the platform as a wheel's name has it, such as linux_x86_64."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


if __name__ == "__main__":
    failed = compile_kernel(ROOT / PLACE / "libkernel.so")
    sys.exit(f"the distance kernel was not compiled: {failed}" if failed else None)
