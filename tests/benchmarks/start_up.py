"""How much CPU `import mine_geo` and `mine-geo --help` take on a warm machine.

    python -m tests.benchmarks.start_up

User and system seconds of the process and its children; the least and the median of ten runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

LIMITS = {
    "import mine_geo": ([sys.executable, "-c", "import mine_geo"], 0.3),
    "mine-geo --help": (
        [sys.executable, "-c", "from mine_geo.cli import main; main(['--help'])"],
        0.5,
    ),
}


def cpu_seconds(command: list[str]) -> float:
    """Run a command and return its CPU seconds."""
    before = os.times()
    with tempfile.TemporaryFile() as output:
        subprocess.run(command, check=True, stdout=output)
    after = os.times()
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system


def main() -> None:
    """Time both, print the figures beside their limits."""
    for name, (command, limit) in LIMITS.items():
        cpu_seconds(command)
        runs = [cpu_seconds(command) for _ in range(10)]
        least, median = min(runs), statistics.median(runs)
        print(f"{name}: least {least:.2f} s, median {median:.2f} s of CPU (limit {limit} s)")


if __name__ == "__main__":
    main()
