"""Plans in files: saved when they are reviewed, and carried out later if nothing has changed."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...account import Account
from ..errors import FlowProblem, Problem
from ..file.other_formats import PLAN_MARK
from ..file.reading import load
from ..file.text_files import read_json, text_of, write_text
from .planning import Plan, plan

VERSION = 1


def save(planned: Plan, path: str | Path) -> None:
    """Save a plan, with the file that it was made of; secrets by name.

    Raises:
        FlowProblem: The file cannot be written.
    """
    content = {
        PLAN_MARK: VERSION,
        "account": planned.account.credentials.account_sid,
        "digest": planned.digest,
        "source": planned.source,
        "options": planned.options,
        "shown": str(planned).splitlines(),
        "file": planned.file.text,
    }
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def is_saved(path: str | Path) -> bool:
    """Return whether a file is a saved plan."""
    with suppress(FlowProblem, ValueError, RecursionError):
        content = json.loads(text_of(path, "a flow file or a saved plan"))
        return isinstance(content, dict) and PLAN_MARK in content
    return False


def saved_plan(account: Account, path: str | Path) -> Plan:
    """Read a saved plan, to carry it out.

    Raises:
        FlowProblem: It is none; it is for another account; or the account has changed since.
    """
    content = read_json(text_of(path, "a saved plan"), str(path))
    kinds = {"account": str, "digest": str, "source": str, "options": dict, "file": str}
    is_plan = isinstance(content, dict) and content.get(PLAN_MARK) == VERSION
    if not is_plan or not all(isinstance(content.get(key), kinds[key]) for key in kinds):
        raise _refusal(path, "is no saved plan; make one with `plan FILE --out PLAN`")
    own = account.credentials.account_sid
    if content["account"] != own:
        raise _refusal(path, f"is for account {content['account']}, not {own}; plan for this one")
    file = replace(load(content["file"] + "\n"), source=content["source"])
    options: dict[str, Any] = content["options"]
    try:
        found = plan(account, file, **options)
    except TypeError:
        raise _refusal(path, "is no saved plan; make one with `plan FILE --out PLAN`") from None
    if found.digest != content["digest"]:
        raise _refusal(
            path,
            "cannot be carried out: the account has changed since the plan was made; plan again."
            f" Now it would be {found}",
        )
    return found


def _refusal(path: str | Path, fix: str) -> FlowProblem:
    return FlowProblem(Problem(str(path), "", fix))
