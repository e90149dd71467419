"""Calls of operations through the SDK, as data: valid ones, and the refused ones near them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from .account import Credentials, Exchange, PreparedAccount

Method = str | Callable[[PreparedAccount], Callable[..., Any]]
Caller = Callable[[PreparedAccount], Credentials]
Step = Callable[[PreparedAccount], Any]


@dataclass(frozen=True)
class Call:
    """One call of an operation.

    Args:
        method: The SDK's method: a path from the account (`channel.messages.create`), which names
            the resource it stands on, or a function of the account.
        given: Parameters by the names in Twilio's document. A value may be a function of the
            account; None leaves the parameter out.
        by: Credentials, as a function of the account; by default the account's own.
        after: Functions of the account called first.
    """

    method: Method
    given: Mapping[str, Any] = field(default_factory=dict)
    by: Caller | None = field(default=None, kw_only=True)
    after: tuple[Step, ...] = field(default=(), kw_only=True)

    def values(self, account: PreparedAccount) -> dict[str, Any]:
        """Parameters, those that depend on the account looked up."""
        found = {
            name: given(account) if callable(given) else given for name, given in self.given.items()
        }
        return {name: value for name, value in found.items() if value is not None}

    def prepare(
        self, account: PreparedAccount, headers: Mapping[str, str] | None = None
    ) -> Callable[[], Any]:
        """Do what comes first, and look up everything that the call needs.

        Returns:
            The call itself.
        """
        for step in self.after:
            step(account)
        find = attrgetter(self.method) if isinstance(self.method, str) else self.method
        given = {**self.values(account), **(headers or {})}
        method, arguments = find(account), {sdk_name(name): value for name, value in given.items()}
        auth = self.by and self.by(account)

        def call() -> None:
            with account.acting(auth):
                method(**arguments)

        return call

    def __call__(
        self, account: PreparedAccount, headers: Mapping[str, str] | None = None
    ) -> list[Exchange]:
        """Make the call.

        Returns:
            Requests and answers that went over the wire.
        """
        call, exchanges = self.prepare(account, headers), account.recorder.exchanges
        before = len(exchanges)
        call()
        return exchanges[before:]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Difference between a valid call and a refused one; see `Call`."""

    given: Mapping[str, Any] = field(default_factory=dict)
    method: Method | None = None
    by: Caller | None = None
    after: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Example(Call):
    """One valid call of an operation.

    Args:
        seen: Parameters not shown under their own names: path in the answer, or function of the
            account and the answer, where the value is found.
        refused: Codes of refusals: the parameters that differ, or whatever else does.
        computed: Parameters of a list that its items are computed from, besides those that choose.
    """

    seen: Mapping[str, str | Callable[..., Any]] = field(default_factory=dict, kw_only=True)
    refused: Mapping[int, Mapping[str, Any] | Refusal] = field(default_factory=dict, kw_only=True)
    computed: frozenset[str] = field(default=frozenset(), kw_only=True)

    def giving(self, given: Mapping[str, Any]) -> Call:
        """The same call with other parameters."""
        return Call(self.method, given, after=self.after)

    def refusals(self) -> Iterator[tuple[int, Call]]:
        """Codes, each with a call that is refused with it."""
        for code, change in self.refused.items():
            other = change if isinstance(change, Refusal) else Refusal(given=change)
            given, method = {**self.given, **other.given}, other.method or self.method
            yield code, Call(method, given, by=other.by, after=other.after)


@dataclass(frozen=True)
class Api:
    """Table of one API.

    Args:
        name: The API and its version, as in the file name of Twilio's document.
        host: Where it is reached.
        prepare: Adds to an account the resources that the examples stand on.
        examples: Calls by operationId; those of an operation give every declared parameter.
        size: Number of operations in Twilio's document that are simulated; None where Twilio has
            no document.
        paths: Their paths, as a regular expression.
        not_simulated: Declared parameters that are refused as not simulated, by operationId.
    """

    name: str
    host: str
    prepare: Step
    examples: Mapping[str, tuple[Example, ...]]
    size: int | None
    paths: str = ".*"
    not_simulated: Mapping[str, frozenset[str]] = field(default_factory=dict)


def from_now(seconds: int) -> Callable[[PreparedAccount], datetime]:
    return lambda account: datetime.fromtimestamp(account.now + seconds, UTC)


def operation_of(operations: Iterable[Any], method: str, path: str) -> Any:
    """Operation that a request is one of, by its method and path; None where there is none."""
    found = [
        operation
        for operation in operations
        if operation.method == method
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path)
    ]
    return min(found, key=lambda each: each.path.count("{"), default=None)


def parameters(examples: tuple[Example, ...]) -> dict[str, Example]:
    """Each parameter that the calls give, with the first call that gives it."""
    return {name: example for example in reversed(examples) for name in example.given}


def words(name: str) -> list[str]:
    """`Integration.FlowSid` -> `integration`, `flow_sid`."""
    return [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", part).lower() for part in name.split(".")]


def sdk_name(name: str) -> str:
    """The SDK's name of a declared parameter."""
    made = "_".join(words(name.replace("-", "_")))
    return "from_" if made == "from" else made
