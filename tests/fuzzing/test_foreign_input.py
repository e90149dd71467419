"""Whatever strangers write is taken or refused, in a moment: never a traceback, never a standstill.

`FAILED` are inputs that once were neither.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orjson import Fragment
from targets import TARGETS

from helpers.mock.realtime.notices import encode

CHAINED = " | replace: '1', '1111111111'" * 9
NESTED = b"[" * 300 + b"]" * 300
FAILED: dict[str, list[str | bytes]] = {
    "template": [
        f"{{{{ '1'{CHAINED} }}}}",
        "{{ (1..200000000) | join }}",
        "{{ (1..200000000) | reverse }}",
    ],
    "pattern": [
        "(\\w+\\s?)*$\0" + "word " * 22 + "!",
        "(a+)+$\0" + "a" * 40 + "b",
        "((a{1,50}){1,50}){1,50}",
    ],
    "expression": ["(" * 5_000, "level == " + "9" * 5_000],
    "definition": ['{"states": ' + "[" * 5_000],
    "body": [
        b"application/x-www-form-urlencoded\nAttributes=" + b"%7B" * 1_000_000,
        b"multipart/form-data; boundary=b\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n"
        b'Content-Disposition: form-data; name="x"; filename="y"\r\n\r\n--c--\r\n--b--',
    ],
    "frame": [
        encode({"method": "message", "id": Fragment(NESTED)}),
        encode({"method": "message", "id": 1, "http_request": Fragment(NESTED)}),
    ],
}


@pytest.mark.parametrize(
    ("name", "data"), [(name, data) for name, failed in FAILED.items() for data in failed]
)
def test_what_once_failed_does_so_no_more(name: str, data: str | bytes) -> None:
    TARGETS[name].try_out(data)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_foreign_input_is_taken_or_refused_and_soon(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    pieces = st.lists(st.sampled_from(target.words) | st.text(max_size=5), max_size=25)
    made = data.draw(pieces.map("".join))
    if target.is_text:
        target.try_out(made)
    else:
        sent = made.encode("utf-8", "surrogatepass")
        target.try_out(data.draw(st.just(sent) | st.binary(max_size=80).map(sent.__add__)))
