"""Questions to an account: the inferred rules of FIDELITY.md that a REST call can settle.

Each is declared with its product, its row of FIDELITY.md and the mock's answer; its function makes
the calls and puts the account's answer in the same words.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

import jwt
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant

from ..json_object import attributes_in, entry, error_code
from . import calibration_conversations as conversations
from .calibration import Lab, Own, Probes, Unsettled, answer, words

NOBODY = "+15005550006"
"""Twilio's number for tests: contact of executions, whose flow sends nothing."""
MEDIA = "https://mcs.us1.twilio.com/v1/Services/{}/Media/ME" + "0" * 32
"""A file that does not exist: enough to see an access token accepted or refused."""
PROBES = Probes()
"""All questions, in the order in which they are asked."""
_MISSING = "0" * 32
_Ask = Callable[[Lab], str]


def _flow(template: str) -> dict[str, Any]:
    """Return a definition that sets a variable to a template's value, then another one."""
    states: list[tuple[str, str, str, Any]] = [("Trigger", "trigger", "incomingRequest", {})]
    for name, value in (("first", template), ("second", "2")):
        variables = {"variables": [{"key": name, "value": value}]}
        states.append((name, "set-variables", "next", variables))
    following: list[dict[str, str]] = [{"next": "first"}, {"next": "second"}, {}]
    return {
        "description": "",
        "initial_state": "Trigger",
        "flags": {},
        "states": [
            {"name": n, "type": t, "transitions": [{"event": event, **leads}], "properties": about}
            for (n, t, event, about), leads in zip(states, following, strict=True)
        ],
    }


def _external(lab: Lab, **changes: Any) -> dict[str, Any]:
    """Return a Flex Flow that makes no task, and posts only messages, of which there are none."""
    return {
        "friendly_name": lab.name,
        "channel_type": "custom",
        "chat_service_sid": lab.own("service").sid,
        "contact_identity": lab.name,
        "integration_type": "external",
        "integration_url": "https://example.com",
        "enabled": False,
        **changes,
    }


OWN = {
    "workspace": Own(
        "TaskRouter",
        lambda client: client.taskrouter.v1.workspaces,
        contents=lambda _, made: made.tasks.list(),
    ),
    "flow": Own(
        "Studio",
        lambda client: client.studio.v2.flows,
        lambda _: {"status": "published", "definition": _flow("1")},
    ),
    "service": Own("Programmable Chat", lambda client: client.chat.v2.services),
    "Flex Flow": Own(
        "Flex API v1",
        lambda client: client.flex_api.v1.flex_flow,
        _external,
        lambda client, made: [
            each for each in client.flex_api.v1.channel.list() if each.flex_flow_sid == made.sid
        ],
    ),
    **conversations.OWN,
}
"""Things made for the probes; the one made last is deleted first."""

# -- TaskRouter

taskrouter = partial(PROBES.asks, "TaskRouter")


class Desk(NamedTuple):
    """A worker with a queue and a workflow of its own."""

    lab: Lab
    worker: Any
    queue: Any
    workflow: Any

    @classmethod
    def of(cls, lab: Lab, activity: str = "Available") -> Desk:
        """Make one whose worker has this activity."""
        space = lab.own("workspace")
        number = len(space.task_queues.list())
        name, about = f"desk {number}", json.dumps({"desk": number})
        sid = _activity(lab, activity)
        worker = space.workers.create(name, activity_sid=sid, attributes=about)
        queue = space.task_queues.create(name, target_workers=f"desk == {number}")
        return cls(lab, worker, queue, space.workflows.create(name, _routing(queue.sid)))

    def task(self) -> Any:
        """Make a task for the worker."""
        return self.lab.own("workspace").tasks.create(workflow_sid=self.workflow.sid)

    def offer(self) -> tuple[Any, Any]:
        """Make a task, and wait for its reservation."""
        task = self.task()
        pending = partial(self.worker.reservations.list, reservation_status="pending")
        return task, self.lab.until(pending)[0]


def _activity(lab: Lab, name: str) -> str:
    found = lab.own("workspace").activities.list()
    return str(next(each.sid for each in found if each.friendly_name == name))


def _routing(queue_sid: str, *filters: Any) -> str:
    routing = {"default_filter": {"queue": queue_sid}, "filters": filters}
    return json.dumps({"task_routing": routing})


@taskrouter("A resource in use is not deleted (20409)", "409 20409")
def _queue_in_use(lab: Lab) -> str:
    return answer(Desk.of(lab, "Offline").queue.delete)


@taskrouter(
    "A worker with pending reservations becomes unavailable only with RejectPendingReservations",
    "400 20001",
)
def _leave_with_an_offer(lab: Lab) -> str:
    desk = Desk.of(lab)
    desk.offer()
    return answer(lambda: desk.worker.update(activity_sid=_activity(lab, "Offline")))


@taskrouter(
    "A new worker takes three tasks at once of chat and sms, one of any other channel",
    "chat 3, default 1, sms 3, video 1, voice 1",
)
def _capacities(lab: Lab) -> str:
    found = Desk.of(lab, "Offline").worker.worker_channels.list()
    names = {each.task_channel_unique_name: each.configured_capacity for each in found}
    return ", ".join(f"{name} {names[name]}" for name in sorted(names))


@taskrouter("Names of workers are unique whatever their case", "409 20409")
def _name_in_capitals(lab: Lab) -> str:
    workers = lab.own("workspace").workers
    workers.create("ann")
    return answer(lambda: workers.create("ANN"))


@taskrouter("If-Match lets a change through only if the ETag is still the same", "412 20412")
def _other_etag(lab: Lab) -> str:
    worker = Desk.of(lab, "Offline").worker
    return answer(lambda: worker.update(if_match='"other"', attributes="{}"))


@taskrouter("A task is cancelled from pending or reserved only", "400 20001")
def _cancel_when_assigned(lab: Lab) -> str:
    task, reservation = Desk.of(lab).offer()
    reservation.update(reservation_status="accepted")
    return answer(lambda: task.update(assignment_status="canceled", reason="probe"))


@taskrouter("A task is wrapped up when assigned, completed when assigned or wrapping", "400 20001")
def _complete_when_pending(lab: Lab) -> str:
    task = Desk.of(lab, "Offline").task()
    return answer(lambda: task.update(assignment_status="completed", reason="probe"))


@taskrouter(
    "Deleting a task completes the reservation that was accepted, and cancels those that are"
    " pending",
    "reservation.canceled",
)
def _delete_when_offered(lab: Lab) -> str:
    task, reservation = Desk.of(lab).offer()
    task.delete()
    about = {"reservation_sid": reservation.sid, "event_type": "reservation.canceled"}
    try:
        return str(lab.until(partial(lab.own("workspace").events.list, **about))[0].event_type)
    except Unsettled:
        return "no such event"


@taskrouter(r"NOT, && and \|\| work, and null differs from every value", "yes, yes, yes")
def _operators(lab: Lab) -> str:
    workers = lab.own("workspace").workers
    made = workers.create("operators", attributes='{"level": 3}')
    texts = ("level == 3 && skill != 'x'", "level == 4 || skill != 'x'", "NOT (level == 4)")
    found = [workers.list(target_workers_expression=text) for text in texts]
    return ", ".join("yes" if made.sid in [one.sid for one in each] else "no" for each in found)


@taskrouter(
    "A workflow's configuration is checked when it is set: JSON, keys, expressions, queues",
    "400 20001, 400 20001, 400 20001",
)
def _bad_configurations(lab: Lab) -> str:
    workflows, queue = lab.own("workspace").workflows, Desk.of(lab, "Offline").queue.sid
    bad = {"expression": "level ==", "targets": [{"queue": queue}]}
    texts = ("no JSON", _routing(f"WQ{_MISSING}"), _routing(queue, bad))
    return ", ".join(answer(partial(workflows.create, "bad", text)) for text in texts)


@taskrouter("40153", "400 40153")
def _second_page(lab: Lab) -> str:
    return lab.read("workspace", "Workers?PageSize=1&Page=1")


# -- Studio

studio = partial(PROBES.asks, "Studio")


@studio("81022", "400 81022")
def _bad_definition(lab: Lab) -> str:
    flow = lab.own("flow")
    return answer(lambda: flow.update(status="draft", definition={"states": []}))


@studio("81021", "400 81021")
def _bad_revision(lab: Lab) -> str:
    return answer(lab.own("flow").revisions.get("newest").fetch)


def _run(lab: Lab, template: str) -> str:
    flow = lab.own("flow")
    flow.update(status="published", definition=_flow(template))
    execution = flow.executions.create(to=NOBODY, from_=NOBODY)
    lab.until(lambda: execution.fetch().status == "ended")
    found = execution.execution_context().fetch().context["flow"].get("variables", {})
    return "it goes on" if "second" in found else "it ends there"


@studio("A template that fails ends the execution with 81018", "it ends there")
def _division_by_zero(lab: Lab) -> str:
    return _run(lab, "{{ 1 | divided_by: 0 }}")


@studio(
    "A Liquid loop runs fifteen rounds at the most (that a longer one fails is inferred)",
    "it ends there",
)
def _sixteen_rounds(lab: Lab) -> str:
    return _run(lab, "{% for number in (1..16) %}x{% endfor %}")


# -- Access tokens


def _token(lab: Lab, secret: str = "", headers: Any = None, **claims: Any) -> str:
    """Return an access token of the account's API key, with some of its parts changed."""
    own = lab.credentials
    grant = ChatGrant(service_sid=own.chat_service_sid)
    made = AccessToken(own.account_sid, own.api_key, own.api_secret, [grant], identity=lab.name)
    key, claims = secret or own.api_secret, {**made.payload, **claims}
    return jwt.encode(claims, key, headers={**made.headers, **(headers or {})})


def _sent(lab: Lab, token: str, user: str | None) -> str:
    url = MEDIA.format(lab.credentials.chat_service_sid)
    headers, auth = {"X-Twilio-Token": token}, user and (user, token)
    response = lab.client.http_client.request("GET", url, headers=headers, auth=auth)
    if response.status_code == HTTPStatus.NOT_FOUND:  # there is no such file
        return "accepted"
    return words(response.status_code, error_code(response.text))


def _try(make: _Ask, lab: Lab) -> str:
    """Return the answer to a token: in a header as browsers send it, or else as a password.

    A good token is tried first; where that is refused too, nothing follows from a refusal.
    """
    for user in (None, "token"):
        if _sent(lab, _token(lab), user) == "accepted":
            return _sent(lab, make(lab), user)
    raise Unsettled("a good access token is refused too")


def _at(seconds: int) -> int:
    return int(time.time()) + seconds


_MESSAGING = {"identity": "probe", "chat": {"service_sid": f"MG{_MISSING}"}}
_TOKENS: dict[str, tuple[str, _Ask]] = {
    "20101": ("401 20101", lambda _: "a.b.c"),
    "20102": ("401 20102", lambda lab: _token(lab, headers={"cty": "probe"})),
    "20103": ("401 20103", lambda lab: _token(lab, iss=f"SK{_MISSING}")),
    "20104": ("401 20104", lambda lab: _token(lab, nbf=None, exp=_at(-60))),
    "20105": ("401 20105", lambda lab: _token(lab, nbf=_at(1800))),
    "20106": ("401 20106", lambda lab: _token(lab, grants={})),
    "20107": ("401 20107", lambda lab: _token(lab, secret="x" * 32)),
    "A chat grant whose service_sid has not the form of a Chat Service SID is refused (20106)": (
        "401 20106",
        lambda lab: _token(lab, grants=_MESSAGING),
    ),
}
for _rule, (_expected, _make) in _TOKENS.items():
    PROBES.asks("Access tokens", _rule, _expected)(partial(_try, _make))

# -- Programmable Chat

chat = partial(PROBES.asks, "Programmable Chat")


def _channel(lab: Lab, **arguments: str) -> str:
    return answer(lambda: lab.own("service").channels.create(**arguments))


@chat("50307", "409 50307")
def _taken_name(lab: Lab) -> str:
    _channel(lab, unique_name="taken")
    return _channel(lab, unique_name="taken")


@chat("50306", "400 50306")
def _named_like_a_sid(lab: Lab) -> str:
    return _channel(lab, unique_name=f"CH{_MISSING}")


@chat("A deleted user leaves its channels; its messages stay", "0 members")
def _deleted_user(lab: Lab) -> str:
    service = lab.own("service")
    channel = service.channels.create()
    channel.members.create("deleted")
    service.users.get("deleted").delete()
    return f"{len(channel.members.list())} members"


@chat("PageSize below 1 is refused (20007)", "400 20007")
def _no_page(lab: Lab) -> str:
    return lab.read("service", "Channels?PageSize=0")


# -- Flex API v1

flex = partial(PROBES.asks, "Flex API v1")


def _flex_channel(lab: Lab, flow_sid: str) -> Any:
    return lab.client.flex_api.v1.channel.create(flow_sid, "jane", "jane", "probe")


@flex("45205", "404 45205")
def _missing_flow(lab: Lab) -> str:
    lab.own("Flex Flow")
    return answer(lambda: _flex_channel(lab, f"FO{_MISSING}"))


@flex("One enabled flow for each channel type and contact (45212)", "400 45212")
def _second_flow(lab: Lab) -> str:
    lab.own("Flex Flow")
    flows, enabled = lab.client.flex_api.v1.flex_flow, _external(lab, enabled=True)
    flows.create(**enabled)
    return answer(lambda: flows.create(**enabled))


@flex("Without Target, `from` of a Flex channel is the identity", "the identity")
def _without_target(lab: Lab) -> str:
    made = _flex_channel(lab, lab.own("Flex Flow").sid)
    attributes = lab.own("service").channels.get(made.sid).fetch().attributes
    same = entry(attributes_in(attributes), "from") == "jane"
    return "the identity" if same else "something else"


PROBES += conversations.PROBES
