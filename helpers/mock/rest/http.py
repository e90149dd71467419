"""A request and its answer, whichever door they come through."""

from __future__ import annotations

import base64
import binascii
import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from ...masking import mask
from ..core.bounds import MAX_FIELDS, MAX_PART_HEAD
from ..core.errors import TwilioError

FormValues = Mapping[str, "str | list[str]"]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOCK_HEADER = "X-Mock"
"""The header by which a mock says that it answers where Twilio's own host was asked."""
_STARTED, _COUNT = f"RQ{os.urandom(8).hex()}", itertools.count(1)
"""Parts of the IDs of requests: of this process, and the number of an answer."""
TOKEN_USER = "token"  # noqa: S105 - a user name, the one Twilio's webchat widget authenticates with


class ClientGone(Exception):
    """The client closed its connection before its request was carried out; nothing was done."""


class File(NamedTuple):
    """A file of a multipart form."""

    field: str
    name: str
    content_type: str
    content: bytes


class Request(Struct):
    """One call of Twilio's REST API.

    Attributes:
        query: Names to text, or to a list where a name was repeated.
        form: The same of a form in the body, urlencoded or multipart.
        headers: By names in their usual spelling, such as `X-Twilio-Webhook-Enabled`.
        auth: User name and password.
        is_form: False where there is a body that is no form, such as JSON.
        body: What came raw, such as a file.
        base: The address under which a client that speaks HTTP reaches Twilio's hosts here, or
            empty.
        files: Those of a multipart form.
        problem: The refusal of parameters that cannot be read.
        notes: What was not read, and why.
        has_left: Returns whether its client has closed the connection, where that can be known.
        when_answered: Called once its answer has been written, or will not be.
        needs_document: Whether a created or changed resource is shown in the reply.
    """

    method: str
    host: str
    path: str
    query: FormValues = {}
    form: FormValues = {}
    headers: Mapping[str, str] = {}
    auth: tuple[str, str] | None = None
    is_form: bool = True
    body: bytes = b""
    base: str = ""
    files: tuple[File, ...] = ()
    problem: TwilioError | None = None
    notes: tuple[str, ...] = ()
    has_left: Callable[[], bool] = bool
    when_answered: list[Callable[[], None]] = []
    needs_document: bool = True

    def ignore(self, names: Iterable[str], reason: str) -> None:
        """Note parameters that are not read."""
        shown = ", ".join(ascii(name[:40])[1:-1] for name in sorted(names)[:5])
        if (note := f"{shown}: {reason}".strip()) not in self.notes:
            self.notes += (note,)

    @property
    def fires_webhooks(self) -> bool:
        """True where its header `X-Twilio-Webhook-Enabled` is `true`, in any case."""
        return self.headers.get("X-Twilio-Webhook-Enabled", "").lower() == "true"

    def __repr__(self) -> str:
        parts = (f"{name}={getattr(self, name)!r}" for name in _SHOWN)
        return mask(f"Request({', '.join(parts)})")


_SHOWN = ("method", "host", "path", "query", "form", "is_form", "base", "files", "problem", "notes")
"""Fields of a request that its repr has."""


class Reply(Struct):
    """The answer: a status, a JSON document or raw content (neither for an empty body), headers."""

    status: int
    json: Any = None
    headers: Mapping[str, str] = {}
    content: bytes = b""

    def all_headers(self) -> dict[str, str]:
        """Return its headers with those of every answer of Twilio's."""
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Twilio-Request-Id": f"{_STARTED}{next(_COUNT):016x}",
            **self.headers,
        }


def read_request(
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    base: str = "",
) -> Request:
    """Return the request that came in these bytes; what cannot be read is its `problem`."""
    request = Request(method, host, path, headers=headers, auth=credentials_in(headers), base=base)
    kind, options = _content_type(headers.get("Content-Type") or FORM)
    try:
        if query:
            request.query = parsed(query)
        if kind == FORM:
            if body.startswith(b"{"):
                request.body = body  # JSON that calls itself a form, as axios sends text
            if body:
                request.form = parsed(body.decode("utf-8", "surrogateescape"))
        elif kind == MULTIPART:
            request.form, request.files = _parts(
                body, options.get("boundary", "").encode("latin-1")
            )
        else:
            request.body, request.is_form = body, not body
    except TwilioError as problem:
        request.problem = problem
    return request


_content_type = lru_cache(maxsize=64)(parse_options_header)


def parsed(query: str) -> FormValues:
    """A query string or form body, as text, or lists of text for repeated names.

    Raises:
        TwilioError: 20001, there are too many.
    """
    if query.count("&") >= MAX_FIELDS:
        raise TwilioError(20001, f"There are more than {MAX_FIELDS} parameters")
    if not query.isascii() or ("%" in query and _MALFORMED.search(query)):
        return _joined(parse_qs(query, keep_blank_values=True))
    found: dict[str, list[str]] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            name, value = _unquoted(name), _unquoted(value)
        found.setdefault(name, []).append(value)
    return _joined(found)


_MALFORMED = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _unquoted(text: str) -> str:
    """Decode as `unquote_plus`, many times as fast: as quoted-printable, once its `=` is `%`."""
    printable = text.replace("+", " ").replace("=", "=3D").replace("%", "=")
    return binascii.a2b_qp(printable).decode("utf-8", "replace")


def _joined(found: Mapping[str, list[str]]) -> FormValues:
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _parts(body: bytes, boundary: bytes) -> tuple[FormValues, tuple[File, ...]]:
    """The fields and files of a multipart form.

    Raises:
        TwilioError: 20001, it is cut off or malformed, or has too many parts.
    """
    fields: dict[str, list[str]] = {}
    files = []
    try:
        with PushMultipartParser(
            boundary, max_header_size=MAX_PART_HEAD, max_segment_count=MAX_FIELDS
        ) as parser:
            content: list[bytes] = []
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    part, content = event, []
                elif event is not None:
                    content.append(event)
                elif part.filename is None:
                    text = b"".join(content).decode("utf-8", "surrogateescape")
                    fields.setdefault(part.name, []).append(text)
                else:
                    kind = part.content_type or "text/plain"
                    files.append(File(part.name, part.filename, kind, b"".join(content)))
    except MultipartError as error:
        raise TwilioError(20001, f"The multipart body cannot be read: {error}") from None
    return _joined(fields), tuple(files)


def credentials_in(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Basic auth, or the access token that Twilio's media client sends in a header of its own."""
    token = headers.get("X-Twilio-Token")
    if token is not None:
        return TOKEN_USER, token
    return credentials_of(headers.get("Authorization", ""))


@lru_cache(maxsize=32)
def credentials_of(authorization: str) -> tuple[str, str] | None:
    """User name and password of a basic `Authorization` header; None where it is none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        given = base64.b64decode(encoded.removesuffix(")"), validate=True)  # Flex UI 1.34 sends ")"
        name, colon, password = given.decode().partition(":")
    except ValueError:  # not base64, or neither it nor its content is text
        return None
    return (name, password) if colon else None


@lru_cache(maxsize=512)
def header_name(name: str) -> str:
    """`x-twilio-webhook-enabled` -> `X-Twilio-Webhook-Enabled`."""
    return "-".join(part.capitalize() for part in name.split("-"))


def last(parameters: FormValues, name: str) -> str | None:
    """One value of a parameter: the last, where it was repeated."""
    value = parameters.get(name)
    if isinstance(value, list):
        return value[-1] if value else None
    return value
