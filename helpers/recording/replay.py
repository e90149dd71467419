"""Replays a recording on a mock, and lists the answers that differ, as the calibration does.

SIDs and texts that an account made itself are learnt from the mock's answers. A resource that was
there before the recording is made when it is first needed, or found among those of a new account.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..json_object import json_object
from ..mock import MockTwilio, path_template
from ..mock.calibration import AGREES, DIFFERS, UNSETTLED, Calibration, Probe, ProbeResult
from .saved import RecordedCall, Recording
from .standins import STAND_IN, STAND_IN_SID, plain

START = "2026-01-05T09:00:00Z"
"""Time at which a replay begins."""
_VOLATILE = re.compile("age|etag|duration|.*(date|time|datecreated|dateupdated)")
"""Fields that depend on the second in which they are written or read, where they are numbers."""
_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
_MISSING = object()


Difference = tuple[str, str, str]
"""A field, and the mock's and the account's value of it."""


class _Unknown(Exception):
    """A SID stands for nothing in the mock."""


@dataclass(slots=True)
class Replay(Calibration):
    """Results of a recording's calls, in their order; a difference that comes again counts once.

    Attributes:
        mock: The account, as the calls have left it.
    """

    mock: MockTwilio = field(default_factory=MockTwilio, repr=False)


def replay(recording: Recording | str | os.PathLike[str], mock: MockTwilio | None = None) -> Replay:
    """Make the recorded calls on a mock, by default a new one, and compare the answers.

    A frozen clock moves on as it did between the calls.

    Raises:
        BadRecording: The file holds none.
    """
    if not isinstance(recording, Recording):
        recording = Recording.load(recording)
    if mock is None:
        mock = MockTwilio(at=START)
        mock.webhooks.register_fallback(lambda _: None)  # nothing leaves the machine
    report = Replay(mock=mock)
    known: set[tuple[str, str, str]] = set()
    player = _Player(mock, recording)
    for call in recording.calls:
        for result in player.results(call):
            key = (result.probe.rule, result.probe.expected, result.got)
            if result.verdict == AGREES or key not in known:
                known.add(key)
                report.results.append(result)
    return report


class _Player:
    """Makes calls on a mock, whose SIDs and texts stand for those of a recording."""

    def __init__(self, mock: MockTwilio, recording: Recording) -> None:
        self._mock = mock
        self._bound: dict[str, Any] = {}
        self._homes: dict[str, tuple[str, str, Mapping[str, Any]]] = {}
        self._lost: dict[str, str] = {}
        self._seeded: set[str] = set()
        self._shifted = False
        for call in recording.calls:
            for path, resource in _resources(call):
                found = self._homes.setdefault(resource["sid"], (call.host, path, {}))
                self._homes[resource["sid"]] = (*found[:2], {**resource, **found[2]})
            for text in _texts([call.query, call.parameters, call.path.split("/")]):
                self._bind(text)

    def _bind(self, text: str) -> None:
        """Let a text's stand-in, at its length, be the mock's text; SIDs are the mock's own."""
        if found := STAND_IN.fullmatch(text):
            self._bound.setdefault(text, text.ljust(int(found["length"] or 0), "x"))

    def results(self, call: RecordedCall) -> Iterator[ProbeResult]:
        """Make a call; yields that it agrees, each difference, or why it cannot be settled."""
        if self._mock.clock.is_frozen:
            self._mock.clock.advance(call.after)
        if call.status in (0, 429) or call.status >= 500:
            yield _result(call, UNSETTLED, got=f"no answer: {call.status} {call.code or ''}")
            return
        try:
            self._prepare(call)
            before = self._mock.take_snapshot() if call.status >= 400 else None
            status, answer = self._send(call)
        except _Unknown as unknown:
            yield _result(call, UNSETTLED, got=str(unknown))
            return
        self._mock.webhooks.settle()
        self._mock.studio.settle()
        ours, theirs = (
            f"{code} {answer_code}".removesuffix(" None")
            for code, answer_code in (
                (status, answer.get("code") if status >= 400 else None),
                (call.status, call.code),
            )
        )
        if ours != theirs:
            if before is not None and status < 400:
                self._mock.restore(before)  # as the account has none of its effect
            yield from self._refused(call, ours, theirs)
            return
        differences = []
        if status < 400:
            changed = {plain(each) for each in call.parameters}
            differences = list(self._compared("", call.answer or {}, answer, changed))
        for name, own, other in differences:
            yield _result(call, DIFFERS, own, other, f"{_kind(call)} {name}")
        if not differences:
            yield _result(call, AGREES, ours, ours)

    def _refused(self, call: RecordedCall, ours: str, theirs: str) -> Iterator[ProbeResult]:
        """Yield that only one side has refused a call, or both for other reasons."""
        if ours >= "4":
            self._lost |= dict.fromkeys(_made_by(call), f"{call.name} was answered {ours} here")
            self._shifted |= bool(_made_by(call))
        if call.lossy and (theirs >= "4") != (ours >= "4"):
            fields = ", ".join(call.lossy)
            reason = f"answered {theirs} there and {ours} here, perhaps for {fields}: keep it"
            yield _result(call, UNSETTLED, got=reason)
        else:
            yield _result(call, DIFFERS, ours, theirs)

    def _prepare(self, call: RecordedCall) -> None:
        """Make what was there before the recording, as far as the call or its answer names it."""
        needed = list(_texts([call.path.split("/"), call.query, call.parameters]))
        if call.method == "GET" or call.path.rstrip("/").rpartition("/")[2] in needed:
            found = (each["sid"] for _, each in _resources(call))
            needed += [sid for sid in found if sid not in self._lost]
        made = _made_by(call)
        for text in needed:
            if STAND_IN_SID.fullmatch(text) and text not in made:
                self._ensure(text, call)

    def _ensure(self, sid: str, call: RecordedCall) -> None:
        if sid in self._bound:
            return
        if sid in self._lost:
            raise _Unknown(f"it needs {sid[:2]}...: {self._lost[sid]}")
        if sid.startswith("AC"):
            self._bound[sid] = self._mock.credentials.account_sid
            return
        if sid not in self._homes and (home := _home_in(sid, call)):
            self._homes[sid] = (call.host, home, {})
        if sid not in self._homes:
            self._bound[sid] = sid  # nothing is known of it: neither side has to
            return
        host, path, about = self._homes[sid]
        parents = [part for part in path.split("/") if STAND_IN_SID.fullmatch(part)]
        for parent in parents:
            self._ensure(parent, call)
        self._bound[sid] = self._made(host, self._translated(path), about, sid)
        if not parents or parents[-1] in self._seeded:  # else it came with one that was made
            self._seeded.add(sid)

    def _made(self, host: str, path: str, about: Mapping[str, Any], sid: str) -> str:
        """The SID of the mock's resource of the same name, or of one that is made so.

        Of those that come by themselves, or of which nothing is known, it is the first.
        """
        taken = {*self._bound.values()}
        status, page = self._request("GET", host, path)
        items = [each for each in _items(page) if each.get("sid") not in taken]
        for each in items:
            if any(
                about.get(name) and each.get(name) == self._translated(about[name])
                for name in _NAMES
            ):
                return str(each["sid"])
        for text in _texts(dict(about)):
            self._bind(text)
        given = {
            "".join(part.capitalize() for part in name.split("_")): self._translated(value)
            for name, value in about.items()
            if isinstance(value, str | int | float) and name not in _OWN and value != ""
        }
        status, answer = self._request("POST", host, path, data=given) if about else (501, {})
        if status < 400:
            return str(answer["sid"])
        if status in (405, 501) and items:
            return str(items[0]["sid"])
        self._lost[sid] = f"it was there before and cannot be made here: {answer.get('code')}"
        raise _Unknown(f"it needs {sid[:2]}...: {self._lost[sid]}")

    def _send(self, call: RecordedCall) -> tuple[int, dict[str, Any]]:
        data: Any = self._translated(call.parameters)
        if call.size:
            data = bytes(call.size)
        return self._request(
            call.method,
            call.host,
            self._translated(call.path),
            params=self._translated(call.query),
            data=data,
            headers=call.headers,
        )

    def _request(
        self, method: str, host: str, path: str, **options: Any
    ) -> tuple[int, dict[str, Any]]:
        own = self._mock.credentials
        response = self._mock.http_client.request(
            method, f"https://{host}{path}", auth=(own.account_sid, own.auth_token), **options
        )
        return response.status_code, json_object(response.text) or {}

    def _translated(self, value: Any) -> Any:
        """A recorded value as the mock knows it."""
        if isinstance(value, dict):
            return {name: self._translated(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._translated(each) for each in value]
        if not isinstance(value, str):
            return value
        if value in self._bound:
            return self._bound[value]
        return STAND_IN_SID.sub(lambda found: str(self._bound.get(found[0], found[0])), value)

    def _compared(
        self, name: str, theirs: Any, ours: Any, changed: Collection[str] = ()
    ) -> Iterator[Difference]:
        """Yield the fields that differ, with the mock's value and the account's.

        Of what was there before, only fields that the call has changed.
        """
        if not isinstance(theirs, str | dict | list) and _VOLATILE.fullmatch(plain(name)):
            return
        if isinstance(theirs, dict) and isinstance(ours, dict):
            is_seeded = theirs.get("sid") in self._seeded
            for key, value in theirs.items():
                if is_seeded and plain(key) not in changed:
                    continue
                if self._shifted and key == "index":  # a message is lost
                    continue
                yield from self._compared(
                    f"{name}.{key}".lstrip("."), value, ours.get(key, _MISSING)
                )
        elif isinstance(theirs, list) and isinstance(ours, list):
            yield from self._lists(name, theirs, ours)
        elif not self._agree(theirs, ours):
            yield name, "no such field" if ours is _MISSING else repr(ours), repr(theirs)

    def _lists(
        self, name: str, theirs: list[Any], ours: list[Any]
    ) -> Iterator[tuple[str, str, str]]:
        if not any(isinstance(each, dict) and "sid" in each for each in theirs):
            if len(theirs) != len(ours):
                yield name, f"{len(ours)} entries", f"{len(theirs)} entries"
            for their, our in zip(theirs, ours, strict=False):
                yield from self._compared(name, their, our)
            return
        theirs = [each for each in theirs if each["sid"] not in self._lost]
        places = {each.get("sid"): place for place, each in enumerate(ours)}
        order = [places.get(self._bound.get(each["sid"])) for each in theirs]
        if None in order:
            yield name, "an entry is missing", "an entry is there"
        elif order != sorted(place for place in order if place is not None):
            yield name, "another order", "its order"
        for place, each in zip(order, theirs, strict=True):
            if place is not None:
                yield from self._compared("", each, ours[place])

    def _agree(self, theirs: Any, ours: Any) -> bool:
        if not isinstance(theirs, str) or not isinstance(ours, str):
            return bool(theirs == ours) and type(theirs) is type(ours)
        if _DATE.match(theirs):
            return _DATE.match(ours) is not None
        if STAND_IN_SID.fullmatch(theirs):
            return bool(self._bound.setdefault(theirs, ours) == ours)
        if STAND_IN.fullmatch(theirs) and theirs not in self._bound:
            self._bound[theirs] = ours
            return True
        inner = json_object(theirs), json_object(ours)
        if None not in inner:
            return not list(self._compared("", *inner))
        return bool(self._translated(theirs) == ours)


_NAMES = ("unique_name", "friendly_name", "identity", "task_channel_unique_name")
"""Fields by which a resource of the mock is recognised."""
_OWN = {"sid", "account_sid", "date_created", "date_updated"}


def _result(
    call: RecordedCall, verdict: str, expected: str = "", got: str = "", about: str = ""
) -> ProbeResult:
    template = path_template(call.host, call.path) or STAND_IN_SID.sub("{Sid}", call.path)
    rule = about or f"{call.method} {template}"
    return ProbeResult(Probe(call.host, rule, expected, lambda _: got), verdict, got)


def _kind(call: RecordedCall) -> str:
    """Name of the resources at an address: `Messages`."""
    names = [part for part in call.path.split("/") if not STAND_IN_SID.fullmatch(part)]
    return names[-1]


def _items(answer: Any) -> list[dict[str, Any]]:
    """Resources of a page."""
    lists = [each for each in (answer or {}).values() if isinstance(each, list)]
    return [each for each in (lists[0] if lists else []) if isinstance(each, dict)]


def _resources(call: RecordedCall) -> Iterator[tuple[str, dict[str, Any]]]:
    """Resources in an answer, with the path of the collection that each is in."""
    answer = call.answer if isinstance(call.answer, dict) else {}
    if "sid" in answer:
        template = path_template(call.host, call.path) or ""
        is_in_path = template.endswith("}") or call.path.endswith(answer["sid"])
        yield (call.path.rpartition("/")[0] if is_in_path else call.path), answer
    for each in _items(answer):
        if "sid" in each:
            yield call.path, each


def _made_by(call: RecordedCall) -> set[str]:
    """The SID that a call has made, if it has."""
    answer = call.answer if isinstance(call.answer, dict) else {}
    is_new = call.method == "POST" and call.status in (200, 201, 202)
    sid = answer.get("sid", "")
    return {sid} if is_new and sid and not call.path.endswith(sid) else set()


def _home_in(sid: str, call: RecordedCall) -> str | None:
    """The path of the collection that a call's path has a SID in."""
    before, found, _ = call.path.partition(f"/{sid}")
    return before if found else None


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, and the texts in the JSON of a text."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
        if (inner := json_object(value)) is not None:
            yield from _texts(inner)
