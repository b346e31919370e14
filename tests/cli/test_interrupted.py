"""The command as a process of its own: by its module, and interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mine_geo as mg
from mine_geo.errors import INTERRUPTED_EXIT

ROOT = Path(mg.__file__).parents[1]


@pytest.mark.parametrize("module", ["mine_geo", "mine_geo.cli"])
def test_the_command_is_a_module_too(module: str, tmp_path: Path) -> None:
    words = [sys.executable, "-m", module, "--database", "none.gpkg", "db", "info"]
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        words, cwd=tmp_path, env=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == mg.errors.EXIT_CODES[mg.errors.StoreNotFoundError]
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert done.stderr.startswith("Error: no store at none.gpkg")


# Whoever starts the tests in the background of a shell has them ignore the signal: not these.
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
WAITING = """
import sys, threading, time
import mine_geo.store

def forever(*_, **__):
    print("at work", flush=True)
    time.sleep(600)

mine_geo.store.create_store = forever
from mine_geo.__main__ import run
sys.argv = ["mine-geo", "init"]
run()
"""
LOADING = """
import sys, time

class Slow:
    def find_spec(self, name, *_):
        if name == "mine_geo.cli":
            print("at work", flush=True)
            time.sleep(600)

sys.meta_path.insert(0, Slow())
from mine_geo.__main__ import run
run()
"""


@pytest.mark.parametrize(("code", "said"), [(WAITING, "Interrupted."), (LOADING, "")])
def test_an_interruption_is_no_traceback(code: str, said: str, tmp_path: Path) -> None:
    """A real signal to a real process, at work and while the command is loaded."""
    with subprocess.Popen(
        [sys.executable, "-c", HEARING + code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "at work\n"
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        try:
            out, err = running.communicate(timeout=120)
        finally:
            running.kill()
    assert (running.returncode, out, err.strip()) == (INTERRUPTED_EXIT, "", said)
    assert list(tmp_path.iterdir()) == []
