"""Scripts: short plays of what customer, agents and servers do, in YAML or in Python.

name: A question
agents: 1                   # or all, none, as they are, or names; all by default
steps:
  - customer opens          # the page: your server gets the Flex channel
  - customer says: Hello
  - wait: 30s               # s, m, h, d; time-outs happen on the way
  - agent accepts           # whoever is offered the task; rejects, says, wraps up, completes
  - agents go away          # and come back
  - bot says: One moment    # your server, where the flow has one; hands over
  - webhook is down         # slow, up; Twilio's patience takes none of the script's time
  - customer leaves         # closes the page; and returns
  - expect: task assigned   # no task, 2 tasks, channel inactive, customer answered ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml

from ..errors import FlowProblem, Problem
from .grammar import NEW, VERBS, Expectation, duration, misplaced, unknown

TEXT = "<text>"
LONGEST = 200
"""Steps a script may have."""
ON_DUTY = ("all", "none", "as they are")
"""Who works, but for a number of agents or a list of their names."""
Agents = str | int | tuple[str, ...]


class ScriptProblem(FlowProblem):
    """A script cannot be played; `problems` says where and what to do."""


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One thing that somebody does.

    Attributes:
        verb: e.g. `customer says`.
        said: What follows it: text, seconds or an `Expectation`; None where nothing does.
        where: `FILE:LINE`, or `step N`.
    """

    verb: str
    said: Any = None
    where: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.said is None:
            return self.verb
        if isinstance(self.said, Expectation):
            return f"{self.verb}: {self.said.text}"
        said = duration(self.said) if self.verb == "wait" else self.said
        return f"{self.verb}: {said}"


@dataclass(frozen=True, slots=True)
class Script:
    """A short play.

    Attributes:
        name: What it is called.
        steps: What happens, in order.
        about: What it is meant to show.
        agents: Who works when it begins: `all`, `none`, `as they are` in the account, the first
            so many, or these by name.
    """

    name: str
    steps: tuple[ScriptStep, ...] = field(repr=False)
    about: str = field(default="", repr=False)
    agents: Agents = field(default="all", repr=False)

    def __str__(self) -> str:
        return "\n".join([self.name, *(f"  {step}" for step in self.steps)])


def read(script: str | Path) -> Script:
    """A script from a YAML file, or from YAML text, told by its line breaks.

    Raises:
        ScriptProblem: It cannot be read or played; every problem with its line and fix.
    """
    if isinstance(script, str) and "\n" in script:
        return _parsed(script, TEXT)
    try:
        return _parsed(Path(script).read_text(encoding="utf-8"), str(script))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        fix = f"cannot be read ({reason}); give a shipped script's name or a YAML file's path"
        raise ScriptProblem(Problem(str(script), "", fix)) from None


def of_steps(steps: Iterable[object], name: str = "script", agents: object = "all") -> Script:
    """A script from Python: texts, `("customer says", "Hello")` pairs or one-item dicts.

    Raises:
        ScriptProblem: It cannot be played; every problem with its step.
    """
    reading = _Reading()
    found = [
        step
        for number, given in enumerate(steps, 1)
        for step in reading.step(*_said(given), f"step {number}")
    ]
    return reading.script(name, found, agents=reading.agents(agents, "agents"))


def _said(given: object) -> tuple[object, object]:
    if isinstance(given, ScriptStep):
        return given.verb, given.said
    if isinstance(given, Mapping) and len(given) == 1:
        return next(iter(given.items()))
    if isinstance(given, tuple | list) and len(given) == 2:  # a verb and its argument
        return given[0], given[1]
    return given, None


class _Reading:
    """Reads one script, and gathers what is wrong with it."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._page = NEW

    def step(self, verb: object, said: object, where: str) -> Iterator[ScriptStep]:
        """The step, if it is one."""
        if not isinstance(verb, str):
            self.problem(where, "", f"{verb!r} is no step; write for example `customer opens`")
            return
        name = " ".join(verb.lower().split())
        if name not in VERBS and said is None:
            name, _, rest = verb.partition(":")
            name, said = " ".join(name.lower().split()), rest.strip() or None
        if name not in VERBS:
            self.problem(where, f"`{name}`", unknown(name))
            return
        wrong = misplaced(name, self._page)
        if wrong is not None:
            self.problem(where, f"`{name}`", wrong)
        self._page = VERBS[name].leaves or self._page
        yield from self._with_argument(name, said, where)

    def _with_argument(self, verb: str, said: object, where: str) -> Iterator[ScriptStep]:
        takes = VERBS[verb].takes
        if takes is None and said is not None:
            self.problem(where, f"`{verb}`", f"takes nothing after it; remove {said!r}")
        try:
            argument = (said.said if isinstance(said, ScriptStep) else said) if takes else None
            ready = isinstance(argument, Expectation)
            yield ScriptStep(verb, takes(argument) if takes and not ready else argument, where)
        except ValueError as error:
            self.problem(where, f"`{verb}`", str(error))

    def agents(self, given: object, where: str) -> Agents:
        """Who works."""
        if isinstance(given, str) and given.isdigit():
            given = int(given)
        if given in ON_DUTY and isinstance(given, str):
            return given
        if isinstance(given, int) and not isinstance(given, bool) and given >= 0:
            return given
        names = given if isinstance(given, list | tuple) else ()
        if names and all(isinstance(name, str) and name for name in names):
            return tuple(names)
        self.problem(
            where, "agents", f"is one of {', '.join(ON_DUTY)}, a number, or a list of names"
        )
        return "all"

    def problem(self, where: str, what: str, fix: str) -> None:
        """Remember what is wrong, and where."""
        self._problems.append(Problem(where, what, fix))

    def script(self, name: str, steps: list[ScriptStep], about: str = "", **more: Any) -> Script:
        """The script, if nothing is wrong with it."""
        if not steps and not self._problems:
            self.problem("", "steps", "has none; write at least one, e.g. `- customer opens`")
        if len(steps) > LONGEST:
            self.problem(steps[LONGEST].where, "", f"is one step too many; {LONGEST} is the limit")
        if self._problems:
            raise ScriptProblem(*self._problems)
        return Script(name, tuple(steps), about, **more)


def _parsed(text: str, source: str) -> Script:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{source}:{mark.line + 1}" if mark else source
        what = getattr(error, "problem", None) or "the text cannot be read"
        fix = f"is not YAML: {what}; correct the line"
        raise ScriptProblem(Problem(where, "", fix)) from None
    return _Yaml(source).script(root)


class _Yaml:
    """Reads a script from YAML's nodes, which know their lines."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._reading = _Reading()

    def script(self, root: yaml.Node | None) -> Script:
        """The script; a list alone is its steps."""
        if isinstance(root, yaml.SequenceNode):
            return self._reading.script(Path(self._source).stem, self._steps(root))
        if not isinstance(root, yaml.MappingNode):
            fix = "is no script; begin with `steps:` and a list such as `- customer opens`"
            raise ScriptProblem(Problem(self._source, "", fix))
        fields = self._fields(root)
        steps = fields.get("steps")
        if steps is not None and not isinstance(steps, yaml.SequenceNode):
            self._problem(steps, "`steps`", "is a list; write each step after `- `")
        found = self._steps(steps) if isinstance(steps, yaml.SequenceNode) else []
        more = {}
        if "agents" in fields:
            agents = fields["agents"]
            more["agents"] = self._reading.agents(_plain(agents), self._where(agents))
        name = self._text(fields, "name") or Path(self._source).stem
        return self._reading.script(name, found, self._text(fields, "about"), **more)

    def _fields(self, root: yaml.MappingNode) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key, value in root.value:
            name = str(key.value)
            if name not in ("name", "about", "agents", "steps"):
                self._problem(key, f"`{name}`", "is unknown; known are name, about, agents, steps")
            elif name in found:
                self._problem(key, f"`{name}`", "is given twice; remove one")
            found[name] = value
        return found

    def _text(self, fields: Mapping[str, yaml.Node], name: str) -> str:
        node = fields.get(name)
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self._problem(node, f"`{name}`", "is text; write it on one line")
            return ""
        return " ".join(str(node.value).split())

    def _steps(self, nodes: yaml.SequenceNode) -> list[ScriptStep]:
        return [step for node in nodes.value for step in self._step(node)]

    def _step(self, node: yaml.Node) -> Iterator[ScriptStep]:
        where = self._where(node)
        if isinstance(node, yaml.ScalarNode):
            yield from self._reading.step(str(node.value), None, where)
        elif isinstance(node, yaml.MappingNode) and len(node.value) == 1:
            key, value = node.value[0]
            said = "" if _is_null(value) else _plain(value)
            yield from self._reading.step(str(key.value), said, where)
        else:
            fix = "is no step; write one verb and what it takes, e.g. `- customer says: Hello`"
            self._problem(node, "", fix)

    def _problem(self, node: yaml.Node, what: str, fix: str) -> None:
        self._reading.problem(self._where(node), what, fix)

    def _where(self, node: yaml.Node) -> str:
        return f"{self._source}:{node.start_mark.line + 1}"


def _plain(node: yaml.Node) -> object:
    """A node's text, whatever YAML takes it for: `yes` is what somebody says."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return node.value if isinstance(node, yaml.ScalarNode) else None


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


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
    """The shipped scripts by name, each read when it is first asked for."""

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
        return read(path)


def script_of(given: object) -> Script:
    """A script however it is given.

    Args:
        given: A `Script`, a shipped one's name, a YAML file's path, YAML text, or a list of steps.

    Raises:
        ScriptProblem: It cannot be read or played.
        TypeError: It is none of these.
    """
    if isinstance(given, Script):
        return given
    if isinstance(given, str) and given in SCRIPTS:
        return SCRIPTS[given]
    if isinstance(given, str | Path):
        return read(given)
    if isinstance(given, list | tuple):
        return of_steps(given)
    names = ", ".join(NAMES)
    raise TypeError(
        f"{given!r} is no script; give one of {names}, a YAML file or text, or a list of steps"
    )
