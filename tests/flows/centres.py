"""Generated contact centres, as flow files."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

NAMES = ("A", "Größe", "a: b", "No", "1", "x/y", "ref:queues/A")
EXPRESSIONS = ("1==1", "level > 3", "skills HAS 'chat' AND level >= 2", "name != 'x'")


def _some(draw: Any, least: int = 0, pool: tuple[str, ...] = NAMES) -> list[str]:
    return draw(st.lists(st.sampled_from(pool), min_size=least, max_size=3, unique=True))


def _maybe(draw: Any, **fields: Any) -> dict[str, Any]:
    """Some of the fields, each with one of its values."""
    chosen = {name: draw(st.sampled_from([None, *values])) for name, values in fields.items()}
    return {name: value for name, value in chosen.items() if value is not None}


def _target(draw: Any, queues: list[str]) -> dict[str, Any]:
    more = _maybe(
        draw,
        timeout=[1, 60],
        priority=[0, 5],
        expression=["worker.level > 1"],
        order_by=["worker.level DESC"],
        skip_if=["1==2"],
    )
    return {"queue": draw(st.sampled_from(queues)), **more}


def _workflow(draw: Any, queues: list[str]) -> dict[str, Any]:
    filters = [
        {
            **_maybe(draw, filter_friendly_name=["vips", "the rest"]),
            "expression": draw(st.sampled_from(EXPRESSIONS)),
            "targets": [_target(draw, queues) for _ in range(draw(st.integers(1, 2)))],
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    found: dict[str, Any] = {"filters": filters} if filters else {}
    if draw(st.booleans()):
        found["default_filter"] = _target(draw, queues)
    url = ["https://a.example/assign"]
    return found | _maybe(draw, task_reservation_timeout=[5], assignment_callback_url=url)


def _workspace(draw: Any) -> dict[str, Any]:
    names = ("Offline", "Break", "Größe")
    activities = {
        name: {"available": True} if name == "Größe" else {} for name in _some(draw, 1, names)
    }
    one = list(activities)
    queues = _some(draw)
    found = _maybe(
        draw,
        default_activity=one,
        timeout_activity=one,
        multi_task_enabled=[False],
        prioritize_queue_order=["LIFO"],
        event_callback_url=["https://a.example/events"],
    )
    found["activities"] = activities
    found["task_channels"] = {
        name: {"friendly_name": name.title()} for name in _some(draw, 0, ("chat", "post", "a_1"))
    }
    found["queues"] = {
        name: _maybe(
            draw,
            target_workers=EXPRESSIONS,
            task_order=["LIFO"],
            max_reserved_workers=[5],
            reservation_activity=one,
            assignment_activity=one,
        )
        for name in queues
    }
    names = tuple(_some(draw)) if queues else ()
    found["workflows"] = {name: _workflow(draw, queues) for name in names}
    attributes = [{"level": 1}, {"skills": ["chat"], "name": "Zoë", "deep": {"a": [None, 1.5]}}]
    found["workers"] = {name: _maybe(draw, attributes=attributes) for name in _some(draw)}
    return found


def _bot(draw: Any, places: list[str], others: list[str]) -> dict[str, Any]:
    """A Studio flow that hands over to a workflow, and may run another flow."""
    states: list[dict[str, Any]] = [
        {"name": "Trigger", "type": "trigger", "transitions": [], "properties": {}}
    ]
    if places:
        to = {"workflow": draw(st.sampled_from(places)), "channel": "chat", "priority": 1.5}
        states.append({"name": "a", "type": "send-to-flex", "transitions": [], "properties": to})
    if others:
        sub = {"flow_sid": f"ref:studio_flows/{draw(st.sampled_from(others))}"}
        sub["flow_revision"] = "LatestPublished"
        states.append({"name": "b", "type": "run-subflow", "transitions": [], "properties": sub})
    text = draw(st.sampled_from(["Hi", "{{flow.data}}\u2028", "1", "ref: none"]))
    say = {"from": "bot", "body": text, "service": None}
    states.append({"name": "c", "type": "send-message", "transitions": [], "properties": say})
    definition = {"initial_state": "Trigger", "states": draw(st.permutations(states))}
    return {"definition": definition, **_maybe(draw, status=["draft"])}


def _service(draw: Any, of: str) -> dict[str, Any]:
    """A service of Conversations, or of the older Chat, with roles and webhooks."""
    own = ["service admin", "service user", "channel admin", "channel user"]
    may = {"conversation": "sendMessage", "chat": "sendMessage"}
    roles = {
        name: {"type": "channel" if of == "chat" else "conversation", "permissions": [may[of]]}
        for name in _some(draw, 0, ("agent", "channel user", "Größe"))
    }
    url = ["https://a.example/hook"]
    hooks = _maybe(draw, pre_webhook_url=url, post_webhook_url=url, method=["GET"])
    names = ["onMessageAdded", "onConversationAdded"] if of == "conversation" else ["onX"]
    hooks["filters"] = draw(st.sampled_from([names, names[:1]]))  # Twilio never empties them
    found: dict[str, Any] = _maybe(draw, reachability_enabled=[True])
    for field in ("default_conversation_role", "default_channel_role"):
        if (field == "default_channel_role") == (of == "chat"):
            found |= _maybe(draw, **{field: [*roles, own[3]]})
    return found | {"roles": roles, "webhooks": hooks}


@st.composite
def centres(draw: Any) -> str:
    """Texts of whole contact centres that Twilio can take."""
    content: dict[str, Any] = {"flex_flows": [], "address_configurations": []}
    content["workspaces"] = {
        name: _workspace(draw) for name in _some(draw, 0, ("Flex Task Assignment", "Shop"))
    }
    places = [
        f"ref:workspaces/{name}/workflows/{workflow}"
        for name, space in content["workspaces"].items()
        for workflow in space["workflows"]
    ]
    bots: dict[str, Any] = {}
    for name in _some(draw):
        bots[name] = _bot(draw, places, [*bots])
    content["studio_flows"] = bots
    of = draw(st.sampled_from(["conversation", "chat"]))
    services = _some(draw, 0, ("Flex Chat Service", "Second"))
    content[f"{of}_services"] = {name: _service(draw, of) for name in services}
    return str(yaml.safe_dump(content, allow_unicode=True))
