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
    channels = ("default", *found["task_channels"])
    found["workers"] = {name: _worker(draw, one, channels) for name in _some(draw)}
    return found


def _worker(draw: Any, activities: list[str], channels: tuple[str, ...]) -> dict[str, Any]:
    attributes = [{"level": 1}, {"skills": ["chat"], "name": "Zoë", "deep": {"a": [None, 1.5]}}]
    found = _maybe(draw, attributes=attributes, activity=activities)
    held = _some(draw, 0, channels)
    if held:
        capacities = {"capacity": [0, 1, 7], "available": [False, True]}
        found["channels"] = {name: _maybe(draw, **capacities) for name in held}
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


_URL = "https://a.example/hook"
_HOOKS: dict[str, Any] = {"pre_webhook_url": [_URL], "post_webhook_url": [_URL], "method": ["GET"]}
_PUSHES: dict[str, Any] = {
    "log_enabled": [True],
    "new_message_template": ["%{MESSAGE}: Zoë"],
    "new_message_badge_count_enabled": [True],
}


def _service(draw: Any) -> dict[str, Any]:
    """A service of Conversations, with roles, webhooks and push settings."""
    roles = _roles(draw, "conversation")
    found = _maybe(
        draw, reachability_enabled=[True], default_conversation_role=[*roles, "channel user"]
    )
    found |= _parts(draw, "conversation", ["onMessageAdded", "onConversationAdded"])
    if draw(st.booleans()):
        more = {"new_message_with_media_enabled": [True], "added_to_conversation_sound": ["x"]}
        found["notifications"] = _maybe(draw, **_PUSHES, **more)
    return found | {"roles": roles}


def _old_service(draw: Any, *, is_beside: bool) -> dict[str, Any]:
    """A service as Programmable Chat has it, with what both views have only if it stands alone."""
    found = _maybe(
        draw,
        read_status_enabled=[False],
        typing_indicator_timeout=[9],
        limits_channel_members=[3, 100],
        media_compatibility_message=["Look"],
    )
    found |= _parts(draw, "chat", ["onMessageSent", "onX"])
    pushes: dict[str, Any] = {"invited_to_channel_enabled": [True, False]}
    if not is_beside:
        roles = found["roles"] = _roles(draw, "channel")
        names = {"default_channel_role": [*roles, "channel user"], "reachability_enabled": [True]}
        found |= _maybe(draw, **names)
        pushes |= _PUSHES
    if draw(st.booleans()):
        found["notifications"] = _maybe(draw, **pushes)
    return found


def _roles(draw: Any, of: str) -> dict[str, Any]:
    return {
        name: {"type": of, "permissions": ["sendMessage"]}
        for name in _some(draw, 0, ("agent", "channel user", "Größe"))
    }


def _parts(draw: Any, of: str, events: list[str]) -> dict[str, Any]:
    retries: dict[str, Any] = {"pre_retry_count": [2]} if of == "chat" else {}
    hooks = _maybe(draw, **_HOOKS, **retries)
    # Twilio never empties them.
    return {"webhooks": {**hooks, "filters": draw(st.sampled_from([events, events[:1]]))}}


def _address(draw: Any, bots: list[str], services: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["webhook", "default", *(["studio"] if bots else [])]))
    settings: dict[str, Any] = {
        "webhook": {"webhook_method": ["get"], "webhook_filters": [["onMessageAdded"]]},
        "studio": {"studio_retry_count": [2]},
        "default": {},
    }[kind]
    made = {"type": kind, **_maybe(draw, enabled=[False], conversation_service=services)}
    made |= _maybe(draw, **settings)
    if kind == "webhook":
        made["webhook_url"] = "https://a.example/x"
    elif kind == "studio":
        made["studio_flow"] = draw(st.sampled_from(bots))
    return {"auto_creation": made, **_maybe(draw, friendly_name=NAMES)}


def _flow(draw: Any, bots: list[str], places: list[tuple[str, str]]) -> dict[str, Any]:
    kinds = [*(["studio"] if bots else []), *(["task"] if places else []), "external"]
    kind = draw(st.sampled_from(kinds))
    settings: dict[str, Any] = _maybe(draw, **{} if kind == "task" else {"retry_count": [0, 3]})
    if kind == "studio":
        settings["flow"] = draw(st.sampled_from(bots))
    elif kind == "external":
        settings["url"] = "https://a.example/x"
    else:
        settings["workspace"], settings["workflow"] = draw(st.sampled_from(places))
        settings |= {"channel": "default", **_maybe(draw, priority=[7], timeout=[60])}
    flags = _maybe(draw, long_lived=[True], janitor_enabled=[True])
    return {"integration_type": kind, "integration": settings, **flags}


@st.composite
def centres(draw: Any) -> str:
    """Texts of whole contact centres that Twilio can take."""
    content: dict[str, Any] = {}
    content["workspaces"] = {
        name: _workspace(draw) for name in _some(draw, 0, ("Flex Task Assignment", "Shop"))
    }
    places = [
        (name, workflow)
        for name, space in content["workspaces"].items()
        for workflow in space["workflows"]
    ]
    spelled = [f"ref:workspaces/{name}/workflows/{workflow}" for name, workflow in places]
    bots: dict[str, Any] = {}
    for name in _some(draw):
        bots[name] = _bot(draw, spelled, [*bots])
    content["studio_flows"] = bots
    services = _some(draw, 0, ("Flex Chat Service", "Second"))
    of = draw(st.sets(st.sampled_from(["conversation", "chat"]), min_size=1))
    if "conversation" in of:
        content["conversation_services"] = {name: _service(draw) for name in services}
    if "chat" in of:
        is_beside = "conversation" in of
        content["chat_services"] = {
            name: _old_service(draw, is_beside=is_beside) for name in services
        }
    content["address_configurations"] = [
        {"type": kind, "address": at, **_address(draw, [*bots], services)}
        for kind, at in draw(
            st.lists(
                st.sampled_from(
                    [("sms", "+15550100"), ("whatsapp", "+15550100"), ("chat", "shop")]
                ),
                max_size=2,
                unique=True,
            )
        )
    ]
    content["flex_flows"] = [
        {
            "friendly_name": name,
            "channel_type": channel,
            "enabled": name == "A",
            **_flow(draw, [*bots], places),
            **_maybe(draw, chat_service=services, contact_identity=["shop"]),
        }
        for name, channel in zip(_some(draw), ("custom", "web", "sms"), strict=False)
    ]
    return str(yaml.safe_dump(content, allow_unicode=True))
