"""States of approval that stand beside a record: received, in review, validated, rejected.

A record that its own source rejected, or has not validated yet, is no validated one. Several
columns may speak of one record (the workflow, each review, the validation): the worst counts. A
word that no profile knows is never taken as validated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mine_geo.intake.matching import fold
from mine_geo.intake.raw import STATES
from mine_geo.intake.values import read_flags, read_texts

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mine_geo.intake.raw import States

RECEIVED, IN_REVIEW, VALIDATED, REJECTED = STATES
_WORST_FIRST: Final = (REJECTED, IN_REVIEW, RECEIVED, VALIDATED)
_CUT: Final = 10
"""Letters of a column's name in a Shapefile."""


@dataclass(frozen=True)
class Approval:
    """What the columns of states say of the records of a table."""

    places: tuple[int, ...]
    """The columns that say something, by their place."""
    states: NDArray[np.object_]
    """The state of each record: one of `STATES`; None where one of its words is not known."""
    said: tuple[str | None, ...]
    """For each record the column and word that count, as the source writes them."""
    unknown: tuple[tuple[int, str, str], ...]
    """Record, column and word of what is not known."""

    @property
    def waits(self) -> NDArray[np.bool_]:
        """Which records are not validated yet."""
        return np.isin(self.states, (RECEIVED, IN_REVIEW))

    def decided(self) -> Approval:
        """Return it without records that wait: the file itself says which are on a workbench."""
        return replace(self, states=np.where(self.waits, VALIDATED, self.states))

    @property
    def rejected(self) -> NDArray[np.bool_]:
        """Which records their source rejected."""
        return np.asarray(self.states == REJECTED, dtype=bool)


def is_state(name: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a column bears a name of a state, `*` for any letters; cut short by dBASE too.

    Examples
    --------
    >>> [is_state(name, ("sys_review_*_status",)) for name in (
    ...     "SYS_Review_QA_Status", "sys_review", "sys_revi_1", "status")]
    [True, True, True, False]
    """
    plain = name.strip().lower().rpartition("/")[2]
    for pattern in patterns:
        words = (re.escape(fold(part)) for part in pattern.split("*"))
        if re.fullmatch(".*".join(words), fold(plain)):
            return True
        start = pattern.partition("*")[0].lower()
        if len(start) < _CUT or len(plain) != _CUT:
            continue
        numbered = plain[:8] == start[:8] and re.fullmatch(r"_\d", plain[8:])
        if plain == start[:_CUT] or numbered:
            return True
    return False


def read_states(cells: pd.DataFrame, states: States) -> Approval | None:
    """Read the states of records; None where no column says any.

    Parameters
    ----------
    cells
        The columns of a source, in its words.
    states
        Which of them are states, and what their words mean.

    Examples
    --------
    >>> import pandas as pd
    >>> from mine_geo.intake.profiles import load
    >>> cells = pd.DataFrame({"sys_workflow_status": ["validated", "rejected", "?"],
    ...                       "is_approved": ["no", "no", "yes"]})
    >>> read = read_states(cells, load("plain").states)
    >>> read.states.tolist(), read.unknown
    (['received', 'rejected', None], ((2, 'sys_workflow_status', '?'),))
    """
    words = {fold(word): state for word, state in states.words.items()}
    found: list[list[tuple[str, str]]] = [[] for _ in range(len(cells))]
    unknown: list[tuple[int, str, str]] = []
    places: list[int] = []
    for place, column in enumerate(cells.columns):
        name = str(column)
        flag = is_state(name, states.flags)
        if not flag and not is_state(name, states.columns or ()):
            continue
        texts = read_texts(cells.iloc[:, place])
        if texts.isna().all():
            continue  # a workflow that is not in use says nothing
        places.append(place)
        meant = _flags(texts) if flag else [words.get(fold(text)) for text in texts.fillna("")]
        for record, (text, state) in enumerate(zip(texts, meant, strict=True)):
            if not isinstance(text, str):
                continue
            if state is None and flag:
                state = words.get(fold(text))  # noqa: PLW2901  (a flag in words)
            if state is None:
                unknown.append((record, name, text))
            else:
                found[record].append((state, f"{name} {text!r}"))
    if not places:
        return None
    strange = {record for record, _, _ in unknown}
    worst = [min(each, key=lambda one: _WORST_FIRST.index(one[0]), default=None) for each in found]
    said: list[str | None] = []
    result = np.full(len(cells), None, dtype=object)
    for record, each in enumerate(worst):
        said.append(None if each is None else each[1])
        state = RECEIVED if each is None else each[0]
        result[record] = state if state == REJECTED or record not in strange else None
    unknown = [each for each in unknown if result[each[0]] is None]
    return Approval(tuple(places), result, tuple(said), tuple(unknown))


def _flags(texts: Any) -> list[str | None]:
    flags, bad = read_flags(texts)
    return [
        None if strange else VALIDATED if flag else RECEIVED
        for flag, strange in zip(flags, bad, strict=True)
    ]
