"""The form without any widget: values in; problems, checks and a rehearsal out.

Values are validated at once. Checks and the rehearsal start after a pause in typing, on a thread of
their own, and are thrown away if a value has changed meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, get_args

from pydantic import ValidationError

from ...account import Account
from ...masking import mask as masked
from ...mock import MockTwilio, flex_flows
from ...panel.events import Announcer
from ..accounts.copying import account_of
from ..accounts.ways_in import must_be_config
from ..checks import Report, check
from ..errors import REFUSALS, FlowProblem, Problem, refusal_text
from ..file.config import FlexFlowConfig, settings_of
from ..file.flow_file import FlowFile
from ..file.remedies import fix_of, setting_of
from ..rehearsal import Rehearsal, Script, rehearse

EntryKind = Literal["text", "choice", "switch", "number"]


class FormEntry(NamedTuple):
    """One field of the form, named as in `FlexFlowConfig.fields`; `empty` is its value at first."""

    name: str
    label: str
    kind: EntryKind
    choices: tuple[str, ...] = ()
    empty: Any = None

    @property
    def setting(self) -> str | None:
        """The name of a handler's setting; None for a field of every flow."""
        return self.name.removeprefix("integration.") if "." in self.name else None

    def applies(self, integration_type: str) -> bool:
        """Return whether a flow with this handler has the field."""
        return self.setting is None or self.setting in settings_of(integration_type)


ENTRIES = (
    FormEntry("friendly_name", "Name", "text"),
    FormEntry("channel_type", "Channel type", "choice", get_args(flex_flows.ChannelType), "custom"),
    FormEntry("contact_identity", "Contact identity", "text"),
    FormEntry(
        "integration_type", "Handler", "choice", get_args(flex_flows.IntegrationType), "studio"
    ),
    FormEntry("integration.flow", "Studio flow", "text"),
    FormEntry("integration.url", "URL", "text"),
    FormEntry("integration.workspace", "Workspace", "text"),
    FormEntry("integration.workflow", "Workflow", "text"),
    FormEntry("integration.channel", "Task channel", "text"),
    FormEntry("integration.timeout", "Timeout, s", "number"),
    FormEntry("integration.priority", "Priority", "number"),
    FormEntry("integration.creation_on_message", "Task on first message", "switch"),
    FormEntry("integration.retry_count", "Retry count", "number"),
    FormEntry("long_lived", "Long-lived", "switch", empty=False),
    FormEntry("janitor_enabled", "Janitor", "switch", empty=False),
    FormEntry("enabled", "Enabled", "switch", empty=True),
)
EMPTY: dict[str, Any] = {entry.name: entry.empty for entry in ENTRIES} | {
    f"integration.{name}": value
    for defaults in flex_flows.DEFAULTS.values()
    for name, value in defaults.items()
    if not isinstance(value, str)
}
"""Values of an empty form."""
UNSEEN = ("chat_service", "formerly", "accept", "lifecycle")
"""Other fields of a file, which the form keeps as they are."""


def entered(values: Mapping[str, Any]) -> tuple[FlexFlowConfig | None, dict[str, str]]:
    """Make a config of the values, or problems by field; settings of other handlers are ignored."""
    kind = values["integration_type"]
    given = {entry: values[entry.name] for entry in ENTRIES if values[entry.name] is not None}
    own = {entry.name: value for entry, value in given.items() if entry.setting is None}
    settings = {
        entry.setting: value
        for entry, value in given.items()
        if entry.setting is not None and entry.applies(kind)
    }
    unseen = {name: values[name] for name in UNSEEN if values.get(name) is not None}
    try:
        return FlexFlowConfig.model_validate(own | unseen | {"integration": settings}), {}
    except ValidationError as refused:
        return None, {
            ".".join(map(str, (*error["loc"], *setting_of(error)))): fix_of(error)
            for error in refused.errors()
        }


DELAY = 0.4
"""Seconds without typing after which the flow is checked and rehearsed."""
Cancel = Callable[[], None]
Later = Callable[[float, Callable[[], None]], Cancel]
"""Calls a function after some seconds, unless it is cancelled."""


@dataclass(frozen=True)
class FormState:
    """State of the form.

    Report and rehearsal are None until they have run, and are of an earlier flow while the state
    `is_pending`; `failure` says why there is no rehearsal.
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
        """The flow as YAML; blank while there is none."""
        return FlowFile((self.flow,)).text if self.flow else ""


def on_a_timer(seconds: float, act: Callable[[], None]) -> Cancel:
    """Call a function later, on a thread that does not keep the process alive."""
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    return timer.cancel


class FlowFormModel:
    """A flow that is being edited, with its checks and its rehearsal; an empty one by default.

    The account, by default a new mock account, is only read. `later` calls a function later; by
    default on a timer's thread.
    """

    def __init__(
        self,
        flow: FlexFlowConfig | None = None,
        account: Account | None = None,
        *,
        script: str | Script = "answered",
        later: Later = on_a_timer,
    ) -> None:
        self.account = account or account_of(MockTwilio())
        self._later = later
        self._at_work = threading.Lock()
        self._announcer: Announcer[FormState] = Announcer(self._observer_failed)
        self._cancel: Cancel = lambda: None
        self._round = 0
        values = dict(EMPTY)
        if flow is not None:
            must_be_config(flow, (FlexFlowConfig,))
            values |= flow.fields() | {name: getattr(flow, name) for name in UNSEEN}
        self._state = FormState(values, script)
        self._update()

    @property
    def state(self) -> FormState:
        """The current state; an immutable value."""
        return self._state

    @property
    def file(self) -> FlowFile:
        """The flow as a file to check, plan or write; FlowProblem if the values make none."""
        flow = self._state.flow
        if flow is None:
            problems = self._state.problems.items()
            raise FlowProblem(*(Problem("the form", name, fix) for name, fix in problems))
        return FlowFile((flow,), "the form")

    def set(self, name: str, value: Any) -> None:
        """Set a value, where a blank means none; KeyError if there is no such field."""
        if name not in EMPTY:
            raise KeyError(f"{name!r} is no field of the form; there are {', '.join(EMPTY)}")
        value = None if value == "" else value
        with self._announcer.lock:
            if self._state.values[name] == value:
                return
            self._state = replace(self._state, values={**self._state.values, name: value})
        self._update()

    def play(self, script: str | Script) -> None:
        """Rehearse another situation."""
        with self._announcer.lock:
            self._state = replace(self._state, script=script)
        self._update()

    def observe(self, observer: Callable[[FormState], None]) -> Cancel:
        """Notify `observer` of every new state; call the result to stop."""
        return self._announcer.observe(observer)

    def announce(self) -> None:
        """Notify observers of the current state, after notifications under way."""
        with self._announcer:
            self._announcer.queue(self._state)

    def close(self) -> None:
        """Stop checking, rehearsing and notifying."""
        with self._announcer.lock:
            self._cancel()
            self._round += 1
        self._announcer.close()

    def _update(self) -> None:
        """Validate now, and schedule checks and rehearsal."""
        with self._announcer:
            flow, problems = entered(self._state.values)
            self._cancel()
            self._cancel = lambda: None
            self._round += 1
            mine = self._round
            self._state = replace(
                self._state, flow=flow, problems=problems, is_pending=flow is not None
            )
            script = self._state.script
            self._announcer.queue(self._state)
        if flow is None:
            return
        cancel = self._later(DELAY, lambda: self._assess(mine, flow, script))
        with self._announcer.lock:
            if mine == self._round:
                self._cancel = cancel
                return
        cancel()

    def _assess(self, mine: int, flow: FlexFlowConfig, script: str | Script) -> None:
        found: dict[str, Any] = {"report": None, "rehearsal": None, "failure": ""}
        with self._at_work:  # one at a time; of those that wait only the latest runs
            if mine != self._round:
                return
            try:
                found["report"] = check(FlowFile((flow,), "the form"), self.account)
                found["rehearsal"] = rehearse(flow, script, account=self.account)
            except FlowProblem as refused:
                found["failure"] = str(refused)
            except REFUSALS as error:
                found["failure"] = refusal_text(error)
            except Exception as error:
                found["failure"] = _unexpected(error)
        with self._announcer:
            if mine == self._round:
                self._state = replace(self._state, is_pending=False, **found)
                self._announcer.queue(self._state)

    def _observer_failed(self, _state: FormState, failure: Exception) -> None:
        with self._announcer.lock:
            self._state = replace(self._state, failure=_unexpected(failure))


def _unexpected(failure: Exception) -> str:
    return masked(f"The form failed: {type(failure).__name__}: {failure}")
