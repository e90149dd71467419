"""One day to simulate, complete and picklable, so that any process on any machine can do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
"""When every simulated day begins: a Monday, 00:00."""

Servers = Mapping[str, Callable[[Account], Callable[[WebhookRequest], Any]]]
"""For a URL, what makes its receiver; it is given the throw-away account to act on."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The account that a day happens in a copy of; it carries no secret.

    Attributes:
        account_sid: AC...
        service_sid: IS..., its chat service.
        snapshot: All it holds.
    """

    account_sid: str
    service_sid: str
    snapshot: Snapshot = field(repr=False)

    def copy(self) -> MockTwilio:
        """A mock of its own that holds the same."""
        credentials = replace(
            Credentials.demo(), account_sid=self.account_sid, chat_service_sid=self.service_sid
        )
        mock = MockTwilio(credentials=credentials)
        mock.clock.freeze(MIDNIGHT)
        mock.restore(self.snapshot)
        return mock


@dataclass(frozen=True, slots=True)
class Case:
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


class Origins:
    """Turns flows into what cases need, looking at the account once.

    Args:
        account: Where flows are to live; None for a new mock account.

    Raises:
        FlowProblem: From `arguments_of`: a flow names what the account does not have.
    """

    def __init__(self, account: Account | None) -> None:
        self.origin: Origin | None = None
        self._asked, self._renamed = account, dict[str, str]()
        if account is None:
            mock = MockTwilio()
        else:
            mock, self._renamed = copy_of(account)
            snapshot = mock.take_snapshot()
            own = mock.credentials
            self.origin = Origin(own.account_sid, own.chat_service_sid, snapshot)
        if account is None or account.mock is not None:
            self._asked = Account("mock", mock.credentials, mock.http_client, mock)

    def arguments_of(self, flow: FlexFlowConfig) -> dict[str, Any]:
        """A flow as arguments of `flex_flow.create` in the copy."""
        assert self._asked is not None  # noqa: S101 - an account was given or made
        given = arguments_for(self._asked, flow)
        return {name: self._renamed.get(value, value) for name, value in given.items()}
