"""Flow files from where people are: what others saved plans to nothing on the account it is of."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from centres import centres
from foreign import CONVERSATIONS, FLEX, STUDIO, get, lists, shown_state, state, write_lists
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import EXTERNAL, furnished
from support import examples

from helpers import Account, connect
from helpers.flows import FlowProblem, check, command, import_from, load, plan

EVERYTHING = """\
flex_flows:
  - friendly_name: By task
    channel_type: custom
    integration_type: task
    integration: {workspace: Flex Task Assignment, workflow: Second line, channel: chat}
    janitor_enabled: true
  - friendly_name: By bot
    channel_type: sms
    contact_identity: "+15550100"
    chat_service: Second service
    integration: {flow: Menu bot}
    enabled: false
  - friendly_name: By ${server}
    channel_type: custom
    contact_identity: shop
    integration_type: external
    integration: {url: https://bot.example.com/messages, retry_count: 1}
address_configurations:
  - type: sms
    address: "+15550101"
    friendly_name: Texts
    auto_creation: {type: studio, studio_flow: Menu bot}
  - type: whatsapp
    address: whatsapp:+15550102
    auto_creation: {type: webhook, webhook_url: https://bot.example.com/, webhook_method: get}
"""


@pytest.fixture(scope="module")
def centre() -> Account:
    """An account with everything that is read."""
    account = furnished()
    plan(account, load(EVERYTHING.replace("${", "$${"))).apply()
    return account


def saved(folder: Path, content: Any, name: str = "saved.json") -> Path:
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def assert_nothing_to_do(account: Account, text: str) -> None:
    """Assert that the plan of a file on its account is empty, and that it has all of it."""
    planned = plan(account, text)
    assert planned.is_empty, planned
    assert {step.action for step in planned.steps} == {"leave"}
    assert not [step.name for step in planned.steps if step.note == "not in the file"]


# -- answers of the API


def test_saved_answers_of_the_api_become_a_file_with_nothing_to_do(
    centre: Account, tmp_path: Path
) -> None:
    write_lists(centre, tmp_path)
    other = saved(tmp_path, {"name": "a package"}, "package.json")
    read = import_from(tmp_path)
    assert f"{other} is left out, as it has no resources of Twilio's" in read.notes
    assert_nothing_to_do(centre, read.text)
    assert "flow: Menu bot" in read.text
    assert "workflow: Second line" in read.text
    assert read.load()["By ${server}"].integration.url == "https://bot.example.com/messages"


def test_a_list_alone_names_by_sid_what_was_not_saved(centre: Account, tmp_path: Path) -> None:
    read = import_from(saved(tmp_path, get(centre, f"{FLEX}/FlexFlows")))
    assert "workflow: WW" in read.text
    assert "address_configurations" not in read.text
    assert plan(centre, read.text).is_empty


def test_what_was_saved_in_part_gives_names_and_is_said_to_be_left_out(
    centre: Account, tmp_path: Path
) -> None:
    answers = [
        get(centre, f"{FLEX}/FlexFlows"),
        get(centre, f"{STUDIO}/Flows"),
        get(centre, f"{CONVERSATIONS}/Services"),
    ]
    read = import_from(saved(tmp_path, answers))
    assert "flow: Menu bot" in read.text
    assert "studio_flows:" not in read.text
    assert "studio_flows Menu bot was saved in part only, and is left out" in read.notes
    assert plan(centre, read.text).is_empty


@pytest.mark.parametrize("form", ["single", "list", "of lists", "command line", "bom"])
def test_whatever_holds_the_resources_they_are_found(
    centre: Account, tmp_path: Path, form: str
) -> None:
    flows = get(centre, f"{FLEX}/FlexFlows")["flex_flows"]
    contents = {
        "single": flows[0],
        "list": flows,
        "of lists": {"pages": [{"flex_flows": flows[:1]}, {"flex_flows": flows[1:]}]},
        "command line": [
            {
                "".join(
                    [name.split("_")[0], *(part.title() for part in name.split("_")[1:])]
                ): value
                for name, value in each.items()
            }
            for each in flows
        ],
        "bom": "\ufeff" + json.dumps(flows),
    }
    read = import_from(saved(tmp_path, contents[form]))
    assert len(read.load().flows) == (1 if form == "single" else len(flows))
    assert plan(centre, read.text).is_empty


def test_resources_that_a_file_does_not_have_are_said(centre: Account, tmp_path: Path) -> None:
    message = {"sid": f"IM{'0' * 32}", "body": "Hello"}
    flows = get(centre, f"{FLEX}/FlexFlows")
    read = import_from(saved(tmp_path, [flows, message, message]))
    assert "2 resources whose SIDs begin with IM are left out" in repr(read)


# -- Terraform's states


@pytest.mark.parametrize("form", [state, shown_state])
def test_a_terraform_state_becomes_a_file_with_nothing_to_do(
    centre: Account, tmp_path: Path, form: Any
) -> None:
    read = import_from(saved(tmp_path, form(centre), "terraform.tfstate"))
    assert_nothing_to_do(centre, read.text)
    assert "workflow: Second line" in read.text


ONE = connect()
"""An account that generated centres are applied to, and that is put back."""
plan(ONE, "flex_flows: []\nworkspaces: {}\nstudio_flows: {}\n", delete=True).apply()


@settings(max_examples=examples(6), deadline=None)
@given(centres(), st.sampled_from([lists, state, shown_state]))
def test_any_centre_that_others_saved_becomes_a_file_with_nothing_to_do(
    text: str, form: Any
) -> None:
    assert ONE.mock is not None
    with ONE.mock.snapshot(), TemporaryDirectory() as folder:
        plan(ONE, text.replace("flex_flows: []\n", EXTERNAL), delete=True).apply()
        read = import_from(saved(Path(folder), form(ONE)))
        assert plan(ONE, read.text, delete=True).is_empty


def test_a_sensitive_attribute_is_a_secret_by_name(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://bot.example.com/a-sensitive-path"
    plan(account, EXTERNAL.replace("https://bot.example.com/messages", url)).apply()
    content = state(account)
    flows = [each for each in content["resources"] if "flex_flows" in each["type"]]
    for each in flows:
        path = [{"type": "get_attr", "value": "integration_url"}]
        each["instances"][0]["sensitive_attributes"] = [path]
    read = import_from(saved(tmp_path, content, "terraform.tfstate"))
    assert "a-sensitive-path" not in read.text
    name = f"flex_flex_flows_v1_{flows[-1]['name']}_integration_url"
    assert f"{name}:\n    secret: true\n" in read.text
    monkeypatch.setenv(name, url)
    assert_nothing_to_do(account, read.text)


def test_other_resources_of_a_state_are_left_out_and_said(centre: Account, tmp_path: Path) -> None:
    content = state(centre)
    content["resources"].append(
        {"mode": "managed", "type": "aws_s3_bucket", "name": "b", "instances": [{"attributes": {}}]}
    )
    content["resources"].append({"mode": "data", "type": "twilio_flex_flex_flows_v1", "name": "d"})
    read = import_from(path := saved(tmp_path, content, "terraform.tfstate"))
    assert f"{path}: aws_s3_bucket.b is left out" in read.notes


# -- Terraform's configurations


MAIN = """\
terraform {
  required_providers {
    twilio = { source = "twilio/twilio", version = ">=0.4.0" }
  }
}
provider "twilio" {
  password = var.api_secret
}
locals {
  hosts = { prod = "bot.example.com", test = "test.example.com" }
  shops = toset(["north", "south"])
}
resource "twilio_taskrouter_workspaces_v1" "flex" {
  friendly_name = "Flex Task Assignment"
}
resource "twilio_taskrouter_workspaces_task_queues_v1" "everyone" {
  workspace_sid = twilio_taskrouter_workspaces_v1.flex.sid
  friendly_name = "Everyone"
}
resource "twilio_taskrouter_workspaces_workflows_v1" "second" {
  workspace_sid = twilio_taskrouter_workspaces_v1.flex.id
  friendly_name = "Second line"
  configuration = templatefile("${path.module}/workflows/second.json", {
    "QUEUE" = twilio_taskrouter_workspaces_task_queues_v1.everyone.sid
  })
}
module "bots" {
  source = "./modules/bots"
  greeting = "Hello from ${upper("us")}"
}
# one for each shop
resource "twilio_flex_flex_flows_v1" "shops" {
  for_each                  = local.shops
  friendly_name             = "Shop ${each.key}"
  chat_service_sid          = var.service_sid
  channel_type              = "custom"
  contact_identity          = each.value
  integration_type          = "task"
  integration_workspace_sid = twilio_taskrouter_workspaces_v1.flex.sid
  integration_workflow_sid  = twilio_taskrouter_workspaces_workflows_v1.second.sid
  integration_channel       = "chat"
  integration_timeout       = 10 * 60
  janitor_enabled           = true
}
resource "twilio_flex_flex_flows_v1" "bot" {
  friendly_name        = "By bot"
  chat_service_sid     = var.service_sid
  channel_type         = "custom"
  integration_type     = "studio"
  integration_flow_sid = module.bots.menu_sid
  integration_retry_count = var.is_patient ? 3 : 1
}
resource "twilio_flex_flex_flows_v1" "own" {
  friendly_name    = "By server"
  chat_service_sid = var.service_sid
  channel_type     = "custom"
  contact_identity = "own"
  integration_type = "external"
  integration_url  = "https://${local.hosts[var.stage]}/${var.path}?literally=$${path}"
}
resource "twilio_conversations_configuration_addresses_v1" "whatsapp" {
  type                          = "whatsapp"
  address                       = "whatsapp:+15550102"
  friendly_name                 = join(" ", ["Whats", "App"])
  auto_creation_enabled         = true
  auto_creation_type            = "webhook"
  auto_creation_webhook_url     = var.bot_url
  auto_creation_webhook_method  = "POST"
  auto_creation_webhook_filters = [for each in ["Message", "Participant"] : "on${each}Added"]
}
resource "twilio_flex_web_channels_v1" "not_held" {}
"""
VARIABLES = """\
variable "api_secret" { sensitive = true }
variable "service_sid" {}
variable "path" { default = "messages" }
variable "bot_url" {
  type        = string
  description = "Address of the bot"
}
variable "stage" {
  validation {
    condition     = contains(["prod", "test"], var.stage)
    error_message = "One of \\"prod\\" and \\"test\\"."
  }
}
variable "is_patient" { type = bool }
"""
BOTS = """\
variable "greeting" { type = string }
resource "twilio_studio_flows_v2" "menu" {
  friendly_name = "Menu bot"
  status        = "published"
  definition = jsonencode({
    description   = "A bot that says nothing", initial_state = "Trigger"
    states = [{
      name = "Trigger", type = "trigger", properties = {}
      transitions = [{ event = "incomingMessage" }]
    }]
  })
}
output "menu_sid" {
  value = twilio_studio_flows_v2.menu.sid
}
"""
ROUTING = '{"task_routing": {"filters": [], "default_filter": {"queue": "${QUEUE}"}}}'
VALUES = 'stage = "prod"\nis_patient = true\n'


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A folder of a configuration."""
    for name, text in {
        "main.tf": MAIN,
        "variables.tf": VARIABLES,
        "terraform.tfvars": VALUES,
        "modules/bots/main.tf": BOTS,
        "workflows/second.json": ROUTING,
    }.items():
        path = tmp_path / "infra" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "infra"


def made_by_terraform(account: Account) -> Account:
    """The account with what Terraform makes of the configuration."""
    client = account.client
    studio = {flow.friendly_name: flow.sid for flow in client.studio.v2.flows.list()}
    space = client.taskrouter.v1.workspaces.list()[0]
    line = next(one for one in space.workflows.list() if one.friendly_name == "Second line")
    service = account.credentials.chat_service_sid
    create = client.flex_api.v1.flex_flow.create
    for shop in ("north", "south"):
        create(
            f"Shop {shop}",
            service,
            "custom",
            contact_identity=shop,
            integration_type="task",
            integration_workspace_sid=space.sid,
            integration_workflow_sid=line.sid,
            integration_channel="chat",
            integration_timeout=600,
            janitor_enabled=True,
        )
    create(
        "By bot",
        service,
        "custom",
        integration_type="studio",
        integration_flow_sid=studio["Menu bot"],
        integration_retry_count=3,
    )
    create(
        "By server",
        service,
        "custom",
        contact_identity="own",
        integration_type="external",
        integration_url="https://bot.example.com/messages?literally=${path}",
    )
    client.conversations.v1.address_configurations.create(
        "whatsapp",
        "whatsapp:+15550102",
        friendly_name="Whats App",
        auto_creation_enabled=True,
        auto_creation_type="webhook",
        auto_creation_webhook_url="https://bot.example.com/whatsapp",
        auto_creation_webhook_method="POST",
        auto_creation_webhook_filters=["onMessageAdded", "onParticipantAdded"],
    )
    return account


@pytest.fixture(scope="module")
def built() -> Account:
    """An account that Terraform has been applied to."""
    return made_by_terraform(furnished())


def test_a_configuration_becomes_a_file_with_nothing_to_do(
    built: Account, configuration: Path
) -> None:
    read = import_from(configuration)
    assert read.variables == ("service_sid", "bot_url")
    given = {
        "service_sid": built.credentials.chat_service_sid,
        "bot_url": "https://bot.example.com/whatsapp",
    }
    assert plan(built, read.load(variables=given)).is_empty
    file = read.load(variables=given)
    assert [flow.friendly_name for flow in file.flows] == [
        "By bot",
        "By server",
        "Shop north",
        "Shop south",
    ]
    assert "description: Address of the bot" in read.text
    assert f"{configuration}/main.tf: twilio_flex_web_channels_v1.not_held is left out" in (
        read.notes
    )
    assert "api_secret" not in read.text


def test_several_files_of_values_are_environments(built: Account, configuration: Path) -> None:
    values = {
        "prod": 'path = "messages"\nbot_url = "https://bot.example.com/whatsapp"\nx = 1\n',
        "test": 'path = "tests"\nbot_url = "https://test.example.com/whatsapp"\n',
    }
    paths = [saved(configuration, text, f"{name}.tfvars") for name, text in values.items()]
    service = built.credentials.chat_service_sid
    read = import_from(configuration, *paths, variables={"service_sid": service})
    assert read.variables == ()
    assert plan(built, read.load(env="prod")).is_empty
    file = read.load(env="test")
    assert file["By server"].integration.url == ("https://bot.example.com/tests?literally=${path}")
    assert file["whatsapp whatsapp:+15550102"].auto_creation.webhook_url == (
        "https://test.example.com/whatsapp"
    )


def test_a_sensitive_variable_is_a_secret_even_if_it_has_a_value(configuration: Path) -> None:
    text = VARIABLES.replace('variable "bot_url" {', 'variable "bot_url" {\n  sensitive = true')
    saved(configuration, text, "variables.tf")
    given = {"bot_url": "https://bot.example.com/an-own-secret", "service_sid": f"IS{'0' * 32}"}
    read = import_from(configuration, variables=given)
    assert "an-own-secret" not in read.text
    assert "  bot_url:\n    description: Address of the bot\n    secret: true\n" in read.text
    assert read.variables == ()


def test_a_copy_of_the_template_is_read_from_its_root(configuration: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy" / "infra-as-code/terraform/environments"
    shutil.copytree(configuration, root / "default")
    assert import_from(tmp_path / "copy").text == import_from(configuration).text
    shutil.copytree(configuration, root / "prod")
    with pytest.raises(
        FlowProblem, match=r"has 2 environments of Terraform \(.*/default, .*/prod\)"
    ):
        import_from(tmp_path / "copy")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "integration_timeout       = 10 * 60",
            "integration_timeout = ",
            "is not HCL: unexp",
        ),
        (
            "module.bots.menu_sid",
            "module.bots.no_sid",
            "cannot be computed: the module has",
        ),
        (
            "module.bots.menu_sid",
            "module.boats.menu_sid",
            "cannot be computed: module.boat",
        ),
        (
            "var.is_patient ?",
            "var.impatient ?",
            "cannot be computed: var.impatient is not",
        ),
        (
            "var.is_patient ?",
            "var.path ?",
            "cannot be computed: the condition is not know",
        ),
        (
            "var.bot_url",
            "data.http.bot.url",
            "cannot be computed: data.http.bot.url has",
        ),
        (
            'upper("us")',
            'sha1("us")',
            "cannot be computed: the function sha1 is not read",
        ),
        (
            "local.hosts[var.stage]",
            "local.hosts.dev",
            "cannot be computed: there is no dev",
        ),
        (
            "local.shops\n",
            "var.service_sid2\n",
            "cannot be computed: var.service_sid2 is",
        ),
        (
            "second.json",
            "third.json",
            "third.json: cannot be read (No such file or directory); give th",
        ),
        (
            '"./modules/bots"',
            '"./modules/boats"',
            "modules/boats: has no .tf files; give the folder",
        ),
        (
            '"./modules/bots"',
            '"../infra"',
            "module.bots: calls itself, by way of ../infra",
        ),
        ('{ prod = "bot', '{ x = local.hosts, prod = "bot', "local.hosts refers to itself"),
        ('join(" ", [', "join([", "cannot be computed: "),
        (
            'type                          = "whatsapp"',
            "type = 7",
            "'7 whatsapp:+15550102': cannot be put in a file: type must be",
        ),
        ("10 * 60", "var.service_sid", "twilio_flex_flex_flows_v1.shops["),
    ],
)
def test_what_cannot_be_computed_is_refused_with_file_and_line(
    configuration: Path, before: str, after: str, problem: str
) -> None:
    assert before in MAIN
    text = MAIN.replace(before, after, 1)
    saved(configuration, text, "main.tf")
    with pytest.raises(FlowProblem) as caught:
        import_from(configuration)
    line = text[: text.index(after)].count("\n") + 1
    places = (f"main.tf:{line}: {problem}", f"/{problem}", f" {problem}")
    assert any(each in str(caught.value) for each in places), str(caught.value)


def test_a_template_that_is_wrong_is_refused_with_its_line(configuration: Path) -> None:
    saved(configuration, ROUTING.replace("{QUEUE}", "{QUEUES}"), "workflows/second.json")
    with pytest.raises(
        FlowProblem, match=r"workflows/second\.json:1: cannot be computed: QUEUES ha"
    ):
        import_from(configuration)


def test_without_the_parser_it_says_how_to_install_it(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hcl2", None)
    with pytest.raises(FlowProblem, match=r"pip install 'flex-chat-lab\[terraform\]'"):
        import_from(configuration)


def test_a_state_beside_a_configuration_is_said_not_to_be_read(configuration: Path) -> None:
    path = saved(configuration, {}, "terraform.tfstate")
    notes = import_from(configuration).notes
    assert f"{path} was not read, as a configuration is beside it; give it to have its" in (
        " ".join(notes)
    )


# -- the command, and mistakes


def test_the_command_writes_the_file_or_shows_it(
    centre: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = saved(tmp_path, state(centre), "terraform.tfstate")
    assert command.main(["import", str(source)]) == 0
    out, err = capsys.readouterr()
    assert_nothing_to_do(centre, out)
    assert err.startswith(f"The flow file for {source}.\n")
    into = tmp_path / "flows.yaml"
    assert command.main(["import", str(source), "--into", str(into)]) == 0
    assert capsys.readouterr().out.endswith(f"Written to {into}.\n")
    assert_nothing_to_do(centre, into.read_text(encoding="utf-8"))
    assert command.main(["import", str(source), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == into.read_text(encoding="utf-8")


@pytest.mark.parametrize("read", [load, check])
@pytest.mark.parametrize(
    ("form", "said"),
    [
        (lambda account: get(account, f"{FLEX}/FlexFlows"), "has resources as Twilio's API answe"),
        (lambda account: lists(account)["workspaces"], "has resources as Twilio's API answers"),
        (state, "is a Terraform state, not a flow file; `python -m helpers.flows import "),
        (shown_state, "is a Terraform state"),
        (
            lambda account: account.client.studio.v2.flows.list()[0].fetch().definition,
            "is the definition of a Studio flow, not a flow file; name it as `definition` of a",
        ),
        (lambda _: "steps:\n  - customer opens\n", "is a script, not a flow file; give it to"),
    ],
)
def test_a_file_of_others_given_as_a_flow_file_is_one_sentence(
    centre: Account, tmp_path: Path, form: Any, said: str, read: Any
) -> None:
    path = saved(tmp_path, form(centre))
    with pytest.raises(FlowProblem) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{path}: {said}")


def test_a_folder_or_a_configuration_given_as_a_flow_file_names_the_command(
    tmp_path: Path,
) -> None:
    with pytest.raises(FlowProblem, match=r"is a directory; .*`python -m helpers.flows import`"):
        load(tmp_path)
    path = saved(tmp_path, 'resource "a" "b" {}\n', "main.tf")
    with pytest.raises(FlowProblem, match="is a Terraform configuration, not a flow file"):
        load(path)


# -- configurations that others write


QUEUE = """\
variable "name" {}
variable "names" { type = list(string) }
variable "many" { type = number }
resource "twilio_taskrouter_workspaces_v1" "w" { friendly_name = "W" }
resource "twilio_taskrouter_workspaces_task_queues_v1" "q" {
  workspace_sid = twilio_taskrouter_workspaces_v1.w.sid
  friendly_name = NAME
  MORE
}
"""


def queues_of(folder: Path, name: str, more: str = "", **values: str) -> list[str]:
    """Names of the queues of a configuration whose queue has such a name, and such lines."""
    text = QUEUE.replace("NAME", name).replace("MORE", more)
    (folder / "main.tf").write_text(text, encoding="utf-8")
    file = import_from(folder, variables=values).load()
    return [each.label for each in file.resources if each.kind.name == "queues"]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("upper(var.name)", ""),
        ('replace(var.name, "-", "_")', ""),
        ('"Q${length(var.name)}"', ""),
        ('split("-", var.name)[0]', ""),
        ("var.names[0]", ""),
        ('join(",", var.names)', ""),
        ('join(",", [for each in var.names : each])', ""),
        ('concat(var.names, ["a"])[0]', ""),
        ('merge(var.names, {a = "b"}).a', ""),
        ('!var.name ? "a" : "b"', ""),
        ("each.key", "for_each = var.names"),
        ("each.key", "for_each = toset(var.names)"),
        ('"Q"', "max_reserved_workers = var.many"),
    ],
)
def test_what_depends_on_a_variable_without_a_value_is_refused_not_made_up(
    tmp_path: Path, name: str, more: str
) -> None:
    with pytest.raises(FlowProblem, match=r"main\.tf:[0-9]+.*give (it one|the variables in it)"):
        queues_of(tmp_path, name, more)


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        ('lookup({a = "b"}, "c")', "", "lookup finds no 'c'"),
        ('replace("a1", "/[0-9]/", "x")', "", "replace with a pattern is not read"),
        ('[for each in ["a"] : each if coalesce("") == ""][0]', "", "coalesce has nothing"),
        (
            '"Q${count.index}"',
            "count = 1000000",
            "a value: a number up to 10,000",
        ),
        ('"Q${count.index}"', "count = -1", "a number up to"),
        (
            '"Q"',
            "}\nresource twilio_taskrouter_workspaces_v1 w {",
            "is declared above, or in anoth",
        ),
    ],
)
def test_what_terraform_refuses_is_refused(
    tmp_path: Path, name: str, more: str, reason: str
) -> None:
    with pytest.raises(FlowProblem, match=reason):
        queues_of(tmp_path, name, more)


def test_values_of_a_command_line_are_of_the_types_that_their_variables_have(
    tmp_path: Path,
) -> None:
    more = "for_each = toset(var.names)\n  max_reserved_workers = var.many"
    given = {"names": '["b", "a", "b"]', "many": "3"}
    assert queues_of(tmp_path, "each.key", more, **given) == ["a", "b"]
    assert queues_of(tmp_path, r'"\u00e9\U0001F600 ${format("%v", 5)}"', **given) == ["é😀 5"]


def test_a_module_is_read_once_for_each_of_its_instances(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'module "no" {\n  source = "./m"\n  count = 0\n  name = "none"\n}\n'
        'module "two" {\n  source = "./m"\n  count = 2\n  name = "N${count.index}"\n}\n'
        'module "each" {\n  source = "./m"\n  for_each = {a = "A"}\n  name = each.value\n}\n'
        'module "again" {\n  source = "./m"\n'
        '  name = "${module.two[1].own} ${module.each["a"].own}"\n}\n',
        encoding="utf-8",
    )
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(
        'variable "name" {}\noutput "own" { value = var.name }\n'
        'resource "twilio_taskrouter_workspaces_v1" "w" { friendly_name = var.name }\n',
        encoding="utf-8",
    )
    (tmp_path / "m" / "own_override.tf").write_text("locals {}\n", encoding="utf-8")
    found = import_from(tmp_path)
    assert {each.label for each in found.load().resources} == {"N0", "N1", "A", "N1 A"}
    assert any("own_override.tf: what overrides others is left out" in one for one in found.notes)


# -- states and answers that are odd


def test_an_instance_on_its_way_out_is_no_resource(account: Account, tmp_path: Path) -> None:
    content = state(account)
    first = content["resources"][0]["instances"]
    old = json.loads(json.dumps(first[0]))
    old["attributes"]["sid"] = "FO" + "9" * 32
    first.append(old | {"deposed": "0badcafe"})
    (tmp_path / "terraform.tfstate").write_text(json.dumps(content), encoding="utf-8")
    assert plan(account, import_from(tmp_path / "terraform.tfstate").load()).is_empty


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"configuration": "{"}, "configuration: holds no JSON object; save the resource again"),
        ({"configuration": [1]}, "configuration: holds no JSON object"),
        ({"friendly_name": ["x"]}, "friendly_name: is no text; save the resource again"),
        ({"configuration": '{"task_routing": {"filters": [5]}}'}, "is not as Twilio's API answers"),
    ],
)
def test_an_answer_that_was_changed_by_hand_is_refused(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    saved = {"sid": "WW" + "1" * 32, "workspace_sid": "WS" + "1" * 32, "friendly_name": "A"}
    (tmp_path / "a.json").write_text(json.dumps(saved | changes), encoding="utf-8")
    with pytest.raises(FlowProblem, match=reason):
        import_from(tmp_path)


def test_a_resource_that_was_saved_twice_is_taken_as_it_was_last_and_said(tmp_path: Path) -> None:
    saved = {"sid": "WQ" + "1" * 32, "workspace_sid": "WS" + "1" * 32, "friendly_name": "A"}
    for name, order in (("a", "FIFO"), ("b", "LIFO")):
        text = json.dumps(saved | {"task_order": order, "account_sid": "AC" + "1" * 32})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    found = import_from(tmp_path)
    assert "task_order: LIFO" in found.text
    assert f"b.json: {saved['sid']} was saved before, and differs in task_order" in found.notes[0]
    other = saved | {"sid": "WQ" + "2" * 32, "account_sid": "AC" + "2" * 32}
    (tmp_path / "c.json").write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(FlowProblem, match=r"is of account AC2+, others are of AC1+; give those of"):
        import_from(tmp_path)
