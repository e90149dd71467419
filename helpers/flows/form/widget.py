"""The form as Jupyter widgets: a thin view over `FlowFormModel`.

Everything shown is escaped by what makes it. Events come on any of Jupyter's threads.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from ipywidgets import HTML, Checkbox, Combobox, Dropdown, HBox, IntText, Layout, Text, VBox

from ...account import Account
from ..config import FlexFlowConfig, masked
from ..directory import Directory, ReferenceKind
from ..errors import REFUSALS
from ..rehearsal import SCRIPTS, Script
from ..rehearsal.script import script_of
from ..render import badge
from .entries import ENTRIES, Entry
from .model import FlowFormModel, FormState

_LABEL = {"description_width": "9em"}
_LABELS = {entry.name: entry.label for entry in ENTRIES}
_HEIGHT = "36em"
"""Of the rehearsal, which scrolls."""
_LINES = "line-height:normal"
"""Instead of the height of a field, which widgets give each line."""


class FlowForm(HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Edits a Flex Flow and shows its check and its rehearsal as one types.

    Args:
        flow: What to begin with; an empty custom flow by default.
        account: Where it is to live; a new mock account by default. It is only read.
        script: The situation to rehearse first, as for `rehearse`; the form lets one choose
            another.

    Raises:
        ScriptProblem: The script cannot be read or played.
    """

    def __init__(
        self,
        flow: FlexFlowConfig | None = None,
        account: Account | None = None,
        *,
        script: object = "answered",
        model: FlowFormModel | None = None,
    ) -> None:
        chosen = script if isinstance(script, str) and script in SCRIPTS else script_of(script)
        self.model = model or FlowFormModel(flow, account, script=chosen)
        self.fields = _fields(self.model)
        played = self.model.state.script
        self.situation = Dropdown(
            options=_situations(played),
            value=played,
            description="Situation",
            layout=Layout(width="auto", margin="8px 2px"),
        )
        self.situation.observe(lambda change: self.model.play(change["new"]), names="value")
        self.problems, self.report, self.text = (HTML() for _ in range(3))
        self.rehearsal = HTML(layout=Layout(max_height=_HEIGHT, overflow="auto"))
        left = VBox([*self.fields.values(), self.text], layout=Layout(flex="0 0 24em"))
        right = VBox(
            [self.problems, self.report, self.situation, self.rehearsal],
            layout=Layout(flex="1 1 30em", min_width="0", padding="0 0 0 12px"),
        )
        super().__init__(children=[left, right], layout=Layout(flex_flow="row wrap", width="100%"))
        self.model.observe(self._show)
        self.model.announce()

    def __repr__(self) -> str:
        """Short, and the same on every run: notebooks store it and tests compare it."""
        return f"FlowForm({self.model.state.values['friendly_name']!r})"

    @property
    def flow(self) -> FlexFlowConfig | None:
        """The flow as it is entered; None while that makes none."""
        return self.model.state.flow

    def close(self) -> None:
        """Stop checking and rehearsing, and remove the form from the page."""
        if "model" in self.__dict__:  # also called when a half-made form is discarded
            self.model.close()
        super().close()

    def _show(self, state: FormState) -> None:
        for entry in ENTRIES:
            applies = entry.applies(state.values["integration_type"])
            self.fields[entry.name].layout.display = None if applies else "none"
        self.problems.value = _listed(state)
        self.text.value = _file(state.text) if state.text else ""
        found = "" if state.report is None else state.report._repr_html_()
        self.report.value = _dimmed(state, found)
        self.rehearsal.value = _dimmed(state, _played(state))


def _fields(model: FlowFormModel) -> dict[str, Any]:
    there = _there(model.account)
    return {entry.name: _field(entry, model, there.get(entry.name, ())) for entry in ENTRIES}


def _field(entry: Entry, model: FlowFormModel, names: tuple[str, ...]) -> Any:
    value = model.state.values[entry.name]
    common = {"description": entry.label, "style": _LABEL, "layout": Layout(width="auto")}
    made = _MAKERS[entry.kind](entry, value, names, common)
    made.observe(lambda change: model.set(entry.name, change["new"]), names="value")
    return made


def _text(_: Entry, value: Any, names: tuple[str, ...], common: dict[str, Any]) -> Any:
    if names:
        return Combobox(value=value or "", options=names, ensure_option=False, **common)
    return Text(value=value or "", **common)


_MAKERS: dict[str, Callable[..., Any]] = {
    "text": _text,
    "choice": lambda entry, value, _, common: Dropdown(
        options=entry.choices, value=value, **common
    ),
    "switch": lambda _, value, __, common: Checkbox(value=bool(value), **common),
    "number": lambda _, value, __, common: IntText(value=value or 0, **common),
}


def _there(account: Account) -> dict[str, tuple[str, ...]]:
    """Names to choose from, of what the account has; none where it cannot be asked."""
    try:
        return _named(account)
    except REFUSALS:
        return {}  # the check, which asks it too, says why


def _named(account: Account) -> dict[str, tuple[str, ...]]:
    directory = Directory(account)
    found = {
        "integration.flow": directory.studio_flows,
        "integration.workspace": directory.workspaces,
    }
    names = {field: _names(kind) for field, kind in found.items()}
    for _, sid in directory.workspaces.named:
        names.setdefault("integration.workflow", ())
        names["integration.workflow"] += _names(directory.workflows(sid))
        names.setdefault("integration.channel", ())
        names["integration.channel"] += _names(directory.task_channels(sid))
    return {field: tuple(dict.fromkeys(given)) for field, given in names.items()}


def _names(kind: ReferenceKind) -> tuple[str, ...]:
    return tuple(kind.name(sid) for _, sid in kind.named)


def _situations(played: str | Script) -> list[tuple[str, str | Script]]:
    """The shipped ones by title, and the one that is played if it is none of them."""
    shipped: list[tuple[str, str | Script]] = [(one.name, name) for name, one in SCRIPTS.items()]
    return shipped if isinstance(played, str) else [(played.name, played), *shipped]


def _file(text: str) -> str:
    return f'<pre style="line-height:1.3;overflow-x:auto">{escape(masked(text))}</pre>'


def _listed(state: FormState) -> str:
    lines = (
        f"<div>{badge('error')} {escape(_LABELS.get(name, name))}: {escape(fix)}</div>"
        for name, fix in state.problems.items()
    )
    return f'<div role="alert" style="{_LINES}">{"".join(lines)}</div>' if state.problems else ""


def _played(state: FormState) -> str:
    if state.failure:
        failure = escape(masked(state.failure))
        return f'<p role="alert">{badge("error")} Not rehearsed: {failure}</p>'
    return state.rehearsal._repr_html_() if state.rehearsal else ""


def _dimmed(state: FormState, html: str) -> str:
    """What is of an earlier flow is paler."""
    stale = state.is_pending or state.flow is None
    busy = "true" if state.is_pending else "false"
    look = f"opacity:{0.5 if stale else 1};{_LINES}"
    return f'<div aria-busy="{busy}" style="{look}">{html}</div>'
