"""Parts of Terraform's resources that a flow file has no place for: each is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from foreign import state

from helpers import Account
from helpers.flows import import_from
from helpers.flows.importing.saved import BY_TYPE

SPACE = "twilio_taskrouter_workspaces_v1"
FILE = f"""\
moved {{
  from = a.b
  to   = c.d
}}
resource "{SPACE}" "w" {{
  friendly_name = "W"
  template      = "FIFO"
  provider      = twilio.other
  colour        = "red"
  lifecycle {{
    prevent_destroy = true
  }}
}}
resource "twilio_taskrouter_workspaces_task_queues_v1" "q" {{
  for_each      = toset(["a", "b"])
  workspace_sid = {SPACE}.w.sid
  friendly_name = each.key
  depends_on    = [{SPACE}.w]
  dynamic "x" {{
    for_each = [1]
    content {{}}
  }}
  timeouts {{}}
}}
"""


def test_what_is_not_read_of_a_configuration_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(FILE, encoding="utf-8")
    found = import_from(tmp_path)
    queue = "twilio_taskrouter_workspaces_task_queues_v1.q"
    assert [note.removeprefix(f"{tmp_path}/main.tf:") for note in found.notes] == [
        "1: the moved block is left out",
        f"10: {SPACE}.w: its lifecycle block is left out",
        f"7: {SPACE}.w: template is left out",
        f"8: {SPACE}.w: provider is left out",
        f"9: {SPACE}.w: colour is left out",
        f"19: {queue}: its dynamic x block is left out",
        f"23: {queue}: its timeouts block is left out",
    ]
    assert [entry.label for entry in found.load().resources] == ["W", "a", "b"]


def test_what_is_not_read_of_a_state_is_named(account: Account, tmp_path: Path) -> None:
    content = state(account)
    (path := tmp_path / "terraform.tfstate").write_text(json.dumps(content), encoding="utf-8")
    assert not [note for note in import_from(path).notes if note.count(":") > 1]
    one: Any = next(each for each in content["resources"] if each["type"] == SPACE)
    one["instances"][0]["attributes"] |= {"colour": "red", "shade": None, "tags": []}
    path.write_text(json.dumps(content), encoding="utf-8")
    found = import_from(path)
    assert f"{path}: {SPACE}.{one['name']}: colour is left out" in found.notes
    assert "shade" not in repr(found)
    assert "tags" not in repr(found)


@pytest.mark.parametrize("kind", BY_TYPE.values(), ids=[*BY_TYPE])
def test_every_kind_of_resource_knows_its_parameters(kind: Any) -> None:
    assert kind.reads("friendly_name")
    assert not kind.reads("colour")
