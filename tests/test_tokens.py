"""Access tokens: created in a notebook, free of personal data, and read."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_tokens import ACCOUNT, API_SECRET, AUTH_TOKEN, HOUR, KEY, NOW, SERVICE, sdk_token
from twilio.jwt.access_token.grants import ChatGrant

from helpers import tokens
from helpers.mock.core.access_token import verify
from helpers.mock.core.errors import TwilioError


def create(**changes: Any) -> str:
    values = {
        "account_sid": ACCOUNT,
        "api_key": KEY,
        "api_secret": API_SECRET,
        "service_sid": SERVICE,
        "identity": "user-42",
    }
    return tokens.create_chat_token(**values | changes)


# -- making one


@given(identity=st.text(min_size=1, max_size=256).filter(str.strip))
def test_a_token_for_any_identity_verifies_and_yields_the_identity_back(identity: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tokens.IdentityWarning)
        token = create(identity=identity)
    claims = verify(token, account_sid=ACCOUNT, secrets={KEY: API_SECRET}, now=time.time())
    assert claims.identity == identity
    assert tokens.read_token(token).identity == identity


@pytest.mark.parametrize("ttl", [180, 86_400])
def test_a_token_lives_as_long_as_requested(ttl: int) -> None:
    assert tokens.read_token(create(ttl=ttl)).expires_in() == pytest.approx(ttl, abs=5)


@pytest.mark.parametrize(
    ("parameter", "value", "advice"),
    [
        ("account_sid", KEY, "starts with SK: that is an API key SID; pass an Account SID"),
        ("account_sid", "ACxxxxxxxx", "is not an Account SID"),
        ("api_key", ACCOUNT, "starts with AC: that is an Account SID; pass an API key SID"),
        ("api_key", API_SECRET, "is not an API key SID"),
        ("service_sid", "CH" + "0" * 32, "starts with CH: that is a Channel SID; pass a Chat"),
        ("service_sid", "KS" + "0" * 32, "starts with KS: that is a Proxy Service SID"),
        ("service_sid", None, "is not a Chat Service SID"),
        ("api_secret", "", "is missing"),
        ("api_secret", None, "is missing"),
        ("api_secret", KEY, "is a SID, not a secret"),
        ("api_secret", API_SECRET + "\n", "white space"),
        ("identity", "", "is empty"),
        ("identity", " \t", "is empty"),
        ("identity", 42, "must be a str, not int"),
        ("identity", "x" * 257, "has 257 characters"),
        ("ttl", 179, "180 to 86400"),
        ("ttl", 86_401, "180 to 86400"),
        ("ttl", 3600.0, "whole number"),
        ("ttl", True, "whole number"),
        ("ttl", None, "whole number"),
    ],
)
def test_a_value_that_makes_no_working_token_is_refused_by_name(
    parameter: str, value: object, advice: str
) -> None:
    with pytest.raises(tokens.TokenProblem, match=f"^{parameter} .*{advice}") as refused:
        create(**{parameter: value})
    assert refused.value.parameter == parameter
    assert API_SECRET not in str(refused.value)


def test_the_auth_token_is_refused_as_a_secret_before_twilio_refuses_it_with_20107() -> None:
    with pytest.raises(tokens.TokenProblem, match=r"auth token.*20107") as refused:
        create(api_secret=AUTH_TOKEN, auth_token=AUTH_TOKEN)
    assert refused.value.parameter == "api_secret"
    assert AUTH_TOKEN not in str(refused.value)
    assert create(auth_token=AUTH_TOKEN)


def test_everything_wrong_is_reported_at_once() -> None:
    with pytest.raises(ValueError, match="account_sid") as refused:
        create(account_sid=API_SECRET, api_key=ACCOUNT, api_secret=KEY, identity=None, ttl=1)
    problem = refused.value
    assert isinstance(problem, tokens.TokenProblem)
    wrong = ["account_sid", "api_key", "api_secret", "identity", "ttl"]
    assert [parameter for parameter, _ in problem.problems] == wrong
    assert problem.parameter == "account_sid"
    assert API_SECRET not in str(problem)


# -- identity hygiene


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        ("jane@example.com", "an e-mail address"),
        ("Jane Doe <jane.doe@mail.example.co.uk>", "an e-mail address"),
        ("jane%40example.com", "an e-mail address"),
        ("jane_40example_2Ecom", "an e-mail address"),
        ("+14155550100", "a phone number"),
        ("whatsapp:+14155550100", "a phone number"),
        ("whatsapp_3A_2B14155550100", "a phone number"),
        ("sms-+442079460958", "a phone number"),
        ("+1 (415) 555-0100", "a phone number"),
        ("(415) 555-0100", "a phone number"),
        ("415-555-0100", "a phone number"),
        ("1.415.555.0100", "a phone number"),
        ("020 7946 0958", "a phone number"),
        ("06 12 34 56 78", "a phone number"),
        ("0044 20 7946 0958", "a phone number"),
        ("Jane Doe", "a person's name"),
        ("Jane.Doe", "a person's name"),
        ("Jane_Doe", "a person's name"),
        ("Jane%20Doe", "a person's name"),
        ("Doe, Jane", "a person's name"),
        ("J. Doe", "a person's name"),
        ("María García Márquez", "a person's name"),
        ("Jean-Luc O'Neill", "a person's name"),
        ("Ludwig van Beethoven", "a person's name"),
    ],
)
def test_an_identity_that_is_personal_data_is_noticed(identity: str, reason: str) -> None:
    assert tokens.looks_personal(identity) == reason
    with pytest.warns(tokens.IdentityWarning, match=reason) as caught:
        create(identity=identity)
    assert identity not in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "abc123",
        "user-42",
        "usr_8f3a",
        "usr_2B12345678",
        "user_4012.txt",
        "customer1",
        "Jane",
        "jane.doe",
        "deadbeefcafebabe",
        "550e8400-e29b-41d4-a716-446655440000",
        "01234567-89ab-4cde-8012-345678901234",
        "12345678-1234-1234-1234-123456789012",
        "US" + "0" * 32,
        "4155550100",
        "14155550100",
        "1234567890123456",
        "00001234567",
        "1234-5678-9012",
        "2026-01-15",
        "01-02-2026",
        "20260115-103000",
        "2026-01-15T10:30:00+00:00",
        "192.168.1.10",
        "telegram:1234567",
        "Web User",
        "Guest 42",
        "Conf_8Room",
        "A B",
        "@handle",
        "c++",
        "order 12",
    ],
)
def test_an_opaque_identity_is_left_alone(identity: str) -> None:
    assert tokens.looks_personal(identity) is None


@given(user_id=st.text(min_size=1), key=st.text(min_size=1))
def test_a_stable_identity_is_the_same_each_time_unreserved_and_never_looks_personal(
    user_id: str, key: str
) -> None:
    identity = tokens.stable_identity(user_id, key=key)
    assert identity == tokens.stable_identity(user_id, key=key)
    assert identity.startswith("user-")
    assert set(identity) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(identity) == len("user-") + 26
    assert tokens.looks_personal(identity) is None


def test_a_stable_identity_differs_by_user_and_by_key() -> None:
    made = {tokens.stable_identity(user, key=key) for user in ("u1", "u2") for key in ("k1", "k2")}
    assert len(made) == 4


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("user_id", {"user_id": "", "key": "k"}),
        ("user_id", {"user_id": 42, "key": "k"}),
        ("key", {"user_id": "u", "key": ""}),
        ("prefix", {"user_id": "u", "key": "k", "prefix": "user/"}),
        ("prefix", {"user_id": "u", "key": "k", "prefix": "x" * 65}),
    ],
)
def test_a_stable_identity_needs_a_user_a_key_and_a_plain_prefix(
    parameter: str, values: dict[str, Any]
) -> None:
    with pytest.raises(tokens.TokenProblem) as refused:
        tokens.stable_identity(**values)
    assert refused.value.parameter == parameter


# -- reading one


def test_a_reading_has_a_row_for_each_claim_with_its_value_and_meaning() -> None:
    rows = {row.claim: row for row in tokens.read_token(sdk_token())}
    assert list(rows) == [
        *("header.typ", "header.alg", "header.cty", "iss", "sub", "jti", "nbf", "exp"),
        *("grants.identity", "grants.chat.service_sid"),
    ]
    assert rows["iss"].value == KEY
    assert rows["iss"].meaning == "issuer: the API key whose secret signed it"
    assert rows["exp"].value == f"{NOW + HOUR} = 2027-01-15T09:00:00Z"
    assert rows["grants.identity"].value == "user-42"


def test_a_reading_knows_the_identity_the_service_and_the_seconds_left() -> None:
    reading = tokens.read_token(sdk_token())
    assert (reading.identity, reading.service_sid, len(reading)) == ("user-42", SERVICE, 10)
    assert reading.expires_in(NOW + 10) == HOUR - 10
    assert reading.expires_in() == pytest.approx(NOW + HOUR - time.time(), abs=5)
    assert tokens.read_token(jwt.encode({}, API_SECRET)).expires_in() is None


def test_a_reading_shows_the_same_for_the_same_token_unless_given_the_time() -> None:
    token = sdk_token()
    assert repr(tokens.read_token(token)) == str(tokens.read_token(token))
    assert repr(tokens.read_token(token)).startswith("Access token, not verified\n")
    assert "expires in 0:59:50" in repr(tokens.read_token(token, now=NOW + 10))
    assert "expired 0:00:10 ago" in repr(tokens.read_token(token, now=NOW + HOUR + 10))


def test_a_reading_shows_neither_signature_nor_token_nor_a_misplaced_secret() -> None:
    for token in (sdk_token(), sdk_token(signing_key_sid=API_SECRET, account_sid=AUTH_TOKEN)):
        reading = tokens.read_token(token)
        for shown in (repr(reading), str(reading), reading._repr_html_()):
            assert not any(secret in shown for secret in (API_SECRET, AUTH_TOKEN))
            assert token.rpartition(".")[2] not in shown
    assert {row.claim: row.value for row in reading}["iss"] == "a text of 32 characters"


def test_a_reading_does_not_care_whether_the_token_is_any_good() -> None:
    assert tokens.read_token(sdk_token(secret=AUTH_TOKEN, valid_until=1)).identity == "user-42"


@pytest.mark.parametrize("show", [repr, tokens.TokenReading._repr_html_])
def test_an_empty_chat_grant_is_seen_in_a_reading(show: Callable[[object], str]) -> None:
    assert "grants.chat" in show(tokens.read_token(sdk_token(grants=[ChatGrant()])))


def test_markup_and_control_characters_in_a_claim_are_shown_not_obeyed() -> None:
    reading = tokens.read_token(sdk_token(identity="<script>\x1b[2J\n"))
    assert "<script" not in reading._repr_html_()
    assert "&lt;script&gt;" in reading._repr_html_()
    assert "\x1b" not in repr(reading)


def test_what_is_no_jwt_cannot_be_read() -> None:
    with pytest.raises(TwilioError, match="20101"):
        tokens.read_token("garbage")


# -- tokens of workers

WORKSPACE, WORKER = "WS" + "d" * 32, "WK" + "e" * 32


def create_worker(**changes: Any) -> str:
    values = {
        "account_sid": ACCOUNT,
        "api_key": KEY,
        "api_secret": API_SECRET,
        "workspace_sid": WORKSPACE,
        "worker_sid": WORKER,
    }
    return tokens.create_worker_token(**values | changes)


def diagnosed(token: str) -> tokens.Diagnosis:
    return tokens.diagnose_token(token, account_sid=ACCOUNT, api_secrets={KEY: API_SECRET})


def test_a_workers_token_is_read_with_its_workspace_worker_and_role() -> None:
    reading = tokens.read_token(create_worker(role="supervisor", identity="alice"))
    assert (reading.workspace_sid, reading.worker_sid) == (WORKSPACE, WORKER)
    assert (reading.identity, reading.service_sid) == ("alice", None)
    rows = {row.claim: (row.value, row.meaning) for row in reading}
    assert rows["grants.task_router.worker_sid"] == (WORKER, "the worker who holds it")
    assert rows["grants.task_router.role"][0] == "supervisor"


def test_a_workers_token_verifies_for_taskrouter_and_not_for_chat() -> None:
    given: dict[str, Any] = {"account_sid": ACCOUNT, "secrets": {KEY: API_SECRET}}
    token = create_worker()
    claims = verify(token, **given, now=time.time(), grant="task_router")
    assert (claims.workspace_sid, claims.worker_sid, claims.role) == (WORKSPACE, WORKER, "worker")
    for refused, grant in ((create_worker(identity="a"), "chat"), (create(), "task_router")):
        with pytest.raises(TwilioError, match=f"There is no {grant} grant") as refusal:
            verify(refused, **given, now=time.time(), grant=grant)
        assert refusal.value.code == 20106


def test_one_token_can_open_both_taskrouter_and_chat() -> None:
    token = create_worker(service_sid=SERVICE, identity="alice")
    assert diagnosed(token).ok
    assert not any("no chat grant" in remark for remark in diagnosed(token).remarks)
    assert any("no chat grant" in remark for remark in diagnosed(create_worker()).remarks)


@pytest.mark.parametrize(
    ("parameter", "value", "advice"),
    [
        ("workspace_sid", WORKER, "starts with WK: that is a Worker SID; pass a Workspace SID"),
        ("worker_sid", None, "is not a Worker SID"),
        ("role", "boss", "must be one of worker, supervisor, admin"),
        ("service_sid", ACCOUNT, "starts with AC"),
        ("identity", "", "is empty"),
        ("ttl", 1, "180 to 86400"),
    ],
)
def test_a_value_that_makes_no_working_token_of_a_worker_is_refused_by_name(
    parameter: str, value: object, advice: str
) -> None:
    with pytest.raises(tokens.TokenProblem, match=f"^{parameter} .*{advice}"):
        create_worker(**{parameter: value})


def test_an_administrator_needs_no_worker() -> None:
    assert tokens.read_token(create_worker(worker_sid=None, role="admin")).worker_sid is None


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        ({"workspace_sid": WORKER}, "workspace_sid starts with WK"),
        ({"workspace_sid": WORKSPACE, "worker_sid": 7, "role": "worker"}, "worker_sid is not"),
        ({"workspace_sid": WORKSPACE, "worker_sid": WORKER}, "role is missing"),
        ({"workspace_sid": WORKSPACE, "role": "boss"}, "role is 'boss'"),
        ("all", "no task_router grant"),
    ],
)
def test_a_grant_for_taskrouter_that_makes_no_sense_is_diagnosed(
    grant: object, message: str
) -> None:
    claims = jwt.decode(sdk_token(), options={"verify_signature": False})
    claims |= {"grants": {"task_router": grant}, "exp": int(time.time()) + HOUR, "nbf": None}
    headers = {"cty": "twilio-fpa;v=1"}
    found = diagnosed(jwt.encode(claims, API_SECRET, "HS256", headers=headers))
    assert {code for code, _ in found.problems} == {20106}
    assert message in found.problems[0][1]
