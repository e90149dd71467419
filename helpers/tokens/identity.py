"""Identities without personal data: make one, or detect one that has some."""

from __future__ import annotations

import base64
import hmac
import re
from urllib.parse import unquote


class TokenProblem(ValueError):
    """Values that would not make a working token, all of them; no value is repeated.

    Attributes:
        problems: (parameter, the problem and its remedy), in the order of the signature.
        parameter: The first parameter at fault.
    """

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("\n".join(f"{parameter} {message}" for parameter, message in problems))
        self.problems = problems
        self.parameter = problems[0][0]


def stable_identity(user_id: str, *, key: str, prefix: str = "user-") -> str:
    """Return an identity that is always the same for a user and does not show who that is.

    It is `prefix` and 26 lower-case letters and digits: 128 bits of HMAC-SHA256 of the user id,
    which cannot be traced back, nor guessed at, without the key.

    Args:
        user_id: Your own id for the user; an e-mail address will do, it does not show.
        key: A secret of your own, such as `secrets.token_urlsafe()`; keep it, or identities change.
        prefix: Put before it; up to 64 unreserved URI characters, as Twilio advises (documented).

    Raises:
        TokenProblem: The user id or key is empty, or the prefix has other characters.

    """
    for name, value in (("user_id", user_id), ("key", key)):
        if not isinstance(value, str) or not value:
            raise TokenProblem((name, "must be a str that is not empty."))
    if not re.fullmatch(r"[A-Za-z0-9._~-]{0,64}", prefix):
        raise TokenProblem(("prefix", "may have up to 64 letters, digits and . _ ~ - only."))
    digest = hmac.digest(key.encode(), user_id.encode(), "sha256")[:16]
    return prefix + base64.b32encode(digest).decode().rstrip("=").lower()


def looks_personal(identity: str) -> str | None:
    """Return the personal data an identity looks like, or None.

    That is "an e-mail address", "a phone number" or "a person's name". It is advice, not proof:
    bare digits are taken for an id, a phone number shows by its + or by how it is separated; one
    capitalised word is taken for an id, two or more for a name. Percent encoding, and Flex's own
    (`jane_40example_2Ecom`, observed), are seen through.
    """
    plain = unquote(identity)
    if re.fullmatch(r"\w+", plain):
        plain = re.sub("_(40|2E|2B|3A)", lambda code: chr(int(code[1], 16)), plain)
    if _EMAIL.search(plain):
        return "an e-mail address"
    for found in _PHONE.finditer(plain):
        if found[0].startswith("+") or sum(map(str.isdigit, found[0])) >= _FEWEST_DIGITS:
            return "a phone number"
    return "a person's name" if _is_full_name(plain) else None


_EMAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\W\d_]{2,}")
_PHONE = re.compile(
    r"""(?: (?<!\w) \+ (?:[ .()-]{0,2}\d){7,15}                # international, spaced or not
          | (?<![\w.+-]) (?:
              (?:1[ .-])? (?:\(\d{3}\)[ ]?|\d{3}[ .-]) \d{3} [ .-] \d{4}    # North American
            | \(? 0[1-9]\d{0,3} \)? (?:[ ./-]\d{2,8}){1,5}     # national, 0 before the area
            | 00[1-9]\d{0,2} (?:[ ]\d{2,8}){2,5}                # international, 00 for the +
            )
        ) (?!\w|[.-]\w)""",
    re.VERBOSE,
)
_FEWEST_DIGITS = 9  # of a number without a +, or a date such as 01-02-2026 would do
_PARTICLE = re.compile("al|bin|da|de|del|della|den|der|di|dos|du|el|la|le|ter|van|von")
_NO_NAME = re.compile(
    "account|agent|anonymous|app|bot|chat|client|company|contact|customer|demo|device|flex|group|"
    "guest|mobile|new|room|service|session|support|team|test|the|user|visitor|web|worker",
    re.IGNORECASE,
)


def _is_full_name(text: str) -> bool:
    """Tell `Jane Doe`, `Jane.Doe`, `Doe, Jane` and `J. van Doe` from `Web User` and `Jane`."""
    words = [word for word in re.split(r"[\s_,]+|(?<=\w\w)\.|(?<=\.)", text) if word]
    names = [word for word in words if not _PARTICLE.fullmatch(word)]
    whole = [name for name in names if not (name[0].isupper() and name[1:] == ".")]
    letters = [re.sub("['\u2019-]", "", name) for name in whole]
    return (
        2 <= len(names) <= 4
        and bool(whole)
        and all(each[:1].isupper() and each.isalpha() and not each.isupper() for each in letters)
        and not any(_NO_NAME.fullmatch(name) for name in names)
    )
