"""Rehearsals and comparisons for pipelines: JUnit's XML, a page, and annotations of GitHub."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ... import html
from ...masking import mask as masked
from .comparison import Comparison
from .outcome import Rehearsal
from .script import SCRIPTS

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KINDS = {"unmet": "expectation not met", "differs": "outcomes differ"}
_PLACE = re.compile(r"(?P<file>.+):(?P<line>\d+)")


@dataclass(frozen=True, slots=True)
class PlayReport:
    """One script that was played with one flow, which is at `where`, in so many seconds.

    Steps of a party that has no part in such a chat do not count as problems, where the script was
    played because none `is_chosen`.
    """

    script: str
    played: Rehearsal
    where: str
    is_chosen: bool = True
    seconds: float = 0.0

    @property
    def flow(self) -> str:
        """The flow's key in its file."""
        return self.played.flow.label

    @property
    def reasons(self) -> list[tuple[str, str, str]]:
        """Problems that count: kind, place in a file, and words; steps not done are the first."""
        found = [
            (each.kind, each.where, masked(str(each)))
            for each in self.played.problems
            if each.kind != "foreign" or self.is_chosen
        ]
        return sorted(found, key=lambda each: each[0] == "unmet")

    @property
    def is_error(self) -> bool:
        """Return whether a step could not be done."""
        return any(kind != "unmet" for kind, _, _ in self.reasons)

    @property
    def result(self) -> str:
        """The result in words."""
        if not self.reasons:
            foreign = self.played.outcome.foreign
            left_out = f", but for {foreign} steps of a party that has no part in it"
            return f"played{left_out * bool(foreign)}"
        return "could not be played" if self.is_error else "expectations not met"

    @property
    def shown(self) -> str:
        """The rehearsal as HTML."""
        return self.played._repr_html_()


@dataclass(frozen=True, slots=True)
class CompareReport:
    """One script that was played with two flows, `a` and `b`, in so many seconds.

    Outcomes that differ are a problem where `is_strict`.
    """

    a: PlayReport
    b: PlayReport
    comparison: Comparison
    is_strict: bool = False

    @property
    def script(self) -> str:
        """Name of the script."""
        return self.a.script

    @property
    def seconds(self) -> float:
        """Seconds that both took."""
        return self.a.seconds + self.b.seconds

    @property
    def flow(self) -> str:
        """The flows' keys in their files."""
        return f"{self.a.flow} | {self.b.flow}"

    @property
    def where(self) -> str:
        """Place of the second flow in a file."""
        return self.b.where

    @property
    def reasons(self) -> list[tuple[str, str, str]]:
        """Problems that count, as those of `PlayReport`: of either flow, then what differs."""
        both = [
            (kind, where, f"{side}: {problem}")
            for side, each in (("a", self.a), ("b", self.b))
            for kind, where, problem in each.reasons
        ]
        differing = [("differs", self.where, each) for each in self._differing]
        found = [*both, *(differing if self.is_strict else ())]
        return sorted(found, key=lambda each: each[0] in ("unmet", "differs"))

    @property
    def is_error(self) -> bool:
        """Return whether a step could not be done."""
        return self.a.is_error or self.b.is_error

    @property
    def _differing(self) -> list[str]:
        return [masked(f"{name}: a: {a} | b: {b}") for name, a, b in self.comparison.outcomes]

    @property
    def result(self) -> str:
        """The result in words."""
        if self.is_error:
            return "could not be played"
        return "; ".join(self._differing) or "the same comes of both"

    @property
    def shown(self) -> str:
        """Both rehearsals side by side, as HTML."""
        return self.comparison._repr_html_()


AnyReport = PlayReport | CompareReport


def compared(reports: Iterable[CompareReport]) -> str:
    """The comparisons as text."""
    return "\n\n".join(repr(each.comparison) for each in reports)


def text(reports: Iterable[PlayReport]) -> str:
    """The outcomes as text."""
    parts, said = [], set[tuple[str, str]]()
    for each in reports:
        new = [one for one in each.played.assumptions if (each.flow, one) not in said]
        said |= {(each.flow, one) for one in new}
        assumed = [f"assumes: {one}" for one in new]
        lines = [f"{each.flow}, {each.script}", str(each.played.outcome), *assumed]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def as_json(reports: Iterable[PlayReport]) -> list[dict[str, Any]]:
    """The outcomes as JSON."""
    return [
        {
            "flow": each.flow,
            "script": each.script,
            "outcome": asdict(each.played.outcome),
            "assumptions": list(each.played.assumptions),
            "problems": [
                {"kind": one.kind, "where": one.where, "problem": str(one)}
                for one in each.played.problems
            ],
        }
        for each in reports
    ]


def junit(reports: Iterable[AnyReport]) -> str:
    """The outcomes in JUnit's XML: a test suite for each flow, a test case for each script.

    A step that could not be done is an error, an expectation that was not met a failure.
    """
    root = ElementTree.Element("testsuites")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for number, (flow, group) in enumerate(groupby(reports, lambda each: each.flow)):
        cases = list(group)
        bad = [each for each in cases if each.reasons]
        errors = sum(each.is_error for each in bad)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            id=str(number),
            name=_xml(flow) or "flow",
            package="flows",
            timestamp=now,
            hostname=socket.gethostname() or "localhost",
            tests=str(len(cases)),
            failures=str(len(bad) - errors),
            errors=str(errors),
            time=f"{sum(each.seconds for each in cases):.3f}",
        )
        ElementTree.SubElement(suite, "properties")
        for each in cases:
            _add_case(suite, each)
        out = ElementTree.SubElement(suite, "system-out")
        played = [each for each in cases if isinstance(each, PlayReport)]
        sides = [each for each in cases if isinstance(each, CompareReport)]
        out.text = _xml(masked(text(played) + compared(sides)))
        ElementTree.SubElement(suite, "system-err")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode")


def _add_case(suite: ElementTree.Element, each: AnyReport) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=_xml(each.script) or "script",
        classname=_xml(each.flow) or "flow",
        time=f"{each.seconds:.3f}",
    )
    if each.reasons:
        kind, _, message = each.reasons[0]
        found = ElementTree.SubElement(
            case,
            "error" if each.is_error else "failure",
            message=_xml(message),
            type=_KINDS.get(kind, "could not be done"),
        )
        found.text = _xml("\n".join(f"{where}: {what}" for _, where, what in each.reasons))


def _xml(given: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", given)


def page(reports: Sequence[AnyReport]) -> str:
    """The rehearsals as a page, which needs no other file."""
    heads = ("flow", "script", "result")
    rows = [(each.flow, each.script, each.result) for each in reports]
    parts = [html.table(rows, heads, style=html.TOP_LEFT)]
    for each in reports:
        parts.append(f"<h2>{html.escaped(f'{each.flow}, {each.script}')}</h2>")
        parts += [f'<p class="bad">{html.escaped(one)}</p>' for _, _, one in each.reasons]
        parts.append(each.shown)
    return html.page("Rehearsals", parts)


def github(reports: Iterable[AnyReport]) -> str:
    """Commands that make GitHub annotate the lines of scripts with their problems.

    A problem of a shipped script is shown at the flow.
    """
    return "\n".join(line for each in reports for line in _annotations(each))


def _annotations(each: AnyReport) -> Iterator[str]:
    for _, where, problem in each.reasons:
        place = _PLACE.fullmatch(each.where if each.script in SCRIPTS else where)
        found = place.groupdict() if place else {"file": where or each.where}
        if (file := Path(found["file"])).is_relative_to(Path.cwd()):
            found["file"] = file.relative_to(Path.cwd()).as_posix()
        found["title"] = f"{each.flow}, {each.script}"
        given = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in found.items())
        yield f"::error {given}::{_escaped(problem)}"
    if not each.reasons:
        name = " ".join(f"{each.flow}, {each.script}".split())
        yield f"{each.result.capitalize()}: {name}"  # no name may begin a command of GitHub's


def _escaped(given: str, more: str = "") -> str:
    return "".join(f"%{ord(one):02X}" if one in f"%\r\n{more}" else one for one in given)
