"""Forms of every kind that HTTP clients send are read, or it is said what was not."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
import requests
from hypothesis import assume, example, given
from hypothesis import strategies as st
from raw import AUTH
from support import seconds_of_work

from helpers import Account, connect
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.core.bounds import MAX_FIELDS, MAX_FORM
from helpers.mock.rest.http import parsed, read_request

SERVICES = "/chat.twilio.com/v2/Services"
SERVICE = f"{SERVICES}/{DEMO_VALUES['TWILIO_CHAT_SERVICE_SID']}"
CHANNELS = f"{SERVICE}/Channels"
NOTE = "X-Mock-Note"
Post = Callable[..., requests.Response]


@pytest.fixture
def post(shared: Account, url: str) -> Post:
    def call(path: str, **sent: Any) -> requests.Response:
        return requests.post(url + path, auth=AUTH, timeout=30, **sent)

    return call


def parts(*fields: tuple[str, str | bytes]) -> dict[str, Any]:
    """A multipart form without files, as twilio-node 3.0 to 3.40 sends every form."""
    return {"files": [(name, (None, value)) for name, value in fields]}


def multipart(body: str, boundary: str = "b") -> dict[str, Any]:
    """A multipart body as it stands, lines ended as they must be."""
    return {
        "data": body.replace("\n", "\r\n").encode(),
        "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    }


WHOLE = '--b\nContent-Disposition: form-data; name="FriendlyName"\n\nPlease pay 1000\n--b--\n'


# -- multipart


@pytest.mark.parametrize("text", ["x", "", "Ünïcode 😀", "a=b&c=d%41+", "two\r\nlines", "x" * 60])
def test_a_multipart_form_is_read_like_an_urlencoded_one(post: Post, text: str) -> None:
    made = post(CHANNELS, **parts(("FriendlyName", text), ("Attributes", '{"a": 1}'))).json()
    same = post(CHANNELS, data={"FriendlyName": text, "Attributes": '{"a": 1}'}).json()
    assert made["friendly_name"] == same["friendly_name"]
    assert json.loads(made["attributes"]) == {"a": 1}


@pytest.mark.parametrize(
    ("path", "fields", "shown", "kept"),
    [
        (SERVICES, [("FriendlyName", "x")], "friendly_name", "x"),
        (f"{SERVICE}/Users", [("Identity", "jane")], "identity", "jane"),
        ("/taskrouter.twilio.com/v1/Workspaces", [("FriendlyName", "x")], "friendly_name", "x"),
        ("/conversations.twilio.com/v1/Conversations", [("UniqueName", "x")], "unique_name", "x"),
        (
            "/studio.twilio.com/v2/Flows/Validate",
            [
                ("FriendlyName", "x"),
                ("Status", "draft"),
                ("Definition", json.dumps({"states": [], "initial_state": "", "flags": {}})),
            ],
            "code",
            81022,
        ),
    ],
)
def test_every_api_reads_multipart_forms(
    post: Post, path: str, fields: list[tuple[str, str]], shown: str, kept: Any
) -> None:
    by_parts = post(path, **parts(*fields))
    assert by_parts.json()[shown] == kept


def test_a_field_of_a_multipart_form_may_be_repeated(post: Post) -> None:
    filters = [("WebhookFilters", "onMessageSent"), ("WebhookFilters", "onMemberAdded")]
    assert post(SERVICE, **parts(*filters)).json()["webhook_filters"] == [
        "onMessageSent",
        "onMemberAdded",
    ]
    last = [("FriendlyName", "first"), ("FriendlyName", "last")]
    assert post(CHANNELS, **parts(*last)).json()["friendly_name"] == "last"


@pytest.mark.parametrize("end", range(0, len(WHOLE.replace("\n", "\r\n")) - 2, 7))
def test_a_multipart_form_that_is_cut_off_has_no_effect(post: Post, url: str, end: int) -> None:
    sent = multipart(WHOLE)
    sent["data"] = sent["data"][:end]
    refused = post(CHANNELS, **sent)
    assert (refused.status_code, refused.json()["code"]) == (400, 20001)
    assert requests.get(url + CHANNELS, auth=AUTH, timeout=30).json()["channels"] == []


@pytest.mark.parametrize(
    "sent",
    [
        multipart(WHOLE, "other"),
        multipart(WHOLE, ""),
        multipart(WHOLE, "\u00e9"),
        multipart(WHOLE.replace("form-data", "attachment")),
        multipart(WHOLE.replace("Content-Disposition: ", "")),
        multipart(WHOLE.replace("Content-D", "Content-Length: 1\nContent-D")),
        multipart(WHOLE.replace("Content-D", "X: " + "x" * 9_000 + "\nContent-D")),
        {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    ],
)
def test_a_malformed_multipart_form_is_refused(post: Post, sent: dict[str, Any]) -> None:
    refused = post(CHANNELS, **sent)
    assert (refused.status_code, refused.json()["code"]) == (400, 20001)
    assert "multipart body cannot be read" in refused.json()["message"]


def test_a_file_is_no_text(post: Post, url: str) -> None:
    refused = post(CHANNELS, files={"FriendlyName": ("name.txt", b"x")})
    assert (refused.status_code, refused.json()["code"]) == (400, 20001)
    assert "FriendlyName: it is a file" in refused.json()["message"]
    assert requests.get(url + CHANNELS, auth=AUTH, timeout=30).json()["channels"] == []


@pytest.mark.parametrize(("fields", "expected"), [(MAX_FIELDS, 201), (MAX_FIELDS + 1, 400)])
def test_a_multipart_form_may_have_so_many_fields(post: Post, fields: int, expected: int) -> None:
    answer = post(CHANNELS, **parts(*[("FriendlyName", "x")] * fields))
    assert answer.status_code == expected


def test_a_multipart_form_may_be_so_large(post: Post) -> None:
    answer = post(CHANNELS, **parts(("FriendlyName", "x" * MAX_FORM)))
    assert answer.status_code == 413


def test_credentials_are_looked_at_before_a_form_that_cannot_be_read(url: str) -> None:
    answer = requests.post(url + CHANNELS, auth=("x", "y"), timeout=30, **multipart("--b"))
    assert answer.status_code == 401


def test_the_type_of_a_form_may_be_in_any_case(post: Post) -> None:
    for kind in ("Application/X-WWW-Form-URLencoded;charset=UTF-8", "", None):
        made = post(CHANNELS, data=b"FriendlyName=x", headers={"Content-Type": kind})
        assert made.json()["friendly_name"] == "x"


@given(st.lists(st.tuples(st.text(), st.text() | st.binary()), max_size=5), st.booleans())
@example([("a=b", " +&=%\r\n\t=3D\n"), ("", "")], True)
def test_a_long_form_is_read_as_a_short_one(
    pairs: list[tuple[str, str | bytes]], is_spaced: bool
) -> None:
    assume("long" not in dict(pairs))
    text = urlencode(pairs, quote_via=quote if is_spaced else quote_plus)
    long = parsed(text + "&" * is_spaced + "&long=" + "+" * 20_000)
    assert long == {**parsed(text), "long": " " * 20_000}


def test_a_form_of_nothing_but_escapes_is_read_in_a_moment() -> None:
    body = b"Attributes=" + b"%7B" * (MAX_FORM // 3 - 10)
    read = partial(read_request, "POST", "chat.twilio.com", "/", "", {}, body)
    assert seconds_of_work(read, time.thread_time) < 0.1
    request = read()
    assert set(request.form["Attributes"]) == {"{"}


# -- booleans


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "tRuE"])
def test_the_header_that_asks_for_webhooks_is_true_in_any_case(
    post: Post, mock: MockTwilio, word: str
) -> None:
    seen: list[Any] = []
    mock.webhooks.register("https://bot.example.com/hook", seen.append)
    post(
        SERVICE,
        data={
            "PostWebhookUrl": "https://bot.example.com/hook",
            "WebhookFilters": "onChannelAdded",
        },
    )
    post(CHANNELS, headers={"X-Twilio-Webhook-Enabled": word})
    post(CHANNELS, headers={"X-Twilio-Webhook-Enabled": "False"})
    assert mock.webhooks.settle()
    assert [each.parameters["EventType"] for each in seen] == ["onChannelAdded"]


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
@pytest.mark.parametrize(
    ("path", "name", "more", "shown"),
    [
        (SERVICE, "ReachabilityEnabled", {}, "reachability_enabled"),
        (SERVICE, "ReadStatusEnabled", {}, "read_status_enabled"),
        (
            "/flex-api.twilio.com/v1/FlexFlows",
            "LongLived",
            {
                "FriendlyName": "x",
                "ChatServiceSid": DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"],
                "ChannelType": "sms",
                "IntegrationType": "external",
                "Integration.Url": "https://bot.example.com/hook",
                "Enabled": "FALSE",
            },
            "long_lived",
        ),
    ],
)
def test_booleans_of_forms_are_true_in_any_case(
    post: Post, path: str, name: str, more: dict[str, str], shown: str, word: str
) -> None:
    assert post(path, data={**more, name: word}).json()[shown] is True


# -- headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", CHANNELS, 201),
        ("GET", CHANNELS, 200),
        ("GET", f"{CHANNELS}/CH{'0' * 32}", 404),
        ("PUT", CHANNELS, 405),
        ("GET", "/api.twilio.com/2010-04-01/Accounts", 501),
        ("GET", "/nowhere", 404),
    ],
)
def test_every_answer_has_twilios_headers(url: str, method: str, path: str, status: int) -> None:
    answers = [requests.request(method, url + path, auth=AUTH, timeout=30) for _ in range(2)]
    for answer in answers:
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert re.fullmatch(r"RQ[0-9a-f]{32}", answer.headers["Twilio-Request-Id"])
    first, second = (answer.headers["Twilio-Request-Id"] for answer in answers)
    assert first != second


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"auth": ("x", "y")}, 401),
        ({"headers": {"Origin": "https://evil.example"}, "auth": AUTH}, 403),
        ({"data": b"x" * (MAX_FORM + 1), "auth": AUTH}, 413),
        ({"headers": {"X": "x" * 70_000}, "auth": AUTH}, 431),
    ],
)
def test_every_refusal_at_the_door_has_twilios_headers(
    url: str, sent: dict[str, Any], status: int
) -> None:
    answer = requests.post(url + CHANNELS, timeout=30, **sent)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert re.fullmatch(r"RQ[0-9a-f]{32}", answer.headers["Twilio-Request-Id"])


def test_answers_in_process_have_twilios_headers() -> None:
    account = connect()
    for path, status in ((CHANNELS, 200), (f"{CHANNELS}/none", 404)):
        answer = account.client.request("GET", "https:/" + path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert re.fullmatch(r"RQ[0-9a-f]{32}", answer.headers["Twilio-Request-Id"])


# -- what is not read


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"friendlyname": "x"}},
        {"data": {"friendly_name": "x"}},
        {"data": {"FRIENDLYNAME": "x"}},
        {"params": {"FriendlyName": "x"}},
        {"params": {"friendlyName": "x"}},
        parts(("friendlyName", "x")),
    ],
)
def test_a_parameter_in_a_wrong_place_or_spelling_is_refused_as_missing(
    post: Post, url: str, sent: dict[str, Any]
) -> None:
    refused = post(CHANNELS, **sent)
    assert (refused.status_code, refused.json()["code"]) == (400, 20001)
    assert "Missing parameter FriendlyName in the post body" in refused.json()["message"]
    assert requests.get(url + CHANNELS, auth=AUTH, timeout=30).json()["channels"] == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"FriendlyName": "x"}'),
        ("text/plain", b"FriendlyName=x"),
        ("application/xml", b"<x/>"),
        ("multipart/mixed; boundary=b", b"--b--"),
    ],
)
def test_a_body_that_is_no_form_is_refused(post: Post, kind: str, body: bytes) -> None:
    refused = post(CHANNELS, data=body, headers={"Content-Type": kind})
    assert (refused.status_code, refused.json()["code"]) == (400, 20001)
    assert kind in refused.json()["message"]


@pytest.mark.parametrize(
    ("sent", "note"),
    [
        ({"data": {"Colour": "red"}}, "Colour: no such parameter"),
        ({"data": {"FriendlyName": "x", "friendly_name": "y"}}, "friendly_name: no such parameter"),
        ({"data": {"é\n": "x"}}, r"\xe9\n: no such parameter"),
        ({"params": {"Colour": "red"}}, "Colour: the query of a POST is not read"),
    ],
)
def test_what_is_not_read_is_noted_in_the_answer_and_the_logs(
    shared: Account, url: str, sent: dict[str, Any], note: str
) -> None:
    answer = requests.post(url + CHANNELS, auth=AUTH, timeout=30, **sent)
    assert answer.status_code == 201
    assert answer.headers[NOTE].startswith(note)
    path = "/_mock/state/requests"
    latest = requests.get(url + path, timeout=30).json()["items"][0]
    shown = requests.get(f"{url}{path}/{latest['number']}", timeout=30).json()
    assert shown["notes"] == [answer.headers[NOTE]]
    shared.client.request("POST", "https:/" + CHANNELS, **sent)
    assert shared.requests[-1].note == answer.headers[NOTE]
    assert note in str(shared.requests)


def test_a_list_notes_what_it_does_not_filter_by(url: str, shared: Account) -> None:
    answer = requests.get(f"{url}{CHANNELS}?type=private&PageSize=1", auth=AUTH, timeout=30)
    assert answer.headers[NOTE] == "type: no such parameter of this list"
    answer = requests.get(f"{url}{CHANNELS}?Type=private&PageSize=1", auth=AUTH, timeout=30)
    assert NOTE not in answer.headers


def test_calls_in_process_log_what_was_not_read() -> None:
    account = connect()
    account.client.request("POST", "https:/" + CHANNELS, data={"Colour": "red"})
    assert account.requests[-1].note.startswith("Colour: no such parameter")
    account.client.request("POST", "https:/" + CHANNELS, data={"FriendlyName": "red"})
    assert account.requests[-1].note == ""


@pytest.mark.parametrize("data", [b"FriendlyName=x", "FriendlyName=x", [("FriendlyName", "x")]])
def test_the_log_takes_bodies_of_every_kind(data: Any) -> None:
    account = connect()
    made = account.client.http_client.request(
        "POST",
        "https:/" + CHANNELS,
        data=data,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        auth=AUTH,
    )
    assert json.loads(made.text)["friendly_name"] == "x"
    assert "(body)" in account.requests[-1].parameters
