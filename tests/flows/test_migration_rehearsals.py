"""A legacy flow and its migrated set-up, rehearsed with the same script and compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rehearsing import CONFIGS, changed
from snippets import snippet
from support import examples

from helpers import Account, connect, flows, migrate
from helpers.flows import FlexFlowConfig, FlowProblem
from helpers.flows.rehearsal.grammar import NEW, OPEN, VERBS, misplaced
from helpers.migrate import Rehearsals

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = {kind: changed(flow, friendly_name="Support") for kind, flow in CONFIGS.items()}
TASK_CHAT, STUDIO_CHAT, BOT_CHAT = (HANDLERS[kind] for kind in ("task", "studio", "external"))


# -- what is shipped


def cells(name: str, *numbers: int) -> dict[str, Any]:
    """Run some code cells of a notebook; returns its names."""
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    place: dict[str, Any] = {}
    for number in numbers:
        cell = notebook["cells"][number]
        assert cell["cell_type"] == "code"
        exec("".join(cell["source"]), place)
    return place


def _workbench() -> list[tuple[Account, FlexFlowConfig, Any]]:
    """Flows of notebook 06, with the scripts that it plays; the bot as it was, and as it became."""
    numbers = (1, 3, 5, 7, 9, 10, 14, 16, 18)
    first, second = cells("06_flow_workbench", *numbers), cells("06_flow_workbench", *numbers, 20)
    before, after = (first[name]["Shop chat"] for name in ("before", "after"))
    return [
        (first["copy"], before, None),
        (first["copy"], after, first["goes_silent"]),
        *((second["copy"], each, second["order_question"]) for each in (before, after)),
        (second["copy"], after, None),
    ]


def _of_text(text: str, script: Any = None) -> list[tuple[Account | None, FlexFlowConfig, Any]]:
    return [(None, flow, script) for flow in flows.load(text).flows if flow.enabled]


def _guide() -> list[tuple[Account | None, FlexFlowConfig, Any]]:
    file, script = snippet("flow file"), snippet("script")
    return [*_of_text(file), *_of_text(file, script)]


def _exercise() -> list[tuple[Account | None, FlexFlowConfig, Any]]:
    notebook = json.loads((ROOT / "notebooks/06_flow_workbench.ipynb").read_text("utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    texts = {
        text
        for source in sources
        for text in re.findall(r'"""\n(flex_flows:.*?)"""', source, re.DOTALL)
    }
    assert len(texts) == 2
    return [each for text in texts if "integration_type: task" in text for each in _of_text(text)]


def _migrated_notebook() -> list[tuple[Account | None, FlexFlowConfig, Any]]:
    account = cells("09_migrate", 2)["account"]
    return [(account, flow, None) for flow in flows.export(account).flows]


SHIPPED: dict[str, Callable[[], Any]] = {
    "guide": _guide,
    "notebook 06": _workbench,
    "exercise of notebook 06": _exercise,
    "notebook 09": _migrated_notebook,
}


@pytest.mark.long
@pytest.mark.parametrize("shipped", SHIPPED.values(), ids=SHIPPED)
def test_each_shipped_flow_differs_after_its_migration_only_as_foretold(
    shipped: Callable[[], Any],
) -> None:
    played = 0
    for account, flow, script in shipped():
        found = migrate.rehearse(flow, script, account=account)
        assert found.surprises == (), f"{flow.friendly_name}\n{found}"
        played += len(found) if isinstance(found, Rehearsals) else 1
    assert played >= 10


# -- each kind of flow


TEXTS = {"channel_type": "sms", "contact_identity": "+15005550006"}
PAGES = {"channel_type": "web", "contact_identity": "shop"}
KINDS: dict[str, tuple[FlexFlowConfig, dict[str, Any]]] = {
    "task, long-lived": (TASK_CHAT, {"long_lived": True}),
    "studio, long-lived": (STUDIO_CHAT, {"long_lived": True}),
    "task, janitor": (TASK_CHAT, {"janitor_enabled": True}),
    "external, janitor": (BOT_CHAT, {"janitor_enabled": True}),
    "task, texts": (TASK_CHAT, TEXTS),
    "studio, texts": (STUDIO_CHAT, TEXTS),
    "external, texts": (BOT_CHAT, TEXTS),
    "task, no number": (TASK_CHAT, {"channel_type": "whatsapp"}),
    "studio, web": (STUDIO_CHAT, PAGES),
    "external, web": (BOT_CHAT, PAGES),
    "studio, line": (STUDIO_CHAT, {"channel_type": "line"}),
}


@pytest.mark.long
@pytest.mark.parametrize(("flow", "changes"), KINDS.values(), ids=KINDS)
def test_each_kind_of_flow_differs_after_its_migration_only_as_foretold(
    flow: FlexFlowConfig, changes: dict[str, Any]
) -> None:
    found = migrate.rehearse(flow.model_copy(update=changes))
    assert found.surprises == (), str(found)
    assert all(one.differences for one in found)


def test_a_task_that_waits_for_a_message_still_does() -> None:
    waiting = TASK_CHAT.integration.model_copy(update={"creation_on_message": True})
    found = migrate.rehearse(TASK_CHAT.model_copy(update={"integration": waiting}))
    assert found.surprises == ()
    made = [row.what for row in found[0].comparison.b.rows if row.kind in ("message", "task")]
    assert made[:2] == ["Where is my order?", "task created for Jane"]


@pytest.mark.long
def test_the_same_agent_answers_the_same_customer_at_the_same_moment() -> None:
    for flow in HANDLERS.values():
        for one in migrate.rehearse(flow):
            a, b = one.comparison.a.outcome, one.comparison.b.outcome
            turned = one.comparison.script.name == "Nobody is there" and flow is STUDIO_CHAT
            if not turned:
                assert (a.answered_by, a.answered_after, a.agent_after, a.tasks, a.channels) == (
                    (b.answered_by, b.answered_after, b.agent_after, b.tasks, b.channels)
                )


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "customer opens": (None, {"page": "/x"}),
    "customer returns": (None, {"page": "/y"}),
    "customer says": ("text", {"text": "text", "attributes": {"lang": "de"}}),
    "customer sends": ("a.pdf",),
    "agent says": ("text",),
    "agent sends": ("b.pdf",),
    "agent transfers": ("bob", "queue Everyone", {"to": "bob", "mode": "warm"}),
    "bot says": ("text",),
    "chat gets": ({"a": 1},),
    "task gets": ({"topic": "sales"},),
    "webhook fails": (1, "2 times with 500"),
    "wait": ("10s", "2m", "30m", "2h", "1d"),
    "expect": ("task assigned", {"agent": "bob"}, "answered within 30s"),
}
"""Arguments of the verbs that take any."""
ACTORS = {"customer": ("", "", "Ben"), "agent": ("", "", "alice", "bob")}


@st.composite
def scripts(draw: Any) -> list[Any]:
    """Scripts of any steps, in an order that makes sense or none."""
    steps: list[Any] = ["customer opens"]
    pages = {"": OPEN}
    for verb in draw(st.lists(st.sampled_from([*VERBS]), min_size=2, max_size=12)):
        kind, _, does = verb.partition(" ")
        who = draw(st.sampled_from(ACTORS.get(kind, ("",))))
        if kind == "customer":
            if misplaced(verb, pages.get(who, NEW)) is not None:
                continue
            pages[who] = VERBS[verb].leaves or pages.get(who, NEW)
        given = draw(st.sampled_from(ARGUMENTS.get(verb, (None,))))
        given = f"text {len(steps)}" if given == "text" else given
        step = f"{kind} {who} {does}" if who else verb
        steps.append(step if given is None else (step, given))
    return steps


@settings(max_examples=examples(20), deadline=None)
@given(st.sampled_from([*[(flow, {}) for flow in HANDLERS.values()], *KINDS.values()]), scripts())
def test_any_script_differs_after_the_migration_only_as_foretold(
    kind: tuple[FlexFlowConfig, dict[str, Any]], script: list[Any]
) -> None:
    flow, changes = kind
    found = migrate.rehearse(flow.model_copy(update=changes), script)
    assert found.surprises == (), str(found)


def test_steps_that_could_not_be_done_before_and_after_are_said() -> None:
    steps = ["customer opens", "customer says: Hello", "agent accepts", "agent says: Hello"]
    found = migrate.rehearse(BOT_CHAT, steps)
    assert repr(found).endswith(
        "differences, all of them foretold by the report."
        " Steps that could not be done: 2 before, 2 after."
    )


def test_customers_answer_a_bot_before_and_after_with_the_same_replies() -> None:
    steps = ["customer opens", "customer says: Hello", "bot says: Who is it?", "bot hands over"]
    found = migrate.rehearse(BOT_CHAT, steps, replies=["Jane"])
    sides = (found.comparison.a, found.comparison.b)
    said = [[row.what for row in side.rows if row.kind == "message"] for side in sides]
    assert said == [["Hello", "Who is it?", "Jane"]] * 2
    assert found.surprises == ()


def test_a_transfer_is_another_task_of_an_interaction_as_the_report_says() -> None:
    steps = ["customer opens", "customer says: Hello", "agent alice accepts"]
    found = migrate.rehearse(TASK_CHAT, [*steps, "agent alice transfers: bob", "agent bob accepts"])
    tasks = next(each for each in found.differences if each.a.startswith("tasks: "))
    assert (tasks.a, tasks.b) == ("tasks: assigned", "tasks: completed, assigned")
    assert tasks.foretold_by is not None
    assert "A transfer makes another task" in tasks.foretold_by.why
    assert found.surprises == ()


def test_a_task_that_comes_with_the_first_text_is_not_there_before_it() -> None:
    flow = TASK_CHAT.model_copy(update={"channel_type": "whatsapp"})
    steps = ["customer opens", "task gets: {topic: sales}", "customer says: Hello"]
    found = migrate.rehearse(flow, steps)
    assert found.comparison.b.outcome.undone == 1
    assert found.surprises == (), str(found)


# -- what is not foretold, is said


def test_a_studio_flow_that_was_not_rewritten_is_no_difference_that_was_foretold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_the_flow(migration: migrate.Migration) -> list[Any]:
        return [
            call
            for change in migration.changes
            for call in change.calls
            if change.how != "flow edit"
        ]

    monkeypatch.setattr(migrate.Migration, "calls", property(without_the_flow))
    found = migrate.rehearse(STUDIO_CHAT, "answered")
    kinds = {(each.kind, each.a) for each in found.surprises}
    assert ("outcome", "answered by: agent alice") in kinds
    assert ("outcome", "tasks: completed") in kinds
    assert "NOT FORETOLD" in repr(found)
    assert "NOT FORETOLD" in found._repr_html_()


@pytest.mark.parametrize(
    ("changes", "surprise"),
    [
        ({"interaction": None}, ("outcome", "tasks: completed", "tasks: none")),
        (
            {"long_lived": True},
            ("outcome", "channel at the end: INACTIVE", "channel at the end: active"),
        ),
    ],
)
def test_a_set_up_that_lacks_something_is_a_surprise(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], surprise: tuple[str, str, str]
) -> None:
    moved = migrate.set_up.SetUp._moved  # type: ignore[attr-defined]
    monkeypatch.setattr(
        migrate.set_up.SetUp,  # type: ignore[attr-defined]
        "_moved",
        lambda self, *flow: moved(self, *flow).model_copy(update=changes),
    )
    found = migrate.rehearse(TASK_CHAT, "answered")
    assert surprise in {(each.kind, each.a, each.b) for each in found.surprises}


def test_differences_name_the_change_that_foretells_them() -> None:
    found = migrate.rehearse(TASK_CHAT, "after_the_end")
    by = {(each.kind, each.foretold_by.what) for each in found.differences if each.foretold_by}
    assert ("outcome", "messages to a chat that has ended") in by
    assert ("outcome", "attributes.status of chats") in by
    assert ("request", "Flex Flow 'Support'") in by
    assert ("request", "pages and apps on twilio-chat") in by
    assert ("request", "Flex UI 1") in by
    said = "all of them foretold by the report. Steps that could not be done: 0 before, 1 after."
    assert repr(found).endswith(said)


def test_from_a_task_that_is_canceled_on_all_that_differs_follows() -> None:
    found = migrate.rehearse(STUDIO_CHAT, "nobody_there")
    assert found.comparison.b.outcome.tasks == ("canceled",)
    late = [each for each in found.differences if "Sorry that you had" in each.a]
    assert {each.foretold_by.what for each in late if each.foretold_by} == {
        "Studio flow 'Webchat Flow'"
    }
    assert found.surprises == ()
    [flow] = found.migration.flows
    assert "has no timeout: the task of an Interaction waits an hour" in flow.remarks[0]


def test_a_flow_that_is_not_enabled_has_nothing_in_its_place() -> None:
    with pytest.raises(FlowProblem, match="'Support': is not enabled: nothing takes its place"):
        migrate.rehearse(TASK_CHAT.model_copy(update={"enabled": False}))


def test_nothing_happens_to_the_account() -> None:
    account = connect()
    migrate.rehearse(TASK_CHAT, "answered", account=account)
    assert account.client.flex_api.v1.flex_flow.list()[0].friendly_name == "Flex Web Channel Flow"
    assert account.client.conversations.v1.address_configurations.list() == []


# -- the workbench file


@pytest.fixture(scope="module")
def legacy() -> Account:
    """An account with a flow of each kind."""
    account = connect(seed=3)
    texts = {"channel_type": "sms", "contact_identity": "+15005550006"}
    pages = {"channel_type": "custom"}
    made = [
        HANDLERS[handler].model_copy(
            update={
                "friendly_name": f"{handler} {kind['channel_type']}",
                "contact_identity": f"{handler} {kind['channel_type']}",
                "long_lived": handler == "task",
                **(kind if handler == "studio" else {"channel_type": kind["channel_type"]}),
            }
        )
        for handler in HANDLERS
        for kind in (texts, pages)
    ]
    flows.plan(account, flows.FlowFile(tuple(made))).apply()
    return account


def test_the_file_of_a_migration_is_what_its_calls_make(legacy: Account) -> None:
    assert legacy.mock is not None
    migration = migrate.plan(legacy)
    with legacy.mock.snapshot():
        for call in migration.calls:
            call.run(legacy.client)
        assert flows.plan(legacy, migration.file, delete=True).is_empty
        assert str(flows.check(migration.file, legacy)) == ("the migrated set-up: nothing found.")


def test_the_file_of_a_migration_can_be_applied_in_place_of_the_calls(legacy: Account) -> None:
    assert legacy.mock is not None
    migration = migrate.plan(legacy)
    with legacy.mock.snapshot():
        flows.plan(legacy, migration.file, delete=True).apply()
        again = flows.load(migration.file.text)
        assert flows.plan(legacy, again, delete=True).is_empty
        assert (again.addresses, again.custom_chats) == (
            migration.file.addresses,
            migration.file.custom_chats,
        )


def test_the_file_is_written_beside_the_flows_that_it_names(
    legacy: Account, tmp_path: Path
) -> None:
    migration = migrate.plan(legacy)
    migration.write(tmp_path)
    text = (tmp_path / "flows.yaml").read_text("utf-8")
    [studio] = [path.name for path in tmp_path.glob("Webchat*.json")]
    assert text.startswith(f"# publish {studio} in Studio first\n")
    file = flows.load(tmp_path / "flows.yaml")
    assert {entry.label for entry in file.entries} == {
        "chat Flex Web Channel Flow",
        "sms task sms",
        "sms +15005550006",
        "sms external sms",
        "task custom",
        "studio custom",
        "external custom",
    }
    chat = file["task custom"]
    assert chat.interaction.workflow == "Assign to Anyone"
    assert chat.long_lived
    assert file["studio custom"].creation.studio_flow == "Webchat Flow"


def test_what_a_file_cannot_describe_is_left_out_of_it_with_the_reason(tmp_path: Path) -> None:
    saved = tmp_path / "account.json"
    saved.write_text(
        json.dumps(
            {
                "flex_flows": [
                    {"friendly_name": "No URL", "integration_type": "external", "enabled": True},
                    {"channel_type": "custom", "integration_type": "studio", "enabled": True},
                    {
                        "sid": "FO1",
                        "friendly_name": "Sound",
                        "channel_type": "sms",
                        "contact_identity": "+15550100",
                        "integration_type": "external",
                        "integration": {"url": "https://bot.example.com"},
                        "enabled": True,
                    },
                ]
            }
        )
    )
    migration = migrate.plan(saved)
    assert [one.label for one in migration.file.entries] == ["sms +15550100"]
    assert set(migration.set_up.left_out) == {"No URL", "flow 2"}
    migration.write(tmp_path)
    text = (tmp_path / "flows.yaml").read_text("utf-8")
    assert "# 'No URL' cannot be put in a file: creation" in text
    assert flows.load(tmp_path / "flows.yaml")["sms +15550100"].friendly_name == "Sound"


def test_flex_flows_of_one_name_become_chats_of_two_names() -> None:
    account = connect()
    both = [
        BOT_CHAT.model_copy(update={"friendly_name": name, "contact_identity": name})
        for name in ("Support", "Sales")
    ]
    flows.plan(account, flows.FlowFile(tuple(both))).apply()
    for flow in account.client.flex_api.v1.flex_flow.list():
        if flow.friendly_name == "Sales":
            flow.update(friendly_name="Support")
            sid = flow.sid
    labels = [one.label for one in migrate.plan(account).file.custom_chats]
    assert labels == ["Support", f"Support ({sid})"]
