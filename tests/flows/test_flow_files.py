"""Flow files: what can be written, and refusals that give file, line and fix."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from samples import EXTERNAL, STUDIO, TASK, flow_files, refusal

from helpers import Account
from helpers.flows import FlexFlowConfig, FlowFile, FlowProblem, Integration, arguments_for, load

# -- what a file says


def test_a_flow_left_out_of_everything_optional_has_twilios_defaults() -> None:
    flow = load(TASK)["Custom chat"]
    assert (flow.enabled, flow.long_lived, flow.janitor_enabled) == (True, False, False)
    assert (flow.contact_identity, flow.chat_service) == (None, None)
    assert flow.settings() == {
        "workspace": "Flex Task Assignment",
        "workflow": "Assign to Anyone",
        "channel": "chat",
        "timeout": 86_400,
        "priority": 0,
        "creation_on_message": False,
    }


def test_studio_is_the_handler_where_none_is_named() -> None:
    flow = load(STUDIO.replace("    integration_type: studio\n", ""))["Custom chat"]
    assert flow.integration_type == "studio"
    assert flow.settings() == {"flow": "Webchat Flow", "retry_count": 3}


def test_a_file_is_read_from_a_path_and_names_it_in_problems(tmp_path: Path) -> None:
    path = tmp_path / "flows.yaml"
    path.write_text(TASK, encoding="utf-8")
    assert load(path).source == str(path)
    assert load(str(path))["Custom chat"] == load(TASK)["Custom chat"]
    path.write_text(TASK.replace("custom", "pigeon"), encoding="utf-8")
    with pytest.raises(FlowProblem, match=r"flows\.yaml:3: flex_flows\[0\]\.channel_type: "):
        load(path)


def test_a_flow_that_the_file_does_not_have_is_a_key_error_that_names_those_it_has() -> None:
    with pytest.raises(KeyError, match="has no flow 'Chat'; it has 'Custom chat'"):
        load(TASK)["Chat"]


def test_each_field_knows_its_line_and_what_is_left_out_the_flows() -> None:
    file = load("# a comment\n" + TASK)
    flow = file["Custom chat"]
    assert file.where(flow, "integration", "workflow") == "line 8"
    assert file.where(flow, "integration", "timeout") == "line 6"
    assert file.where(flow, "enabled") == "line 3"


def test_a_mapping_may_be_shared_by_an_anchor_and_a_merge_key() -> None:
    second = """\
  - <<: *first
    friendly_name: Second
    enabled: false
"""
    file = load(EXTERNAL.replace("  - friendly", "  - &first\n    friendly") + second)
    assert [flow.friendly_name for flow in file.flows] == ["Custom chat", "Second"]
    assert file["Second"].integration.url == "https://bot.example.com/messages"
    assert file["Second"].enabled is False


@settings(deadline=None)
@given(flow_files())
def test_what_is_written_is_read_back(file: FlowFile) -> None:
    assert load(file.text).flows == file.flows


def test_a_flow_prints_without_the_password_in_its_url() -> None:
    flow = load(EXTERNAL.replace("https://", "https://bot:s3cret@"))["Custom chat"]
    assert "s3cret" not in repr(flow)
    assert "https://bot:***@bot.example.com/messages" in repr(flow)
    assert flow.integration.url == "https://bot:s3cret@bot.example.com/messages"


def test_a_file_shows_as_its_yaml_with_no_password_and_no_html() -> None:
    text = EXTERNAL.replace("https://", "https://bot:s3cret@").replace("Custom", "<b>Custom")
    shown = load(text)._repr_html_()
    assert "&lt;b&gt;Custom chat" in shown
    assert "url: https://bot:***@bot.example.com/messages" in shown
    assert "s3cret" not in shown


# -- what is refused, where, and with which fix


def test_a_file_prints_short_and_without_what_may_be_secret() -> None:
    assert repr(load(TASK)) == "FlowFile(the text: 'Custom chat')"
    assert "s3cret" not in repr(load(EXTERNAL.replace("https://", "https://bot:s3cret@")))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "channel_type: custom",
            "chanel_type: custom",
            "line 3: flex_flows[0].chanel_type: is not known here; did you mean channel_type?",
        ),
        (
            "channel_type: custom",
            "channel_type: pigeon",
            "line 3: flex_flows[0].channel_type: must be 'web', 'sms', 'facebook',"
            " 'whatsapp', 'line' or 'custom'; got 'pigeon'",
        ),
        (
            "channel_type: custom",
            "channel_type: custom\n    contact_identity: +15551234567",
            "line 4: flex_flows[0].contact_identity: must be text; put it in quotes:"
            " '+15551234567'",
        ),
        (
            "friendly_name: Custom chat",
            "friendly_name: 0170",
            "line 2: flex_flows[0].friendly_name: must be text; put it in quotes: '0170'",
        ),
        (
            "friendly_name: Custom chat",
            'friendly_name: ""',
            "line 2: flex_flows[0].friendly_name: string should have at least 1 character; got ''",
        ),
        (
            "friendly_name: Custom chat",
            "friendly_name:",
            "line 2: flex_flows[0].friendly_name: must be text, and there is none; add it",
        ),
        (
            "friendly_name: Custom chat",
            "friendly_name: [Custom, chat]",
            "line 2: flex_flows[0].friendly_name: must be text, in one line",
        ),
        (
            "channel_type: custom",
            "channel_type: custom\n    accept: idle-janitor",
            "line 4: flex_flows[0].accept: must be a list, such as [channel-type]; got"
            " 'idle-janitor'",
        ),
        (
            "channel_type: custom",
            "channel_type: on",
            "line 3: flex_flows[0].channel_type: must be 'web', 'sms', 'facebook', 'whatsapp',"
            " 'line' or 'custom'; got 'on'",
        ),
        (
            "channel_type: custom",
            'channel_type: custom\n    enabled: "yes"',
            "line 4: flex_flows[0].enabled: must be true or false, without quotes; got 'yes'",
        ),
        (
            "      channel: chat",
            "      channel: chat\n      timeout: 1h",
            "line 9: flex_flows[0].integration.timeout: must be a whole number, without quotes"
            " or a unit; got '1h'",
        ),
        (
            "      channel: chat",
            "      channel: chat\n      priority: -1",
            "line 9: flex_flows[0].integration.priority: must be greater than or equal to 0;"
            " got '-1'",
        ),
        (
            "      channel: chat",
            "      channel: chat\n      timeout: 1209601",
            "line 9: flex_flows[0].integration.timeout: must be less than or equal to 1209600;"
            " got '1209601'",
        ),
        (
            "      workflow: Assign to Anyone\n",
            "",
            "line 5: flex_flows[0]: integration.workflow is required for integration type task;"
            " add it",
        ),
        (
            "      channel: chat",
            "      channel: chat\n      url: https://a.example",
            "line 9: flex_flows[0]: integration.url does not apply to integration type task;"
            " remove it. What applies: workspace, workflow, channel, timeout, priority,"
            " creation_on_message",
        ),
        (
            "    channel_type: custom\n",
            "",
            "line 2: flex_flows[0].channel_type: is missing; add it",
        ),
        (
            "channel_type: custom",
            "channel_type: custom\n    channel_type: web",
            "line 4: channel_type: is given twice; remove one",
        ),
        (
            "flex_flows:",
            "flows:",
            "line 1: flex_flows: is missing; add it",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_line_and_fix(before: str, after: str, problem: str) -> None:
    assert problem in refusal(TASK.replace(before, after, 1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\n", "the text: is empty; begin with `flex_flows:` and a list of flows"),
        ("flex_flows: [\n", "is not YAML"),
        ("flex_flows:\n  - *nobody\n", "line 2: is not YAML: found undefined alias 'nobody'"),
        ("flex_flows:\n  - !!python/object:os.system {}\n", "line 2: is not YAML"),
        ("flex_flows: &a\n  - *a\n", "must be a mapping of fields"),
        ("- friendly_name: Chat\n", "line 1: must begin with `flex_flows:`, and the list"),
        ("flex_flows:\n", "flex_flows: must be a list, each flow beginning with `- friendly_n"),
        ("flex_flows:\n  - Chat\n", "line 2: flex_flows[0]: must be a mapping of fields"),
        ("flex_flows: \x07\n", "is not YAML"),
        ("flex_flows:\n  ? [a, b]\n  : c\n", "line 2: is not YAML: found unhashable key"),
        ("flex_flows: 2026-02-30\n", "is not YAML"),
        ("--- a\n--- b\n", "line 2: is not YAML"),
        ("flex_flows: " + "[" * 1000 + "\n", "is not YAML: it is nested too deep"),
    ],
)
def test_what_is_no_flow_file_is_refused(text: str, problem: str) -> None:
    assert any(problem in line for line in refusal(text)), refusal(text)


def test_all_problems_are_reported_at_once() -> None:
    text = TASK.replace("custom", "pigeon").replace("channel: chat", "channel: 7")
    assert [line.partition(": ")[0] for line in refusal(text)] == ["line 3", "line 8"]


def test_a_url_that_is_none_is_refused_without_repeating_it() -> None:
    problems = refusal(EXTERNAL.replace("https://bot", "bot:s3cret@bot"))
    assert problems == [
        "line 6: flex_flows[0].integration.url: must be an http or https URL, e.g."
        " https://example.com"
    ]


def test_two_flows_of_one_name_are_refused_with_both_lines() -> None:
    text = EXTERNAL + EXTERNAL.partition("\n")[2]
    assert refusal(text) == [
        "line 8: friendly_name 'Custom chat': names another flow too (line 2); rename one"
    ]


def test_a_former_name_that_another_flow_has_is_refused() -> None:
    other = EXTERNAL.partition("\n")[2].replace("Custom chat", "Other")
    formerly = "    formerly: Custom chat\n    enabled: false\n"
    assert refusal(EXTERNAL + other + formerly) == [
        "line 14: formerly 'Custom chat': names another flow too (line 2); rename one"
    ]


def test_a_thousand_aliases_of_aliases_are_refused_in_no_time() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 40)]
    problems = refusal("\n".join(["l0: &l0 x", *levels, "flex_flows: *l39"]) + "\n")
    assert any("l39: is not known here" in line for line in problems)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowProblem, match=r"cannot be read \(No such file"):
        load(tmp_path / "nothing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"flex_flows: \xe9\n")
    with pytest.raises(FlowProblem, match="is not UTF-8"):
        load(tmp_path / "latin.yaml")


# -- names


def test_names_become_sids_of_the_account(account: Account, task_settings: dict[str, Any]) -> None:
    assert arguments_for(account, load(TASK)["Custom chat"]) == {
        "friendly_name": "Custom chat",
        "chat_service_sid": account.credentials.chat_service_sid,
        "channel_type": "custom",
        "enabled": True,
        "long_lived": False,
        "janitor_enabled": False,
        "integration_timeout": 86_400,
        "integration_priority": 0,
        "integration_creation_on_message": False,
        **task_settings,
    }


def test_what_is_no_file_is_refused_with_how_to_make_one() -> None:
    with pytest.raises(TypeError, match=r"not FlexFlowConfig; `FlowFile\(\(flow,"):
        load(load(TASK)["Custom chat"])


def test_a_sid_does_as_well_as_a_name(account: Account, client: Any) -> None:
    sid = client.studio.v2.flows.list()[0].sid
    flow = load(STUDIO.replace("Webchat Flow", sid))["Custom chat"]
    assert arguments_for(account, flow)["integration_flow_sid"] == sid


def test_names_that_stand_for_nothing_are_refused_with_what_there_is(account: Account) -> None:
    flow = FlexFlowConfig(
        friendly_name="Chat",
        channel_type="custom",
        chat_service="Chat",
        integration=Integration(flow="Webchat flow"),
    )
    with pytest.raises(FlowProblem) as caught:
        arguments_for(account, flow)
    service, studio = map(str, caught.value.problems)
    assert "'Chat' chat_service: the account has no chat service 'Chat'" in service
    assert "It has 'Flex Chat Service'; create the chat service there first" in service
    assert "no Studio flow 'Webchat flow' (did you mean 'Webchat Flow'?)." in studio


def test_a_name_of_several_is_refused_with_their_sids(account: Account, client: Any) -> None:
    first = client.studio.v2.flows.list()[0]
    client.studio.v2.flows.create("Webchat Flow", "draft", definition=first.fetch().definition)
    with pytest.raises(FlowProblem, match="2 Studio flows are named 'Webchat Flow'; give one's"):
        arguments_for(account, load(STUDIO)["Custom chat"])


@pytest.mark.skipif(os.name != "posix", reason="this system has no modes")
def test_a_written_file_is_its_owners_alone_and_an_existing_one_keeps_its_mode(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flows.yaml"
    load(TASK).write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    load(EXTERNAL).write(path)
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["flows.yaml"]
    assert load(path).flows == load(EXTERNAL).flows


def test_a_file_that_finds_no_room_leaves_the_old_one_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flows.yaml"
    load(TASK).write(path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(FlowProblem, match="No space left"):
        load(EXTERNAL).write(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["flows.yaml"]


def test_a_name_with_a_nul_is_refused_in_yaml_and_in_python() -> None:
    assert refusal(TASK.replace("Custom chat", '"Cus\\0tom"')) == [
        "line 2: flex_flows[0].friendly_name: holds a NUL; remove it"
    ]
    with pytest.raises(ValueError, match="holds a NUL; remove it"):
        FlexFlowConfig(friendly_name="\0", channel_type="custom", integration=Integration(flow="F"))
