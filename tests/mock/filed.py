"""Accounts that a file keeps, and files as a killed process leaves them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hooks import HOOK, PATIENCE

from helpers import Account, MockTwilio

TOLD = {"x_twilio_webhook_enabled": "true"}
"""Has a REST request fire webhooks."""


@contextmanager
def opened(file: Path | None, **more: Any) -> Iterator[Account]:
    """The account of a file, closed on leaving."""
    with MockTwilio(db=file, **more) as mock:
        yield account_of(mock)


def account_of(mock: MockTwilio) -> Account:
    return Account("mock", mock.credentials, mock.http_client, mock)


def mock_of(account: Account) -> MockTwilio:
    assert account.mock is not None
    return account.mock


def service_of(account: Account) -> Any:
    """Its chat service, as the SDK names it."""
    return account.client.chat.v2.services(account.credentials.chat_service_sid)


def channel_of(account: Account, name: str = "support") -> Any:
    """A channel of this name, made if there is none."""
    service = service_of(account)
    if name not in [channel.unique_name for channel in service.channels.list()]:
        service.channels.create(unique_name=name)
    return service.channels(name)


def killed(file: Path) -> Path:
    """The file, and what is beside it, as they are found when its process is killed now."""
    left = file.parent / "killed" / file.name
    left.parent.mkdir()
    for each in file.parent.glob(f"{file.name}*"):
        (left.parent / each.name).write_bytes(each.read_bytes())
    return left


def tell(account: Account, **more: Any) -> None:
    """Have the account's webhooks told of messages."""
    service_of(account).update(post_webhook_url=HOOK, webhook_filters=["onMessageSent"], **more)


@contextmanager
def untold(account: Account) -> Iterator[None]:
    """What happens in here is acknowledged, and told to nobody before the end."""
    entered, leave = threading.Event(), threading.Event()

    def dawdle(event: Any) -> None:
        entered.set()
        leave.wait(PATIENCE)

    stop = mock_of(account).follow(dawdle)
    teller = threading.Thread(target=channel_of, args=(account, "held up"))
    teller.start()
    assert entered.wait(PATIENCE)
    yield
    leave.set()
    teller.join()
    stop()
