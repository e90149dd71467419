"""Plans in files: saved when they are reviewed, and carried out later if nothing has changed.

One that was interrupted goes on where it stopped, as the account then is where the plan expects it
after some of its writes. It is made anew where the account holds what looks like a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ...account import Account
from ...masking import shown
from ..errors import FlowProblem, Problem
from ..file.other_formats import PLAN_MARK
from ..file.reading import load
from ..file.text_files import read_json, text_of, write_text
from ..file.variables import REFERENCE
from .ordering import PlannedWrite
from .planning import Plan, plan
from .steps import PlanStep

VERSION = 1
PLAN_STEP = TypeAdapter(PlanStep)


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
        **_written(planned),
    }
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _written(planned: Plan) -> dict[str, Any]:
    """The steps and writes of a plan, secrets by name; nothing of an account that shows others."""
    numbers = {id(step): number for number, step in enumerate(planned.steps)}
    content = {
        "steps": [asdict(step) for step in planned.steps],
        "writes": [[numbers[id(one.step)], one.after, one.does] for one in planned.operations],
    }
    plain = json.loads(json.dumps(content, default=sorted))
    written = {name: planned.file.values.written(each) for name, each in plain.items()}
    unnamed = json.loads(REFERENCE.sub("", json.dumps(written)))
    return written if shown(unnamed) == unnamed else {}


def _restored(content: Mapping[str, Any], now: Plan, path: str) -> Plan | None:
    """The plan as it was made, in the place of one made now; None if it is not in the file."""
    kept = {name: content.get(name) for name in ("steps", "writes")}
    try:
        found = now.file.values.json(json.dumps(kept), path)
        steps = tuple(PLAN_STEP.validate_python(each) for each in found["steps"])
        writes = tuple(PlannedWrite(steps[at], after, does) for at, after, does in found["writes"])
    except (TypeError, ValueError, LookupError):
        return None
    made = replace(now, steps=steps, operations=writes)
    return made if made.digest == content["digest"] else None


def is_saved(path: str | Path) -> bool:
    """Return whether a file is a saved plan."""
    with suppress(FlowProblem, ValueError, RecursionError):
        content = json.loads(text_of(path, "a flow file or a saved plan"))
        return isinstance(content, dict) and PLAN_MARK in content
    return False


def saved_plan(account: Account, path: str | Path) -> Plan:
    """Read a saved plan, to carry it out.

    Raises:
        FlowProblem: It is none; it is for another account; it was carried out already; or the
            account has changed since, other than by a part of it.
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
    if found.digest == content["digest"]:
        return found
    made = _restored(content, found, str(path))
    done = made.done() if made is not None else None
    if made is None or not done:
        raise _refusal(
            path,
            "cannot be carried out: the account has changed since the plan was made; plan again."
            f" Now it would be {found}",
        )
    if done == len(made.operations):
        raise _refusal(path, "was carried out already, and nothing is left to do")
    return made


def _refusal(path: str | Path, fix: str) -> FlowProblem:
    return FlowProblem(Problem(str(path), "", fix))
