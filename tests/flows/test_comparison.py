"""Two configs side by side."""

from __future__ import annotations

import pytest
from rehearsing import CONFIGS, EXTERNAL, STUDIO, TASK, changed
from support import seconds_of_work

from helpers.flows import SCRIPTS, FlexFlowConfig, compare, rehearse
from helpers.flows.rehearsal.comparison import aligned
from helpers.flows.rehearsal.timeline import Row

LONG_LIVED = changed(TASK).model_copy(update={"long_lived": True, "friendly_name": "Long-lived"})


def row(what: str, kind: str = "event") -> Row:
    return Row("", 0, kind, "somebody", what)  # type: ignore[arg-type]


def marked(a: list[Row], b: list[Row]) -> list[tuple[str, str, str]]:
    return [
        (pair.mark, pair.a.what if pair.a else "", pair.b.what if pair.b else "")
        for pair in aligned(a, b)
    ]


def test_what_is_the_same_stands_side_by_side_and_what_differs_is_marked() -> None:
    a = [row("step", "step"), row("one"), row("two"), row("three")]
    b = [row("step", "step"), row("one"), row("2"), row("three"), row("four", "task")]
    assert marked(a, b) == [
        ("", "step", "step"),
        ("", "one", "one"),
        ("≠", "two", "2"),
        ("", "three", "three"),
        ("b", "", "four"),
    ]


def test_only_rows_of_one_kind_are_set_against_one_another() -> None:
    a, b = [row("step", "step"), row("x")], [row("step", "step"), row("y", "task"), row("z")]
    assert marked(a, b)[1:] == [("b", "", "y"), ("≠", "x", "z")]
    assert marked(b, a)[1:] == [("a", "y", ""), ("≠", "z", "x")]


def test_steps_of_the_script_always_meet() -> None:
    a = [row("first", "step"), row("x"), row("y"), row("second", "step"), row("x")]
    b = [row("first", "step"), row("second", "step"), row("x")]
    assert marked(a, b) == [
        ("", "first", "first"),
        ("a", "x", ""),
        ("a", "y", ""),
        ("", "second", "second"),
        ("", "x", "x"),
    ]
    assert marked([], []) == []


def test_a_flow_compared_with_itself_is_the_same() -> None:
    same = compare(STUDIO, STUDIO, "next_day")
    assert same.is_same
    assert repr(same).endswith("the same comes of both")


def test_a_long_lived_flow_differs_in_how_chats_end() -> None:
    compared = compare(TASK, LONG_LIVED, "next_day")
    assert compared.outcomes == [
        ("chats", "2", "1"),
        ("channel at the end", "INACTIVE", "ACTIVE"),
    ]
    only_a = [pair.a.what for pair in compared.differences if pair.a and pair.mark == "a"]
    assert "Chat with Jane is INACTIVE" in only_a
    assert "opens Chat with Jane" in only_a
    steps = [pair for pair in compared.pairs if pair.row.kind == "step"]
    assert {pair.mark for pair in steps} == {""}
    assert len(steps) == len(SCRIPTS["next_day"].steps)


def test_the_table_has_both_timelines_side_by_side() -> None:
    compared = compare(TASK, LONG_LIVED, "next_day")
    table = compared.table()
    assert [*table.columns][:3] == ["mark", "seconds", "kind"]
    assert [*table.columns][3:] == ["who_a", "what_a", "detail_a", "who_b", "what_b", "detail_b"]
    assert len(table[table["mark"] != "b"]) == len(compared.a.shown())
    assert len(table[table["mark"] != "a"]) == len(compared.b.shown())
    assert (table[table["mark"] == "a"].what_b == "").all()


def test_its_text_shows_steps_and_differences_and_what_comes_of_them() -> None:
    lines = repr(compare(TASK, LONG_LIVED, "answered")).splitlines()
    assert lines[0] == (
        "First message to accepted and completed: a = By task (task), b = Long-lived (task)"
    )
    assert " a   2 min 20 s  event: Flex: Chat with Jane is INACTIVE (to customer)" in lines
    assert lines[-1] == "channel at the end: a: INACTIVE | b: ACTIVE"


@pytest.mark.long
def test_every_shipped_script_is_compared_where_none_is_named() -> None:
    every = compare(TASK, EXTERNAL)
    assert [one.script for one in every] == [*SCRIPTS.values()]
    assert every["An offer runs out"] is every["timed_out"] is every[3]
    with pytest.raises(KeyError, match="no script 'Encore' was compared; there are 'First"):
        every["Encore"]
    table = every.table()
    answered = table[(table.script == "Nobody is there") & (table.outcome == "answered by")]
    assert answered[["a", "b"]].values.tolist() == [["agent alice", "nobody"]]
    assert "Nobody is there: answered by: a: agent alice | b: nobody" in repr(every)
    assert "<td" in every._repr_html_()


@pytest.mark.long
@pytest.mark.parametrize("flow", CONFIGS.values(), ids=CONFIGS)
def test_scripts_that_are_compared_one_after_another_know_nothing_of_one_another(
    flow: FlexFlowConfig,
) -> None:
    every = compare(flow, flow)
    assert len(every) > 1
    for one in every:
        alone = rehearse(flow, one.script)
        assert one.a.rows == one.b.rows == alone.rows
        assert (one.a.outcome, one.a.entries) == (alone.outcome, alone.entries)


def test_scripts_that_show_no_difference_say_so() -> None:
    every = compare(TASK, TASK)
    assert set(every.table().outcome) == {"(the same)"}
    assert set(every.table()["lines"]) == {0}


def test_rehearsing_and_comparing_every_shipped_script_takes_under_a_second() -> None:
    compare(TASK, STUDIO, "answered")  # what is loaded once
    assert any(seconds_of_work(lambda: compare(TASK, STUDIO)) < 1.0 for _ in range(3))
