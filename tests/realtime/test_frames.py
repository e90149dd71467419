"""Twilsock frames: what goes in comes out, sizes count bytes, and nothing else is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

from helpers.mock.core.bounds import MAX_FRAME, MAX_NESTING
from helpers.mock.realtime.notices import FrameError, decode, encode, is_acknowledgement

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)
HEADERS = st.dictionaries(TEXT, JSON, max_size=5)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def framed(header: bytes) -> bytes:
    return b"TWILSOCK V3.0 %d\r\n%b\r\n" % (len(header), header)


@settings(max_examples=examples(50), deadline=None)
@given(HEADERS, JSON.filter(lambda payload: payload is not None))
def test_what_is_encoded_is_decoded(header: dict[str, Any], payload: Any) -> None:
    frame = decode(encode(header, payload))
    added = {"payload_type", "payload_size"}
    assert {n: v for n, v in frame.header.items() if n not in added} == {
        n: v for n, v in header.items() if n not in added
    }
    assert frame.json() == payload


def test_sizes_count_bytes_not_characters() -> None:
    data = encode({"method": "notification"}, "Grüße 👋")
    head, rest = data.split(b"\r\n", 1)
    header, payload = rest.rsplit(b"\r\n", 1)
    assert head == b"TWILSOCK V3.0 %d" % len(header)
    assert decode(data).header["payload_size"] == len(payload) == len('"Grüße 👋"'.encode())


def test_a_frame_without_payload_still_ends_in_a_line() -> None:
    assert encode({"method": "ping"}).endswith(b'"payload_size":0}\r\n')


@settings(max_examples=examples(50), deadline=None)
@given(HEADERS, JSON, st.data())
def test_a_frame_cut_short_is_refused(header: dict[str, Any], payload: Any, data: Any) -> None:
    whole = encode(header, payload)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(FrameError):
        decode(cut)


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_worse(garbage: bytes) -> None:
    for data in (garbage, b"TWILSOCK V3.0 " + garbage, b"TWILSOCK V3.0 2\r\n{}\r\n" + garbage):
        try:
            frame = decode(data)
        except FrameError:
            continue
        assert frame.payload == b""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"x" * (MAX_FRAME + 1), "at most"),
        (b"TWILSOCK V2.0 2\r\n{}\r\n", "does not begin"),
        (b"TWILSOCK V3.0 3\r\n{}\r\n", "not as long as announced"),
        (b"TWILSOCK V3.0 2\r\n[]\r\n", "not a JSON object"),
        (b"TWILSOCK V3.0 2\r\n{x\r\n", "not JSON"),
        (b"TWILSOCK V3.0 2\r\n{}\r\nmore", "payload is not as long"),
        (framed(b'{"id":%s}' % nested(MAX_NESTING)), "the header has more than 100 levels"),
        (framed(b'{"id":%s}' % nested(100_000)), "the header is not JSON"),
        (framed(b'{"id":%s}' % (b"9" * 5_000)), "the header is not JSON"),
    ],
)
def test_a_refusal_says_what_is_wrong(data: bytes, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        decode(data)


def test_an_acknowledgement_is_recognized_by_its_first_key_only() -> None:
    assert is_acknowledgement(encode({"method": "reply", "id": "TM1"}))
    assert not is_acknowledgement(encode({"method": "message"}, {"method": "reply"}))
    assert not is_acknowledgement(b'{"method":"reply"}')
    assert not is_acknowledgement(b"")


def test_nesting_up_to_the_bound_is_taken_and_beyond_it_refused() -> None:
    assert decode(framed(b'{"id":%s}' % nested(MAX_NESTING - 1))).header["id"]
    with pytest.raises(FrameError, match="levels"):
        decode(encode({"method": "message"}, nested(MAX_NESTING + 1))).json()
