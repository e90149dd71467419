"""Recordings: nothing personal in the file, and exactly the differences after a replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support import FakeHttpClient, refused
from twilio.base.exceptions import TwilioRestException
from twilio.http.response import Response
from twilio.rest import Client

from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.messaging import channels, messages
from helpers.mock.taskrouter import task_channels
from helpers.recording import BadRecording, RecordedCall, Recorder, Recording, replay

WENT_IN = {
    "identity": "jane.doe",
    "name": "Order 1182 of Jane Doe",
    "unique": "zora",
    "unique in capitals": "ZORA",
    "body": "Where is my parcel, please? Ring me at once.",
    "short body": "ok",
    "JSON body": '{"iban": "DE0212345", "amount": 98765}',
    "attribute": "jane@example.org",
    "number": "4711001",
    "phone": "+4930123456",
    "proxy": "+4930654321",
    "url": "https://shop.internal.example.net/hooks?token=abc123",
    "worker": "Carol Danvers",
}


def act(client: Any) -> Any:
    """Use several products with values that must not be seen."""
    chats = client.conversations.v1.conversations
    about = {"customer": WENT_IN["attribute"], "vip": True, "order": int(WENT_IN["number"])}
    chat = chats.create(
        friendly_name=WENT_IN["name"],
        unique_name=WENT_IN["unique"],
        attributes=json.dumps(about),
    )
    chat.participants.create(identity=WENT_IN["identity"])
    chat.participants.create(
        messaging_binding_address=WENT_IN["phone"],
        messaging_binding_proxy_address=WENT_IN["proxy"],
    )
    for body in ("body", "short body", "JSON body"):
        chat.messages.create(author=WENT_IN["identity"], body=WENT_IN[body])
    chat.webhooks.create(
        "webhook", configuration_url=WENT_IN["url"], configuration_filters=["onMessageAdded"]
    )
    client.conversations.v1.users(WENT_IN["identity"]).fetch()
    chats(WENT_IN["unique"]).fetch()
    with refused(409, 50353):
        chats.create(unique_name=WENT_IN["unique"])
    workspace = client.taskrouter.v1.workspaces.list()[0]
    workspace.workers.create(WENT_IN["worker"], attributes=json.dumps({"skills": ["Klingon"]}))
    workflow = workspace.workflows.list()[0]
    workspace.tasks.create(
        workflow_sid=workflow.sid,
        task_channel="chat",
        attributes=json.dumps({"from": WENT_IN["identity"], **about}),
    )
    return chat


def recorded(mock: MockTwilio, *keep: str, by: Callable[[Any], Any] = act) -> Recording:
    recorder = Recorder(mock.client, keep)
    by(recorder.client)
    return recorder.recording


def test_a_saved_file_has_nothing_that_went_in(twilio: MockTwilio, tmp_path: Path) -> None:
    recorder = Recorder(twilio.client)
    chat = act(recorder.client)
    recorder.save(tmp_path / "calls.yaml")
    text = (tmp_path / "calls.yaml").read_text("utf-8")
    secret = ["Klingon", "abc123", "DE0212345", "98765", chat.sid, *DEMO_VALUES.values()]
    words = {word for value in WENT_IN.values() for word in value.split() if len(word) > 3}
    assert [each for each in (*WENT_IN.values(), *words, *secret) if each in text] == ["ok"]
    assert "'ok'" not in text  # "tok" alone has it, in the name of a field
    assert ": ok" not in text
    assert "Authorization" not in text


def test_stand_ins_are_stable_and_say_what_they_stand_for(twilio: MockTwilio) -> None:
    calls = recorded(twilio).calls
    made, member, _, first = calls[:4]
    assert made.name == "POST conversations.twilio.com/v1/Conversations"
    assert made.parameters == {
        "FriendlyName": "name-1",
        "UniqueName": "name-2",
        "Attributes": '{"customer": "text-1", "vip": true, "order": 1}',
    }
    assert member.parameters == {"Identity": "identity-1"}
    assert first.parameters == {"Author": "identity-1", "Body": "body-1~44"}
    assert member.path == "/v1/Conversations/CH00000000000000000000000000000001/Participants"
    assert [each.path for each in calls if "Users" in each.path] == ["/v1/Users/identity-1"]
    assert [each.status for each in calls if each.code] == [409]


def test_what_is_named_is_kept(twilio: MockTwilio) -> None:
    made = recorded(twilio, "friendly_name", "customer").calls[0]
    assert made.parameters["FriendlyName"] == WENT_IN["name"]
    assert json.loads(made.parameters["Attributes"])["customer"] == WENT_IN["attribute"]
    assert made.answer["friendly_name"] == WENT_IN["name"]
    assert made.parameters["UniqueName"] == "name-1"


def test_a_secret_is_not_kept_even_if_it_is_named(twilio: MockTwilio) -> None:
    token = twilio.credentials.auth_token

    def push(client: Any) -> None:
        client.chat.v2.credentials.create("fcm", secret="hunter2-hunter2", friendly_name=token)

    text = recorded(twilio, "secret", "friendly_name", by=push).to_yaml()
    assert "Secret: '***'" in text
    assert "FriendlyName: '***'" in text


@pytest.mark.parametrize("attributes", ['"a text"', "[12, {}]", "17", "no JSON"])
def test_attributes_of_any_form_are_replaced(twilio: MockTwilio, attributes: str) -> None:
    def write(client: Any) -> None:
        with suppress(TwilioRestException):
            client.conversations.v1.conversations.create(attributes=attributes)

    recording = recorded(twilio, by=write)
    assert attributes not in recording.calls[0].parameters.values()
    assert {each.verdict for each in replay(recording).results} <= {"agrees", "cannot be settled"}


def test_names_that_differ_in_their_case_still_do(twilio: MockTwilio) -> None:
    def twice(client: Any) -> None:
        for name in (WENT_IN["unique"], WENT_IN["unique in capitals"]):
            client.conversations.v1.conversations.create(unique_name=name)

    names = [each.parameters["UniqueName"] for each in recorded(twilio, by=twice).calls]
    assert names == ["name-1", "NAME-1"]


def test_a_replay_of_an_unchanged_mock_has_no_difference(
    twilio: MockTwilio, tmp_path: Path
) -> None:
    recorded(twilio).save(tmp_path / "calls.yaml")
    report = replay(tmp_path / "calls.yaml")
    assert {each.verdict for each in report.results} == {"agrees"}, report
    assert len(report.results) == len(Recording.load(tmp_path / "calls.yaml").calls)
    chat = report.mock.client.conversations.v1.conversations.list()[0]
    assert chat.friendly_name == "name-1"
    assert len(chat.messages.list()[0].body) == len(WENT_IN["body"])


# -- three rules of the account are not the mock's


def act_on_rules(client: Any) -> None:
    """Meet three rules, each more than once, among others."""
    chats = client.conversations.v1.conversations
    chat = chats.create(friendly_name=WENT_IN["name"])
    chat.participants.create(
        messaging_binding_address=WENT_IN["phone"],
        messaging_binding_proxy_address=WENT_IN["proxy"],
    )
    for length in (1001, 1500):  # the account refuses a text from 1,001 characters on
        with suppress(TwilioRestException):
            chat.messages.create(author="shop", body="x" * length)
    chat.messages.create(author="shop", body="fits")
    chat.update(state="closed")
    for body in ("late", "later"):  # it takes messages of a closed conversation
        with suppress(TwilioRestException):
            chat.messages.create(author="shop", body=body)
    chat.messages.list()
    workspace = client.taskrouter.v1.workspaces.list()[0]
    for name in ("ann", "ben"):  # it gives workers five chats at once
        workspace.workers.create(name).worker_channels.list()


def test_exactly_the_three_rules_that_were_changed_are_listed(
    twilio: MockTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(messages, "MAX_TEXT", 1000)
        patch.setattr(channels, "refuse_closed", lambda _ctx, _channel: None)
        patch.setitem(task_channels.DEFAULT_CAPACITY, "chat", 5)
        recording = recorded(twilio, by=act_on_rules)
    report = replay(recording)
    assert str(report).splitlines()[1:] == [
        "  differs: conversations.twilio.com: POST /v1/Conversations/{ConversationSid}/Messages"
        " (expected: 201; got: 400 50504)",
        "  differs: conversations.twilio.com: POST /v1/Conversations/{ConversationSid}/Messages"
        " (expected: 400 50377; got: 201)",
        "  differs: taskrouter.twilio.com: Channels configured_capacity (expected: 3; got: 5)",
    ]
    assert len(report.of_verdict("agrees")) == 8
    assert report.of_verdict("cannot be settled") == []


# -- what was there before the recording


def test_what_was_there_before_is_made_when_it_is_needed(twilio: MockTwilio) -> None:
    chat = act(twilio.client)
    twilio.client.taskrouter.v1.workspaces.list()[0].workflows.list()[0].update(
        task_reservation_timeout=33
    )

    def later(client: Any) -> None:
        client.conversations.v1.conversations(chat.sid).messages.list()
        client.conversations.v1.conversations(chat.sid).participants.create(identity="ben")
        client.conversations.v1.conversations(chat.sid).update(friendly_name="Done")

    report = replay(recorded(twilio, by=later))
    assert report.of_verdict("differs") == []
    (made,) = report.mock.client.conversations.v1.conversations.list()
    assert (made.friendly_name, made.attributes[:10]) == ("name-1", '{"customer')
    assert [len(each.body) for each in made.messages.list()] == [44, 6, 6]


def test_what_hangs_on_a_call_that_differs_is_not_counted_as_another_difference() -> None:
    made = RecordedCall(
        "POST",
        "conversations.twilio.com",
        "/v1/Conversations",
        parameters={"UniqueName": "CH00000000000000000000000000000009", "State": "sleeping"},
        status=201,
        answer={"sid": "CH00000000000000000000000000000001"},
    )
    used = RecordedCall(
        "POST",
        "conversations.twilio.com",
        "/v1/Conversations/CH00000000000000000000000000000001/Messages",
        parameters={"Body": "body-1"},
        status=201,
        answer={"index": 0},
    )
    report = replay(Recording([made, used]))
    assert [each.verdict for each in report.results] == ["differs", "cannot be settled"]
    assert "was answered 400" in report.results[1].got


@pytest.mark.parametrize(
    ("status", "text", "got"),
    [(503, "{}", "no answer: 503 "), (429, '{"code": 20429}', "no answer: 429 20429")],
)
def test_an_account_in_distress_says_nothing_about_a_rule(status: int, text: str, got: str) -> None:
    recorder = Recorder(
        Client("AC" + "0" * 32, "x", http_client=FakeHttpClient(Response(status, text)))
    )
    with pytest.raises(TwilioRestException):
        recorder.client.conversations.v1.conversations.create()
    (result,) = replay(recorder.recording).results
    assert (result.verdict, result.got) == ("cannot be settled", got)


def test_a_refusal_that_may_be_of_a_replaced_text_is_not_settled() -> None:
    refusal = FakeHttpClient(Response(400, '{"code": 50300, "message": "jane is odd"}'))
    recorder = Recorder(Client("AC" + "0" * 32, "x", http_client=refusal))
    with pytest.raises(TwilioRestException):
        recorder.client.conversations.v1.conversations.create(unique_name="\u0000\u2603?")
    report = replay(recorder.recording)
    assert [each.verdict for each in report.results] == ["cannot be settled"]
    assert "perhaps for UniqueName: keep it" in report.results[0].got
    assert "jane" not in recorder.recording.to_yaml()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: [",
        "recording: 2\ncalls: []",
        "calls: []",
        "[]",
        "recording: 1\ncalls: [{x: 1}]",
        "recording: 1\ncalls: 5",
        "recording: 1\ncalls: [{method: GET, host: a, path: /, query: 7}]",
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "calls.yaml").write_text(text)
    with pytest.raises(BadRecording, match="recording"):
        replay(tmp_path / "calls.yaml")


# -- whatever goes in


def in_all_forms(value: str) -> list[Any]:
    """A text as it is, in JSON, in a list, in an object."""
    return [value, json.dumps({"key": [value, {"deep": value}]}), [value], {"key": value}]


@given(
    value=st.one_of(
        st.text(alphabet=st.characters(codec="utf-8")).map("Zq{}".format),
        st.emails(),
        st.from_regex(r"\+[1-9]\d{9,12}", fullmatch=True),
        st.from_regex(r"https?://[a-z]{4,9}\.[a-z]{2}/[a-z]{9}\?a=[A-Z0-9]{4}", fullmatch=True),
        st.from_regex(r"[A-Z][a-z]{4,9} [A-Z][a-z]{4,9}", fullmatch=True),
    ),
    name=st.sampled_from(
        ["FriendlyName", "Body", "Identity", "Attributes", "Integration.Url", "Target", "X", "Tags"]
    ),
    form=st.integers(0, 3),
)
def test_no_text_of_a_request_or_an_answer_is_in_the_file(value: str, name: str, form: int) -> None:
    given = in_all_forms(value)[form]
    answer = {
        "sid": "CH" + "1f" * 16,
        name: given,
        "unknown_field": given,
        "items": [{name: given}],
    }
    door = FakeHttpClient(Response(201, json.dumps(answer)))
    client = Client("AC" + "0" * 32, "x", http_client=door)
    recorder = Recorder(client)
    sent = given if isinstance(given, str | list) else json.dumps(given)
    url = f"https://conversations.twilio.com/v1/Users/{quote(value, safe='')}"
    recorder.request("POST", url, params={"Query": value}, data={name: sent})
    shown = list(flattened(yaml.safe_load(recorder.recording.to_yaml())))
    assert [text for text in shown if value in text] == []


def flattened(value: Any) -> Iterator[str]:
    """All texts in a value."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for each in value:
            yield from flattened(each)
    elif isinstance(value, str):
        yield value
