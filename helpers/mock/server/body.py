"""Reads the bodies of requests: whole, within a bound, or not at all."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.bounds import MAX_CONTROL, MAX_MEDIA
from ..realtime.connection import CUT


class BodyCut(ConnectionError):
    """The connection ended before the body did: nothing may be done, and no answer arrives."""


class BodyReader:
    """The body of one request.

    Attributes:
        content: The part that was read and kept.
        is_whole: Whether the body has ended.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.content = b""
        self.is_whole = False

    async def read(self, limit: int) -> bool:
        """Read on, until the body ends or has more than `limit` bytes. Returns whether it fits.

        Raises:
            BodyCut: The client has closed the connection before the end.
        """
        parts, size = [self.content], len(self.content)
        while size <= limit and not self.is_whole:
            parts.append(await self._next())
            size += len(parts[-1])
        self.content = b"".join(parts)
        return size <= limit

    async def discard(self, scope: Scope) -> None:
        """Read the rest and keep nothing, since many clients read an answer only after that.

        Raises:
            BodyCut: The client has closed the connection, or was cut off as it sent on and on.
        """
        size, self.content = 0, b""
        while not self.is_whole:
            size += len(await self._next())
            if size > MAX_MEDIA:
                scope["extensions"][CUT]["now"]()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise BodyCut
        self.is_whole = not message.get("more_body")
        part: bytes = message.get("body", b"")
        return part


class BoundedBody:
    """Passes on only requests whose body arrives whole and within `MAX_CONTROL` bytes."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass the request on, or refuse or drop it."""
        body = BodyReader(receive)
        try:
            if await body.read(MAX_CONTROL):
                whole: list[Message] = [{"type": "http.request", "body": body.content}]

                async def receive_whole() -> Message:
                    return whole.pop() if whole else await receive()

                await self._inner(scope, receive_whole, send)
                return
            await body.discard(scope)
        except BodyCut:
            return
        refusal = JSONResponse({"error": f"The body is larger than {MAX_CONTROL} bytes"}, 413)
        await refusal(scope, receive, send)
