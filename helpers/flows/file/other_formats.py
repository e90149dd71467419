"""Reads answers of Twilio's API that were saved as JSON: lists, single resources, or both.

Files of others are recognised here, too, wherever they are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

Resource = dict[str, Any]
PLAN_MARK = "flow_plan"
"""Key that a saved plan begins with; its value is the form's version."""
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_SETTINGS = re.compile(r"\.twilio\.com/.*/Configuration(/Webhooks|/Notifications)?$")
_SID = re.compile(r"[A-Z]{2}[0-9a-zA-Z]{32}")


def resources_in(content: Any) -> Iterator[Resource]:
    """The resources in a JSON document, however deep in it; names as the API spells them.

    Twilio's command line writes `friendlyName` for `friendly_name`.
    """
    ahead = [content]
    while ahead:
        each = ahead.pop()
        if isinstance(each, list):
            ahead.extend(reversed(each))
        elif isinstance(each, dict):
            if is_resource(each):
                yield {_HUMP.sub(r"_\1", name).lower(): value for name, value in each.items()}
            else:
                ahead.extend(each[name] for name in reversed(each) if name != "meta")


def has_more(content: Any) -> bool:
    """Return whether this is a page of a list, and not its last one."""
    meta = content.get("meta") if isinstance(content, dict) else None
    return isinstance(meta, dict) and bool(meta.get("next_page_url"))


def is_resource(content: dict[str, Any]) -> bool:
    """Return whether this is a resource, which has a SID, or settings, which have a URL."""
    if _SID.fullmatch(str(content.get("sid"))):
        return True
    return bool(_SETTINGS.search(str(content.get("url"))))


def is_state(content: object) -> bool:
    """Return whether this is a Terraform state, or what `terraform show -json` writes."""
    return isinstance(content, dict) and "terraform_version" in content


def recognised(text: str, source: str) -> str:
    """The sentence for a file of others that is taken for a flow file; blank if it is none."""
    command = f"`python -m helpers.flows import {source}` makes a flow file of it"
    if Path(source).suffix in (".tf", ".tfvars"):
        return f"is a Terraform configuration, not a flow file; {command}"
    content: Any = None
    with suppress(ValueError, RecursionError):
        content = json.loads(text.removeprefix("\ufeff"))
    if isinstance(content, dict) and PLAN_MARK in content:
        return "is a saved plan, not a flow file; give it to `apply`"
    if is_state(content):
        return f"is a Terraform state, not a flow file; {command}"
    if isinstance(content, dict) and {"states", "initial_state"} <= content.keys():
        return (
            "is the definition of a Studio flow, not a flow file; name it as `definition` of a flow"
            " below `studio_flows:` in one"
        )
    if next(resources_in(content), None) is not None:
        return f"has resources as Twilio's API answers them, and is not a flow file; {command}"
    return next((said for key, said in _KEYS if re.search(key, text, re.MULTILINE)), "")


_KEYS = (
    (r"^steps:", "is a script, not a flow file; give it to `rehearse` with --script"),
    (
        r"^(arrivals|customers):",
        "is the load of a day, not a flow file; give it to `simulate` with --day",
    ),
)
"""Keys of other files in YAML, and the sentence for these."""
