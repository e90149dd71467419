"""The probe of a live account, tried on the mock: it finds what differs, and leaves nothing."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from functools import partial, partialmethod
from typing import Any

import pytest
import requests
from requests import ConnectionError as NoConnection
from support import everything
from test_fidelity import TEXT
from twilio.http import HttpClient
from twilio.http.response import Response

from helpers import Account, account
from helpers.mock import CODES, DEMO_VALUES, Credentials, MockTwilio
from helpers.mock.calibration import AGREES, DIFFERS, UNSETTLED, Calibration, Lab, calibrate
from helpers.mock.calibration_conversations import InstanceHooks
from helpers.mock.calibration_probes import OWN, PROBES
from helpers.mock.core import access_token
from helpers.mock.core.context import Context
from helpers.mock.fidelity import main
from helpers.mock.flex.resources import Interaction
from helpers.mock.messaging.resources import Channel, DeliveryReceipt, Message
from helpers.mock.rest import conversations_v1
from helpers.mock.studio.liquid_environment import BoundedEnvironment
from helpers.mock.taskrouter import task_channels, workers

RULES = [probe.rule for probe in PROBES]
CREDENTIALS = Credentials("AC" + "5" * 32, "6" * 32, "SK" + "7" * 32, "s3cret" * 6, "IS" + "8" * 32)


def _move_rejecting(move: Callable[..., None], ctx: Any, worker: Any, changes: Any) -> None:
    """Change a worker's activity as if RejectPendingReservations were given."""
    rejecting = changes.activity_sid is not None
    move(ctx, worker, changes.model_copy(update={"reject_pending_reservations": rejecting}))


CHANGES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "A new worker takes three tasks at once of chat and sms, one of any other channel": (
        lambda patch: patch.setattr(task_channels, "DEFAULT_CAPACITY", {"voice": 2})
    ),
    "A worker with pending reservations becomes unavailable only with RejectPendingReservations": (
        lambda patch: patch.setattr(workers, "_move", partial(_move_rejecting, workers._move))
    ),
    "A Liquid loop runs fifteen rounds at the most (that a longer one fails is inferred)": (
        lambda patch: patch.setattr(BoundedEnvironment, "loop_iteration_limit", 100)
    ),
    "20105": lambda patch: patch.setattr(access_token, "CLOCK_SKEW", 7200),
    "50307": lambda patch: patch.setitem(CODES, 50307, CODES[50307]._replace(status=400)),
    "50426": lambda patch: patch.setattr(conversations_v1, "MAX_FIRST", 20),
}
"""Rules, each with the change of the mock that breaks it."""


class Door(HttpClient):
    """HTTP client to a mock that records the calls; `meet` may raise, before or after each acts."""

    def __init__(self, mock: MockTwilio) -> None:
        super().__init__(None, is_async=False)
        self._mock = mock
        self.calls: list[str] = []
        self.meet: Callable[[str, int], None] = lambda _phase, _number: None
        self.timeout = None
        self.session = requests.Session()

    def request(self, method: str, uri: str, *args: Any, **options: Any) -> Response:
        self.calls.append(f"{method} {uri}")
        number = len(self.calls)
        self.meet("before", number)
        response = self._mock.http_client.request(method, uri, *args, **options)
        self.meet("after", number)
        return response


class Probed:
    """A mock account with something in it, as a probe reaches it."""

    def __init__(self) -> None:
        self.mock = MockTwilio(credentials=CREDENTIALS)
        self.door = Door(self.mock)
        self.account = Account("live", CREDENTIALS, self.door)
        self.own = Account("mock", CREDENTIALS, self.mock.http_client, self.mock)
        self.client = self.own.client
        service = self.client.chat.v2.services(CREDENTIALS.chat_service_sid)
        service.channels.create(unique_name="taken").members.create("jane")
        self.client.taskrouter.v1.workspaces.list()[0].workers.create("ann")

    def lab(self) -> Lab:
        return Lab(self.account.client, CREDENTIALS, OWN, lambda _: self.mock.studio.settle())

    def ask(self) -> Calibration:
        return calibrate(self.lab(), PROBES)

    def contents(self) -> dict[str, Any]:
        found = everything(self.own)
        for space in self.client.taskrouter.v1.workspaces.list():
            for name in ("workers", "task_queues", "workflows", "activities", "task_channels"):
                listed = getattr(space, name).list()
                found[f"{name} of {space.sid}"] = [_plain(each) for each in listed]
        conversations = self.client.conversations.v1
        found["addresses"] = [_plain(each) for each in conversations.address_configurations.list()]
        found["hooks"] = [hook.uri for hook in InstanceHooks(self.client).list()]
        found["flows"] = [flow.sid for flow in self.client.studio.v2.flows.list()]
        return found


def _plain(instance: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(instance).items() if not name.startswith("_")}


@pytest.fixture
def probed() -> Iterator[Probed]:
    made = Probed()
    yield made
    made.mock.close()


@pytest.fixture
def live(probed: Probed, monkeypatch: pytest.MonkeyPatch) -> Probed:
    """The account that `connect("live")` opens, with credentials from the environment."""
    for name in DEMO_VALUES:
        value = getattr(CREDENTIALS, name.removeprefix("TWILIO_").lower())
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(account, "LiveHttpClient", lambda **_: probed.door)
    monkeypatch.setattr(Lab.__init__, "__defaults__", (lambda _: probed.mock.studio.settle(),))
    return probed


# -- the questions


def test_each_question_is_a_row_of_the_page_that_is_inferred_at_least_in_part() -> None:
    assert len(set(RULES)) == len(RULES)
    for rule in RULES:
        [row] = [line for line in TEXT.splitlines() if line.startswith(f"| {rule} |")]
        assert "inferred" in row


def test_the_mock_agrees_with_itself_and_is_left_as_it_was(probed: Probed) -> None:
    before = probed.contents()
    report = probed.ask()
    assert [str(result) for result in report.results if result.verdict != AGREES] == []
    assert [result.probe.rule for result in report.results] == RULES
    assert (report.left, report.interrupted) == ([], False)
    assert probed.contents() == before


@pytest.mark.parametrize("rule", CHANGES)
def test_a_rule_that_is_changed_is_reported_and_no_other(
    probed: Probed, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    CHANGES[rule](monkeypatch)
    report = probed.ask()
    assert [result.probe.rule for result in report.of_verdict(DIFFERS)] == [rule]
    assert len(report.of_verdict(AGREES)) == len(PROBES) - 1


def test_rules_that_are_changed_are_reported_and_nothing_else(
    probed: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = probed.contents()
    for change in CHANGES.values():
        change(monkeypatch)
    report = probed.ask()
    assert {result.probe.rule for result in report.of_verdict(DIFFERS)} == set(CHANGES)
    assert len(report.of_verdict(AGREES)) == len(PROBES) - len(CHANGES)
    assert probed.contents() == before
    assert "20105, access token not yet valid (expected: 401 20105; got: accepted)" in str(report)


# -- nothing is left behind


@pytest.mark.long
@pytest.mark.parametrize("phase", ["before", "after"])
def test_ctrl_c_in_any_call_leaves_the_account_as_it_was(probed: Probed, phase: str) -> None:
    before = probed.contents()
    probed.ask()
    total = len(probed.door.calls)
    made = [n for n, call in enumerate(probed.door.calls, 1) if call.startswith("POST")]
    for stop in {
        1,
        *made[:: len(made) // 12],
        *made[-4:],
        total // 2,
        total - 12,
        total - 3,
        total,
    }:
        probed.door.calls.clear()

        def interrupt(at: str, number: int, stop: int = stop) -> None:
            if (at, number) == (phase, stop):
                raise KeyboardInterrupt

        probed.door.meet = interrupt
        report = probed.ask()
        probed.door.meet = lambda _phase, _number: None
        assert report.left == []
        assert report.interrupted or len(report.results) == len(PROBES)
        assert probed.contents() == before, f"Ctrl-C {phase} call {stop}"


def test_what_cannot_be_deleted_is_named_and_the_rest_is_deleted(probed: Probed) -> None:
    def fail(_phase: str, _number: int) -> None:
        if re.match(r"DELETE .*/v1/Workspaces/WS\w+$", probed.door.calls[-1]):
            raise NoConnection

    probed.door.meet = fail
    lab = probed.lab()
    report = calibrate(lab, PROBES)
    assert report.left == [f"workspace {lab.name}"]
    assert f"NOT DELETED, look for it by hand: workspace {lab.name}" in str(report)
    probed.door.meet = lambda _phase, _number: None
    names = [space.friendly_name for space in probed.client.taskrouter.v1.workspaces.list()]
    assert lab.name in names
    assert lab.name not in [each.friendly_name for each in probed.client.studio.v2.flows.list()]


def test_a_deletion_that_fails_once_is_tried_again(probed: Probed) -> None:
    before = probed.contents()
    failed: list[str] = []

    def fail_once(phase: str, _number: int) -> None:
        call = probed.door.calls[-1]
        if phase == "before" and call.startswith("DELETE") and "/Flows/" in call and not failed:
            failed.append(call)
            raise NoConnection

    probed.door.meet = fail_once
    assert probed.ask().left == []
    assert len(failed) == 1
    assert probed.contents() == before


# -- an account that has less


def test_products_that_an_account_no_longer_has_cannot_be_settled(probed: Probed) -> None:
    before = probed.contents()
    probed.mock.faults.add("POST chat.twilio.com/v2/Services", status=404, times=None)
    report = probed.ask()
    probed.mock.faults.clear()
    ended = ("Programmable Chat", "Flex API v1")
    unsettled = report.of_verdict(UNSETTLED)
    assert [each.probe for each in unsettled] == [p for p in PROBES if p.product in ended]
    assert {each.got for each in unsettled} == {
        "Programmable Chat: this account no longer has it: 404 20404"
    }
    assert report.of_verdict(DIFFERS) == []
    assert probed.contents() == before


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 503}, {"kind": "reset"}])
def test_an_account_in_distress_settles_nothing(probed: Probed, fault: dict[str, Any]) -> None:
    probed.mock.faults.add("*", times=None, **fault)
    report = probed.ask()
    assert len(report.of_verdict(UNSETTLED)) == len(PROBES)


# -- the command


def test_a_dry_run_shows_every_call_and_makes_none(
    live: Probed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert live.door.calls == []
    live.ask()
    sid = r"([A-Z]{2})[0-9a-f]{32}|(flex_interactionwebhook)_\w+"
    masked = {re.sub(sid, r"{\1\2}", call) for call in live.door.calls}
    paths = {call.replace("https://", "").partition("?")[0] for call in masked}
    planned = set(re.findall(r"\d+ x (\w+ \S+)", shown))
    assert planned == paths
    costly = re.findall(r"x POST (\S+)  \(may cost money: (.*)\)", shown)
    assert {cost for _, cost in costly} == {
        "a TaskRouter task",
        "a Studio execution",
        "an active chat user",
        "active chat users",
    }
    assert all(f"{probe.product}: {probe.rule}\n" in shown for probe in PROBES)


def test_no_message_is_sent_to_anybody_and_nothing_is_routed(
    probed: Probed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[type] = []
    monkeypatch.setattr(Context, "create", partialmethod(_note_and_create, made, Context.create))
    assert probed.ask().of_verdict(DIFFERS) == []
    assert Channel in made
    assert not {Message, Interaction, DeliveryReceipt} & set(made)
    assert probed.mock.webhooks.log == []


def _note_and_create(
    ctx: Context, made: list[type], create: Callable[..., Any], kind: type, **fields: Any
) -> Any:
    made.append(kind)
    return create(ctx, kind, **fields)


@pytest.mark.parametrize("given", [[], ["--account", "AC" + "0" * 32], ["--account", ""]])
def test_the_probe_asks_no_account_but_the_one_that_is_named(
    live: Probed, capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    statuses: list[Any] = []
    try:
        statuses.append(main(["probe", *given]))
    except SystemExit as refused:
        statuses.append(refused.code)
    assert statuses == [2]
    assert live.door.calls == []
    assert "--account" in capsys.readouterr().err


def test_the_probe_names_credentials_that_are_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["probe", "--account", CREDENTIALS.account_sid]) == 2
    assert "TWILIO_AUTH_TOKEN: missing" in capsys.readouterr().err


def test_the_command_reports_without_a_sid_a_name_or_a_secret(
    live: Probed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = live.contents()
    for change in CHANGES.values():
        change(monkeypatch)
    live.mock.faults.add("CreateFlexFlow", code=20403, times=None)
    assert main(["probe", "--account", CREDENTIALS.account_sid]) == 1
    live.mock.faults.clear()
    said = capsys.readouterr()
    assert said.err == ""
    assert f"[{len(PROBES)}/{len(PROBES)}] " in said.out
    flex = sum(probe.product == "Flex API v1" for probe in PROBES)
    agreeing = len(PROBES) - len(CHANGES) - flex
    assert f"{agreeing} agrees, {len(CHANGES)} differs, {flex} cannot be settled." in said.out
    assert not re.search(r"[A-Za-z]{2}[0-9a-f]{32}", said.out)
    assert not re.search(r"calibration-|Flex Chat Service|s3cret|6666|jane|alice", said.out)
    assert live.contents() == before


def test_the_first_ctrl_c_at_the_command_ends_it_with_130_and_the_next_do_not_stop_deleting(
    live: Probed, capsys: pytest.CaptureFixture[str]
) -> None:
    before, handler = live.contents(), signal.getsignal(signal.SIGINT)

    def interrupt(phase: str, number: int) -> None:
        if phase == "after" and number >= 30:
            signal.raise_signal(signal.SIGINT)

    live.door.meet = interrupt
    assert main(["probe", "--account", CREDENTIALS.account_sid]) == 130
    assert len(live.door.calls) > 31
    assert "Interrupted: nothing was asked about the other rules." in capsys.readouterr().out
    assert live.contents() == before
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_account_that_agrees_ends_the_command_with_0(live: Probed) -> None:
    assert main(["probe", "--account", CREDENTIALS.account_sid]) == 0
