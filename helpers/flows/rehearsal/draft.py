"""Definitions of Studio flows that are played before anybody publishes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...account import Account
from ..errors import FlowProblem, Problem
from ..file.config import FlexFlowConfig, Integration
from ..file.contents import Config
from ..file.conversations import AddressConfig, Creation, CustomChatConfig

MESSAGE, CONVERSATION = "incomingMessage", "incomingConversationMessage"
PLAYED = "the flow"
"""Its name in a copy, where no config names it, so that two of them compare."""
_REFERENCE = re.compile(r"ref:(?:workspaces/.+/)?(workflows|task_channels)/(.+)")


@dataclass(frozen=True, slots=True)
class StudioDraft:
    """A definition of a Studio flow, for `rehearse` and `compare`; nothing is published.

    Attributes:
        definition: The definition, as Studio exports it.
        name: Its name.
        way: The config by which customers reach it; by default a custom chat of Flex Conversations,
            or a Flex Flow if only Incoming Message leads anywhere.
    """

    definition: Mapping[str, Any] = field(repr=False)
    name: str
    way: Config | None = None

    @classmethod
    def read(cls, path: str | Path, way: Config | None = None) -> StudioDraft:
        """Read a definition from a JSON file.

        Raises:
            FlowProblem: It cannot be read, or is no definition.
        """
        where = str(path)
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise FlowProblem(
                Problem(f"{where}:{error.lineno}", "", f"is not JSON: {error.msg}")
            ) from None
        except (OSError, UnicodeDecodeError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or "it is no JSON in UTF-8"
            raise FlowProblem(Problem(where, "", f"cannot be read: {reason}")) from None
        if isinstance(found, dict) and isinstance(found.get("definition"), dict):
            found = found["definition"]  # as the API answers
        if not isinstance(found, dict) or not isinstance(found.get("states"), list):
            fix = "is no definition of a Studio flow; export one: it has `states`"
            raise FlowProblem(Problem(where, "", fix))
        return cls(found, Path(path).stem, way)

    @property
    def label(self) -> str:
        """Its name, and that of the config by which it is reached."""
        return self.name if self.way is None else f"{self.way.label} with {self.name}"

    @property
    def handler(self) -> str:
        """The party that a customer's message reaches."""
        return "studio"

    @property
    def is_conversation(self) -> bool:
        """Return whether it is reached by way of Flex Conversations."""
        if self.way is not None:
            return not isinstance(self.way, FlexFlowConfig)
        nexts = {
            move.get("event")
            for state in self._states("trigger")
            for move in _listed(state.get("transitions"))
            if move.get("next")
        }
        return MESSAGE not in nexts or CONVERSATION in nexts

    def _states(self, kind: str) -> Iterator[dict[str, Any]]:
        for state in _listed(self.definition.get("states")):
            if state.get("type") == kind:
                yield state

    def put_in(self, account: Account) -> tuple[Config, list[str]]:
        """Publish it in a copy. Returns the config that leads to it there, and what it assumes.

        Raises:
            FlowProblem: The way does not lead to Studio.
            TwilioRestException: The definition is refused.
        """
        way, name = self._way()
        draft = replace(self, definition=deepcopy(dict(self.definition)))
        assumed = list(draft.resolve(account))
        flows = account.client.studio.v2.flows
        known = next((each for each in flows.list() if each.friendly_name == name), None)
        given = {"status": "published", "definition": draft.definition}
        if known is None:
            flows.create(friendly_name=name, **given)
        else:
            flows(known.sid).update(**given)
        return way, assumed

    def _way(self) -> tuple[Config, str]:
        way = self.way
        if way is None and self.is_conversation:
            creation = Creation(type="studio", studio_flow=PLAYED)
            return CustomChatConfig(friendly_name=PLAYED, creation=creation), PLAYED
        if way is None:
            way = FlexFlowConfig(
                friendly_name=PLAYED,
                channel_type="custom",
                integration_type="studio",
                integration=Integration(flow=PLAYED),
            )
            return way, PLAYED
        if isinstance(way, FlexFlowConfig):
            name = way.integration.flow
        elif isinstance(way, AddressConfig):
            name = way.auto_creation.studio_flow
        else:
            name = way.conversation.studio_flow
        if not name:
            fix = "does not lead to a Studio flow, so that no definition can be played with it"
            raise FlowProblem(Problem("", way.label, fix))
        return way, name

    def resolve(self, account: Account) -> Iterator[str]:
        """Let Send to Flex name what the account has; says where another thing takes its place."""
        workspaces = account.client.taskrouter.v1.workspaces
        found: dict[str, dict[str, str]] = {"workflows": {}, "task_channels": {}}
        for space in workspaces.list():
            for flow in workspaces(space.sid).workflows.list():
                found["workflows"][flow.sid] = flow.friendly_name
            for channel in workspaces(space.sid).task_channels.list():
                found["task_channels"][channel.sid] = channel.unique_name
        for state in self._states("send-to-flex"):
            properties = state.get("properties")
            if not isinstance(properties, dict):
                continue  # the account refuses it
            for key, kind in (("workflow", "workflows"), ("channel", "task_channels")):
                given, known = str(properties.get(key) or ""), found[kind]
                reference = _REFERENCE.fullmatch(given)
                name = reference[2] if reference and reference[1] == kind else ""
                names = [sid for sid, each in known.items() if each == (name or "chat")]
                if given in known or "{{" in given or not known:
                    continue
                chosen = names[0] if names else next(iter(known))
                properties[key] = chosen
                if not (name and names):
                    noun = key if key == "workflow" else "task channel"
                    yield (
                        f"{self.name}: the account has no {noun} {given or '(none)'};"
                        f" {known[chosen]} takes its place in {state.get('name')}"
                    )


def _listed(given: object) -> list[dict[str, Any]]:
    """The objects of a list that may be none."""
    found = given if isinstance(given, list) else []
    return [each for each in found if isinstance(each, dict)]


Playable = Config | StudioDraft
"""A config, or a definition of a Studio flow that is not published."""
