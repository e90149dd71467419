"""Interactions of an account that a file keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contact_center import BOTH, JANE, Contact
from filed import killed, opened, untold


def test_an_interaction_is_found_as_it_was_left(tmp_path: Path) -> None:
    with opened(tmp_path / "account.db") as account:
        contact = Contact(account)
        contact.serve()
        left = contact.state
    with opened(tmp_path / "account.db") as account:
        assert contact.on(account).state == left
        assert contact.types == ["customer", "agent"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda contact: None, (["assigned"], "active", "active", BOTH)),
        (
            lambda contact: contact.agent().update(status="closed"),
            (["completed"], "active", "active", JANE),
        ),
    ],
)
def test_what_was_acknowledged_is_the_same_when_the_process_is_killed(
    tmp_path: Path, act: Any, expected: Any
) -> None:
    with opened(tmp_path / "account.db") as account:
        contact = Contact(account)
        contact.serve()
        act(contact)
        left = killed(tmp_path / "account.db")
    for _ in range(2):
        with opened(left) as account:
            assert contact.on(account).state == expected


def accept_untold(contact: Contact) -> None:
    worker = contact.office.worker("alice")
    [offer] = worker.reservations.list()
    worker.reservations(offer.sid).update(reservation_status="accepted")


def write_untold(contact: Contact) -> None:
    contact.conversation.messages.create(author="jane", body="One more thing")


def cancel_untold(contact: Contact) -> None:
    sid = contact.workspace.tasks.list()[0].sid
    contact.workspace.tasks(sid).update(assignment_status="canceled")


@pytest.mark.parametrize(
    ("before", "act", "expected"),
    [
        ([], Contact.ask, (["reserved"], "active", "active", JANE)),
        ([Contact.ask], accept_untold, (["assigned"], "active", "active", BOTH)),
        ([Contact.ask], cancel_untold, (["canceled"], "closed", "active", JANE)),
        (
            [Contact.serve, Contact.leave],
            write_untold,
            (["completed", "reserved"], "active", "active", JANE),
        ),
    ],
)
def test_what_follows_is_caught_up_with_after_the_process_was_killed(
    tmp_path: Path, before: Any, act: Any, expected: Any
) -> None:
    with opened(tmp_path / "account.db") as account:
        contact = Contact(account)
        contact.office.go("alice")
        for step in before:
            step(contact)
        with untold(account):
            act(contact)
            left = killed(tmp_path / "account.db")
    for _ in range(2):
        with opened(left) as account:
            assert contact.on(account).state == expected
