"""A request and its answer, whichever door they come through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...masking import masked_repr

FormValues = Mapping[str, "str | list[str]"]


@dataclass(slots=True)
class Request:
    """One call of Twilio's REST API.

    `query` and `form` map names to text, or to a list where a name was repeated. `is_form` is
    False when the body came as something else, such as JSON. Header names are in their usual
    spelling, such as `X-Twilio-Webhook-Enabled`. `body` is what came raw, such as a file. `base`
    is the address under which a client that speaks HTTP reaches Twilio's hosts here, or empty.
    """

    method: str
    host: str
    path: str
    query: FormValues = field(default_factory=dict)
    form: FormValues = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    is_form: bool = True
    body: bytes = field(default=b"", repr=False)
    base: str = ""

    __repr__ = masked_repr


@dataclass(slots=True)
class Reply:
    """The answer: a status, a JSON document or raw content (neither for an empty body), headers."""

    status: int
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def last(parameters: FormValues, name: str) -> str | None:
    """One value of a parameter: the last, where it was repeated."""
    value = parameters.get(name)
    if isinstance(value, list):
        return value[-1] if value else None
    return value
