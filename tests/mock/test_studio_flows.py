"""Flows through Studio v2: saved, checked, revised, drafted, tried by test users, listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from studio_lab import Lab, ask, definition, hand_over, if_, refused, send, to, widget
from twilio.base.exceptions import TwilioRestException

from helpers.mock.studio.widget_types import SIMULATED, WIDGET_TYPES

HI = definition(send("hi", "Hi"))


@pytest.fixture
def flow(lab: Lab) -> Any:
    return lab.client.studio.v2.flows.create("Shop bot", "published", HI, commit_message="first")


# -- saving


def test_a_flow_shows_what_was_saved(lab: Lab, flow: Any) -> None:
    assert (flow.sid[:2], flow.friendly_name, flow.status) == ("FW", "Shop bot", "published")
    assert (flow.revision, flow.commit_message, flow.author_sid) == (1, "first", None)
    assert (flow.valid, flow.errors, flow.warnings, flow.definition) == (True, [], [], HI)
    account_sid = lab.account.credentials.account_sid
    assert flow.webhook_url.endswith(f"/v1/Accounts/{account_sid}/Flows/{flow.sid}")
    assert lab.client.studio.v2.flows(flow.sid).fetch().definition == HI


def test_a_definition_may_be_given_as_text(lab: Lab) -> None:
    made = lab.client.studio.v2.flows.create("Shop bot", "draft", json.dumps(HI))
    assert made.definition == HI


def test_a_list_leaves_definitions_out(lab: Lab, flow: Any) -> None:
    listed = lab.client.studio.v2.flows.list()[-1]
    assert (listed.sid, listed.friendly_name) == (flow.sid, flow.friendly_name)
    assert (listed.definition, listed.valid, listed.errors, listed.warnings) == (None,) * 4


def test_a_flow_can_be_deleted_with_all_it_has_done(lab: Lab, flow: Any) -> None:
    lab.say(lab.channel(flow), "hello")
    assert lab.client.studio.v2.flows(flow.sid).delete() is True
    with refused(404, 20404):
        lab.client.studio.v2.flows(flow.sid).fetch()
    assert lab.studio.errors == []


@pytest.mark.parametrize("missing", ["FriendlyName", "Status", "Definition"])
def test_a_missing_parameter_is_named(lab: Lab, missing: str) -> None:
    given = {"FriendlyName": "Bot", "Status": "draft", "Definition": json.dumps(HI)}
    del given[missing]
    for path in ("Flows", "Flows/Validate"):
        url = f"https://studio.twilio.com/v2/{path}"
        answer = json.loads(lab.client.request("POST", url, data=given).text)
        assert (answer["status"], answer["code"]) == (400, 20001)
        assert missing in answer["message"]


# -- validation


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    made = json.loads(json.dumps(definition(ask("name", "Name?", then="hi"), send("hi", "Hi"))))
    change(made)
    return made


def set_at(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *steps, last = path.split(".")

    def change(document: Any) -> None:
        for each in steps:
            document = document[int(each) if each.isdigit() else each]
        document[int(last) if last.isdigit() else last] = value

    return change


NO_TRIGGER = definition(send("hi", "Hi"))
NO_TRIGGER["states"] = NO_TRIGGER["states"][1:]
NO_TRIGGER["initial_state"] = "hi"

BROKEN: dict[str, tuple[Any, str, str]] = {
    "not JSON": ("{", "#", "not JSON"),
    "not an object": ("[1]", "#/states", "at least one widget"),
    "no states": ({"initial_state": "Trigger"}, "#/states", "at least one widget"),
    "empty states": (changed(set_at("states", [])), "#/states", "at least one widget"),
    "state of the wrong shape": (changed(set_at("states.1", "hi")), "#/states/1", "an object"),
    "no name": (changed(set_at("states.1.name", "")), "#/states/1/name", "a name"),
    "no type": (changed(set_at("states.1.type", None)), "#/states/1/type", "a type"),
    "no transitions": (
        changed(set_at("states.1.transitions", None)),
        "#/states/1/transitions",
        "a list of transitions",
    ),
    "properties of the wrong shape": (
        changed(set_at("states.1.properties", [])),
        "#/states/1/properties",
        "an object",
    ),
    "transition without an event": (
        changed(set_at("states.1.transitions.0", {"next": "hi"})),
        "#/states/1/transitions/0",
        "an object with an event",
    ),
    "next of the wrong shape": (
        changed(set_at("states.1.transitions.0.next", ["hi"])),
        "#/states/1/transitions/0/next",
        "the name of a widget",
    ),
    "conditions of the wrong shape": (
        changed(set_at("states.1.transitions.0.conditions", ["x"])),
        "#/states/1/transitions/0/conditions",
        "type, arguments and value",
    ),
    "unknown next": (
        changed(set_at("states.1.transitions.0.next", "nobody")),
        "#/states/1/transitions/0/next",
        "there is no widget 'nobody'; it leads to one of Trigger, name, hi",
    ),
    "names that are not unique": (
        changed(set_at("states.2.name", "name")),
        "#/states/1/name",
        "'name' names 2 widgets",
    ),
    "no trigger": (NO_TRIGGER, "#/states", "one widget of type trigger, not 0"),
    "another initial state": (
        changed(set_at("initial_state", "hi")),
        "#/initial_state",
        "name the trigger, 'Trigger', not 'hi'",
    ),
    "a property that is missing": (
        changed(set_at("states.2.properties", {"body": "Hi"})),
        "#/states/2/properties/from",
        "send-message cannot do without from",
    ),
    "a type that is misspelt": (
        changed(set_at("states.2.type", "send_message")),
        "#/states/2/type",
        "'send_message' is no type of widget; the nearest is 'send-message'",
    ),
    "too many widgets": (
        definition(*(send(f"hi{number}", "Hi") for number in range(2000))),
        "#/states",
        "at most 2000",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_definition_that_is_not_sound_is_refused_with_path_and_remedy(
    lab: Lab, name: str
) -> None:
    broken, path, remedy = BROKEN[name]
    before = len(lab.client.studio.v2.flows.list())
    calls = (
        lab.client.studio.v2.flow_validate.update,
        lab.client.studio.v2.flows.create,
    )
    for call in calls:
        with refused(400, 81022, "validation failed") as caught:
            call(friendly_name="Bot", status="draft", definition=broken)
        paths = [error["property_path"] for error in caught.value.details["errors"]]
        assert path in paths
        messages = " ".join(error["message"] for error in caught.value.details["errors"])
        assert remedy in messages
    assert len(lab.client.studio.v2.flows.list()) == before


def test_everything_wrong_is_listed_at_once(lab: Lab) -> None:
    broken = changed(set_at("states.1.transitions.0.next", "nobody"))
    broken["states"][2]["transitions"][0]["next"] = "nowhere"
    with pytest.raises(TwilioRestException) as caught:
        lab.client.studio.v2.flow_validate.update("Bot", "draft", broken)
    assert len(caught.value.details["errors"]) == 2
    assert "and 1 more" in caught.value.msg


def test_a_sound_definition_is_valid_and_nothing_is_saved(lab: Lab) -> None:
    before = len(lab.client.studio.v2.flows.list())
    assert lab.client.studio.v2.flow_validate.update("Bot", "published", HI).valid is True
    assert len(lab.client.studio.v2.flows.list()) == before


def test_a_broken_update_leaves_the_flow_as_it_was(lab: Lab, flow: Any) -> None:
    with refused(400, 81022):
        flow.update(status="published", definition={"states": []})
    assert lab.client.studio.v2.flows(flow.sid).fetch().revision == 1


def test_what_is_not_simulated_is_saved_with_warnings(lab: Lab) -> None:
    leap = to("match", "hi", if_("x", "is_leap_year", "2026-01-01"))
    made = lab.client.studio.v2.flows.create(
        "Voice",
        "draft",
        definition(
            widget("call", "connect-call-to", to("callCompleted"), noun="number"),
            widget("split", "split-based-on", leap, to("noMatch"), input="x"),
            send("hi", "Hi", colour="red"),
        ),
    )
    assert made.valid is True
    found = {warning["property_path"]: warning["message"] for warning in made.warnings}
    assert set(found) == {
        "#/states/1/type",
        "#/states/2/transitions/0/conditions",
        "#/states/3/properties/colour",
    }
    assert "'connect-call-to' is not simulated" in found["#/states/1/type"]
    made.update(status="draft", definition=HI)
    assert lab.client.studio.v2.flows(made.sid).fetch().warnings == []


def test_every_widget_that_is_simulated_can_be_saved_without_warnings(lab: Lab) -> None:
    offset = {"offset": {"x": 0, "y": 0}}
    made = lab.flow(send("hi", "Hi", **offset), ask("name", "Name?", **offset), hand_over(**offset))
    assert made.warnings == []


CALL = {"url": "https://shop.test/{{widgets.Triger.inbound.Body}}"}
ASTRAY: dict[str, tuple[dict[str, Any], str, str]] = {
    "an event that the widget does not have": (
        widget("w", "send-message", to("sentt"), **{"from": "Bot", "body": "Hi"}),
        "transitions/0/event",
        "send-message never leaves by 'sentt'; its events are sent, failed",
    ),
    "an event that a widget which is not simulated does not have": (
        widget("w", "say-play", to("done"), say="Hi"),
        "transitions/0/event",
        "its events are audioComplete",
    ),
    "a split without a way out": (
        widget("w", "split-based-on", input="x"),
        "transitions",
        "it has no transition for noMatch: an execution that would leave by it ends with an error",
    ),
    "a failure without a way out": (
        widget("w", "send-message", to("sent"), **{"from": "Bot", "body": "Hi"}),
        "transitions",
        "it has no transition for failed",
    ),
    "variables that are no list": (
        widget("w", "set-variables", to("next"), variables={"name": "Jane"}),
        "properties/variables",
        "the execution ends here: it is no list of objects with a text as key",
    ),
    "parameters without a key": (
        widget(
            "w", "run-function", to("success"), to("fail"), url="https://x.test", parameters=[1]
        ),
        "properties/parameters",
        "the execution ends here: it is no list of objects with a text as key",
    ),
    "a time-out that is none": (
        ask("w", "Well?", timeout="1 minute"),
        "properties/timeout",
        "the execution ends here: it is a number of seconds, not '1 minute'",
    ),
    "a time that is none": (
        widget(
            "w",
            "split-based-on",
            to("noMatch"),
            to("match", None, if_("x", "is_after_time", "5pm")),
            input="x",
        ),
        "transitions/1/conditions",
        "is_after_time never holds, as '5pm' cannot be read",
    ),
    "an expression that is none": (
        widget(
            "w",
            "split-based-on",
            to("noMatch"),
            to("match", None, if_("x", "regex", "(")),
            input="x",
        ),
        "transitions/1/conditions",
        "regex never holds",
    ),
    "the conversation of a chat": (
        send("w", "{{trigger.conversation.Author}}: hi"),
        "properties/body",
        "trigger.conversation is blank",
    ),
    "a content template": (
        send("w", "", content_sid="HX1"),
        "properties/content_sid",
        "takes no content template",
    ),
    "a filter that Liquid does not have": (
        send("w", "{{trigger.message.Body | frobnicate}}"),
        "properties/body",
        "the execution ends here: Liquid cannot render '{{trigger.message.Body | frobnicate}}':"
        " unknown filter 'frobnicate'",
    ),
    "a template that is none, in a condition": (
        widget(
            "w",
            "split-based-on",
            to("noMatch"),
            to("match", None, if_("x", "equal_to", "{% if %}")),
            input="x",
        ),
        "transitions/1/conditions",
        "the execution ends here: Liquid cannot render '{% if %}'",
    ),
    "a widget by a name that none has": (
        widget("w", "make-http-request", to("success"), to("failed"), **CALL),
        "properties/url",
        "widgets.Triger is blank, as no widget of the flow is named so; the nearest is 'Trigger'",
    ),
    "such a widget, deep in a list": (
        widget(
            "w",
            "set-variables",
            to("next"),
            variables=[{"key": "k", "value": "{% if widgets['my bot'].ok %}1{% endif %}"}],
        ),
        "properties/variables",
        "widgets.my bot is blank, as no widget of the flow is named so",
    ),
    "an address that is none": (
        widget("w", "run-function", to("success"), to("fail"), url="<<your function>>"),
        "properties/url",
        "it is no http or https URL but '<<your function>>'",
    ),
    "a hand-over with attributes that are no JSON": (
        hand_over("w", attributes="channelSid"),
        "properties/attributes",
        "they are no JSON object: no task is made",
    ),
    "a hand-over without attributes": (
        hand_over("w"),
        "properties/attributes",
        "the agent gets a task but no chat",
    ),
    "a hand-over with the attributes of another widget": (
        hand_over("w", attributes='{"name": "{{trigger.message.From}}"}'),
        "properties/attributes",
        "they name no channelSid",
    ),
    "a hand-over of the conversation of a chat": (
        hand_over("w", attributes='{"channelSid": "{{trigger.conversation.ChannelSid}}"}'),
        "properties/attributes",
        "trigger.conversation is blank",
    ),
    "a hand-over to one and the same chat": (
        hand_over("w", attributes='{"channelSid": "CH1"}'),
        "properties/attributes",
        "channelSid is 'CH1' for every customer",
    ),
}


NOW = "{{ 'now' | date: '%H:%M' }}"


@pytest.mark.parametrize(
    ("subject", "conditions", "reason"),
    [
        (
            NOW,
            [("is_after_time", "17:00"), ("is_before_time", "09:00")],
            "is_after_time 17:00 and is_before_time 09:00 never hold together",
        ),
        (NOW, [("is_before_time", "9:00"), ("is_after_time", "09:00:00")], "never hold together"),
        (
            "{{widgets.split.inbound.Body}}",
            [("greater_than", "10"), ("less_than", "9.5")],
            "greater_than 10 and less_than 9.5 never hold together",
        ),
        (
            "{{ 'now' | date: '%F' }}",
            [("is_after_date", "2026-12-31"), ("is_before_date", "2026-01-01")],
            "never hold together",
        ),
        (
            "{{ 'now' | date: '%H' }}",
            [("is_before_time", "17:00")],
            "is_before_time never holds, as {{ 'now' | date: '%H' }} writes '12', which cannot be",
        ),
        ('{{now|date:"%l %p"}}', [("greater_than", "8")], "writes '12 PM', which cannot be read"),
        ("{{ 'today' | date: '%d/%m/%Y' }}", [("is_after_date", "2026-01-01")], "'05/01/2026'"),
        (NOW, [("is_after_time", "5pm")], "is_after_time never holds, as '5pm' cannot be read"),
    ],
)
def test_a_split_by_a_time_that_never_comes_is_warned_of(
    lab: Lab, subject: str, conditions: list[tuple[str, str]], reason: str
) -> None:
    tests = [if_(subject, kind, value) for kind, value in conditions]
    ways = to("noMatch"), to("match", None, *tests)
    made = lab.flow(widget("split", "split-based-on", *ways, input=subject))
    [warning] = made.warnings
    assert warning["property_path"] == "#/states/1/transitions/1/conditions"
    assert reason in warning["message"]


@pytest.mark.parametrize(
    ("subject", "conditions"),
    [
        (NOW, [("is_after_time", "09:00"), ("is_before_time", "17:00")]),
        (NOW, [("is_after_time", "{{flow.variables.a}}"), ("is_before_time", "09:00")]),
        ("{{ 'now' | date: '%H' }}", [("greater_than", "8"), ("less_than", "17")]),
        ("{{ 'now' | date: '%H' }}{{flow.variables.rest}}", [("is_before_time", "17:00")]),
        ("{{ 'now' | date: flow.variables.form }}", [("is_before_time", "17:00")]),
    ],
)
def test_a_split_by_a_time_that_may_come_is_not_warned_of(
    lab: Lab, subject: str, conditions: list[tuple[str, str]]
) -> None:
    tests = [if_(subject, kind, value) for kind, value in conditions]
    ways = to("noMatch"), to("match", None, *tests)
    assert lab.flow(widget("split", "split-based-on", *ways, input=subject)).warnings == []


@pytest.mark.parametrize("name", ASTRAY)
def test_what_will_go_astray_is_saved_with_a_warning(lab: Lab, name: str) -> None:
    state, path, reason = ASTRAY[name]
    made = lab.flow(state)
    found = {warning["property_path"]: warning["message"] for warning in made.warnings}
    assert reason in found[f"#/states/1/{path}"]


@pytest.mark.parametrize(
    "attributes",
    [
        '{"channelSid": "{{trigger.message.ChannelSid}}"}',
        '{"channelSid": "{{trigger.conversation.ChannelSid}}{{trigger.message.ChannelSid}}"}',
        '{"channelSid": {{ trigger.message.ChannelSid | to_json }}}',
    ],
)
def test_a_hand_over_that_names_the_customers_chat_is_not_warned_of(
    lab: Lab, attributes: str
) -> None:
    assert lab.flow(hand_over(attributes=attributes)).warnings == []


def test_only_ways_from_a_customers_message_are_warned_of_conversations(lab: Lab) -> None:
    saved = definition(send("hi", "Hi"), send("other", "{{trigger.conversation.Author}}"))
    saved["states"][0]["transitions"].append(to("incomingConversationMessage", "other"))
    assert lab.client.studio.v2.flows.create("Both", "draft", saved).warnings == []


def test_every_type_of_widget_can_be_stored_with_its_required_properties(lab: Lab) -> None:
    states = [
        widget(
            f"w{number}",
            kind,
            *map(to, known.events),
            **{name: "https://x.test" if name == "url" else "1" for name in known.required},
        )
        for number, (kind, known) in enumerate(WIDGET_TYPES.items())
        if kind != "trigger"
    ]
    made = lab.flow(*states)
    astray = [
        each["message"] for each in made.warnings if not each["property_path"].endswith("type")
    ]
    assert astray == []
    assert len(made.warnings) == len(WIDGET_TYPES) - len(SIMULATED)


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("connect-call-to", "noun"),
        ("make-outgoing-call-v2", "to"),
        ("run-subflow", "flow_sid"),
        ("add-twiml-redirect", "url"),
    ],
)
def test_widgets_that_are_not_simulated_need_their_properties_too(
    lab: Lab, kind: str, missing: str
) -> None:
    given = dict.fromkeys(set(WIDGET_TYPES[kind].required) - {missing}, "x")
    with refused(400, 81022, f"#/states/1/properties/{missing}"):
        lab.flow(widget("w", kind, **given))


# -- revisions


def bodies(flow: Any) -> list[str]:
    return [each.commit_message for each in flow.revisions.list()]


def test_each_update_is_a_new_revision_and_the_old_ones_are_kept(lab: Lab, flow: Any) -> None:
    new = definition(send("hi", "Good day"))
    updated = flow.update(status="draft", definition=new, commit_message="politer")
    assert (updated.revision, updated.status, updated.definition) == (2, "draft", new)
    renamed = flow.update(status="published", friendly_name="Polite bot")
    assert (renamed.revision, renamed.commit_message) == (3, None)
    assert (renamed.friendly_name, renamed.definition) == ("Polite bot", new)
    assert [each.revision for each in flow.revisions.list()] == [1, 2, 3]
    assert bodies(flow) == ["first", "politer", None]
    first = flow.revisions("1").fetch()
    assert (first.definition, first.status, first.friendly_name) == (HI, "published", "Shop bot")
    assert (first.sid, first.valid, first.errors) == (flow.sid, True, [])
    assert first.url.endswith(f"/v2/Flows/{flow.sid}/Revisions/1")


def test_a_list_of_revisions_leaves_definitions_out(flow: Any) -> None:
    [listed] = flow.revisions.list()
    assert (listed.definition, listed.valid, listed.errors) == (None, None, None)


def test_the_latest_and_the_latest_published_revision_have_names(lab: Lab, flow: Any) -> None:
    flow.update(status="draft", definition=definition(send("hi", "Good day")))
    assert flow.revisions("LatestRevision").fetch().revision == 2
    assert flow.revisions("LatestPublished").fetch().revision == 1
    with refused(404, 20404):
        flow.revisions("7").fetch()
    with refused(400, 81021, "LatestPublished or LatestRevision"):
        flow.revisions("Newest").fetch()
    draft = lab.flow(send("hi", "Hi"), status="draft")
    with refused(404, 20404):
        draft.revisions("LatestPublished").fetch()


def test_a_draft_runs_for_nobody_but_test_users(lab: Lab, flow: Any) -> None:
    flow.update(status="draft", definition=definition(send("hi", "Good day")))
    before = lab.channel(flow)
    lab.say(before, "hello")
    assert lab.answers(before) == ["Hi"]
    lab.client.studio.v2.flows(flow.sid).test_users().update(test_users=["jane"])
    lab.say(before, "hello")
    assert lab.answers(before) == ["Hi", "Good day"]
    assert lab.execution(flow).flow_version == 2


def test_a_flow_with_drafts_only_ignores_messages(lab: Lab) -> None:
    draft = lab.flow(send("hi", "Hi"), status="draft")
    channel = lab.channel(draft)
    lab.say(channel, "hello")
    assert (lab.answers(channel), lab.outcomes()) == ([], ["ignored"])


def test_an_execution_goes_on_with_the_revision_it_was_started_with(lab: Lab, flow: Any) -> None:
    asking = definition(ask("name", "Name?", then="hi"), send("hi", "Hi"))
    flow.update(status="published", definition=asking)
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    flow.update(status="published", definition=definition(send("bye", "Bye")))
    lab.say(channel, "Jane")
    assert lab.answers(channel) == ["Name?", "Hi"]
    lab.say(channel, "hello")
    assert lab.answers(channel)[-1] == "Bye"


def test_test_users_can_be_set_and_read(lab: Lab, flow: Any) -> None:
    users = lab.client.studio.v2.flows(flow.sid).test_users()
    assert users.fetch().test_users == []
    set_now = users.update(test_users=["jane", "+15550142"])
    assert (set_now.sid, set_now.test_users) == (flow.sid, ["jane", "+15550142"])
    assert users.fetch().test_users == ["jane", "+15550142"]
    assert users.update(test_users=[""]).test_users == []
    assert lab.client.studio.v2.flows(flow.sid).fetch().revision == 1


def test_the_webchat_flow_of_a_new_account_is_sound(lab: Lab) -> None:
    [webchat] = lab.client.studio.v2.flows.list()
    fetched = webchat.fetch()
    assert (fetched.friendly_name, fetched.revision, fetched.warnings) == ("Webchat Flow", 1, [])
    assert [each.revision for each in webchat.revisions.list()] == [1]
