"""The changes for Flex Conversations: as a table with reasons, as calls, as files."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import html
from ..account import Account
from ..flows import FlowFile
from .calls import Call
from .legacy import LegacyAccount, read
from .rules import RequiredChange, file_of, required_changes
from .set_up import SetUp
from .studio import rewrite


class Migration:
    """The changes that an account needs; shown as a table in a notebook.

    Attributes:
        source: The legacy account.
        flows: The Studio flows, rewritten.
        changes: The changes, in an order in which they can be made.
        set_up: The ways into Flex Conversations that take the place of Flex Flows.
    """

    def __init__(self, source: LegacyAccount) -> None:
        self.source = source
        web = {
            (flow.get("integration") or {}).get("flow_sid")
            for flow in source.flex_flows
            if flow.get("channel_type") == "web"
        }
        self.flows = tuple(
            rewrite(
                flow.get("definition") or {},
                flow.get("friendly_name") or "",
                flow["sid"],
                web=flow["sid"] in web,
            )
            for flow in source.studio_flows
        )
        self.set_up = SetUp(source)
        self.changes = tuple(required_changes(source, self.flows))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in order; `call.run(client)` makes one."""
        return tuple(call for change in self.changes for call in change.calls)

    def changes_of(self, flex_flow_sid: str) -> tuple[RequiredChange, ...]:
        """The changes that concern one Flex Flow: not those of other flows."""
        flows = {one.get("sid"): one.get("integration") or {} for one in self.source.flex_flows}
        own = {flex_flow_sid, flows[flex_flow_sid].get("flow_sid")}
        others = {*flows, *(flow.sid for flow in self.flows)} - own
        return tuple(change for change in self.changes if change.sid not in others)

    def python(self) -> str:
        """The calls as Python for a `client` of the official SDK, with what your code does."""
        parts = ["import json\nfrom pathlib import Path\n"]
        for change in self.changes:
            if change.calls or change.code:
                head = f"# {change.what}: {change.becomes}"
                if change.calls:
                    parts.append("\n".join([head, *map(str, change.calls)]))
                if change.code:
                    code = "\n".join(f"# {line}".rstrip() for line in change.code.splitlines())
                    parts.append(f"{head}; in your application:\n{code}")
        return "\n\n".join(parts) + "\n"

    @property
    def file(self) -> FlowFile:
        """The migrated set-up as a flow file for the workbench."""
        return self.set_up.file

    def write(self, directory: str | Path) -> list[Path]:
        """Write the report, the calls, the flow file, and Studio flows with their diffs.

        Returns:
            The files: `migration.json`, `calls.py`, `flows.yaml` for the workbench, and of each
            flow that changes `NAME.json` and `NAME.diff`.
        """
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        texts = {
            "migration.json": json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n",
            "calls.py": self.python(),
            "flows.yaml": self._flow_file(),
        }
        for flow in self.flows:
            if flow.is_changed:
                texts[file_of(flow)] = json.dumps(flow.after, indent=2) + "\n"
                texts[file_of(flow).replace(".json", ".diff")] = flow.diff + "\n"
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
        return [folder / name for name in texts]

    def _flow_file(self) -> str:
        """The flow file, which says what stands beside it."""
        beside = [file_of(flow) for flow in self.flows if flow.is_changed]
        heads = [f"publish {name} in Studio first" for name in beside]
        heads += [f"{name!r} {reason}" for name, reason in self.set_up.left_out.items()]
        heads += ["custom_chats are kept in no account: your server creates them"]
        return "".join(f"# {head}\n" for head in heads) + self.file.text

    def as_json(self) -> list[dict[str, Any]]:
        """The changes, calls as text."""
        return [
            {
                name: [str(call) for call in value] if name == "calls" else value
                for name, value in asdict(change).items()
                if name != "shows"
            }
            for change in self.changes
        ]

    def __str__(self) -> str:
        return "\n".join(
            f"{change.what}: {change.becomes} ({change.how}). {change.why}"
            for change in self.changes
        )

    def __repr__(self) -> str:
        return f"<Migration {self.source.account_sid}: {len(self.changes)} changes>"

    def _repr_html_(self) -> str:
        rows = [(change.what, change.becomes, change.how, change.why) for change in self.changes]
        heads = ("legacy", "becomes", "how", "why")
        return html.table(rows, heads, title="To Flex Conversations", style=html.TOP_LEFT)


def plan(source: LegacyAccount | Account | str | Path) -> Migration:
    """List the changes that are needed; a source that is no `LegacyAccount` is read first.

    Raises:
        UnreadableAccount: Saved JSON does not describe an account.
        TwilioException: The account refuses.
    """
    return Migration(source if isinstance(source, LegacyAccount) else read(source))
