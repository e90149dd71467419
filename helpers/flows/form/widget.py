"""The form as Jupyter widgets: a thin view over `FlowFormModel`.

Events come on any of Jupyter's threads.
"""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import HTML, Checkbox, Combobox, Dropdown, HBox, IntText, Layout, Text, VBox

from ...account import Account
from ...masking import mask as masked
from ...panel.still import Still
from ..accounts.directory import Directory
from ..errors import REFUSALS
from ..file.config import FlexFlowConfig
from ..plans.render import badge
from ..rehearsal import SCRIPTS, Script
from ..rehearsal.script import script_of
from .model import ENTRIES, FlowFormModel, FormEntry, FormState

_LABEL = {"description_width": "9em"}
_LABELS = {entry.name: entry.label for entry in ENTRIES}
_SCROLLS = 'tabindex="0" role="region" style="max-height:36em;overflow:auto;line-height:1.3"'
"""For what scrolls, so that a keyboard reaches it."""
_LINES = "line-height:normal"
"""Instead of the height of a field, which widgets give each line."""


class FlowForm(Still, HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Edits a Flex Flow, and shows its checks and its rehearsal after each change.

    Args:
        flow: The initial flow; an empty custom flow by default.
        account: The account it is for, which is only read; a new mock account by default.
        script: The situation to rehearse first, as for `rehearse`; the form offers others.

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
        names = _names(self.model.account)
        self.fields = {
            entry.name: _field(entry, self.model, names.get(entry.name, ())) for entry in ENTRIES
        }
        played = self.model.state.script
        situations: list[tuple[str, str | Script]] = [(s.name, key) for key, s in SCRIPTS.items()]
        self.situation = Dropdown(
            options=situations if isinstance(played, str) else [(played.name, played), *situations],
            value=played,
            description="Situation",
            layout=Layout(width="auto", margin="8px 2px"),
        )
        self.situation.observe(lambda change: self.model.play(change["new"]), names="value")
        self.problems, self.report, self.text = (HTML() for _ in range(3))
        self.rehearsal = HTML()
        left = VBox([*self.fields.values(), self.text], layout=Layout(flex="0 0 24em"))
        right = VBox(
            [self.problems, self.report, self.situation, self.rehearsal],
            layout=Layout(flex="1 1 30em", min_width="0", padding="0 0 0 12px"),
        )
        super().__init__(children=[left, right], layout=Layout(flex_flow="row wrap", width="100%"))
        self.model.observe(self._show)
        self.model.announce()

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        return f"FlowForm({self.model.state.values['friendly_name']!r})"

    def html(self) -> str:
        """Return the flow as YAML, and its check, as HTML."""
        state = self.model.state
        report = "" if state.report is None else state.report._repr_html_()
        return f"<pre>{escape(masked(state.text))}</pre>{report}"

    @property
    def flow(self) -> FlexFlowConfig | None:
        """The flow; None while the values make none."""
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
        problems = "".join(
            f"<div>{badge('error')} {escape(_LABELS.get(name, name))}: {escape(fix)}</div>"
            for name, fix in state.problems.items()
        )
        alert = f'<div role="alert" style="{_LINES}">{problems}</div>'
        self.problems.value = alert if problems else ""
        text = escape(masked(state.text))
        text = f'<pre {_SCROLLS} aria-label="The flow as YAML">{text}</pre>'
        self.text.value = text if state.text else ""
        checked = None if state.problems else state.report
        report = checked._repr_html_() if checked is not None else ""
        self.report.value = _dimmed(state, report)
        played = state.rehearsal._repr_html_() if state.rehearsal else ""
        if state.failure:
            failure = escape(masked(state.failure))
            played = f'<p role="alert">{badge("error")} Not rehearsed: {failure}</p>'
        box = f'<div {_SCROLLS} aria-label="Rehearsal">'
        self.rehearsal.value = f"{box}{_dimmed(state, played)}</div>"


def _field(entry: FormEntry, model: FlowFormModel, names: tuple[str, ...]) -> Any:
    value = model.state.values[entry.name]
    common = {"description": entry.label, "style": _LABEL, "layout": Layout(width="auto")}
    control: Any
    if entry.kind == "choice":
        control = Dropdown(options=entry.choices, value=value, **common)
    elif entry.kind == "switch":
        control = Checkbox(value=bool(value), **common)
    elif entry.kind == "number":
        control = IntText(value=value or 0, **common)
    elif names:
        control = Combobox(value=value or "", options=names, ensure_option=False, **common)
    else:
        control = Text(value=value or "", **common)
    control.observe(lambda change: model.set(entry.name, change["new"]), names="value")
    return control


def _names(account: Account) -> dict[str, tuple[str, ...]]:
    """Names to choose from, by field; none where the account cannot be read."""
    directory = Directory(account)
    try:
        spaces = directory.workspaces.sids
        kinds = {
            "integration.flow": [directory.studio_flows],
            "integration.workspace": [directory.workspaces],
            "integration.workflow": list(map(directory.workflows, spaces)),
            "integration.channel": list(map(directory.task_channels, spaces)),
        }
    except REFUSALS:
        return {}  # the check, which reads it too, shows why
    return {
        field: tuple(dict.fromkeys(kind.name(sid) for kind in found for sid in kind.sids))
        for field, found in kinds.items()
    }


def _dimmed(state: FormState, html: str) -> str:
    """Content, paler where it is of an earlier flow."""
    stale = state.is_pending or state.flow is None
    busy = "true" if state.is_pending else "false"
    look = f"opacity:{0.5 if stale else 1};{_LINES}"
    return f'<div aria-busy="{busy}" style="{look}">{html}</div>'
