"""A workshop's seats: an account, a file and a URL each, and a page that shows how far they are."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from served import Command

from helpers import connect
from helpers.mock import MockTwilio
from helpers.mock.server.seats import Seat, progress_html, seats


@contextmanager
def workshop(folder: Path | None = None, number: int = 2) -> Iterator[list[Seat]]:
    account = partial(MockTwilio, seed=1)
    with seats(
        number, lambda file: account(db=file), folder=folder, host="127.0.0.1", first_port=0
    ) as served:
        yield served


def send(url: str, count: int) -> None:
    account = connect(url)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels.create(friendly_name="Support")
    for _ in range(count):
        service.channels(channel.sid).messages.create(from_="jane", body="Hello?")


def messages(page: str) -> list[str]:
    """Return the cell of messages of each seat."""
    rows = page.split("<tbody>")[1].split("<tr>")[1:]
    return [re.findall(r"<td.*?>([^<]*)", row)[2] for row in rows]


def test_what_is_done_at_one_seat_is_seen_on_the_page_and_at_no_other_seat() -> None:
    with workshop() as served:
        assert messages(progress_html(served)) == ["0", "0"]
        send(served[1].server.url, 3)
        page = progress_html(served)
        assert messages(page) == ["0", "3"]
        assert f'<a href="{served[1].server.url}">Seat 2</a>' in page
        assert page.count("none yet") == 1


def test_seats_go_on_where_they_were_with_the_same_folder(tmp_path: Path) -> None:
    with workshop(tmp_path / "class") as served:
        send(served[0].server.url, 2)
    assert sorted(at.name for at in (tmp_path / "class").glob("*.db")) == [
        "seat-01.db",
        "seat-02.db",
    ]
    with workshop(tmp_path / "class") as served:
        assert messages(progress_html(served)) == ["2", "0"]


def test_a_seat_whose_last_change_was_long_ago_says_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with workshop(number=1) as served:
        send(served[0].server.url, 1)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 600)
        assert "10 min ago" in progress_html(served)


def test_the_command_prints_the_page_and_each_seats_url_and_file_and_ends_in_order(
    tmp_path: Path,
) -> None:
    command = Command("--seats", "2", "--db", str(tmp_path))
    assert command.process.stdout is not None
    lines = [command.process.stdout.readline() for _ in range(2)]
    assert "2 seats" in requests.get(command.url, timeout=30).text
    found = [re.fullmatch(r"seat  (\d)  (http://\S+)  (\S+)\n", line) for line in lines]
    assert [seat and (seat[1], Path(seat[3]).name) for seat in found] == [
        ("1", "seat-01.db"),
        ("2", "seat-02.db"),
    ]
    assert found[1] is not None
    assert connect(found[1][2]).client.studio.v2.flows.list()
    assert command.end() == (0, "")
