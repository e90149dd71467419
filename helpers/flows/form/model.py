"""The form without any widget: values in, and out what is wrong with them and what they do.

What is entered is validated at once. Checks and the rehearsal wait until nobody has typed for a
moment, run on a thread of their own, and are thrown away if somebody has typed meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...account import Account
from ...mock import MockTwilio
from ...panel.announcer import Announcer
from ..checks import Report, check
from ..config import FlexFlowConfig, masked
from ..errors import REFUSALS, FlowProblem, Problem, refusal_text
from ..file import FlowFile
from ..rehearsal import Rehearsal, Script, rehearse
from .entries import EMPTY, UNSEEN, entered

DELAY = 0.4
"""Seconds without typing after which the flow is checked and rehearsed."""
Cancel = Callable[[], None]
Later = Callable[[float, Callable[[], None]], Cancel]
"""Runs something after so many seconds, unless it is cancelled."""


@dataclass(frozen=True)
class FormState:
    """What there is to see.

    Attributes:
        values: What is entered, by field.
        script: The situation that is rehearsed: a shipped one's name, or a script.
        flow: The config, if what is entered makes one.
        problems: What is wrong with what is entered, by field.
        report: What the checks found; None until they have run.
        rehearsal: What came of the script; None until it has been played.
        failure: Why there is no rehearsal, if there cannot be one.
        is_pending: Whether checks and rehearsal are of an earlier flow.
    """

    values: Mapping[str, Any]
    script: str | Script
    flow: FlexFlowConfig | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    report: Report | None = None
    rehearsal: Rehearsal | None = None
    failure: str = ""
    is_pending: bool = False

    @property
    def text(self) -> str:
        """The flow as a file would say it; blank while there is none."""
        return FlowFile((self.flow,)).text if self.flow else ""


def on_a_timer(seconds: float, act: Callable[[], None]) -> Cancel:
    """Act later on a thread that does not keep the process alive."""
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer.cancel


class FlowFormModel:
    """One flow that is being edited, and what would come of it.

    Args:
        flow: What to begin with; an empty custom flow by default.
        account: Where it is to live; a new mock account by default. It is only read.
        script: The situation to rehearse.
        later: How to wait; a timer's thread by default.
    """

    def __init__(
        self,
        flow: FlexFlowConfig | None = None,
        account: Account | None = None,
        *,
        script: str | Script = "answered",
        later: Later = on_a_timer,
    ) -> None:
        self.account = account or _new_account()
        self._later = later
        self._lock = threading.RLock()
        self._at_work = threading.Lock()
        self._announcer: Announcer[FormState] = Announcer(self._observer_failed)
        self._cancel: Cancel = _nothing
        self._round = 0
        values = EMPTY | (_values(flow) if flow else {})
        self._state = FormState(values, script)
        self._look()

    @property
    def state(self) -> FormState:
        """What there is to see; an immutable value."""
        return self._state

    @property
    def file(self) -> FlowFile:
        """The flow as a file to check, plan or write.

        Raises:
            FlowProblem: What is entered makes no flow.
        """
        flow = self._state.flow
        if flow is None:
            problems = self._state.problems.items()
            raise FlowProblem(*(Problem("<form>", name, fix) for name, fix in problems))
        return FlowFile((flow,), "<form>")

    def set(self, name: str, value: Any) -> None:
        """Enter a value; a blank means nothing is entered.

        Raises:
            KeyError: There is no such field.
        """
        if name not in EMPTY:
            raise KeyError(f"{name!r} is no field of the form; there are {', '.join(EMPTY)}")
        value = None if value == "" else value
        with self._lock:
            if self._state.values[name] == value:
                return
            self._state = replace(self._state, values={**self._state.values, name: value})
        self._look()

    def play(self, script: str | Script) -> None:
        """Rehearse another situation."""
        with self._lock:
            self._state = replace(self._state, script=script)
        self._look()

    def observe(self, observer: Callable[[FormState], None]) -> Cancel:
        """Tell `observer` of every new state; call what this returns to stop that."""
        return self._announcer.observe(observer)

    def announce(self) -> None:
        """Tell observers of the state as it is, after what they are being told of already."""
        with self._lock:
            self._announcer.queue(self._state)
        self._announcer.flush()

    def close(self) -> None:
        """Check and rehearse no more, and tell nobody."""
        with self._lock:
            self._cancel()
            self._round += 1
        self._announcer.close()

    def _look(self) -> None:
        """Validate now, and have the rest done when nobody types any more."""
        with self._lock:
            flow, problems = entered(self._state.values)
            self._cancel()
            self._cancel = _nothing
            self._round += 1
            mine = self._round
            self._state = replace(
                self._state, flow=flow, problems=problems, is_pending=flow is not None
            )
            script = self._state.script
            self._announcer.queue(self._state)
        self._announcer.flush()
        if flow is not None:
            self._schedule(mine, lambda: self._assess(mine, flow, script))

    def _schedule(self, mine: int, act: Callable[[], None]) -> None:
        cancel = self._later(DELAY, act)
        with self._lock:
            if mine == self._round:
                self._cancel = cancel
                return
        cancel()

    def _assess(self, mine: int, flow: FlexFlowConfig, script: str | Script) -> None:
        with self._at_work:  # where that takes long, one is at work and only the latest waits
            if mine != self._round:
                return
            found = _assessed(flow, script, self.account)
        with self._lock:
            if mine != self._round:
                return
            self._state = replace(self._state, is_pending=False, **found)
            self._announcer.queue(self._state)
        self._announcer.flush()

    def _observer_failed(self, _state: FormState, failure: Exception) -> None:
        with self._lock:
            self._state = replace(self._state, failure=_unexpected(failure))


def _values(flow: FlexFlowConfig) -> dict[str, Any]:
    return flow.fields() | {name: getattr(flow, name) for name in UNSEEN}


def _assessed(flow: FlexFlowConfig, script: str | Script, account: Account) -> dict[str, Any]:
    """Check and rehearse; what cannot be done is said in words."""
    found: dict[str, Any] = {"report": None, "rehearsal": None, "failure": ""}
    try:
        found["report"] = check(FlowFile((flow,), "<form>"), account)
        found["rehearsal"] = rehearse(flow, script, account=account)
    except FlowProblem as refused:
        found["failure"] = str(refused)
    except REFUSALS as error:
        found["failure"] = refusal_text(error)
    except Exception as error:  # a timer's thread would lose it
        found["failure"] = _unexpected(error)
    return found


def _unexpected(failure: Exception) -> str:
    return masked(f"The form failed: {type(failure).__name__}: {failure}")


def _new_account() -> Account:
    mock = MockTwilio()
    return Account("mock", mock.credentials, mock.http_client, mock)


def _nothing() -> None:
    """There is nothing to cancel."""
