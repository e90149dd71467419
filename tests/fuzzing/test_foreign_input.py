"""Whatever strangers write is taken or refused, in a moment: never a traceback, never a standstill.

`FAILED` are inputs that once were neither.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from targets import TARGETS

FAILED: dict[str, list[str | bytes]] = {name: [] for name in TARGETS}


@pytest.mark.parametrize(
    ("name", "data"), [(name, data) for name, failed in FAILED.items() for data in failed]
)
def test_what_once_failed_does_so_no_more(name: str, data: str | bytes) -> None:
    TARGETS[name].try_out(data)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_foreign_input_is_taken_or_refused_and_soon(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    pieces = st.lists(st.sampled_from(target.words) | st.text(max_size=5), max_size=25)
    made = data.draw(pieces.map("".join))
    if target.is_text:
        target.try_out(made)
    else:
        sent = made.encode("utf-8", "surrogatepass")
        target.try_out(data.draw(st.just(sent) | st.binary(max_size=80).map(sent.__add__)))
