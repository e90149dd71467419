"""Compares an account with the mock: asks it about inferred rules of FIDELITY.md.

Every call concerns things of its own, such as a workspace or a chat service, made when they are
first needed and deleted in the end. No message is sent to anybody. The questions are declared in
`calibration_probes` and `calibration_conversations`.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from logging import getLogger
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from requests import RequestException
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from ..flex_ui import ignore_not_found
from ..json_object import error_code
from ..sdk_errors import refusal_of
from .account import MockTwilio
from .core.credentials import Credentials
from .core.errors import CODES

T = TypeVar("T")
PATIENCE = 20
"""Seconds that routing or an execution may take."""
TRIES = 3
"""Attempts to delete what was made."""
AGREES, DIFFERS, UNSETTLED = "agrees", "differs", "cannot be settled"
_SID = re.compile(
    r"(?<![A-Za-z0-9])(?:([A-Za-z]{2})[0-9a-fA-F]{32}|(flex_interactionwebhook)_\w{26})"
)
_GONE = (403, 404, 410)
_NO_ANSWER = re.compile(r"0|429|5\d\d")
_COSTS = {
    "taskrouter.twilio.com/v1/Workspaces/{WS}/Tasks": "a TaskRouter task",
    "studio.twilio.com/v2/Flows/{FW}/Executions": "a Studio execution",
    "chat.twilio.com/v2/Services/{IS}/Channels/{CH}/Members": "an active chat user",
    "flex-api.twilio.com/v1/Channels": "an active chat user",
    "conversations.twilio.com/v1/Services/{IS}/ConversationWithParticipants": "active chat users",
}


class Unsettled(Exception):
    """A rule cannot be settled, for the reason in the message."""


class Probe(NamedTuple):
    """A question to an account.

    Attributes:
        product: Product that it is about.
        rule: First cell of a row of FIDELITY.md: a rule, or an error code for its HTTP status.
        expected: The mock's answer, in the words of `ask`.
        ask: Makes the calls, through the official SDK, and returns the account's answer.
    """

    product: str
    rule: str
    expected: str
    ask: Callable[[Lab], str]


class Probes(list[Probe]):
    """Questions, in the order in which they are asked."""

    def asks(
        self, product: str, rule: str, expected: str
    ) -> Callable[[Callable[[Lab], str]], Callable[[Lab], str]]:
        """Declare a function as a probe."""

        def declare(ask: Callable[[Lab], str]) -> Callable[[Lab], str]:
            self.append(Probe(product, rule, expected, ask))
            return ask

        return declare


class ProbeResult(NamedTuple):
    """An account's answer to a probe; for `cannot be settled`, the reason."""

    probe: Probe
    verdict: str
    got: str

    def __str__(self) -> str:
        product, rule, expected, _ = self.probe
        meaning = f", {CODES[int(rule)].meaning}" if rule.isdigit() else ""
        versus = f"expected: {expected}; got: " if self.verdict == DIFFERS else ""
        about = "" if self.verdict == AGREES else f" ({versus}{self.got})"
        return _SID.sub(r"\1\2...", f"{self.verdict}: {product}: {rule}{meaning}{about}")


@dataclass
class Calibration:
    """Results of an account, in the order of the probes; no SID, name or secret of it.

    Attributes:
        left: Things of the probes' own that could not be deleted, by the name they were given.
        interrupted: Whether Ctrl-C ended it early.
    """

    results: list[ProbeResult] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    interrupted: bool = False

    def of_verdict(self, verdict: str) -> list[ProbeResult]:
        """Return the results of a verdict: `agrees`, `differs` or `cannot be settled`."""
        return [each for each in self.results if each.verdict == verdict]

    def __str__(self) -> str:
        verdicts = (AGREES, DIFFERS, UNSETTLED)
        counts = (f"{len(self.of_verdict(verdict))} {verdict}" for verdict in verdicts)
        lines = [f"Of {len(self.results)} rules: {', '.join(counts)}."]
        lines += [f"  {each}" for verdict in verdicts[1:] for each in self.of_verdict(verdict)]
        lines += ["Interrupted: nothing was asked about the other rules."] * self.interrupted
        return "\n".join(
            lines + [f"NOT DELETED, look for it by hand: {thing}" for thing in self.left]
        )


class Own(NamedTuple):
    """A kind of thing made for the probes: its product, and its collection in the SDK.

    `arguments` are those of its creation, besides the name; `contents` are to be deleted before it.
    """

    product: str
    collection: Callable[[Client], Any]
    arguments: Callable[[Lab], Mapping[str, Any]] = lambda _lab: {}
    contents: Callable[[Client, Any], Sequence[Any]] = lambda _client, _made: ()


class Lab:
    """Things made for the probes in an account, all under one new `name`.

    By that name they are found even where Ctrl-C cut off the answer to the call that made them.
    `left` names those that `close()` could not delete.
    """

    def __init__(
        self,
        client: Client,
        credentials: Credentials,
        kinds: Mapping[str, Own],
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.client = client
        self.credentials = credentials
        self.name = f"calibration-{secrets.token_hex(8)}"
        self.left: list[str] = []
        self._kinds = kinds
        self._wait = wait
        self._found: dict[str, Any] = {}
        self._to_delete: list[str] = []

    def own(self, kind: str) -> Any:
        """Return the thing of a kind, made now if it is the first time.

        Raises:
            Unsettled: The account refuses to make it; its product has ended there, perhaps.
        """
        if kind not in self._found:
            try:
                self.make(kind)
            except TwilioException as error:
                status, code, _ = refusal_of(error)
                lacks = "this account no longer has it" if status in _GONE else "it is refused"
                product = self._kinds[kind].product
                self._found[kind] = Unsettled(f"{product}: {lacks}: {status} {code}")
        if isinstance(self._found[kind], Unsettled):
            raise self._found[kind]
        return self._found[kind]

    def make(self, kind: str) -> None:
        """Make the thing of a kind, where that is the question itself.

        Raises:
            TwilioException: The account refuses.
        """
        own = self._kinds[kind]
        arguments = {"friendly_name": self.name, **own.arguments(self)}
        self._to_delete.append(kind)
        try:
            self._found[kind] = own.collection(self.client).create(**arguments)
        except TwilioException:
            self._to_delete.remove(kind)
            raise

    def read(self, kind: str, path: str = "") -> str:
        """Read what is below a thing: `accepted`, or the `words` of a refusal."""
        response = self.client.request("GET", f"{self.own(kind).url}/{path}")
        return "accepted" if response.ok else words(response.status_code, error_code(response.text))

    def until(self, read: Callable[[], T]) -> T:
        """Return the first result that is not empty; `Unsettled` if that takes too long."""
        for _ in range(PATIENCE):
            if found := read():
                return found
            self._wait(1)
        raise Unsettled(f"nothing happened within {PATIENCE} seconds")

    def close(self) -> None:
        """Delete everything made; Ctrl-C meanwhile does not stop it."""
        failures = 0
        while self._to_delete:
            try:
                self._delete(self._kinds[self._to_delete[-1]])
            except KeyboardInterrupt:
                continue
            except (TwilioException, RequestException):
                failures += 1
                if failures < TRIES:
                    self._wait(1)
                    continue
                self.left.append(f"{self._to_delete[-1]} {self.name}")
            failures = 0
            self._to_delete.pop()

    def _delete(self, own: Own) -> None:
        for made in own.collection(self.client).list():
            if made.friendly_name == self.name:
                for thing in (*own.contents(self.client, made), made):
                    with ignore_not_found():
                        thing.delete()


def words(status: int, code: int | None) -> str:
    """Return a refusal's HTTP status and code, such as `409 20409`.

    Raises:
        Unsettled: The account is throttled or in distress, which says nothing about a rule.
    """
    text = f"{status} {code}"
    if _NO_ANSWER.match(text):
        raise Unsettled(f"no answer: {text}")
    return text


def answer(call: Callable[[], Any]) -> str:
    """Return `accepted`, or the `words` of a refusal."""
    try:
        call()
    except TwilioException as error:
        status, code, _ = refusal_of(error)
        return words(status, code)
    return "accepted"


def calibrate(
    lab: Lab, probes: Sequence[Probe], progress: Callable[[ProbeResult], object] = lambda _: None
) -> Calibration:
    """Ask an account, and delete everything made for it, also after Ctrl-C."""
    report = Calibration(left=lab.left)
    try:
        for probe in probes:
            report.results.append(_result(lab, probe))
            progress(report.results[-1])
    except KeyboardInterrupt:
        report.interrupted = True
    finally:
        lab.close()
    return report


def _result(lab: Lab, probe: Probe) -> ProbeResult:
    try:
        got = probe.ask(lab)
        return ProbeResult(probe, AGREES if got == probe.expected else DIFFERS, got)
    except Unsettled as unsettled:
        reason = str(unsettled)
    except TwilioException as error:
        reason = "a call before the question was refused: {} {}".format(*refusal_of(error))
    except (RequestException, AttributeError, LookupError, TypeError, ValueError) as error:
        reason = f"no answer of the known form: {type(error).__name__}"
    return ProbeResult(probe, UNSETTLED, reason)


class CallRecorder(HttpClient):  # type: ignore[misc]
    """HTTP client that records the calls it forwards, without SIDs, and those that may cost."""

    def __init__(self, forward: HttpClient) -> None:
        super().__init__(getLogger(__name__), is_async=False)
        self._forward = forward
        self.calls: Counter[str] = Counter()

    def request(self, method: str, uri: str, *args: Any, **options: Any) -> Response:
        """Forward a call."""
        url = urlsplit(uri)
        path = _SID.sub(r"{\1\2}", url.netloc + url.path)
        cost = _COSTS.get(path) if method == "POST" else None
        self.calls[f"{method} {path}" + (f"  (may cost money: {cost})" if cost else "")] += 1
        return self._forward.request(method, uri, *args, **options)

    def recorded(self, title: str) -> list[str]:
        """Return the calls since the last time, a line each, under a title."""
        counted, self.calls = self.calls, Counter()
        return [title, *(f"  {times} x {call}" for call, times in counted.items())]


def plan(probes: Sequence[Probe], kinds: Mapping[str, Own]) -> Iterator[str]:
    """Yield every call that the probes make, found out by asking a new mock."""
    own, lines = Credentials.demo({}), list[str]()
    with MockTwilio(credentials=own) as mock:
        door = CallRecorder(mock.http_client)
        client = Client(own.account_sid, own.auth_token, http_client=door)
        lab = Lab(client, own, kinds, lambda _: mock.studio.settle())
        calibrate(lab, probes, lambda each: lines.extend(door.recorded(": ".join(each.probe[:2]))))
        yield from (*lines, *door.recorded("Deleting what was made"))
