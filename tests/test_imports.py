"""`import helpers` is cheap, and it is this repository's."""

from __future__ import annotations

import gc
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import helpers
import helpers.front_ends
from helpers.lazy import uncollected

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    *("IPython", "anywidget", "ipywidgets", "liquid", "matplotlib", "pandas"),
    *("pydantic", "twilio"),
)


LATER = {
    *("asyncio", "dotenv", "jwt", "lark", "regex"),
    *(
        f"helpers.mock.rest.{name}"
        for name in (
            *("chat_v2", "conversations_parameters", "conversations_v1", "event_feed"),
            *("flex_interactions", "flex_v1", "media_v1", "studio_v2", "taskrouter_v1"),
        )
    ),
    *("helpers.mock.phones", "helpers.mock.scenarios", "helpers.mock.taskrouter.expression_parser"),
    *("helpers.mock.realtime.endpoint", "helpers.mock.realtime.event_bridge"),
    *("helpers.mock.server", "helpers.readiness", "helpers.tokens"),
}
"""Packages and modules that an account does without until it is asked for what they do."""


def loaded(*statements: str) -> Iterator[set[str]]:
    """The modules that a new interpreter has loaded, after each of some statements in turn."""
    shown = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))\n"
    done = subprocess.run(
        [sys.executable, "-c", "".join(each + shown for each in statements)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return (set(json.loads(line)) for line in done.stdout.splitlines())


def loaded_after(statement: str) -> set[str]:
    """Which of the heavy packages a new interpreter has loaded after a statement."""
    return next(loaded(statement)) & set(HEAVY)


def test_importing_helpers_loads_no_package_that_is_heavy() -> None:
    assert loaded_after("import helpers") == set()


@pytest.mark.long
def test_the_flow_workbench_loads_nothing_heavy_until_it_is_used() -> None:
    assert loaded_after("from helpers import flows; dir(flows)") == set()
    model = "from helpers.flows import FlowFormModel, check, plan, rehearse"
    assert loaded_after(model) == {"twilio", "pydantic"}


@pytest.mark.long
def test_connecting_loads_no_tables_no_widgets_and_no_product_before_its_first_request() -> None:
    connected, chatting, with_client = loaded(
        "import helpers; account = helpers.connect()",
        "account.client.chat.v2.services.list(limit=1)",
        "helpers.ChatClient",
    )
    assert connected & LATER == set()
    assert chatting & LATER == {"helpers.mock.rest.chat_v2"}
    assert with_client & set(HEAVY) == {"twilio", "pydantic"}


@pytest.mark.long
def test_rehearsing_a_flow_loads_neither_tables_nor_pictures() -> None:
    rehearsing = "from helpers.flows import SCRIPTS, compare; SCRIPTS['answered']"
    assert loaded_after(rehearsing) == {"twilio", "pydantic"}


def test_the_pytest_plugin_loads_nothing_heavy_until_a_test_uses_it() -> None:
    assert loaded_after("import helpers.testing.plugin") == set()


def test_no_garbage_is_collected_while_modules_load_and_then_as_before() -> None:
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ModuleNotFoundError), uncollected():
        importlib.import_module("helpers.no_such_module")
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_helpers_is_this_repositorys() -> None:
    assert helpers.__file__ is not None
    assert Path(helpers.__file__).resolve() == ROOT / "helpers" / "__init__.py"


def test_every_public_name_can_be_had_and_is_listed() -> None:
    for name in helpers.__all__:
        assert getattr(helpers, name).__name__ == name
        assert name in dir(helpers)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    assert not hasattr(helpers, "no_such_thing")


# -- old names

RENAMED = [
    ("helpers.desk.Conversation", "helpers.desk.AcceptedTask"),
    ("helpers.flows.rehearsal.Step", "helpers.flows.rehearsal.ScriptStep"),
    ("helpers.mock.TaskRouterNews", "helpers.mock.TaskRouterNotification"),
    ("helpers.mock.faults.Kind", "helpers.mock.faults.FaultKind"),
    ("helpers.mock.faults.Met", "helpers.mock.faults.Match"),
    ("helpers.mock.remote.LeverRefused", "helpers.mock.remote.ControlRefused"),
]
RENAMED_METHODS = [
    ("helpers.mock.Journal.hear", "Journal.handle"),
    ("helpers.mock.Studio.hear", "Studio.handle"),
    ("helpers.mock.Webhooks.hear", "Webhooks.handle"),
    ("helpers.panel.AgentPanelModel.tell", "AgentPanelModel.notify"),
    ("helpers.front_ends.SdkModel.take", "SdkModel.handle"),
]
REPLACED = [
    ("known", "get_channel_by_sid()"),
    ("is_usable", "connection_state"),
    ("require_connected", "connection_state"),
    ("upload", "Channel.send_message(media=...)"),
    ("media_url", "Media.get_content_temporary_url()"),
    ("tell_typing", "Channel.typing()"),
    ("newest_index", "Channel.get_messages()"),
    ("service", "account.client_of_chat_user()"),
    ("polled_service", "account.client_of_chat_user()"),
]


def found(path: str) -> Any:
    package, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(package), name)


@pytest.mark.parametrize(("old", "new"), RENAMED)
def test_a_renamed_class_is_found_under_its_old_name_with_a_warning(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"^{re.escape(old)} is now {re.escape(new)}$"):
        assert found(old) is found(new)


@pytest.mark.parametrize(("old", "new"), RENAMED_METHODS)
def test_a_renamed_method_works_under_its_old_name_with_a_warning(old: str, new: str) -> None:
    path, name = old.rsplit(".", 1)
    instance = object.__new__(found(path))
    with pytest.warns(DeprecationWarning, match=f"{name} is now {new}$"):
        assert getattr(instance, name) == getattr(instance, new.rsplit(".", 1)[1])


@pytest.mark.parametrize(("old", "new"), REPLACED)
def test_what_a_chat_client_showed_works_and_names_what_to_use(
    account: Any, old: str, new: str
) -> None:
    with helpers.ChatClient(account, account.chat_token("user-42")) as chat:
        assert old not in dir(chat)
        with pytest.warns(DeprecationWarning, match=f"ChatClient.{old} .*; use {re.escape(new)}$"):
            assert getattr(chat, old) is not None


def test_a_chat_client_has_no_other_attributes(account: Any) -> None:
    with helpers.ChatClient(account, account.chat_token("user-42")) as chat:
        assert not hasattr(chat, "no_such_thing")


def test_the_old_package_of_the_sdks_widget_warns_and_offers_the_same() -> None:
    with pytest.warns(DeprecationWarning, match="helpers.sdk_widget is now helpers.front_ends"):
        old = importlib.import_module("helpers.sdk_widget")
    for name in old.__all__:
        assert getattr(old, name) is getattr(helpers.front_ends, name)
