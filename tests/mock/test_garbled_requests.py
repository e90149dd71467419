"""Thousands of requests, right, wrong and garbled: each is answered, and in Twilio's shape."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import orjson
import pytest
import requests
from examples import OPERATIONS, PreparedAccount, prepared_account
from examples.garbling import Garbler, resources
from support import examples, refused
from validators_words import FOUND

from helpers.mock import CODES, Reply, WebhookRequest

REQUESTS = min(examples(13_000), 30_000)
SEED = 20260601
FLOW_INVALID = 81022
"""The one refusal with details."""
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ANSWERS: tuple[Any, ...] = (None, 403, 500, {"body": "changed"}, {"attributes": "not JSON"}, "{")


def answer(request: WebhookRequest) -> Any:
    return ANSWERS[len(request.parameters["EventType"]) % len(ANSWERS)]


def unreachable(*_: Any, **__: Any) -> Any:
    raise requests.ConnectionError("nothing leaves this machine")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A prepared account that reaches no network."""
    monkeypatch.setattr(requests, "request", unreachable)
    account = prepared_account()
    account.account.clock.unfreeze()
    yield account
    assert account.mock.webhooks.settle()
    assert account.mock.studio.settle()


@pytest.mark.long
def test_every_request_is_answered_in_twilios_shape(offline: PreparedAccount) -> None:
    garbler = Garbler(offline, SEED)
    offline.answer_hooks(answer)
    statuses: Counter[int] = Counter()
    codes: Counter[int] = Counter()
    done = set()
    for number in range(REQUESTS):
        operation, request = garbler.request()
        try:
            reply = offline.mock.handle(request)
            check(reply)
        except Exception as error:
            error.add_note(f"request {number}: {ascii(request)[:2000]}")
            raise
        garbler.learn(request.path, reply)
        statuses[reply.status] += 1
        codes.update([reply.json["code"]] if reply.status >= 400 else [])
        done |= {operation} if reply.status < 400 else set()
    assert statuses[200] + statuses[201] + statuses[204] > REQUESTS / 3
    assert {200, 201, 204, 400, 401, 403, 404, 405, 409, 501} <= statuses.keys()
    assert len(done) > 0.85 * len(OPERATIONS)
    assert len(codes) > len(CODES) / 2


def check(reply: Reply) -> None:
    """A status Twilio knows, with a JSON document that says the same, or with no body."""
    orjson.dumps(reply.json)  # as every door sends it
    assert reply.json is None or not reply.content
    if reply.status >= 400:
        check_refusal(reply.status, reply.json)
    elif reply.status == 204:
        assert reply.json is None
    else:
        assert reply.status in (200, 201, 202)
        for shown in resources(reply.json):
            check_resource(shown)


def check_refusal(status: int, shown: dict[str, Any]) -> None:
    details = {"details"} if shown["code"] == FLOW_INVALID else set()
    assert shown.keys() == {"code", "message", "more_info", "status"} | details
    assert CODES[shown["code"]].status == status == shown["status"]
    assert shown["more_info"] == f"https://www.twilio.com/docs/errors/{shown['code']}"
    assert shown["message"]
    assert not FOUND.search(json.dumps(shown))


def check_resource(shown: dict[str, Any]) -> None:
    """Dates are dates, and attributes JSON, TaskRouter's an object, whatever they were set from."""
    for name, value in shown.items():
        if value is not None and name.startswith("date_"):
            assert DATE.fullmatch(value), f"{name}: {value}"
    attributes = json.loads(shown.get("attributes") or "{}", parse_constant=pytest.fail)
    assert isinstance(attributes, dict) or "workspace_sid" not in shown


@pytest.mark.parametrize("levels", [10, 99, 101, 500, 980, 100_000])
def test_json_nested_ever_deeper_is_taken_whole_or_refused(
    client: Any, make_flow: Any, make_channel: Any, levels: int
) -> None:
    data = '{"a": ' + "[" * (levels - 1) + "]" * (levels - 1) + "}"
    flow = make_flow()
    if levels > 100:
        with refused(400, 45004):
            make_channel(flow, pre_engagement_data=data)
        return
    made = make_channel(flow, pre_engagement_data=data)
    service = client.chat.v2.services(flow.chat_service_sid)
    attributes = service.channels(made.sid).fetch().attributes
    assert json.loads(attributes)["pre_engagement_data"] == json.loads(data)
