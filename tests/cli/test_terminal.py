"""What reaches a terminal: every figure and key of a table at every width, and no control."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

import click
import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import mine_geo as mg
from mine_geo.cli import main, terminal
from mine_geo.errors import some, visible
from mine_geo.store import address
from tests.cli.conftest import Command, fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDTHS = (40, 80, 200)
COMMANDS = {
    "totals": ["totals", "--kind", "ap_minefield"],
    "totals by district": ["totals", "--kind", "ap_minefield", "--by", "district"],
    "totals by kind": ["totals", "--by", "kind"],
    "split": ["split", "--kind", "ap_minefield", "--province", "Pailin"],
    "reconcile": ["reconcile", "wp2023_table3", "--all"],
    "reconcile districts": ["reconcile", "wp2023_annex1", "--all"],
    "reconcile operators": ["reconcile", "cmr2024_table8", "--all"],
    "reconcile km2": ["reconcile", "cmr2024_table9", "--all"],
    "claims": ["reconcile", "--claims"],
    "flows": ["reconcile", "--flows"],
    "plan": ["plan", str(mg.sample.path("workplan_2023"))],
    "plan's end": ["plan", str(mg.sample.path("workplan_2023")), "--show", "finish"],
    "mine-free": ["mine-free"],
    "points": ["points", "accidents", "accidents.csv"],
    "declarations": ["declarations"],
    "capacity": ["capacity"],
    "efficiency": ["capacity", "--show", "efficiency"],
    "programmes": ["programmes", "members.csv"],
    "sampling": ["sampling", "--defective", "60", "--kind", "cluster_munition"],
    "priority": [
        "priority", "--weights", str(mg.sample.path("weights")), "--kind", "ap_minefield",
        "--province", "Pailin", "--layer", f"population={mg.sample.path('population')}",
        "--layer", f"terrain={mg.sample.path('terrain')}",
    ],
    "weights": ["weights", "show", str(mg.sample.path("weights"))],
    "raster facts": [
        "raster", "facts", str(mg.sample.path("population")), "--how", "sum", "--measure", "count",
        "--kind", "ap_minefield", "--province", "Pailin",
    ],
    "list": ["list", "accidents", "--withdrawn"],
    "sensitivity": ["sensitivity", "--kind", "cluster_munition"],
    "history": ["history", "AP-0211-0076"],
    "releases": ["releases", "--kind", "ap_minefield"],
    "releases by operator": ["releases", "--kind", "ap_minefield", "--by", "operator"],
    "balance": ["balance", "--kind", "ap_minefield"],
    "balance by province": ["balance", "--kind", "ap_minefield", "--by", "province"],
    "balance by district": ["balance", "--kind", "cluster_munition", "--by", "district"],
    "changes": ["changes", "--since", "2024-12-01T00:00+07:00"],
    "info": ["db", "info"],
    "rebuild": ["db", "rebuild"],
    "status": ["db", "status"],
    "doctor": ["db", "doctor"],
    "submissions": ["workbench", "list"],
    "submission": ["workbench", "show", "S-0001"],
    "findings": ["workbench", "show", "S-0001", "--findings"],
    "columns": ["workbench", "show", "S-0001", "--explain"],
    "check": ["check", "hazards", "fields.gpkg"],
    "explain": ["check", "fields.gpkg", "--explain"],
    "border": ["check", "border", str(mg.sample.path("border")), "--explain"],
    "admin": ["check", "admin", str(mg.sample.path("districts"))],
    "compare": ["compare", "fields.gpkg", "changed.gpkg"],
    "public settings": ["public", "settings"],
    "public settings by whom": ["public", "settings", "--history"],
    "public editions": ["public", "editions"],
    "release": ["release", "AP-2401-0176", "piece.gpkg", "--outcome", "cleared", "--happened-on",
                "2024-05-03"],
}  # fmt: skip


@pytest.fixture(scope="module")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the sample's ledger in a store, two files, and one of them submitted."""
    folder = tmp_path_factory.mktemp("sample")
    with mg.create_store(folder / "register.gpkg", synthetic=True) as store:
        store.load_border(mg.read_border(mg.sample.path("border")))
        store.load_admin(mg.read_admin(mg.sample.path("districts")))
        store.import_log(
            mg.read_hazards(mg.sample.path("ledger_hazards")),
            gpd.read_file(mg.sample.path("ledger_events")),
            pd.read_csv(mg.sample.path("spot_tasks")),
        )
        worked = store.hazards(province="Pailin")
        worked[worked["hazard_id"] == "AP-2401-0176"][["geometry"]].to_file(folder / "piece.gpkg")
    (folder / "accidents.csv").write_text("happened_on,lon,lat\n2024-05-03,102.6,12.9\n")
    members = "Donor,2022-12-31,AP-2401-0176,2025\n"
    (folder / "members.csv").write_text(f"programme,baseline_on,hazard_id,target_year\n{members}")
    fields(folder / "fields.gpkg", synthetic=True)
    fields(folder / "changed.gpkg", synthetic=True, operator=["MAG", None])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Command(folder).done("--clock-is-right", "workbench", "submit", "fields.gpkg")
    return folder


@contextmanager
def terminal_of(width: int) -> Iterator[list[bytes]]:
    """Make standard output a real terminal of so many columns; what it got is given."""
    first, second = pty.openpty()
    got: list[bytes] = []

    def drain() -> None:
        while True:
            try:
                got.append(os.read(first, 65536))
            except OSError:
                return

    reader = threading.Thread(target=drain)
    reader.start()
    with pytest.MonkeyPatch.context() as patch, os.fdopen(second, "w", encoding="utf-8") as screen:
        patch.setenv("COLUMNS", str(width))
        patch.setenv("NO_COLOR", "1")
        patch.setenv("TERM", "dumb")
        patch.setattr(sys, "stdout", screen)
        yield got
    reader.join()
    os.close(first)


def on_screen(width: int, table: pd.DataFrame, **how: Any) -> str:
    with terminal_of(width) as got:
        terminal.show_table(table, **how)
    return b"".join(got).decode().replace("\r\n", "\n")


@given(
    st.lists(
        st.tuples(st.sampled_from(["AP-1", "ក្រុង", "東", "a b", ""]), st.integers(), st.booleans()),
        min_size=1,
    )
)
def test_lines_of_a_table_stand_as_rich_draws_them(rows: list[tuple[str, int, bool]]) -> None:
    columns = [
        terminal._Column("id", tuple(row[0] for row in rows), figures=False),
        terminal._Column("m²", tuple(f"{row[1]:,}" for row in rows), figures=True),
    ]
    sums = [row[2] for row in rows]
    drawn = []
    for one in (columns, [replace(each, fixed=each.width) for each in columns]):
        out = terminal.Console(file=StringIO(), width=80, highlight=False)
        terminal._draw(out, one, sums)
        drawn.append(out.file.getvalue())
    assert drawn[0] == drawn[1]


def tables_of(command: Command, words: list[str]) -> tuple[list[tuple[Any, dict[str, Any]]], str]:
    """Return the tables that a command prints into a pipe, as they were given, and its output."""
    shown: list[tuple[Any, dict[str, Any]]] = []
    print_table = terminal.show_table

    def spy(table: pd.DataFrame, **how: Any) -> None:
        shown.append((table, how))
        print_table(table, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "show_table", spy)
        result = command(*words)
    assert result.exit_code in {0, 20, 21}, result.output
    return shown, result.stdout


def lost(table: pd.DataFrame, said: str) -> list[str]:
    """Return the figures, keys and words of a table that are not in what was printed, whole."""
    tokens, lines = set(said.split()), [" ".join(line.split()) for line in said.splitlines()]
    everything = "\n".join(lines)
    missing = []
    for name in table.columns.drop("geometry", errors="ignore"):
        for value in table[name].map(terminal.SUMS.get) if name == "row" else table[name]:
            if pd.isna(value) or isinstance(value, bool):
                continue
            if isinstance(value, str):
                short = len(value) <= terminal.PROSE
                wanted = [" ".join(value.split())] if short else value.split()
                missing += [each for each in wanted if each not in everything]
            elif name == "year":
                missing += [] if str(value) in tokens else [str(value)]
            elif float(value).is_integer():
                written = {f"{value:,.{decimals}f}" for decimals in range(8)}
                missing += [] if tokens & written else [f"{name} {value}"]
            else:
                written = {f"{value:,.{decimals}f}" for decimals in range(1, 8)}
                missing += [] if tokens & written else [f"{name} {value}"]
    return missing


@pytest.mark.untraced
@pytest.mark.parametrize("name", COMMANDS)
def test_every_figure_and_key_is_printed_at_every_width(
    sample_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(address.DATABASE_VARIABLE, raising=False)
    monkeypatch.chdir(sample_folder)
    tables, piped = tables_of(Command(sample_folder), COMMANDS[name])
    assert tables
    for table, how in tables:
        assert lost(table, piped) == []
        for width in WIDTHS:
            said = on_screen(width, table, **how)
            whole = len(table) <= terminal.MOST_ROWS
            assert lost(table if whole else table.head(terminal.MOST_ROWS), said) == [], width
            assert ("rows more" in said) is not whole
            assert "\N{HORIZONTAL ELLIPSIS}" not in said.replace("... and", "")


def with_tables(group: click.Group, above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Return the commands that print a table, as words."""
    found: set[tuple[str, ...]] = set()
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= with_tables(command, (*above, name))
        elif any(option.name == "format_" for option in command.params):
            found.add((*above, name))
    return found


def test_no_command_that_prints_a_table_is_left_out() -> None:
    """Add a new one to `COMMANDS`."""
    tried = [tuple(words) for words in COMMANDS.values()]
    assert {
        words for words in with_tables(main) if not any(t[: len(words)] == words for t in tried)
    } == set()


def test_balance_by_province_at_80_columns(
    sample_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, it printed no province, and 103,581,047 as 103,581 and dots."""
    monkeypatch.chdir(sample_folder)
    tables, piped = tables_of(Command(sample_folder), COMMANDS["balance by province"])
    ((table, how),) = tables
    said = on_screen(80, table, **how)
    for text in (said, piped):
        assert text.split().count("Pursat") == (1 if text is piped else 2)
        assert "103,581,047" in text.split()
        assert "1,074,564,654" in text.split()
    assert max(map(cell_len, said.splitlines())) <= 80
    rows = [line.split() for line in piped.splitlines() if line.startswith(" Banteay Meanchey ")]
    assert rows == [
        ["Banteay", "Meanchey", "0", "149,593,639", "-12,061", "0", "6,997,250", "4,163,359",
         "34,839,922", "103,581,047"]
    ]  # fmt: skip


def test_the_command_itself_in_a_terminal_of_80_columns(sample_folder: Path) -> None:
    """A process with a terminal of its own, nothing in its environment."""
    first, second = pty.openpty()
    fcntl.ioctl(second, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    words = [sys.executable, "-m", "mine_geo"]
    words += ["--database", str(sample_folder / "register.gpkg"), "balance"]
    words += ["--kind", "ap_minefield", "--by", "province"]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environment |= {"TERM": "dumb", "NO_COLOR": "1"}
    with subprocess.Popen(
        words, stdin=second, stdout=second, stderr=second, env=environment
    ) as running:
        os.close(second)
        got = b""
        while True:
            try:
                got += os.read(first, 65536)
            except OSError:
                break
        assert running.wait() == 0, got
    os.close(first)
    said = got.decode()
    assert said.count("Banteay Meanchey") == 2
    assert "103,581,047" in said.split()
    assert max(map(cell_len, said.splitlines())) <= 80


KEYS = st.text(st.sampled_from("AP-019 ក"), min_size=1, max_size=25).map(
    lambda text: " ".join(text.split()) or "x"
)
WORDS = st.lists(st.sampled_from(["polygon", "crosses", "itself", "12,5", "x" * 45]), max_size=12)
COLUMNS = {
    "key": KEYS,
    "prose": WORDS.map(" ".join),
    "m2": st.integers(-(10**12), 10**12),
    "metres": st.integers(-(10**9), 10**9).map(lambda number: number / 8),
}


@given(st.data(), st.integers(20, 200))
def test_any_table_at_any_width_loses_nothing(data: st.DataObject, width: int) -> None:
    rows = data.draw(st.sampled_from([1, 3, 39, 41]))
    columns: dict[str, list[Any]] = {"hazard_id": [f"AP-{row:04}" for row in range(rows)]}
    kinds = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), max_size=7))
    for number, kind in enumerate(kinds):
        drawn = data.draw(st.lists(COLUMNS[kind], min_size=min(rows, 3), max_size=3))
        columns[f"{kind}_{number}"] = (drawn * rows)[:rows]
    table = pd.DataFrame(columns)
    said = on_screen(width, table, title="t")
    assert lost(table, said) == []
    if width >= 80:
        assert max(map(cell_len, said.splitlines())) <= width


def test_a_total_is_not_lost_below_many_rows() -> None:
    rows = [*(f"D-{number:04}" for number in range(999)), None]
    kinds = ["data"] * 999 + ["total"]
    table = pd.DataFrame({"row": kinds, "district": rows, "hazards": range(1000)})
    said = on_screen(80, table, title="t")
    assert "Total" in said
    assert "749 rows more" in said
    assert "D-0249" in said
    assert "D-0250" not in said


def test_unknown_is_a_dash_and_zero_is_zero() -> None:
    table = pd.DataFrame(
        {
            "row": ["data", "data", "total"],
            "province": ["Kep", None, None],
            "code": ["23", "24", None],
            "m2": [0, None, 0],
        }
    ).astype({"m2": "Int64"})
    lines = [line.split() for line in on_screen(80, table, title="t").splitlines()]
    assert ["Kep", "23", "0"] in lines
    assert [terminal.UNKNOWN, "24", terminal.UNKNOWN] in lines
    assert ["Total", "0"] in lines


def test_a_total_is_called_so_in_its_first_key_and_nowhere_else() -> None:
    none: list[Any] = [None, None]
    table = pd.DataFrame(
        {
            "row": ["data", "total"],
            "year": pd.Series([2024, None], dtype=object),
            "province": pd.Series(["Total", None], dtype=object),
            "items": pd.array(none, dtype="Int64"),
        }
    )
    lines = [line.split() for line in on_screen(80, table, title="t").splitlines()]
    assert ["2024", "Total", terminal.UNKNOWN] in lines
    assert ["Total", terminal.UNKNOWN] in lines
    empty = table[1:].assign(province=pd.Series([None, None], dtype=object))
    lines = [line.split() for line in on_screen(80, empty, title="t").splitlines()]
    assert ["Total", terminal.UNKNOWN] in lines
    assert not any("row" in line for line in lines)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([55.25, 38.24], ["55.25", "38.24"]),
        ([7000.0, 6999.97], ["7,000.00", "6,999.97"]),
        ([1 / 3, 2000 / 3], ["0.3", "666.7"]),
        ([1.0, 20.0], ["1", "20"]),
    ],
)
def test_decimals_are_those_of_the_figures(values: list[float], shown: list[str]) -> None:
    tokens = on_screen(80, pd.DataFrame({"a": ["x", "y"], "b": values}), title="t").split()
    assert [token for token in tokens if token in shown] == shown


def test_a_degree_keeps_its_decimals() -> None:
    table = pd.DataFrame({"hazard_id": ["A"], "lon": [103.0000004999], "lat": [1 / 3]})
    tokens = on_screen(80, table, title="t").split()
    assert "103.0000005" in tokens
    assert "0.3333333" in tokens


NASTY = [
    "AP-\x1b[2J\x1b]0;owned\x07",
    "AP-\u202e7000-PA",
    "AP-\u2066x\u2069",
    "line\nbreak\r\tand tab",
    "\x9b31m",
    "\x00\x7f\xad",
    "\u2028\u2029\ufeff\u200f",
    "\U000e0041",
]
BAD = (
    set(range(0x20))
    | set(range(0x7F, 0xA0))
    | {0xAD, 0x61C, 0xFFF9, 0xFFFA, 0xFFFB, 0x200E, 0x200F, 0xFEFF, 0x2028, 0x2029}
)
BAD |= set(range(0x202A, 0x202F)) | set(range(0x2060, 0x2070)) | set(range(0xD800, 0xE000))
BAD |= set(range(0xE0000, 0xE1000))


def raw(said: str) -> list[str]:
    """Return the controls of a text but the ends of its lines."""
    return [char for char in said.replace("\n", "") if ord(char) in BAD]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_control_reaches_the_terminal(text: str, width: int) -> None:
    table = pd.DataFrame({"hazard_id": [text, "AP-2"], text: [1, 2], "note": [text * 9, text]})
    said = on_screen(width, table, title=f"Of {text}")
    assert raw(said) == []
    assert "AP-2" in said


def test_half_a_letter_does_not_reach_the_terminal() -> None:
    ids = pd.Series(["lone \ud800 half", "AP-2"], dtype=object)
    said = on_screen(80, pd.DataFrame({"hazard_id": ids}), title="\udfff")
    assert "lone \\ud800 half" in said
    assert raw(said) == []


@given(st.text(st.characters(), max_size=40))
def test_what_is_visible_says_each_character(text: str) -> None:
    shown = visible(text)
    assert raw(shown) == []
    assert "\n" not in shown
    shown.encode("utf-8")
    plain = "".join(char for char in text if ord(char) not in BAD)
    remaining = iter(shown)
    assert all(char in remaining for char in plain)  # in order, none lost


def test_khmer_is_left_as_it_is() -> None:
    text = "ស្រុក\u200bសំឡូត\u200cខេត្ត\u200dបាត់ដំបង"
    assert visible(text) == text


def test_an_id_of_ten_million_letters_is_cut_and_its_length_said() -> None:
    long = "A" * 5_000_000 + "B" * 5_000_000
    said = on_screen(80, pd.DataFrame({"hazard_id": [long, "AP-2"], "m2": [7, 8]}), title="t")
    assert len(said) < 5_000
    assert "10,000,000\N{NO-BREAK SPACE}characters" in said
    assert "AP-2" in said
    for message in (some([long]), visible(f"{long}: no polygon; draw one", 10_000)):
        assert len(message) < 11_000
        assert "characters" in message
    assert visible(f"{long}: no polygon; draw one", 300).endswith("no polygon; draw one")


@pytest.mark.parametrize("width", WIDTHS)
def test_markup_in_data_is_text(width: int) -> None:
    words = ["[red]AP-1[/red]", "[link=http://x]y[/link]", "[/]", ":warning:", "a\\", "[bold]\\"]
    table = pd.DataFrame({"hazard_id": words, "m2": range(len(words)), "[b]x": 1})
    said = on_screen(width, table, title="[red]title[/red] :warning:")
    assert lost(table, said) == []
    assert "[red]title[/red] :warning:" in said
    assert "[b]x" in said


def test_messages_have_no_controls(filled: Command) -> None:
    for words in (
        ["split", "--province", "\x1b[2J"],
        ["map", "province", "--province", "\x1b[2J", "-o", "page.html"],
        ["check", "\x1b[31mno.gpkg"],
        ["\x1b[31mnothing"],
        ["totals", "--no\u202esuch"],
        ["totals", "--rule", "\x1b[31m"],
    ):
        result = filled(*words)
        assert result.exit_code != 0
        assert raw(result.output) == []


def test_what_check_says_of_nasty_ids_has_no_controls(command: Command) -> None:
    ids = ["AP-\x1b[2J", "AP-\u202e1", "[red]AP[/red]", "x" * 100_000]
    file = command.folder / "\x1b[31mnasty.gpkg"
    gpd.GeoDataFrame(
        {"hazard_id": ids, "district": "a\nb"},
        geometry=[shapely.box(103, 13, 103.01, 13.01)] * len(ids),
        crs=4326,
    ).to_file(file, driver="GPKG")
    for words in (["check", file], ["check", file, "--explain"], ["load", "hazards", file]):
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert raw(result.output) == [], words
        assert len(result.output) < 100_000
    assert "[red]AP[/red]" in CliRunner().invoke(main, ["check", str(file)]).output


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_table_in_another_form_on_a_terminal_has_no_controls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "nasty.gpkg"
    gpd.GeoDataFrame(
        {"hazard_id": ["AP-\x1b[2J\x9b", "AP-\u202e1"]},
        geometry=[shapely.box(103, 13, 103.01, 13.01), None],
        crs=4326,
    ).to_file(file, driver="GPKG")
    monkeypatch.chdir(tmp_path)
    with terminal_of(80) as got, pytest.raises(SystemExit):
        main(["check", str(file), "--format", form])
    said = b"".join(got).decode()
    assert raw(said.replace("\r", "")) == []
    assert "AP-" in said
