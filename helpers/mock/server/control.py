"""The mock's own levers over HTTP: clock, reset, faults and so on. Twilio has none of these.

They stand under `/_mock`, take and answer JSON, and refuse with `{"error": "..."}`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import MockTwilio, Snapshot, TwilioError, UnknownScenario

TURN = 20.0
"""Seconds that a lever waits for another one to be done with."""
KEPT_SNAPSHOTS = 20
"""Snapshots kept for clients that may never come back for them; older ones are dropped."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


_AnyBody = TypeAdapter(dict[str, Any])


class _ClockChange(_Body):
    """What a client wants of the clock; several at once are carried out in this order."""

    reset: bool = False
    unfreeze: bool = False
    freeze: bool | float | AwareDatetime = False
    advance: float = Field(default=0, ge=0)


class _Reset(_Body):
    at: float | AwareDatetime | None = None


class _Typing(_Body):
    token: str
    channel_sid: str


class _Loading(_Body):
    name: str
    at: float | AwareDatetime | None = None


class Control:
    """The levers of one mock.

    Those that change the whole account or its clock are pulled one at a time: a reset in the midst
    of a scenario would leave half of it.
    """

    def __init__(self, mock: MockTwilio) -> None:
        self._mock = mock
        self._snapshots: dict[str, Snapshot] = {}
        self._turn = threading.Lock()

    @property
    def routes(self) -> list[Route]:
        """What may be asked, by path and method."""
        return [
            self._route("GET", "/clock", self._clock),
            self._route("POST", "/clock", self._alone(self._set_clock)),
            self._route("POST", "/reset", self._alone(self._reset)),
            self._route("POST", "/snapshots", self._alone(self._take_snapshot)),
            self._route("POST", "/snapshots/{name}/restore", self._alone(self._restore_snapshot)),
            self._route("DELETE", "/snapshots/{name}", self._drop_snapshot),
            self._route("POST", "/typing", self._type),
            self._route("GET", "/scenarios", self._scenarios),
            self._route("POST", "/scenarios", self._alone(self._load)),
            self._route("GET", "/faults", self._faults),
            self._route("POST", "/faults", self._add_fault),
            self._route("DELETE", "/faults", self._clear_faults),
            self._route("GET", "/faults/{number:int}", self._fault),
            self._route("DELETE", "/faults/{number:int}", self._remove_fault),
        ]

    @staticmethod
    def _route(method: str, path: str, act: Callable[..., Any]) -> Route:
        """One lever, pulled on a worker thread, since clock and reset run timers and webhooks."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            try:
                answer = await run_in_threadpool(act, body, **request.path_params)
            except ValidationError as error:
                raise HTTPException(400, _in_words(error)) from None
            except ValueError as error:
                raise HTTPException(400, str(error)) from None
            except TwilioError as error:
                return JSONResponse(error.body(), error.status)
            return JSONResponse(answer)

        return Route(path, endpoint, methods=[method])

    def _alone(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """A lever that waits until no other such is being pulled; a webhook's may wait in vain."""

        def pull(*arguments: Any, **names: Any) -> Any:
            if not self._turn.acquire(timeout=TURN):
                raise HTTPException(
                    409, f"Another lever has been under way for {TURN:.0f} s; try again later"
                )
            try:
                return act(*arguments, **names)
            finally:
                self._turn.release()

        return pull

    def _clock(self, body: bytes) -> dict[str, Any]:
        clock = self._mock.clock
        return {"now": clock.now(), "is_frozen": clock.is_frozen}

    def _set_clock(self, body: bytes) -> dict[str, Any]:
        change = _ClockChange.model_validate_json(body)
        clock = self._mock.clock
        if change.reset:
            clock.to_real_time()
        if change.unfreeze:
            clock.unfreeze()
        if change.freeze is not False:
            clock.freeze(None if change.freeze is True else change.freeze)
        if change.advance:
            clock.advance(change.advance)
        return self._clock(body)

    def _reset(self, body: bytes) -> dict[str, Any]:
        self._mock.reset(_Reset.model_validate_json(body or b"{}").at)
        return {}

    def _scenarios(self, body: bytes) -> dict[str, Any]:
        return {"scenarios": [asdict(each) for each in self._mock.scenarios.values()]}

    def _load(self, body: bytes) -> dict[str, Any]:
        asked = _Loading.model_validate_json(body)
        try:
            return asdict(self._mock.load(asked.name, asked.at))
        except UnknownScenario as error:
            raise HTTPException(404, str(error)) from None

    def _take_snapshot(self, body: bytes) -> dict[str, Any]:
        name = secrets.token_hex(8)  # a client of a server before this one must not meet it
        self._snapshots[name] = self._mock.take_snapshot()
        for oldest in list(self._snapshots)[:-KEPT_SNAPSHOTS]:
            self._snapshots.pop(oldest, None)  # a client may drop it meanwhile
        return {"name": name}

    def _restore_snapshot(self, body: bytes, name: str) -> dict[str, Any]:
        self._mock.restore(self._snapshot(name))
        return {}

    def _drop_snapshot(self, body: bytes, name: str) -> dict[str, Any]:
        self._snapshots.pop(name, None)
        return {}

    def _snapshot(self, name: str) -> Snapshot:
        snapshot = self._snapshots.get(name)
        if snapshot is None:
            raise HTTPException(
                404,
                f"There is no snapshot {name!r}, or no more: the server keeps the latest"
                f" {KEPT_SNAPSHOTS}, for as long as it runs",
            )
        return snapshot

    def _type(self, body: bytes) -> dict[str, Any]:
        typing = _Typing.model_validate_json(body)
        return {"seconds": self._mock.type_in(typing.token, typing.channel_sid)}

    def _faults(self, body: bytes) -> dict[str, Any]:
        return {"faults": [fault.to_json() for fault in self._mock.faults]}

    def _add_fault(self, body: bytes) -> dict[str, Any]:
        return self._mock.faults.add_from_json(_AnyBody.validate_json(body)).to_json()

    def _clear_faults(self, body: bytes) -> dict[str, Any]:
        self._mock.faults.clear()
        return {}

    def _fault(self, body: bytes, number: int) -> dict[str, Any]:
        fault = self._mock.faults.find(number)
        if fault is None:
            raise HTTPException(404, f"There is no fault {number}, or no more")
        return fault.to_json()

    def _remove_fault(self, body: bytes, number: int) -> dict[str, Any]:
        fault = self._mock.faults.find(number)
        if fault is not None:
            fault.remove()
        return {}


def _in_words(error: ValidationError) -> str:
    """A sentence for each wrong name; of a moment's several forms the last, its date, is told."""
    problems = {str(each["loc"][0]) if each["loc"] else "body": each for each in error.errors()}
    return "; ".join(f"{name}: {problem['msg']}" for name, problem in problems.items())
