"""What the shell completes: names that are known, without reading anything else."""

import pytest
from click.shell_completion import ShellComplete

from mine_geo.cli import main


@pytest.mark.parametrize(
    ("words", "begun", "offered"),
    [
        (["reconcile"], "cmr2024_table", [f"cmr2024_table{n}" for n in range(1, 10)]),
        (["totals", "--province"], "BA", ["Banteay Meanchey", "Battambang"]),
        (["export", "x.gpkg", "--province"], "kam", None),
        (["totals", "--by"], "zo", ["zone"]),
        (["releases", "--by"], "ye", ["year"]),
        (["balance", "--by", "province", "--by"], "district_", ["district_code"]),
        (["export", "x.gpkg", "--to"], "", ["core"]),
        (["reconcile"], "no_such", []),
    ],
)
def test_words_that_the_shell_offers(words: list[str], begun: str, offered: list[str]) -> None:
    shell = ShellComplete(main, {}, "mine-geo", "_MINE_GEO_COMPLETE")
    found = [item.value for item in shell.get_completions(words, begun)]
    if offered is None:
        assert found == ["Kampong Cham", "Kampong Chhnang", "Kampong Speu", "Kampong Thom",
                         "Kampot"]  # fmt: skip
    else:
        assert found == offered
