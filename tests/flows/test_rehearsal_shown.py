"""A rehearsal as table, sequence, picture and page."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from rehearsing import EXTERNAL, STUDIO, TASK, changed

from helpers.flows import Rehearsal, compare, rehearse
from helpers.flows.rehearsal.outcome import styled
from helpers.flows.rehearsal.plotting import COLOURS, INK, PAPER, SPEAKERS, laid_out

NASTY = """<img src=x onerror="alert(1)"> & 'q' $x^2$ </td>"""


@pytest.fixture(scope="module")
def played() -> Rehearsal:
    return rehearse(TASK, "next_day")


def test_the_table_has_a_row_for_everything_that_happened(played: Rehearsal) -> None:
    table = played.table()
    assert [*table.columns] == ["at", "seconds", "kind", "who", "what", "detail"]
    assert set(table.kind) == {
        "step",
        "request",
        "event",
        "message",
        "task",
        "reservation",
        "state",
    }
    assert table.seconds.is_monotonic_increasing
    assert table["at"].iloc[-1] == "2026-01-06T09:00:00Z"
    assert len(table) == len(played.shown())


def test_requests_that_only_read_are_shown_on_request(played: Rehearsal) -> None:
    assert not played.table().what.str.startswith("GET").any()
    reads = played.table(reads=True)
    assert reads.what.str.startswith("GET").sum() == len(reads) - len(played.table()) > 0
    assert len(reads) == len(played.rows)


def test_each_request_comes_before_what_came_of_it(played: Rehearsal) -> None:
    rows = [f"{row.who}: {row.what}" for row in played.shown()]
    request_row = rows.index("your server: POST /v1/Channels")
    assert rows[request_row + 1 : request_row + 4] == [
        "your server: opens Chat with Jane",
        "Flex: adds customer-1",
        "Flex: task created for Jane",
    ]


def test_every_request_says_who_made_it_and_how_it_ended(played: Rehearsal) -> None:
    requests = [row for row in played.rows if row.kind == "request"]
    assert {row.who for row in requests} == {"your server", "customer", "agent", "agent alice"}
    assert {row.detail.split()[-1] for row in requests} == {"200", "201", "204"}
    refused = rehearse(TASK, ["customer opens", ("customer says", "x" * 40_000)])
    assert refused.shown()[-2].detail == "chat.twilio.com answers 400 (50505)"


def test_sids_are_numbered_so_that_two_rehearsals_compare(played: Rehearsal) -> None:
    assert {row.who for row in played.rows if "#" in row.who} == {"CH#1", "CH#2", "WT#1", "WT#2"}
    assert not any("CH" + "0" in row.what for row in played.rows)


def test_the_sequence_is_drawn_in_mermaid(played: Rehearsal) -> None:
    drawn = played.sequence().mermaid
    assert drawn.startswith("sequenceDiagram")
    assert "Customer->>Flex: Where is my order?" in drawn
    assert "Agent->>TaskRouter: alice accepts" in drawn
    assert len(played.sequence().steps) == len(played.entries)
    assert "Note over Customer,Server: 1 d later" in drawn
    assert "(1 d later)" in repr(played.sequence()).splitlines()


def test_its_text_shows_the_timeline_and_what_came_of_it(played: Rehearsal) -> None:
    lines = repr(played).splitlines()
    assert lines[0] == "The customer returns the next day: By task (task)"
    assert lines[1] == "         0 s  step        script: customer opens"
    assert "         1 d  message     customer: It has not arrived. (to Flex)" in lines
    assert lines[-10:] == [
        "answered by: agent alice",
        "answered after: 0 s",
        "agent after: 0 s",
        "tasks: completed, completed",
        "chats: 2",
        "channel at the end: INACTIVE",
        "unanswered: -",
        "reached nobody: -",
        "could not be done: -",
        "expectations not met: -",
    ]


class Tags(HTMLParser):
    """Return the text that a browser would show of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style", "scope"}

    def handle_data(self, data: str) -> None:
        self.text += data


HARMLESS = {"div", "b", "p", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize(
    "show",
    [
        Rehearsal._repr_html_,
        lambda it: compare(it.flow, it.flow, it.script)._repr_html_(),
        lambda it: it.outcome._repr_html_(),
    ],
)
def test_what_people_write_is_text_on_the_page_and_never_markup(
    show: Callable[[Rehearsal], str],
) -> None:
    flow = changed(EXTERNAL).model_copy(update={"friendly_name": NASTY})
    steps = ["customer opens", "webhook is down", ("customer says", NASTY), ("bot says", NASTY)]
    page = Tags(show(rehearse(flow, steps)))
    assert page.tags <= HARMLESS
    assert NASTY in page.text


def test_the_picture_is_a_figure_that_shows_itself(played: Rehearsal) -> None:
    from matplotlib.figure import Figure

    picture = played.plot()
    assert isinstance(picture, Figure)
    assert picture._repr_png_().startswith(b"\x89PNG")
    shown = picture._repr_mimebundle_()
    assert 'alt="Timeline of ' in shown["text/html"]
    assert "agent accepts" in shown["text/plain"] or "customer: " in shown["text/plain"]
    assert shown["text/html"].count(shown["image/png"]) == 1
    (axes,) = picture.axes
    lanes = [label.get_text() for label in axes.get_yticklabels()]
    assert lanes == ["agent", "customer", "task 2", "chat 2", "task 1", "chat 1"]
    times = [label.get_text() for label in axes.get_xticklabels()]
    assert times == ["0 s", "1 d"]


def test_the_picture_says_what_happened_in_order() -> None:
    layout = laid_out(rehearse(EXTERNAL, "server_down").rows)
    assert [(mark.lane, mark.text, mark.is_lost) for mark in layout.marks] == [
        ("customer", "Hello?", True),
        ("customer", "Does this work?", True),
        ("customer", "Is anybody there?", False),
        ("bot", "Sorry, we are back. I am getting somebody.", False),
        ("agent", "alice accepts", False),
        ("agent", "How can I help?", False),
    ]
    places = [mark.x for mark in layout.marks]
    assert places == sorted(set(places))
    assert [state for _, state in layout.bars["WT#1"]] == ["reserved", "assigned", "completed"]
    assert [seconds for _, seconds in layout.moments] == [0, 60, 120]
    assert layout.moments[0][0] == layout.marks[0].x == 1.0  # 0 is the left edge


def test_the_picture_has_a_bar_on_the_line_of_each_state_and_short_lines_of_text() -> None:
    said = "seventeen letters and a word that is cut off, since three lines are enough"
    rehearsal = rehearse(EXTERNAL, ["customer opens", ("customer says", said), "agent accepts"])
    (axes,) = rehearsal.plot().axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    places = dict(zip(axes.get_yticks(), labels, strict=True))
    bars = [bar for drawn in axes.containers for bar in drawn.patches]
    assert {bar.get_height() for bar in bars} == {0.32}
    middles = {round(bar.get_y() + 0.16, 6) for bar in bars}
    assert {places[min(places, key=lambda at: abs(at - y))] for y in middles} == {"chat 1"}
    [text] = [each.get_text() for each in axes.texts if "seventeen" in each.get_text()]
    assert text.splitlines() == ["seventeen letters", "and a word that", "is cut off,..."]


def test_the_first_three_columns_of_a_timeline_stay_on_one_line(played: Rehearsal) -> None:
    row = styled("color:red", *"abcde")
    assert ["nowrap" in each.style for each in row] == [True, True, True, False, False]


def test_pictures_draw_any_text_without_a_warning() -> None:
    steps = ["customer opens", ("customer says", f"{NASTY} 👋 你好 \x07 $"), "agent accepts"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rehearse(STUDIO, steps).plot()._repr_png_()


def test_a_rehearsal_without_messages_is_a_picture_too() -> None:
    assert rehearse(EXTERNAL, ["wait: 1s"]).plot()._repr_png_()


def test_text_in_pictures_stands_out_from_what_is_behind_it() -> None:
    for background in (PAPER, *COLOURS.values()):
        assert _contrast(INK, background) > 7
    for colour in SPEAKERS.values():
        assert _contrast(colour, PAPER) > 4.5


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
