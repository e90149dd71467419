"""Reads Terraform's states, and resources of its provider for Twilio as the API would answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import FlowProblem, Problem
from ..file.other_formats import Resource
from ..file.text_files import read_json
from .configuration import TerraformResource
from .saved import BY_TYPE

_PARTS = {"FO": ("integration",), "IG": ("auto_creation",), "IS": ("limits", "notifications")}
"""Parts of a resource, of which the provider has an attribute for each field."""
_NOT_ANSWERED = ("re_evaluate_tasks", "if_match", "template", "commit_message", "id")


def resources_of_state(content: Mapping[str, Any], source: str) -> Iterator[TerraformResource]:
    """The resources of a state.

    Raises:
        FlowProblem: It is of a form that is not known.
    """
    if "planned_values" in content:
        fix = "is a plan; apply it and give the state, or give the folder of its .tf files"
        raise FlowProblem(Problem(source, "", fix))
    if "values" in content:
        yield from _shown(content["values"].get("root_module") or {}, source)
        return
    if content.get("version") != 4:
        fix = (
            "is a state of an old Terraform, or one newer than is known; `terraform show -json`"
            " writes what is read"
        )
        raise FlowProblem(Problem(source, f"version {content.get('version')}", fix))
    for each in content.get("resources") or ():
        if each.get("mode") != "managed":
            continue
        module = f"{each['module']}." if each.get("module") else ""
        for instance in each.get("instances") or ():
            if instance.get("deposed"):  # on its way out: another has taken its place
                continue
            key = instance.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            address = f"{module}{each['type']}.{each['name']}{index}"
            sensitive = {
                str(step.get("value"))
                for path in instance.get("sensitive_attributes") or ()
                for step in (path if isinstance(path, list) else [path])
                if isinstance(step, dict)
            }
            attributes = dict(instance.get("attributes") or {})
            yield TerraformResource(each["type"], address, attributes, source, frozenset(sensitive))


def _shown(module: Mapping[str, Any], source: str) -> Iterator[TerraformResource]:
    for each in module.get("resources") or ():
        if each.get("mode") == "managed":
            hidden = frozenset(
                name
                for name, is_so in (each.get("sensitive_values") or {}).items()
                if is_so is True
            )
            given = dict(each.get("values") or {})
            yield TerraformResource(each["type"], each["address"], given, source, hidden)
    for child in module.get("child_modules") or ():
        yield from _shown(child, source)


def as_answered(resource: TerraformResource) -> Resource:
    """A resource as the API answers it.

    Raises:
        FlowProblem: Its SID is not known, or a definition is not JSON.
    """
    given = {
        name: value
        for name, value in resource.attributes.items()
        if value not in (None, "") and name not in _NOT_ANSWERED
    }
    kind = BY_TYPE[resource.type]
    given.setdefault("sid", str(resource.attributes.get("id") or "").rpartition("/")[2])
    if not str(given["sid"]).startswith(kind.prefix):
        fix = f"has no SID that begins with {kind.prefix}; refresh the state"
        raise FlowProblem(Problem(resource.where, resource.address, fix))
    for part in _PARTS.get(kind.prefix, ()):
        names = [
            name for name in given if name.startswith(f"{part}_") and name != "integration_type"
        ]
        given[part] = {name.removeprefix(f"{part}_"): given.pop(name) for name in names}
    if "permission" in given:
        given["permissions"] = given.pop("permission")
    if isinstance(given.get("definition"), str):
        given["definition"] = read_json(given["definition"], f"{resource.where} {resource.address}")
    return given
