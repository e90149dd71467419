"""Sequence diagrams: their content, and that Mermaid can read whatever people write."""

from __future__ import annotations

import re
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from support import shared_account_that_is_gone

from helpers import Account, connect
from helpers.diagrams import LONGEST, STEPS, NoStory, SequenceDiagram, sequence
from helpers.mock import JournalEntry


def diagram_with(text: str) -> SequenceDiagram:
    """A diagram of one message."""
    return SequenceDiagram((JournalEntry("", "customer", "Flex", text),))


def drawn(text: str) -> str:
    """A message as Mermaid reads it."""
    return diagram_with(text).mermaid.splitlines()[-1].removeprefix("    Customer->>Flex: ")


def test_a_diagram_has_the_lanes_that_occur_in_their_order(account: Account, channel: Any) -> None:
    channel.members.create(identity="jane")
    channel.messages.create(body="hello", from_="jane")
    diagram = sequence(account)
    assert diagram.mermaid == (
        "sequenceDiagram\n"
        "    accTitle: Sequence diagram\n"
        "    accDescr: 3 steps between customer, Flex and your server, from top to bottom\n"
        "    participant Customer as customer\n"
        "    participant Flex as Flex\n"
        "    participant Server as your server\n"
        "    Server->>Flex: opens Support\n"
        "    Server->>Flex: adds jane\n"
        "    Customer->>Flex: hello"
    )
    assert repr(diagram) == (
        "your server -> Flex: opens Support\n"
        "your server -> Flex: adds jane\n"
        "customer -> Flex: hello"
    )


def test_a_notebook_gets_the_diagram_in_a_form_for_every_reader(
    account: Account, channel: Any
) -> None:
    channel.messages.create(body="<b>", from_="jane")
    diagram = sequence(account)
    shown = diagram._repr_mimebundle_()
    assert shown == {
        "text/vnd.mermaid": diagram.mermaid,  # JupyterLab takes the first that it knows
        "image/svg+xml": diagram.svg,
        "text/plain": repr(diagram),
    }


def test_the_svg_tells_the_steps_to_those_who_do_not_see_it(account: Account, channel: Any) -> None:
    channel.members.create(identity="jane")
    channel.messages.create(body="<b> & co", from_="jane")
    drawn = ElementTree.fromstring(sequence(account).svg)
    texts = {each.tag.rpartition("}")[2]: each.text for each in drawn}
    assert drawn.get("role") == "img"
    assert texts["title"] == "Sequence diagram"
    assert str(texts["desc"]).endswith(
        "\nyour server -> Flex: adds jane\ncustomer -> Flex: <b> & co"
    )


SAID = "one two three four five six seven eight nine"


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (JournalEntry("", "customer", "Flex", "hello"),),
        (JournalEntry("", "Studio", "Studio", SAID),),
        (JournalEntry("", "customer", "your server", SAID), JournalEntry("", "agent", "Flex", "")),
        (JournalEntry("", "TaskRouter", "agent", "早上好" * 9),),
    ],
)
def test_no_text_of_the_svg_is_outside_its_paper_or_over_another(steps: Any) -> None:
    drawn = ElementTree.fromstring(SequenceDiagram(steps, 3, {0: "a day later"}).svg)
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])
    boxes = []
    for each in drawn.iter("{http://www.w3.org/2000/svg}text"):
        x, y, room = float(each.attrib["x"]), float(each.attrib["y"]), 5.5 * len(each.text or "")
        left = x if each.attrib["text-anchor"] == "start" else x - room / 2
        assert 0 <= left <= left + room <= width
        assert 0 < y - 12 < y < height
        boxes.append((left, left + room, y))
    for number, (left, right, y) in enumerate(boxes):
        for other_left, other_right, other_y in boxes[:number]:
            assert abs(y - other_y) >= 14 or right <= other_left or other_right <= left


def test_the_svg_has_the_same_bytes_everywhere() -> None:
    drawn = diagram_with("hello").svg.encode()
    assert sha256(drawn).hexdigest()[:16] == "f445391a699da508"


def test_a_diagram_can_begin_at_a_position_of_the_journal(account: Account, channel: Any) -> None:
    assert account.mock is not None
    channel.members.create(identity="jane")
    since = account.mock.journal.position
    channel.messages.create(body="hello", from_="jane")
    assert repr(sequence(account, since)) == "customer -> Flex: hello"


def test_two_accounts_where_the_same_happened_draw_the_same() -> None:
    pictures = []
    for _ in range(2):
        account = connect()
        service = account.client.chat.v2.services(account.credentials.chat_service_sid)
        service.channels.create(friendly_name="Support")
        pictures.append(sequence(account)._repr_mimebundle_())
    assert pictures[0] == pictures[1]


def test_a_diagram_of_nothing_says_so(account: Account) -> None:
    diagram = sequence(account)
    assert repr(diagram) == "(nothing has happened yet)"
    assert diagram.mermaid.endswith("Note over Flex: nothing has happened yet")


def test_of_a_long_story_the_latest_steps_are_drawn(account: Account, channel: Any) -> None:
    for number in range(STEPS + 7):
        channel.messages.create(body=f"message {number}")
    diagram = sequence(account)
    assert (len(diagram.steps), diagram.left_out) == (STEPS, 8)
    assert repr(diagram).startswith("(8 earlier steps are left out)\n")
    assert "Note over Flex: 8 earlier steps are left out\n" in diagram.mermaid


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hello there", "hello there"),
        ("a; b", "a#59; b"),
        ("#1", "#35;1"),
        ('say "hi"', "say #34;hi#34;"),
        ("<b>", "#60;b#62;"),
        ("one\ntwo\r\n\tthree", "one two three"),
        ("the end", "the #101;nd"),
        ("END of friend", "#69;ND of friend"),
        ("%%{init}%%", "#37;#37;#123;init#125;#37;#37;"),
        ("```", "#96;#96;#96;"),
        (" \n ", "#160;"),
        ("wrap: a:b", "wrap#58; a#58;b"),
    ],
)
def test_what_means_something_to_mermaid_is_written_as_its_code(text: str, shown: str) -> None:
    assert drawn(text) == shown


def test_a_long_message_is_cut_before_it_is_escaped() -> None:
    assert drawn("x" * LONGEST) == "x" * LONGEST
    assert drawn("x" * 41) == "x" * 37 + "..."
    assert drawn("<" * 5000) == "#60;" * 37 + "..."


def test_the_longest_diagram_is_one_that_mermaid_still_takes() -> None:
    step = JournalEntry("", "customer", "your server", "{" * LONGEST)
    assert len(SequenceDiagram((step,) * STEPS).mermaid) < 50_000


def test_no_line_of_a_message_is_left_to_mermaid_as_code() -> None:
    everything = "".join(map(chr, range(0x2030)))
    for start in range(0, len(everything), 30):
        line = drawn(everything[start : start + 30])
        plain = re.sub(r"#\d+;", "", line)
        assert not re.search(r"[#;:\"'`<>&%{}$\\\n]", plain)


def test_an_account_in_another_process_has_no_story_here() -> None:
    with pytest.raises(NoStory, match="only a mock account in this kernel"):
        sequence(shared_account_that_is_gone())


def test_a_mock_that_is_held_here_and_lives_elsewhere_has_no_story_here_either() -> None:
    shared = shared_account_that_is_gone()
    shared.mock = SimpleNamespace(clock=shared.clock)
    with pytest.raises(NoStory):
        sequence(shared)
