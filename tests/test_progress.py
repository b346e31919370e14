"""The bar: nowhere in a pipe, in a terminal after a while, in a notebook without widgets."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

import mine_geo as mg
from mine_geo import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def count(to: int, **how: float) -> None:
    with mg.progress_bar("cells", **how) as told:
        for done in range(1, to + 1):
            told(done, to, "a\x1b[31mname")


def test_nothing_reaches_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    count(3, wait_s=0)
    assert not out.getvalue()


@pytest.mark.parametrize(("wait_s", "shown"), [(0.0, True), (60.0, False)])
def test_a_terminal_shows_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, wait_s: float, shown: bool
) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("TERM", "xterm")
    count(3, wait_s=wait_s)
    assert ("3/3" in out.getvalue()) == shown
    assert "\x1b[31m" not in out.getvalue()  # a name moves no cursor and sets no colour


def test_a_notebook_shows_it_below_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def display(what: object, display_id: bool) -> SimpleNamespace:
        drawn.append(what.data)  # type: ignore[attr-defined]
        return SimpleNamespace(update=lambda what: drawn.append(what.data))

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    count(1000, wait_s=0)
    assert '<progress value="1" max="1000"></progress> 1 of 1,000' in drawn[0]
    assert '<progress value="1000"' in drawn[-2]
    assert not drawn[-1]
    assert len(drawn) < 50  # not a drawing a step
    drawn.clear()

    def fails() -> None:
        with mg.progress_bar(wait_s=0) as told:
            told(1, 2)
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert not drawn[-1]
