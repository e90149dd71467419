"""One day to simulate, complete and picklable, so that any process on any machine can do it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ...account import Account
from ...mock import Credentials, MockTwilio, Snapshot, WebhookRequest
from ..config import FlexFlowConfig
from ..directory import arguments_for
from ..rehearsal.copying import copy_of
from .demand import Demand
from .staffing import Staffing

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
"""When a day in a new account begins: on a Monday."""
DAY = 86_400

Servers = Mapping[str, Callable[[Account], Callable[[WebhookRequest], Any]]]
"""For a URL, what makes its receiver; it is given the throw-away account to act on."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The account that a day happens in a copy of; it carries no secret.

    Attributes:
        account_sid: AC...
        service_sid: IS..., its chat service.
        taken: When it was looked at (epoch seconds).
        begins: When the day begins (epoch seconds): midnight after whatever happened before.
        snapshot: All it holds.
    """

    account_sid: str
    service_sid: str
    taken: float
    begins: float
    snapshot: Snapshot = field(repr=False)

    @classmethod
    def of(cls, mock: MockTwilio) -> Origin:
        """What a mock holds now."""
        own, taken = mock.credentials, mock.clock.now()
        begins = math.ceil(taken / DAY) * DAY
        return cls(own.account_sid, own.chat_service_sid, taken, begins, mock.take_snapshot())

    def copy(self) -> MockTwilio:
        """A mock of its own that holds the same."""
        credentials = replace(
            Credentials.demo(), account_sid=self.account_sid, chat_service_sid=self.service_sid
        )
        mock = MockTwilio(credentials=credentials)
        mock.webhooks.register_fallback(lambda _: None)
        mock.clock.freeze(self.taken)
        mock.restore(self.snapshot)
        mock.clock.freeze(self.begins)  # what falls due on the way happens here, not meanwhile
        mock.webhooks.settle()
        mock.studio.settle()
        return mock


@dataclass(frozen=True, slots=True)
class Job:
    """A config, who comes, who works, and a seed.

    Attributes:
        flow: The config.
        arguments: The same as arguments of `flex_flow.create`, names resolved to SIDs.
        demand: Who comes.
        staffing: Who works.
        seed: The same seed and the rest the same: the same figures.
        origin: The account, as it was; None for a new one.
        servers: What answers URLs in the throw-away account; the others get an empty 200.
        overtime: Hours after the day's end at which those who still wait are sent home.
    """

    flow: FlexFlowConfig
    arguments: Mapping[str, Any] = field(repr=False)
    demand: Demand
    staffing: Staffing
    seed: int
    origin: Origin | None = None
    servers: Servers = field(default_factory=dict, repr=False)
    overtime: float = 4.0


def origin_of(
    account: Account | None, flows: Sequence[FlexFlowConfig]
) -> tuple[Origin | None, list[dict[str, Any]]]:
    """What cases need of an account, which is only read, and the flows' arguments there.

    Args:
        account: Where the flows are to live; None for a new mock account.
        flows: The configs.

    Raises:
        FlowProblem: A flow names what the account does not have, or the mock cannot run it.
    """
    if account is None or isinstance(account.mock, MockTwilio):
        mock, _ = copy_of(account)
        copied = Account("mock", mock.credentials, mock.http_client, mock)
        arguments = [arguments_for(copied, flow) for flow in flows]
    else:
        given = [arguments_for(account, flow) for flow in flows]
        mock, renamed = copy_of(account, [each.get("integration_flow_sid") for each in given])
        arguments = [
            {name: renamed.get(value, value) for name, value in each.items()} for each in given
        ]
    return (None if account is None else Origin.of(mock)), arguments
