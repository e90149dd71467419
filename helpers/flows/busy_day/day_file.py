"""A day's load in a file: its customers, its agents, and how its figures are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import TypeAdapter, ValidationError

from ..errors import FieldPath, FlowProblem, Problem, meant
from ..file.config import FlexFlowConfig
from ..file.flow_file import FlowFile
from ..file.kinds.field_types import JsonObject
from ..file.nodes import MAX_NODES, TOO_LARGE, find, line_of, size_of, spelled_path
from ..file.reading import load, parsed
from ..file.text_files import TEXT, text_of
from ..file.variables import Given
from ..file.words import misread
from .demand import LONGEST_DAY, Arrivals, CustomerClass, Exactly, as_duration
from .load_testing import HANDLE_TIME, Counting, Engine, demanded, load_test
from .result import LoadTest
from .sizing import StaffPlan, staff
from .staffing import Shift, StaffGroups, Staffing
from .sweeping import Sweep, sweep
from .texts import arrivals_of, duration_of, shifts_of

Read = Callable[[Any], Any]
"""Returns a value of the Python API for one of a file; ValueError or TypeError if it is none."""
_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(JsonObject)


@dataclass(frozen=True)
class DayFile:
    """A day's load that was read from a file.

    Attributes:
        arguments: Arguments of `load_test`, `sweep` and `staff` that the file gives, by name.
        source: The file's path, or `the text`.
        remarks: Values that YAML reads as others than are written, such as `no`.
    """

    arguments: Mapping[str, Any]
    source: str = TEXT
    remarks: tuple[Problem, ...] = ()

    def load_test(self, flow: FlexFlowConfig, **more: Any) -> LoadTest:
        """Simulate the day once; `more` are arguments of `load_test`, before those of the file."""
        return load_test(flow, **self.arguments_for(load_test, more))

    def sweep(self, flows: Sequence[FlexFlowConfig], **more: Any) -> Sweep:
        """Simulate the day for many seeds, by default with the file's agents."""
        agents = self.arguments.get("agents")
        given = {"staffing": [agents], **more} if agents is not None else more
        return sweep(flows, **self.arguments_for(sweep, given))

    def staff(self, flow: FlexFlowConfig, group: str | None = None, **more: Any) -> StaffPlan:
        """Find the agents whom the day needs, who have the habits of the file's agents, if any.

        Of several groups one is sized, by its name or its number in the file from 1 on; the others
        work beside it as they are.
        """
        agents = self.arguments.get("agents")
        given = {"habits": agents, **more} if isinstance(agents, Staffing) else more
        if isinstance(agents, StaffGroups) and "habits" not in more:
            given = {**self._of_groups(agents.groups, group), **more}
        elif group is not None:
            raise ValueError(f"group={group!r}: {self.source} has no groups of agents to choose of")
        return staff(flow, **self.arguments_for(staff, given))

    def _of_groups(self, groups: Sequence[Staffing], group: str | None) -> dict[str, Any]:
        """The group to be sized, and those beside it; ValueError if it is none or several."""
        names = [each.name or str(number) for number, each in enumerate(groups, 1)]
        known = ", ".join(names)
        if group is None and len(groups) == 1:
            [group] = names
        if group is None:
            raise ValueError(
                f"agents: {self.source} has {len(groups)} groups, and a plan is for one; name it"
                f" with --group or group=, of: {known}. The others work beside it as they are"
            )
        if names.count(group) != 1:
            raise ValueError(f"group={group!r}: give the name or number of one, of: {known}")
        at = names.index(group)
        return {"habits": groups[at], "beside": [*groups[:at], *groups[at + 1 :]]}

    def arguments_for(self, function: Callable[..., Any], more: Mapping[str, Any]) -> Any:
        """The file's arguments that a function takes, and others before them."""
        known = signature(function).parameters
        return {name: value for name, value in self.arguments.items() if name in known} | {**more}


def read_day(
    file: str | Path,
    flows: str | Path | FlowFile | None = None,
    *,
    variables: Given | None = None,
    env: str | None = None,
) -> DayFile:
    """Read a day's load, in YAML or JSON, with the words of `load_test`, `sweep` and `staff`.

        hours: 8
        within: 20
        customers:
          - {name: sales, arrivals: [20, 30, 20], handle_time: 480, attributes: {kind: sales}}
          - {name: service, arrivals: 30, handle_time: "exponential:300", patience: 200}
        agents:
          - {agents: 4, attributes: {skills: [sales]}}
          - {agents: "2@0-6,1@2", at_once: 2, slowdown: 0.2}
        seeds: 40

    A duration is in seconds, `exponential:MEAN`, `lognormal:MEAN` or `lognormal:MEAN,SPREAD`, or a
    list of seconds on record. Arrivals are a number for the day, a list by hours, `exactly:N`, or
    `{per_hour: [...], exactly: N}`. Agents are a number, shifts as text, or groups, each with
    `agents` or `shifts` (`{agents: 2, start: 0, end: 6}`) and the other fields of `Staffing`.
    Variables are as in flow files.

    Args:
        file: A path; or the text itself, which has line breaks.
        flows: The flow file, if classes of customers name a `flow` of their own.
        variables: Values of its variables, instead of their defaults.
        env: Name of one of its environments.

    Raises:
        FlowProblem: It is not right; every problem with its line and fix.
    """
    is_text = isinstance(file, str) and "\n" in file
    source = TEXT if is_text else str(file)
    text = str(file) if is_text else text_of(file, "a YAML file")
    begin = "begin with `arrivals:` or `customers:`"
    root, content, values = parsed(text, source, variables or {}, env, begin)
    if size_of(root) > MAX_NODES:
        raise FlowProblem(Problem(source, "", TOO_LARGE))
    reader = _Reader(root, source, None if flows is None else load(flows))
    found = reader.day(content)
    if reader.problems:
        raise FlowProblem(*reader.problems)
    words = misread(root, partial(line_of, source), lambda path: path[-1:] == ("attributes",))
    return DayFile(found, source, (*values.remarks, *words))


class _Reader:
    """Reads the parts of a file, and collects what is wrong with them."""

    def __init__(self, root: yaml.Node, source: str, flows: FlowFile | None) -> None:
        self._root, self._source, self._flows = root, source, flows
        self.problems: list[Problem] = []

    def _problem(self, path: FieldPath, fix: str) -> None:
        place = line_of(self._source, find(self._root, path)[0])
        self.problems.append(Problem(place, spelled_path(path), fix))

    def _value(self, path: FieldPath, given: Any, read: Read) -> Any:
        count = len(self.problems)
        try:
            return read(given)
        except ValidationError as refused:
            error = refused.errors()[0]
            within = error.get("ctx", {}).get("path", ())
            message = error["msg"].replace(
                "Input should be a valid dictionary", "must be a mapping"
            )
            self._problem((*path, *within), message[:1].lower() + message[1:])
        except (ValueError, TypeError) as error:
            if len(self.problems) == count:
                self._problem(path, str(error))
        return None

    def _part(
        self, path: FieldPath, given: Any, readers: Mapping[str, Callable[[FieldPath, Any], Any]]
    ) -> dict[str, Any]:
        """The fields of a mapping; those that are null are left out."""
        if not isinstance(given, dict):
            self._problem(path, f"must be a mapping of {', '.join(readers)}")
            return {}
        found = {}
        for name, value in given.items():
            if name not in readers:
                self._problem((*path, name), f"is not known here; {meant(str(name), readers)}")
            elif value is not None:
                found[name] = readers[name]((*path, name), value)
        return found

    def _plain(self, reads: Mapping[str, Read]) -> dict[str, Callable[[FieldPath, Any], Any]]:
        def field(read: Read) -> Callable[[FieldPath, Any], Any]:
            return lambda path, given: self._value(path, given, read)

        return {name: field(read) for name, read in reads.items()}

    def _each(self, path: FieldPath, given: Any, read: Callable[[FieldPath, Any], Any]) -> Any:
        return tuple(read((*path, at), each) for at, each in enumerate(given))

    def _made(self, path: FieldPath, make: Any, fields: Mapping[str, Any], *needed: str) -> Any:
        """An object of fields that are right; None if some are not, or missing."""
        missing = [name for name in needed if name not in fields]
        for name in missing:
            self._problem(path, f"has no {name}; add it")
        parts = (each if isinstance(each, tuple) else (each,) for each in fields.values())
        if missing or any(None in each for each in parts):
            return None
        return self._value(path, fields, lambda given: make(**given))

    # -- the day

    def day(self, content: Any) -> dict[str, Any]:
        """All of the file."""
        readers = self._plain(_OF_DAY) | {"customers": self._customers, "agents": self._agents}
        found = self._part((), content, readers)
        if not self.problems:
            self._check(found)
        return found

    def _check(self, found: Mapping[str, Any]) -> None:
        """Find what does not fit together."""
        place: FieldPath = ("customers",) if "customers" in found else ("arrivals",)
        customers, arrivals = found.get("customers"), found.get("arrivals")
        if customers is None and arrivals is None:
            return  # a command may give them
        demand = self._value(
            place,
            found,
            lambda given: demanded(
                customers,
                arrivals,
                given.get("handle_time", HANDLE_TIME),
                given.get("patience"),
                given.get("hours", 24),
                given.get("says", ("Hello",)),
                given.get("answers_after", 10.0),
            ),
        )
        of_one = [name for name in _OF_CLASS if customers is not None and name in found]
        for name in of_one:
            self._problem((name,), "is for customers who are all alike; give it in each class")
        names = {"within": "within", "warm_up": "warm_up", "service_level": "definition"}
        for name in names.keys() & found.keys() if demand else ():
            count = Counting(**{names[name]: found[name]})
            self._value((name,), demand.hours, count.checked)

    def _customers(self, path: FieldPath, given: Any) -> Any:
        if not isinstance(given, list) or not given:
            self._problem(path, "must be a list of classes, each beginning with `- name:`")
            return None
        return [*self._each(path, given, self._customer)]

    def _customer(self, path: FieldPath, given: Any) -> Any:
        readers = self._plain(
            {"name": _text, "flow": self._flow, "attributes": _attributes, **_OF_CLASS}
            | {"arrivals": _arrivals}
        )
        fields = self._part(path, given, readers)
        return self._made(path, CustomerClass, fields, "name", "arrivals", "handle_time")

    def _flow(self, given: Any) -> FlexFlowConfig:
        if self._flows is None:
            raise ValueError("names a flow; give the flow file, too")
        try:
            found = self._flows[_text(given)]
        except KeyError as error:
            raise ValueError(error.args[0]) from None
        if not isinstance(found, FlexFlowConfig):
            raise TypeError(f"{given!r} is no Flex Flow; name one")
        return found

    def _agents(self, path: FieldPath, given: Any) -> Any:
        if isinstance(given, list):
            groups = self._each(path, given, self._group)
            if not groups:
                self._problem(path, "is empty; give one group at least")
            return None if self.problems else StaffGroups(groups)
        if isinstance(given, dict):
            return self._group(path, given)
        return self._value(path, given, lambda value: Staffing(_shifts(value)))

    def _group(self, path: FieldPath, given: Any) -> Any:
        readers = self._plain(_OF_GROUP) | {"shifts": self._list_of_shifts}
        fields = self._part(path, given, readers)
        if "agents" in fields and "shifts" in fields:
            self._problem((*path, "agents"), "is given beside `shifts`; remove one")
        if "agents" in fields:
            fields["shifts"] = fields.pop("agents")
        return self._made(path, Staffing, fields, "shifts")

    def _list_of_shifts(self, path: FieldPath, given: Any) -> Any:
        if not isinstance(given, list):
            return self._value(path, given, _shifts)
        return self._each(path, given, self._shift)

    def _shift(self, path: FieldPath, given: Any) -> Any:
        readers = self._plain({"agents": _whole, "start": _number, "end": _number})
        return self._made(path, Shift, self._part(path, given, readers), "agents")


# -- values


def _number(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError("must be a number, without quotes or a unit")
    return given


def _whole(given: Any) -> int:
    if type(given) is not int:
        raise ValueError("must be a whole number, without quotes or a unit")
    return given


def _text(given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise ValueError("must be text, in quotes if it is not taken for text")
    return given


def _says(given: Any) -> tuple[str, ...]:
    return tuple(map(_text, given if isinstance(given, list) else [given]))


def _attributes(given: Any) -> dict[str, Any]:
    return _JSON.validate_python(given)


def _duration(given: Any) -> Any:
    if isinstance(given, str):
        return as_duration("", duration_of(given))
    if isinstance(given, list):
        return as_duration("", [_number(each) for each in given])
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError(
            "must be seconds, `exponential:300`, `lognormal:480,0.75`, or a list of seconds"
        )
    return as_duration("", given)


def _arrivals(given: Any) -> Any:
    if isinstance(given, str):
        return arrivals_of(given)
    if isinstance(given, list):
        return [_number(each) for each in given]
    if isinstance(given, dict):
        if given.keys() - {"per_hour", "exactly"} or not isinstance(given.get("per_hour"), list):
            raise ValueError("must have `per_hour: [10, 30, 20]`, and may have `exactly: 60`")
        exactly = given.get("exactly")
        per_hour = tuple(map(_number, given["per_hour"]))
        return Arrivals(per_hour, None if exactly is None else _whole(exactly))
    return Exactly(_whole(given)).customers


def _shifts(given: Any) -> tuple[Shift, ...]:
    return shifts_of(given) if isinstance(given, str) else (Shift(_whole(given)),)


def _hours(given: Any) -> int:
    if not 0 < _whole(given) <= LONGEST_DAY:
        raise ValueError(f"must be 1 to {LONGEST_DAY}")
    return int(given)


def _engine(given: Any) -> str:
    if given not in get_args(Engine):
        raise ValueError(f"must be one of {', '.join(get_args(Engine))}")
    return str(given)


def _target(given: Any) -> float:
    if not 0 < _number(given) < 1:
        raise ValueError("must be a share between 0 and 1, such as 0.8")
    return float(given)


def _seeds(given: Any) -> int | list[int]:
    found = [_whole(each) for each in (given if isinstance(given, list) else [given])]
    if not found or (not isinstance(given, list) and found[0] < 1):
        raise ValueError("must be a number of days, or a list of seeds")
    return found if isinstance(given, list) else found[0]


_OF_CLASS: dict[str, Read] = {
    "handle_time": _duration,
    "patience": _duration,
    "says": _says,
    "answers_after": _duration,
}
_OF_DAY: dict[str, Read] = {
    **_OF_CLASS,
    "arrivals": _arrivals,
    "hours": _hours,
    "within": _number,
    "warm_up": _number,
    "service_level": _text,
    "engine": _engine,
    "seed": _whole,
    "seeds": _seeds,
    "target": _target,
    "interval": _number,
}
_OF_GROUP: dict[str, Read] = {
    "agents": _shifts,
    "at_once": _whole,
    "reaction": _duration,
    "wrap_up": _duration,
    "notices": _number,
    "back_after": _number,
    "attributes": _attributes,
    "name": _text,
    "slowdown": _number,
}
