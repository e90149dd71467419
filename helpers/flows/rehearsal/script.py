"""Scripts: steps of customer, agents and servers, in YAML or in Python.

name: A question
agents: 1                   # or all, none, as they are, or names; all by default
at: Mon 10:00               # or 2026-01-05 10:00; by default see `rehearse`
zone: Europe/Berlin         # of `at`; UTC by default
replies: [sales, Jane]      # the customers' answers to a bot
steps:
  - customer opens          # the page: your server gets the Flex channel, or the conversation
  - customer says: Hello
  - wait: 30s               # s, m, h, d; time-outs happen on the way
  - agent accepts
  - customer Ben opens      # another customer
  - agent bob says: Hello   # one agent of several
  - expect: task assigned
  - expect: {queue: Sales, agent: bob}
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml

from ...mock import zone_of
from ..errors import FlowProblem, Problem
from ..file.nodes import Loader, composed, size_of
from ..file.text_files import TEXT, content_of, located
from ..file.words import misread
from .arguments import argument_of, data_in, data_of, plain
from .customer import NAME
from .grammar import (
    CHOICES,
    EXPECTED,
    NEW,
    VERBS,
    Expectation,
    actor_in,
    duration,
    misplaced,
    words,
)
from .starting import Start

MOST_VALUES = 100_000
"""Values of a script, counted as often as aliases repeat them."""
LONGEST = 200
"""Steps a script may have."""
MOST_AGENTS = 6
"""Digits of their number."""
ON_DUTY = ("all", "none", "as they are")
"""Agents at work, other than by number or name."""
KEYS = ("name", "about", "agents", "at", "zone", "replies", "steps")
Agents = str | int | tuple[str, ...]


class ScriptProblem(FlowProblem):
    """A script cannot be played; `problems` lists places and remedies."""


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One step of a script, at `FILE:LINE` or `step N`.

    Its verb, e.g. `customer says`, has an argument as the grammar reads it, or None. `who` names
    one of several customers or agents; blank for the first customer, and for any agent.
    """

    verb: str
    said: Any = None
    where: str = field(default="", compare=False)
    who: str = ""

    def __str__(self) -> str:
        kind, _, does = self.verb.partition(" ")
        verb = f"{kind} {self.who} {does}" if self.who else self.verb
        said = self.said
        if said is None:
            return verb
        if isinstance(said, Expectation):
            said = said.text
        elif self.verb == "wait":
            said = duration(said)
        return f"{verb}: {json.dumps(said, ensure_ascii=False) if isinstance(said, dict) else said}"


@dataclass(frozen=True, slots=True)
class Script:
    """A sequence of steps to play.

    `agents` are at work when it begins: `all`, `none`, `as they are` in the account, the first so
    many, or these by name. It begins `at` a weekday and time (`Mon 10:00`) or a date and time, in
    `zone`, by default UTC; see `rehearse` for the week, and for a start that is left blank.
    TaskRouter's time of day is in UTC all the same, and dates in templates of Studio are in the
    account's `studio.time_zone`.

    A customer whom a bot asks something answers with the next of the `replies`, while there are
    any; they begin anew with each chat, and each time that the bot does.

    `remarks` are values of its data that YAML reads as others than are written, such as `no`.

    A step is a verb, maybe with a name (`customer Ben says`, `agent bob accepts`) and an argument.
    """

    name: str
    steps: tuple[ScriptStep, ...] = field(repr=False)
    about: str = field(default="", repr=False)
    agents: Agents = field(default="all", repr=False)
    at: str = field(default="", repr=False)
    zone: str = field(default="", repr=False)
    replies: tuple[str, ...] = field(default=(), repr=False)
    remarks: tuple[Problem, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            _ = self.start
        except ValueError as error:
            raise ScriptProblem(Problem("", "`at`", str(error))) from None

    @property
    def start(self) -> Start | None:
        """The start, where it has one."""
        return Start.read(str(self.at), self.zone) if self.at or self.zone else None

    def __str__(self) -> str:
        begins = [f"  at: {self.start}"] if self.start else []
        replies = [f"  replies: {', '.join(self.replies)}"] if self.replies else []
        return "\n".join([self.name, *begins, *replies, *(f"  {step}" for step in self.steps)])


def _verbs() -> Iterator[str]:
    """The verbs, for `help(Script)`."""
    yield "    Verbs:"
    yield from (
        f"        {verb}{': ' * bool(one.argument)}{one.argument} - {one.about}"
        for verb, one in VERBS.items()
    )
    choices = "; ".join(f"{of} {' | '.join(states)}" for of, states in CHOICES.items())
    yield f"    Expected: no task; 2 tasks; {choices}; or one of these, and its value:"
    yield f"        {', '.join(EXPECTED)}"
    yield "    `servers=` of `rehearse` lets Python functions answer for your servers."
    yield "    `load_test` plays a whole day in place of a script, with `Staffing` for its agents."


Script.__doc__ = "\n".join([str(Script.__doc__).rstrip(), "", *_verbs(), "    "])


def _read(script: str | Path) -> Script:
    """Read a YAML file, or YAML text, which has line breaks."""
    if isinstance(script, str) and "\n" in script:
        text, source = script, TEXT
    else:
        source = str(script)
        try:
            text = content_of(script)
        except (OSError, ValueError) as error:
            is_text = not isinstance(error, UnicodeDecodeError)
            reason = getattr(error, "strerror", None) or (error if is_text else "it is not UTF-8")
            fix = f"cannot be read ({reason}); give a shipped script's name or a YAML file's path"
            raise ScriptProblem(Problem(source, "", fix)) from None
    try:
        root = composed(text, source)
        if size_of(root) > MOST_VALUES:
            fix = f"repeats its aliases to more than {MOST_VALUES} values; write out what is meant"
            raise ScriptProblem(Problem(source, "", fix))
        return _ScriptReader(source).from_yaml(root)
    except RecursionError:
        fix = "holds an alias of what it is in; write it out"
        raise ScriptProblem(Problem(source, "", fix)) from None
    except FlowProblem as refused:
        raise ScriptProblem(*refused.problems) from None


class _ScriptReader:
    """Reads one script, and collects its problems with their lines."""

    def __init__(self, source: str = "") -> None:
        self._source = source
        self._problems: list[Problem] = []
        self._remarks: list[Problem] = []
        self._pages: dict[str, str] = {}

    def from_steps(self, given: Sequence[object]) -> Script:
        """A script from Python: texts, `("customer says", "Hello")` pairs or one-item dicts."""
        found = []
        for number, each in enumerate(given, 1):
            verb, said, who = each, None, ""
            if isinstance(each, ScriptStep):
                verb, said, who = each.verb, each.said, each.who
            elif isinstance(each, Mapping) and len(each) == 1:
                verb, said = next(iter(each.items()))
            elif isinstance(each, tuple | list) and len(each) == 2:
                verb, said = each
            found += self._step(verb, said, f"step {number}", who)
        return self._script("script", found)

    def from_yaml(self, root: yaml.Node | None) -> Script:
        """A script from YAML; a list alone is its steps."""
        stem = Path(self._source).stem
        if isinstance(root, yaml.SequenceNode):
            return self._script(stem, self._yaml_steps(root))
        if not isinstance(root, yaml.MappingNode):
            fix = "is no script; begin with `steps:` and a list such as `- customer opens`"
            raise ScriptProblem(Problem(self._source, "", fix))
        fields: dict[str, yaml.Node] = {}
        for key, value in root.value:
            name = str(key.value)
            if name not in KEYS:
                self._problem(key, f"`{name}`", f"is unknown; known are {', '.join(KEYS)}")
            elif name in fields:
                self._problem(key, f"`{name}`", "is given twice; remove one")
            fields[name] = value
        steps, agents = fields.get("steps"), fields.get("agents")
        if steps is not None and not isinstance(steps, yaml.SequenceNode):
            self._problem(steps, "`steps`", "is a list; write each step after `- `")
        found = self._yaml_steps(steps) if isinstance(steps, yaml.SequenceNode) else []
        on_duty = "all" if agents is None else self._agents(agents)
        texts = [self._text(fields, name) for name in ("name", "about", "at", "zone")]
        self._start(fields, *texts[2:])
        replies = self._replies(fields.get("replies"))
        return self._script(texts[0] or stem, found, texts[1], on_duty, *texts[2:], replies=replies)

    def _yaml_steps(self, nodes: yaml.SequenceNode) -> list[ScriptStep]:
        found: list[ScriptStep] = []
        for node in nodes.value:
            if isinstance(node, yaml.ScalarNode):
                found += self._step(str(node.value), None, self._where(node))
            elif isinstance(node, yaml.MappingNode) and len(node.value) == 1:
                key, value = node.value[0]
                verb = str(key.value)
                known = VERBS.get(actor_in(verb.lower())[0])
                data = [value] if known and known.has_data else data_in(value)
                for each in data:
                    self._remarks += misread(each, self._where, path=(verb,))
                try:
                    said = data_of(value) if known and known.has_data else argument_of(value)
                except ValueError as error:
                    self._problem(node, f"`{verb}`", str(error))
                else:
                    found += self._step(verb, said, self._where(node))
            else:
                fix = "is no step; write one verb and its argument, e.g. `- customer says: Hello`"
                self._problem(node, "", fix)
        return found

    def _replies(self, node: yaml.Node | None) -> tuple[str, ...]:
        found = () if node is None else plain(node)
        try:
            return replies_of(found)
        except ValueError as error:
            assert node is not None
            self._problem(node, "`replies`", str(error))
            return ()

    def _step(self, verb: object, said: object, where: str, who: str = "") -> list[ScriptStep]:
        """The step, if it is one."""
        if not isinstance(verb, str):
            self._problem(where, "", f"{verb!r} is no step; write for example `customer opens`")
            return []
        name = " ".join(verb.lower().split())
        if name not in VERBS:
            if said is None:
                verb, _, rest = verb.partition(":")
                said = rest.strip() or None
            verb, who = actor_in(verb)
            name = " ".join(verb.lower().split())
        if who == NAME and name.startswith("customer"):
            who = ""
        if name not in VERBS:
            near = difflib.get_close_matches(name, VERBS, n=1)
            meant = f"did you mean `{near[0]}`?" if near else f"known are: {', '.join(VERBS)}"
            self._problem(where, f"`{name}`", f"is not something a script can say; {meant}")
            return []
        page = self._pages.get(who, NEW)
        wrong = misplaced(name, page)
        if wrong is not None:
            self._problem(where, f"`{name}`", wrong)
        if name.startswith("customer"):
            self._pages[who] = VERBS[name].leaves or page
        if isinstance(said, str) and said.startswith("{"):
            said = _mapping_of(name, said)
        takes = VERBS[name].takes
        if takes is None and said is not None:
            self._problem(where, f"`{name}`", f"takes nothing after it; remove {said!r}")
        try:
            return [ScriptStep(name, takes(said) if takes else None, where, who)]
        except ValueError as error:
            self._problem(where, f"`{name}`", str(error))
            return []

    def _agents(self, node: yaml.Node) -> Agents:
        given = plain(node)
        if isinstance(given, str) and given.isdecimal() and len(given) <= MOST_AGENTS:
            return int(given)
        if isinstance(given, str) and given in ON_DUTY:
            return given
        if isinstance(given, list) and given and all(isinstance(one, str) and one for one in given):
            return tuple(given)
        fix = f"is one of {', '.join(ON_DUTY)}, a number, or a list of names"
        self._problem(node, "agents", fix)
        return "all"

    def _start(self, fields: Mapping[str, yaml.Node], at: str, zone: str) -> None:
        name = "zone"
        try:
            if name in fields:
                zone_of(zone)
            name = "at"
            if name in fields or zone:
                Start.read(at, zone)
        except ValueError as error:
            self._problem(fields.get(name) or fields["zone"], f"`{name}`", str(error))

    def _text(self, fields: Mapping[str, yaml.Node], name: str) -> str:
        node = fields.get(name)
        if isinstance(node, yaml.ScalarNode):
            return " ".join(str(node.value).split())
        if node is not None:
            self._problem(node, f"`{name}`", "is text; write it on one line")
        return ""

    def _where(self, node: yaml.Node) -> str:
        return located(self._source, node.start_mark.line + 1)

    def _problem(self, where: str | yaml.Node, what: str, fix: str) -> None:
        place = where if isinstance(where, str) else self._where(where)
        self._problems.append(Problem(place, what, fix))

    def _script(
        self,
        name: str,
        steps: list[ScriptStep],
        about: str = "",
        agents: Agents = "all",
        *at: str,
        replies: tuple[str, ...] = (),
    ) -> Script:
        """The script, if nothing is wrong with it."""
        if not steps and not self._problems:
            self._problem("", "steps", "has none; write at least one, e.g. `- customer opens`")
        if len(steps) > LONGEST:
            self._problem(steps[LONGEST].where, "", f"is one step too many; {LONGEST} is the limit")
        if self._problems:
            raise ScriptProblem(*self._problems)
        start, zone = at or ("", "")
        remarks = tuple(self._remarks)
        return Script(name, tuple(steps), about, agents, start, zone, replies, remarks)


def _mapping_of(verb: str, said: str) -> object:
    """The mapping of `{...}` behind a verb, as in a file; the text itself where it is none."""
    try:
        node = yaml.compose(said, Loader=Loader)
        if not isinstance(node, yaml.MappingNode):
            return said
        keys = {str(getattr(key, "value", None)) for key, _ in node.value}
        if VERBS[verb].argument == "TEXT" and "text" not in keys:
            return said  # a message in braces
        return data_of(node) if VERBS[verb].has_data else argument_of(node)
    except (yaml.YAMLError, ValueError, RecursionError):
        return said


def replies_of(given: object) -> tuple[str, ...]:
    """Customers' answers to a bot: a text, or several; ValueError for anything else."""
    found = given if isinstance(given, list | tuple) else [given]
    if all(isinstance(each, str) and each.strip() for each in found):
        return tuple(map(words, found))
    raise ValueError(f"{given!r} are no replies; write a list of texts, such as [sales, Jane]")


NAMES = (
    "answered",
    "nobody_there",
    "rejected",
    "timed_out",
    "next_day",
    "walks_away",
    "bot_first",
    "server_down",
    "after_the_end",
)


class Shipped(Mapping[str, Script]):
    """The shipped scripts by name, each read when it is first needed."""

    def __getitem__(self, name: str) -> Script:
        if name not in NAMES:
            raise KeyError(name)
        return _shipped(name)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {script.about}" for name, script in self.items())


SCRIPTS = Shipped()


@cache
def _shipped(name: str) -> Script:
    with as_file(files(__package__) / "scripts" / f"{name}.yaml") as path:
        return _read(path)


def script_of(given: object, replies: object = None) -> Script:
    """A script as it is, or by a shipped one's name, a YAML file's path or text, or its steps.

    With `replies`, customers answer a bot with these.

    Raises:
        ScriptProblem: It cannot be read or played.
        TypeError: It is none of these.
        ValueError: The replies are no texts.
    """
    if replies is not None:
        return replace(script_of(given), replies=replies_of(replies))
    if isinstance(given, Script):
        return given
    if isinstance(given, str) and given in SCRIPTS:
        return SCRIPTS[given]
    if isinstance(given, str | Path):
        return _read(given)
    if isinstance(given, list | tuple):
        return _ScriptReader().from_steps(given)
    raise TypeError(
        f"{given!r} is no script; give one of {', '.join(NAMES)}, a YAML file or text, or a list of"
        " steps"
    )
