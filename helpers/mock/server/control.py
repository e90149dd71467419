"""The mock's own controls over HTTP: clock, reset, faults and so on. Twilio has none of these.

They are under `/_mock`, take and answer JSON, and refuse with `{"error": "..."}`.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from requests import RequestException
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioRestException

from .. import DatabaseFailed, MockTwilio, Snapshot, TwilioError, UnknownScenario
from ..core.wording import predicate
from ..faults import Fault
from ..rest.application import operations
from .request_log import ServedRequests

MAX_WAIT = 20.0
"""Seconds that a control waits for another one to end."""
KEPT_SNAPSHOTS = 20
"""Snapshots kept for clients that may never restore them; older ones are dropped."""
KEPT_UNDONE = 10
"""Latest actions that can be undone."""
UNDO_BYTES = 64_000_000
"""Bound of what is kept to undo them; the latest is kept in any case."""


class Body(BaseModel):
    """A request's body: a JSON object without unknown names."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _ClockChange(Body):
    """Changes of the clock; several at once are made in this order."""

    reset: bool = False
    unfreeze: bool = False
    freeze: bool | float | AwareDatetime = False
    advance: float = Field(default=0, ge=0)
    to_next: bool = False


class _Reset(Body):
    at: float | AwareDatetime | None = None


class _OnePhone(Body):
    address: str


class _PhoneText(_OnePhone):
    body: str | None = None
    to: str | None = None
    media_sids: list[str] = []


class _PhoneReport(_OnePhone):
    message_sid: str
    status: str
    error_code: int = 0


class _Typing(Body):
    token: str
    channel_sid: str


class _OneAgent(Body):
    participant_sid: str


class _Load(_Reset):
    name: str


Json = dict[str, Any]


class Control:
    """The controls of one mock.

    Those that change the whole account or its clock run one at a time: a reset in the midst of a
    scenario would leave half of it.
    """

    def __init__(self, mock: MockTwilio, requests: ServedRequests) -> None:
        self._mock = mock
        self._requests = requests
        self._snapshots: dict[str, Snapshot] = {}
        self._done: deque[tuple[str, Snapshot]] = deque(maxlen=KEPT_UNDONE)
        self._lock = threading.Lock()

    @property
    def routes(self) -> list[Route]:
        """Routes by path and method."""
        route, mock, faults = self._route, self._mock, self._mock.faults
        return [
            route("GET", "/clock", self._clock),
            route("POST", "/clock", self._set_clock, _ClockChange.model_validate_json, alone=True),
            self.undoable("/reset", "the reset", lambda body: mock.reset(body.at), _Reset),
            route("POST", "/snapshots", self._take_snapshot, alone=True),
            route("POST", "/snapshots/{name}/restore", self._restore_snapshot, alone=True),
            route("DELETE", "/snapshots/{name}", self._drop_snapshot),
            route("POST", "/typing", self._type, _Typing.model_validate_json),
            route("POST", "/interactions/pause", self._pause, _OneAgent.model_validate_json),
            route("POST", "/interactions/resume", self._resume, _OneAgent.model_validate_json),
            route("POST", "/phone/send", self._phone_sends, _PhoneText.model_validate_json),
            route("POST", "/phone/messages", self._phone_shows, _OnePhone.model_validate_json),
            route("POST", "/phone/report", self._phone_reports, _PhoneReport.model_validate_json),
            route(
                "GET", "/scenarios", lambda: {"scenarios": [*map(asdict, mock.scenarios.values())]}
            ),
            self.undoable("/scenarios", "the scenario", self._load, _Load),
            route("POST", "/undo", self._undo, alone=True),
            route("GET", "/faults", self._faults),
            route("POST", "/faults", self._add_fault, TypeAdapter(Json).validate_json),
            route("DELETE", "/faults", faults.clear),
            route("GET", "/faults/{number}", self._fault),
            route("DELETE", "/faults/{number}", self._remove_fault),
            route("DELETE", "/requests", self._requests.clear),
            route("DELETE", "/deliveries", lambda: mock.webhooks.forget("delivered", "failed")),
            route("DELETE", "/journal", mock.journal.clear),
        ]

    @property
    def done(self) -> str | None:
        """Name of the action that `POST /undo` undoes; None where there is none."""
        return self._done[-1][0] if self._done else None

    def undoable(
        self, path: str, name: str, act: Callable[[Any], Json | None], body: type[Body]
    ) -> Route:
        """A route that acts on a body, and can be undone: the account is then as it was before.

        The clock stays where it is; what others did since is undone, too.
        """

        def run(given: Body) -> Json | None:
            before = self._mock.take_snapshot()
            answer = act(given)
            self._done.append((name, before))
            while len(self._done) > 1 and sum(each.size for _, each in self._done) > UNDO_BYTES:
                self._done.popleft()
            return answer

        return self._route(
            "POST", path, run, lambda raw: body.model_validate_json(raw or b"{}"), alone=True
        )

    def _undo(self) -> Json:
        if not self._done:
            raise HTTPException(409, "There is nothing to undo")
        name, before = self._done.pop()
        self._mock.restore(before)
        return {"undone": name}

    def _route(
        self,
        method: str,
        path: str,
        act: Callable[..., Json | None],
        read: Callable[[bytes], Any] | None = None,
        *,
        alone: bool = False,
    ) -> Route:
        """A route that acts on a worker thread, since clock and reset run timers and webhooks.

        `act` takes the body, if there is one to `read`, and the path's names; it returns the
        answer, if there is one. With `alone` it waits for other such routes to end.
        """

        def run(raw: bytes, names: Json) -> Json | None:
            body = () if read is None else (read(raw),)
            if alone and not self._lock.acquire(timeout=MAX_WAIT):  # a webhook may take long
                raise HTTPException(
                    409, f"Another control has been under way for {MAX_WAIT:.0f} s; try again later"
                )
            try:
                return act(*body, **names)
            finally:
                if alone:
                    self._lock.release()

        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            try:
                answer = await run_in_threadpool(run, raw, request.path_params)
            except ValidationError as error:
                # of a moment's several forms the last one's problem, its date's
                found = {str((*e["loc"], "body")[0]): predicate(e) for e in error.errors()}
                raise HTTPException(400, "; ".join(map(" ".join, found.items()))) from None
            except DatabaseFailed as failure:
                raise HTTPException(503, failure.refusal().message) from None
            except ValueError as error:
                raise HTTPException(400, str(error)) from None
            except TwilioRestException as error:
                status, text = error.status or 502, f"Twilio refuses: {error.code} {error.msg}"
                return JSONResponse({"error": text, "code": error.code}, status)
            except RequestException as error:
                raise HTTPException(502, f"No answer, by a fault: {type(error).__name__}") from None
            except TwilioError as error:
                return JSONResponse(error.body(), error.status)
            return JSONResponse(answer or {})

        return Route(path, endpoint, methods=[method])

    def _clock(self) -> Json:
        clock = self._mock.clock
        return {"now": clock.now(), "is_frozen": clock.is_frozen, "next_due": clock.next_due}

    def _set_clock(self, change: _ClockChange) -> Json:
        clock = self._mock.clock
        if change.reset:
            clock.to_real_time()
        if change.unfreeze:
            clock.unfreeze()
        if change.freeze is not False:
            clock.freeze(None if change.freeze is True else change.freeze)
        if change.advance:
            clock.advance(change.advance)
        if change.to_next and (due := clock.next_due) is not None:
            clock.advance(max(0.0, due - clock.now()))
        return self._clock()

    def _load(self, body: _Load) -> Json:
        try:
            return asdict(self._mock.load(body.name, body.at))
        except UnknownScenario as error:
            raise HTTPException(404, str(error)) from None

    def _take_snapshot(self) -> Json:
        name = secrets.token_hex(8)  # unknown to clients of an earlier server
        self._snapshots[name] = self._mock.take_snapshot()
        for oldest in list(self._snapshots)[:-KEPT_SNAPSHOTS]:
            self._snapshots.pop(oldest, None)  # a client may drop it meanwhile
        return {"name": name}

    def _restore_snapshot(self, name: str) -> None:
        if (snapshot := self._snapshots.get(name)) is None:
            raise HTTPException(
                404,
                f"There is no snapshot {name!r} any more: the server keeps the latest"
                f" {KEPT_SNAPSHOTS}, for as long as it runs",
            )
        self._mock.restore(snapshot)

    def _drop_snapshot(self, name: str) -> None:
        self._snapshots.pop(name, None)

    def _type(self, body: _Typing) -> Json:
        return {"seconds": self._mock.type_in(body.token, body.channel_sid)}

    def _pause(self, agent: _OneAgent) -> None:
        self._mock.pause_interaction(agent.participant_sid)

    def _resume(self, agent: _OneAgent) -> None:
        self._mock.resume_interaction(agent.participant_sid)

    def _phone_sends(self, text: _PhoneText) -> Json:
        phone = self._mock.phone(text.address)
        sent = phone.send(text.body, to=text.to, media_sids=text.media_sids)
        return {"message": asdict(sent) if sent else None}

    def _phone_shows(self, phone: _OnePhone) -> Json:
        return {"messages": [asdict(each) for each in self._mock.phone(phone.address).messages()]}

    def _phone_reports(self, given: _PhoneReport) -> None:
        phone = self._mock.phone(given.address)
        phone.report(given.message_sid, given.status, given.error_code)

    def _faults(self) -> Json:
        return {
            "faults": [each.to_json() for each in self._mock.faults],
            "operations": sorted({each.name for each in operations()}),
        }

    def _add_fault(self, body: Json) -> Json:
        return self._mock.faults.add_from_json(body).to_json()

    def _fault(self, number: str) -> Json:
        fault = self._find_fault(number)
        if fault is None:
            raise HTTPException(404, f"There is no fault {number[:20]} any more")
        return fault.to_json()

    def _remove_fault(self, number: str) -> None:
        fault = self._find_fault(number)
        if fault is not None:
            fault.remove()

    def _find_fault(self, number: str) -> Fault | None:
        return next((each for each in self._mock.faults if str(each.id) == number), None)
