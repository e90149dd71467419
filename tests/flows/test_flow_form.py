"""The form: what is entered, what is wrong with it and what would come of it; no browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from samples import TASK
from support import PATIENCE, everything

from helpers import Account
from helpers.flows import (
    SCRIPTS,
    FlexFlowConfig,
    FlowForm,
    FlowFormModel,
    FlowProblem,
    Script,
    ScriptProblem,
    load,
)
from helpers.flows.rehearsal import ScriptStep

ATTACK = "<img src=x onerror=alert(1)>"
TASK_FLOW = load(TASK)["Custom chat"]
ANSWERED = SCRIPTS["answered"]


class Patience:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.begun = 0

    def __call__(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        self.begun += 1
        self.waiting.append(act)
        return lambda: self.waiting.remove(act) if act in self.waiting else None

    def passes(self) -> None:
        """Wait until the form counts typing as finished."""
        waiting, self.waiting = self.waiting, []
        for act in waiting:
            act()


@pytest.fixture
def time() -> Patience:
    return Patience()


@pytest.fixture
def model(account: Account, time: Patience) -> Iterator[FlowFormModel]:
    """A form with a task flow in it."""
    model = FlowFormModel(TASK_FLOW, account, later=time)
    yield model
    model.close()


def test_a_form_makes_the_flow_it_began_with(model: FlowFormModel) -> None:
    assert model.state.flow is not None
    assert model.state.flow.complete() == TASK_FLOW.complete()
    assert load(model.file.text).flows[0].complete() == TASK_FLOW.complete()


def test_an_empty_form_says_what_it_needs(account: Account, time: Patience) -> None:
    model = FlowFormModel(account=account, later=time)
    assert model.state.flow is None
    assert model.state.problems == {"friendly_name": "is missing; add it"}
    assert time.waiting == []
    with pytest.raises(FlowProblem, match="the form: friendly_name: is missing; add it"):
        model.file  # noqa: B018 - reading is enough
    model.set("friendly_name", "Chat")
    assert model.state.problems == {
        "integration.flow": "integration.flow is required for integration type studio; add it"
    }
    model.set("integration.flow", "Webchat Flow")
    assert model.state.problems == {}
    assert model.state.flow is not None


def test_what_is_entered_is_checked_and_rehearsed_once_typing_stops(
    model: FlowFormModel, time: Patience
) -> None:
    assert (model.state.report, model.state.rehearsal, model.state.is_pending) == (None, None, True)
    time.passes()
    assert model.state.is_pending is False
    assert model.state.report is not None
    assert model.state.rehearsal is not None
    assert len(model.state.report) == 0
    assert model.state.rehearsal.outcome.tasks == ("completed",)


def test_each_letter_puts_the_rehearsal_off_and_only_the_last_text_is_rehearsed(
    model: FlowFormModel, time: Patience
) -> None:
    for letters in ("A", "Ac", "Acm", "Acme"):
        model.set("friendly_name", letters)
    assert (time.begun, len(time.waiting)) == (5, 1)
    time.passes()
    assert model.state.rehearsal is not None
    assert model.state.rehearsal.flow.friendly_name == "Acme"


def test_a_state_stays_what_it_was_when_more_is_typed(model: FlowFormModel) -> None:
    earlier = model.state
    model.set("friendly_name", "")
    assert "friendly_name: Custom chat" in earlier.text
    assert (model.state.flow, model.state.text) == (None, "")


def test_a_result_that_comes_after_more_was_typed_is_thrown_away(
    model: FlowFormModel, time: Patience
) -> None:
    late = time.waiting[0]
    model.set("friendly_name", "Later")
    late()
    assert (model.state.report, model.state.is_pending) == (None, True)
    time.passes()
    assert model.state.rehearsal is not None
    assert model.state.rehearsal.flow.friendly_name == "Later"


def test_a_change_shows_in_check_and_rehearsal(model: FlowFormModel, time: Patience) -> None:
    model.set("integration.channel", "default")
    time.passes()
    assert model.state.report is not None
    assert [one.id for one in model.state.report.errors] == ["task-channel"]
    model.set("integration_type", "external")
    model.set("integration.url", "https://bot.example.com")
    time.passes()
    assert model.state.rehearsal is not None
    assert model.state.rehearsal.outcome.tasks == ()


def test_settings_of_another_handler_are_kept_for_the_way_back(model: FlowFormModel) -> None:
    model.set("integration_type", "external")
    assert model.state.flow is None
    model.set("integration_type", "task")
    assert model.state.flow is not None
    assert model.state.flow.complete() == TASK_FLOW.complete()


def test_what_the_form_does_not_show_stays_in_the_file(account: Account, time: Patience) -> None:
    given = TASK_FLOW.model_copy(
        update={"accept": ("channel-type",), "formerly": "Old chat", "channel_type": "web"}
    )
    model = FlowFormModel(given, account, later=time)
    model.set("long_lived", True)
    [kept] = load(model.file.text).flows
    assert (kept.accept, kept.formerly) == (("channel-type",), "Old chat")


def test_rehearsals_that_take_long_do_not_pile_up(
    model: FlowFormModel, time: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    played: list[str] = []

    def slowly(flow: FlexFlowConfig, *_: Any, **__: Any) -> None:
        played.append(flow.friendly_name)
        begun.set()
        assert goes_on.wait(PATIENCE)

    monkeypatch.setattr("helpers.flows.form.model.rehearse", slowly)
    waiting = [threading.Thread(target=time.waiting[0])]
    waiting[0].start()
    assert begun.wait(PATIENCE)
    for name in ("Second", "Third"):
        model.set("friendly_name", name)
        waiting.append(threading.Thread(target=time.waiting[0]))
        waiting[-1].start()
    goes_on.set()
    for thread in waiting:
        thread.join(PATIENCE)
    assert played == ["Custom chat", "Third"]
    assert model.state.is_pending is False


def test_another_situation_is_rehearsed(model: FlowFormModel, time: Patience) -> None:
    time.passes()
    model.play("nobody_there")
    time.passes()
    assert model.state.rehearsal is not None
    assert model.state.rehearsal.script == SCRIPTS["nobody_there"]
    assert (model.state.rehearsal.outcome.answered_after or 0) > 3600


def test_what_cannot_be_rehearsed_says_why_with_the_checks_beside_it(
    model: FlowFormModel, time: Patience
) -> None:
    model.set("integration.workflow", "Nobody's")
    time.passes()
    assert 'the account has no workflow "Nobody\'s"' in model.state.failure
    assert model.state.rehearsal is None
    assert model.state.report is not None
    assert [one.id for one in model.state.report.errors] == ["unknown-name"]


def test_an_account_that_fails_is_reported_in_words(
    model: FlowFormModel, account: Account, time: Patience
) -> None:
    assert account.mock is not None
    with account.mock.faults.add("*", status=503, times=None):
        time.passes()
    assert "HTTP 503" in model.state.failure
    model.set("long_lived", True)
    time.passes()
    assert model.state.failure == ""


def test_the_account_is_only_read(account: Account, time: Patience) -> None:
    before = everything(account)
    model = FlowFormModel(TASK_FLOW, account, later=time)
    model.set("long_lived", True)
    time.passes()
    assert model.state.rehearsal is not None
    assert everything(account) == before


def test_a_field_that_there_is_not_is_refused(model: FlowFormModel) -> None:
    with pytest.raises(KeyError, match="'name' is no field of the form; there are friendly_name"):
        model.set("name", "x")


def test_a_closed_form_rehearses_no_more(model: FlowFormModel, time: Patience) -> None:
    received: list[Any] = []
    model.observe(received.append)
    model.close()
    time.passes()
    assert (received, model.state.report) == ([], None)


def test_by_itself_it_waits_on_a_timer(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.flows.form.model.DELAY", 0.01)
    done = threading.Event()
    model = FlowFormModel(TASK_FLOW, account)
    model.observe(lambda state: None if state.is_pending else done.set())
    model.set("long_lived", True)
    assert done.wait(PATIENCE)
    assert model.state.rehearsal is not None
    model.close()


# -- as widgets


@pytest.fixture
def form(model: FlowFormModel) -> Iterator[Any]:
    form = FlowForm(model=model)
    yield form
    form.close()


def test_typing_into_a_field_changes_the_flow(form: Any, time: Patience) -> None:
    form.fields["friendly_name"].value = "Shop chat"
    form.fields["long_lived"].value = True
    form.fields["integration.priority"].value = 7
    assert form.flow.friendly_name == "Shop chat"
    assert (form.flow.long_lived, form.flow.integration.priority) == (True, 7)
    time.passes()
    assert "Shop chat" in form.rehearsal.value
    assert "the form: nothing found." in form.report.value
    assert "priority: 7" in form.text.value


def test_only_the_settings_of_the_handler_are_shown(form: Any) -> None:
    def hidden() -> set[str]:
        return {name for name, one in form.fields.items() if one.layout.display == "none"}

    assert hidden() == {"integration.flow", "integration.url", "integration.retry_count"}
    form.fields["integration_type"].value = "external"
    assert "integration.url" not in hidden()
    assert "integration.workflow" in hidden()


def test_names_of_the_account_are_there_to_choose_from(form: Any) -> None:
    assert form.fields["integration.flow"].options == ("Webchat Flow",)
    assert form.fields["integration.workflow"].options == ("Assign to Anyone",)
    assert set(form.fields["integration.channel"].options) == {
        "default",
        "voice",
        "sms",
        "chat",
        "video",
    }


def test_what_is_entered_is_text_and_never_html(form: Any, time: Patience) -> None:
    form.fields["friendly_name"].value = ATTACK
    form.fields["integration.workflow"].value = ATTACK
    time.passes()
    shown = [one.value for one in (form.problems, form.report, form.rehearsal, form.text)]
    assert any("&lt;img" in one for one in shown)
    assert not any("<img" in one for one in shown)


def test_problems_are_listed_and_the_earlier_result_is_paler(form: Any, time: Patience) -> None:
    time.passes()
    assert "opacity:1" in form.report.value
    form.fields["friendly_name"].value = ""
    assert "Name: is missing; add it" in form.problems.value
    assert "opacity:0.5" in form.report.value
    assert form.text.value == ""


def test_situations_are_chosen_by_title_and_a_script_of_ones_own_is_one(
    account: Account, time: Patience
) -> None:
    own = Script("Just hello", (ScriptStep("customer opens"), ScriptStep("customer says", "Hello")))
    form = FlowForm(model=FlowFormModel(TASK_FLOW, account, script=own, later=time))
    assert [title for title, _ in form.situation.options][:2] == ["Just hello", ANSWERED.name]
    time.passes()
    assert "Just hello" in form.rehearsal.value
    form.situation.value = "answered"
    time.passes()
    assert ANSWERED.name in form.rehearsal.value
    form.close()


def test_a_script_that_cannot_be_played_is_refused_at_once(account: Account) -> None:
    with pytest.raises(ScriptProblem, match="did you mean `customer opens`"):
        FlowForm(TASK_FLOW, account, script=["customer open"])


@pytest.mark.parametrize("script", ["nonsense", "answered "])
def test_a_name_that_no_situation_has_is_refused_at_once(account: Account, script: str) -> None:
    with pytest.raises(ScriptProblem, match=script.strip()):
        FlowForm(TASK_FLOW, account, script=script)


def test_an_empty_form_opens_and_says_what_it_needs() -> None:
    form = FlowForm()
    assert "Name: is missing; add it" in form.problems.value
    assert (repr(form), form.flow, form.text.value) == ("FlowForm(None)", None, "")
    form.fields["friendly_name"].value = "Chat"
    assert "Studio flow: integration.flow is required" in form.problems.value
    form.close()


def test_a_form_opens_although_its_account_cannot_be_read_and_says_why(
    account: Account, time: Patience
) -> None:
    assert account.mock is not None
    with account.mock.faults.add("*", status=503, times=None):
        form = FlowForm(model=FlowFormModel(TASK_FLOW, account, later=time))
        time.passes()
        assert "Not rehearsed: Twilio refused" in form.rehearsal.value
        assert "HTTP 503" in form.rehearsal.value
    form.fields["long_lived"].value = True
    time.passes()
    assert "answered by" in form.rehearsal.value
    form.close()


def test_a_password_in_a_url_is_never_shown(form: Any, time: Patience) -> None:
    form.fields["integration_type"].value = "external"
    form.fields["integration.url"].value = "https://bot:hunter2@bot.example.com/messages"
    time.passes()
    shown = [one.value for one in (form.problems, form.report, form.rehearsal, form.text)]
    assert any("bot.example.com" in one for one in shown)
    assert not any("hunter2" in one for one in shown)


def test_a_form_prints_short(form: Any) -> None:
    assert repr(form) == "FlowForm('Custom chat')"
