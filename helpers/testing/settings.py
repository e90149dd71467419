"""Settings of a test's account, as a marker or a command line gives them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Self

from ..mock import CODES, DEFAULT_SEED, CallPolicy, Credentials, MockTwilio, Moment

FaultGiven = int | Mapping[str, Any]


class BadSetting(ValueError):
    """A setting that does not exist; the text names those that do."""


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """An account as a test finds it.

    Attributes:
        seed: Seed of its SIDs.
        time: Moment at which its clock stands still, e.g. `2026-06-01T09:00:00Z`; by default the
            clock runs.
        scenario: Name of the history it has, e.g. `busy afternoon`.
        faults: By the pattern of calls that `Faults.add` takes: the HTTP status or Twilio's code
            of the next call's refusal, a mapping of the settings of a fault, or a list of these.
    """

    seed: int = DEFAULT_SEED
    time: Moment | None = None
    scenario: str | None = None
    faults: Mapping[str, FaultGiven | Sequence[FaultGiven]] = field(default_factory=dict)

    @classmethod
    def merged(cls, given: Iterable[tuple[Sequence[Any], Mapping[str, Any]]]) -> Self:
        """Return the settings of several markers' arguments, of which later ones go before.

        Raises:
            BadSetting: One has no name, or none that there is.
        """
        known = [each.name for each in fields(cls)]
        settings: dict[str, Any] = {}
        for unnamed, named in given:
            if unnamed:
                raise BadSetting(f"{unnamed[0]!r} has no name; there is {', '.join(known)}")
            for name in named.keys() - {*known}:
                near = difflib.get_close_matches(name, known, n=1) or [", ".join(known)]
                raise BadSetting(f"an account has no setting {name!r}; there is {near[0]}")
            settings |= named
        return cls(**settings)

    @contextmanager
    def opened(self) -> Iterator[MockTwilio]:
        """Open a new account that is so, with the demo credentials; leaving the block closes it.

        Its webhooks and flows call this machine only.

        Raises:
            BadFault, UnknownScenario, ValueError: A value is not acceptable.
        """
        with _new(self.seed, self.time, os.getpid()).copy() as mock:
            if self.scenario is not None:
                mock.load(self.scenario, self.time)
            for pattern, given in self.faults.items():
                for each in given if isinstance(given, Sequence) else (given,):
                    mock.faults.add_from_json({"pattern": pattern, **_fault(each)})
            yield mock


@lru_cache(maxsize=16)
def _new(seed: int, at: Moment | None, _process: int) -> MockTwilio:
    """Return a new account of this process; each test gets a copy, which takes less time."""
    policy = CallPolicy(this_machine_only=True)
    return MockTwilio(seed=seed, at=at, credentials=Credentials.demo({}), call_policy=policy)


def _fault(given: FaultGiven) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    return {"code": given} if given in CODES else {"status": given}
