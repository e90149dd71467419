"""Both sides of limits in time, number and status that no parameter declares."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from office import Office, status
from studio_lab import Lab, send, to, widget
from support import PATIENCE, refused
from twilio.http.response import Response
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant

from helpers import Account
from helpers.chat.errors import TransientError
from helpers.chat.retrying_client import RetryingClient
from helpers.mock.core.bounds import MAX_NESTING, is_too_deep
from helpers.mock.core.jobs import KeyedExecutor
from helpers.mock.core.parameters import read_json_object
from helpers.mock.studio import validation
from helpers.mock.webhooks.outbox import Delivery
from helpers.mock.webhooks.receivers import WebhookAnswer

SHOP = "https://shop.example.com/"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


# -- pages

PAGES = {
    "https://chat.twilio.com/v2/Services": 100,
    "https://chat.twilio.com/v2/Services/{service}/Roles": 100,
    "https://chat.twilio.com/v2/Services/{service}/Channels": 100,
    "https://chat.twilio.com/v2/Services/{service}/Channels/{channel}/Members": 100,
    "https://chat.twilio.com/v2/Services/{service}/Channels/{channel}/Messages": 100,
    "https://chat.twilio.com/v2/Services/{service}/Channels/{channel}/Webhooks": 5,
    "https://chat.twilio.com/v2/Services/{service}/Bindings": 50,
    "https://chat.twilio.com/v2/Credentials": 1000,
    "https://conversations.twilio.com/v1/Conversations": 100,
    "https://flex-api.twilio.com/v1/FlexFlows": 1000,
    "https://flex-api.twilio.com/v1/Channels": 1000,
    "https://studio.twilio.com/v2/Flows": 1000,
    "https://taskrouter.twilio.com/v1/Workspaces": 1000,
}


@pytest.mark.parametrize(("url", "most"), PAGES.items())
def test_a_page_has_one_item_up_to_a_most(account: Account, url: str, most: int) -> None:
    sid = account.credentials.chat_service_sid
    channel = account.client.chat.v2.services(sid).channels.create()
    address = url.format(service=sid, channel=channel.sid)

    def page(size: int | None = None) -> dict[str, Any]:
        params = {} if size is None else {"PageSize": size}
        answer = account.client.request("GET", address, params=params)
        found: dict[str, Any] = json.loads(answer.text)
        return found

    sizes = {size: page(size)["meta"]["page_size"] for size in (1, most, most + 1)}
    assert sizes == {1: 1, most: most, most + 1: most}
    assert page()["meta"]["page_size"] == min(50, most)
    for size in (0, -1):
        found = page(size)
        assert (found["status"], found["code"]) == (400, 20007)


# -- HTTP statuses


@pytest.mark.parametrize(
    ("answer", "event"),
    [(199, "failed"), (200, "success"), (204, "success"), (299, "success"), (300, "failed")],
)
def test_an_answer_of_2xx_is_a_success_to_a_flow(lab: Lab, answer: int, event: str) -> None:
    lab.studio.register_function(SHOP, lambda _: answer)
    given = {"url": SHOP, "method": "GET"}
    lab.heard(
        widget("it", "make-http-request", to("success", "end"), to("failed", "end"), **given),
        send("end", "{{widgets.it.status_code}}"),
    )
    assert lab.way()[1] == (event, "it", "end")
    assert lab.context()["widgets"]["it"]["status_code"] == answer


@pytest.mark.parametrize(("size", "event"), [(64 * 1024, "success"), (64 * 1024 + 1, "failed")])
def test_a_flow_takes_an_answer_of_64_kilobytes(lab: Lab, size: int, event: str) -> None:
    lab.studio.register_function(SHOP, lambda _: "x" * size)
    given = {"url": SHOP, "method": "GET"}
    lab.heard(
        widget("it", "make-http-request", to("success", "end"), to("failed", "end"), **given),
        send("end", "Done"),
    )
    assert lab.way()[1] == (event, "it", "end")


@pytest.mark.parametrize("answer", [None, *range(425, 435), *range(499, 508)])
def test_a_webhook_is_tried_again_after_these_answers_only(answer: int | None) -> None:
    assert WebhookAnswer(answer).is_passing is (answer in (None, 429, 503, 504))


def failure(answer: int, code: int | None) -> TransientError | None:
    """The failure that an answer with this code counts as; None where it is final."""

    class Inner:
        logger, timeout = None, None

        def request(self, *_: Any, **__: Any) -> Response:
            return Response(answer, json.dumps({"code": code, "message": "no"}))

    client = RetryingClient(Inner(), lambda _: None, tries=1)  # type: ignore[arg-type]
    try:
        client.request("GET", "https://x.test/")
    except TransientError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("answer", "code", "passes"),
    [
        (400, 20001, False),
        (499, 499, False),
        (500, 500, True),
        (501, 501, True),
        (500, 20499, False),
        (500, 20500, True),
        (503, 20599, True),
        (503, 20600, False),
        (428, 20428, False),
        (429, 20429, True),
        (429, None, True),
        (430, 20430, False),
        (404, None, True),
    ],
)
def test_these_refusals_may_pass_by_themselves(answer: int, code: int | None, passes: bool) -> None:
    found = failure(answer, code)
    assert (found is not None) is passes
    if found is not None:
        assert (found.status, found.code) == (answer, code)
        assert found.may_have_acted is (answer != 429)


# -- time


def test_events_are_kept_to_the_second_of_their_dates(office: Office) -> None:
    office.account.clock.freeze(NOON)
    office.workspace.activities.create("Lunch")
    events = office.workspace.events

    def found(**period: Any) -> int:
        return len(events.list(event_type="activity.created", **period))

    second = timedelta(seconds=1)
    assert [found(start_date=NOON + n * second) for n in (-1, 0, 1)] == [1, 1, 0]
    assert [found(end_date=NOON + n * second) for n in (-1, 0, 1)] == [0, 1, 1]
    office.account.clock.advance(15 * 60)
    assert (found(), found(minutes=15), found(minutes=14)) == (1, 1, 0)
    office.account.clock.advance(1)
    assert (found(), found(minutes=15), found(minutes=16)) == (0, 0, 1)


@pytest.mark.parametrize("moment", ["reservation", "task", "assigned", "ended"])
def test_what_ends_by_itself_does_so_on_the_second(office: Office, moment: str) -> None:
    office.account.clock.freeze(NOON)
    if moment != "task":
        office.go("alice")
    task = office.task(timeout=3600)
    if moment in ("assigned", "ended"):
        office.accept(task)
    if moment == "ended":
        task.update(assignment_status="completed")
    seconds = {"reservation": 120, "task": 3600, "assigned": 86_400, "ended": 300}[moment]
    before = status(task)
    office.account.clock.advance(seconds - 1)
    assert status(task) == before
    office.account.clock.advance(1)
    if moment in ("assigned", "ended"):
        with refused(404, 20404):
            task.fetch()
    else:
        assert status(task) == {"reservation": "pending", "task": "canceled"}[moment]


@pytest.mark.parametrize(
    ("ttl", "is_good"), [(86_400, True), (86_401, False), (1, True), (0, False)]
)
def test_a_token_may_live_for_a_day(account: Account, ttl: int, is_good: bool) -> None:
    account.clock.freeze()
    own = account.credentials
    now = account.clock.now()
    account.client.chat.v2.services(own.chat_service_sid).users.create(identity="jane")
    token = AccessToken(
        own.account_sid,
        own.api_key,
        own.api_secret,
        identity="jane",
        valid_until=int(now) + ttl,
        grants=[ChatGrant(service_sid=own.chat_service_sid)],
    ).to_jwt()
    answer = account.client_of_chat_user(str(token), "jane").chat.v2.services(own.chat_service_sid)
    if is_good:
        assert answer.users("jane").fetch().identity == "jane"
    else:
        with refused(401, 20104):
            answer.users("jane").fetch()


# -- numbers


@pytest.mark.parametrize(("limit", "waiting"), [(1, 0), (3, 0), (3, 2)])
def test_so_many_keys_are_worked_on_at_once(limit: int, waiting: int) -> None:
    executor = KeyedExecutor("limited", workers=limit)
    release, running = threading.Event(), threading.Semaphore(0)
    at_once: list[int] = []
    lock = threading.Lock()

    def wait_for_answer() -> None:
        with executor.waiting():
            release.wait(PATIENCE)

    def work() -> None:
        with lock:
            at_once.append(1)
        running.release()
        release.wait(PATIENCE)

    for number in range(waiting):
        executor.put(f"waits {number}", wait_for_answer)
    deadline = time.monotonic() + PATIENCE
    while executor._waiting < waiting and time.monotonic() < deadline:
        time.sleep(0.001)
    for number in range(limit + 2):
        executor.put(f"key {number}", work)
    for _ in range(limit):
        assert running.acquire(timeout=PATIENCE)
    assert not running.acquire(timeout=0.05)
    assert len(at_once) == limit
    names = [each for each in threading.enumerate() if each.name == "limited"]
    assert len(names) == limit + waiting
    release.set()
    assert executor.settle(PATIENCE)
    assert len(at_once) == limit + 2


@pytest.mark.parametrize(("levels", "is_fine"), [(MAX_NESTING, True), (MAX_NESTING + 1, False)])
def test_json_may_be_nested_so_deep(levels: int, is_fine: bool) -> None:
    inner = "[" * (levels - 2) + "]" * (levels - 2)
    text = f'{{"a": {{"b": {inner}}}}}'
    assert is_too_deep(json.loads(text)) is not is_fine
    assert (read_json_object(text) is not None) is is_fine
    shallow = json.dumps({"list": [{}] * 200})
    assert read_json_object(shallow) == json.loads(shallow)


@pytest.mark.parametrize("times", [9, 10, 11])
def test_a_widget_runs_ten_times_in_a_row(lab: Lab, times: int) -> None:
    again = widget(
        "ask",
        "send-and-wait-for-reply",
        to("incomingMessage", "ask"),
        **{"from": "Bot", "body": "Again?", "timeout": "60"},
    )
    channel = lab.channel(lab.flow(again))
    for _ in range(times):
        lab.say(channel, "yes")
    assert lab.answers(channel) == ["Again?"] * min(times, 10)
    assert [error.code for error in lab.studio.errors] == ([81001] if times > 10 else [])


@pytest.mark.parametrize(("count", "is_fine"), [(2000, True), (2001, False)])
def test_a_flow_may_have_two_thousand_widgets(count: int, is_fine: bool) -> None:
    states = [send(f"w{n}", "x") for n in range(count - 1)]
    trigger = widget("Trigger", "trigger", to("incomingMessage", "w0"))
    document = {"description": "", "initial_state": "Trigger", "states": [trigger, *states]}
    found = [words for _, words in validation._errors(document)]
    assert any("at most 2000" in words for words in found) is not is_fine


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (200, 1),
        (204, 1),
        (399, 1),
        (400, 1),
        (428, 1),
        (429, 3),
        (430, 1),
        (500, 1),
        (502, 1),
        (503, 3),
    ],
)
def test_a_webhook_is_sent_once_unless_another_try_may_help(
    account: Account, service: Any, channel: Any, webhooks: Any, answer: int, attempts: int
) -> None:
    calls: list[str] = []
    webhooks.register(SHOP, lambda call: calls.append(call.parameters["Body"]) or answer)
    service.update(
        post_webhook_url=SHOP, webhook_filters=["onMessageSent"], post_webhook_retry_count=2
    )
    channel.messages.create(body="once", x_twilio_webhook_enabled="true")
    assert webhooks.settle()
    assert calls == ["once"] * attempts
    assert [attempt.status for attempt in webhooks.log] == [answer] * attempts
    assert account.mock is not None
    states = account.mock.look(lambda ctx: [each.state for each in ctx.store.select(Delivery)])
    assert states == ["delivered" if answer < 400 else "failed"]
