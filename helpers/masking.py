"""Text without what looks like a secret, for everything that is shown, logged or exported.

The account's own secrets are known; others are recognised by their form or by the name before them.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

MASK = "***"
SHORTEST = 8
"""Characters of the shortest secret of an account that is looked for."""
_known: list[str] = []
_NAME = (
    r"(?!page_?token)[\w.-]{0,40}?(?:token|secret|passw(?:or)?d|passphrase|pwd|signature"
    r"|api[_-]?key|access[_-]?key|private[_-]?key)[\w-]{0,20}"
)
_SHORT_NAME = r"certificate|authorization|auth|sig|pass|jwt"
_QUOTE = r"\\*[\"']"
_SECRETS = (
    # the password in a URL, which may hold any but the last @
    (re.compile("@"), re.compile(r"(//[^\s/\"'\\@:?#]*:)[^\s/\"'\\?#]*(?=@)")),
    # name=value, as in a query or a form
    (
        re.compile("="),
        re.compile(rf"((?<![\w.-])(?i:{_NAME}|{_SHORT_NAME})=|(?<=[?&])(?i:key)=)[^&#;\s\"'\\<>]+"),
    ),
    # "name": "value", also in JSON that is a text in JSON
    (
        re.compile(":"),
        re.compile(
            rf"((?<![\w.-])(?i:{_NAME}|authorization){_QUOTE}\s{{0,9}}:\s{{0,9}}{_QUOTE})[^\"'\\]+"
        ),
    ),
    # an Authorization header
    (
        re.compile("asic |earer |ASIC |EARER "),
        re.compile(r"(\b(?i:basic|bearer) )(?=[^\s\"']*[0-9=])[\w+/.~=-]{12,}"),
    ),
    (re.compile("eyJ"), re.compile(r"(\b)eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")),
)
"""The mark that a text with such a secret has, and what to look for; a first group stays."""
_THIRTY_TWO = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{32}(?![0-9A-Za-z])")
"""An auth token, or the secret of an API key."""
_HEXADECIMAL = re.compile("[0-9a-f]+")
_MIXED = tuple(map(re.compile, ("[0-9]", "[a-z]", "[A-Z]")))
_SECRET_NAME = re.compile(rf"(?i:{_NAME}|{_SHORT_NAME})")


def know(*secrets: str) -> None:
    """Mask these secrets wherever they stand: the longest first, as one may begin another."""
    found = {*_known, *(each for each in secrets if len(each) >= SHORTEST)}
    _known[:] = sorted(found, key=len, reverse=True)


def mask(text: str) -> str:
    """Return a text without what looks like a secret."""
    return _THIRTY_TWO.sub(_masked, mask_marked(text))


def mask_marked(text: str) -> str:
    """Return a text without known secrets and those with a mark of one, such as a name before it.

    So a text stays that only has the length of a secret, such as a user's identity.
    """
    for secret in tuple(_known):
        if secret in text:
            text = text.replace(secret, MASK)
    for mark, pattern in _SECRETS:
        if mark.search(text):
            text = pattern.sub(r"\1" + MASK, text)
    return text


def _masked(found: re.Match[str]) -> str:
    text = found[0]
    is_secret = _HEXADECIMAL.fullmatch(text) or all(part.search(text) for part in _MIXED)
    return MASK if is_secret else text


def masked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's parameters as they may be shown: by their names, then by their form."""
    named = zip(map(_name, map(str, parameters)), parameters.values(), strict=True)
    return {
        name: MASK if value and is_secret else shown(value) for (name, is_secret), value in named
    }


@lru_cache(maxsize=512)
def _name(name: str) -> tuple[str, bool]:
    """A name as it may be shown, and whether its value may not."""
    return mask(name), _SECRET_NAME.fullmatch(name) is not None


def shown(value: Any) -> Any:
    """Return any JSON value as it may be shown."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list | tuple):
        return [shown(each) for each in value]
    return masked(value) if isinstance(value, Mapping) else value


def masked_repr(self: Any) -> str:
    """Return the usual `repr` of a dataclass, masked."""
    parts = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return mask(f"{type(self).__qualname__}({', '.join(parts)})")


def log_exception(
    log: logging.Logger, message: str, *about: object, error: BaseException | None = None
) -> None:
    """Log an exception, by default the one that is being handled, with its traceback, masked."""
    lines = traceback.format_exception(error) if error else [traceback.format_exc()]
    text = mask(message % about)
    record = log.makeRecord(log.name, logging.ERROR, __file__, 0, text, (), exc_info=None)
    record.exc_text = mask("".join(lines)).rstrip()
    log.handle(record)
