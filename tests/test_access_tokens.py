"""Reasons for which Twilio refuses an access token; a diagnosis reports the same ones."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_tokens import ACCOUNT, API_SECRET, AUTH_TOKEN, HOUR, KEY, NOW, SERVICE, sdk_token
from twilio.jwt.access_token.grants import ChatGrant, SyncGrant, VideoGrant

from helpers import tokens
from helpers.mock.core import access_token
from helpers.mock.core.access_token import Claims, verify
from helpers.mock.core.bounds import MAX_TOKEN
from helpers.mock.core.errors import TwilioError

OTHER_KEY, OTHER_ACCOUNT = ("SK" + "d" * 32, "AC" + "e" * 32)
SECRETS = {KEY: API_SECRET}
DAY = 86_400


def raw_token(
    header: dict[str, Any] | None = None, secret: str | None = API_SECRET, **changes: Any
) -> str:
    """Return a token the SDK would not make, from PyJWT; a claim of None is left out."""
    grants = {"identity": "user-42", "chat": {"service_sid": SERVICE}}
    claims = {"iss": KEY, "sub": ACCOUNT, "exp": NOW + HOUR, "grants": grants} | changes
    return sign(
        {name: claim for name, claim in claims.items() if claim is not None}, header, secret
    )


def sign(claims: Any, header: dict[str, Any] | None = None, secret: str | None = API_SECRET) -> str:
    headers = {"typ": "JWT", "alg": "HS256", "cty": "twilio-fpa;v=1"} | (header or {})
    payload = json.dumps(claims).encode()
    return jwt.PyJWS().encode(payload, secret or "", headers["alg"], headers=headers)


def check(token: str, now: float = NOW) -> Claims:
    return verify(token, account_sid=ACCOUNT, secrets=SECRETS, now=now)


def diagnose(token: str, now: float = NOW) -> tokens.Diagnosis:
    return tokens.diagnose_token(token, account_sid=ACCOUNT, api_secrets=SECRETS, now=now)


def refusal(token: str, now: float = NOW) -> int:
    """Return the code a token is refused with: `verify` and `diagnose_token` agree, discreetly."""
    with pytest.raises(TwilioError) as refused:
        check(token, now)
    diagnosis = diagnose(token, now)
    assert diagnosis.problems[0] == (refused.value.code, refused.value.message)
    assert refused.value.__cause__ is None
    keeps_secrets(token, str(refused.value), repr(diagnosis), diagnosis._repr_html_())
    return refused.value.code


def keeps_secrets(token: str, *shown: str) -> None:
    signature = token.rpartition(".")[2]
    for text in shown:
        assert API_SECRET not in text
        assert AUTH_TOKEN not in text
        assert not signature or len(signature) < len(API_SECRET) or signature not in text
        assert len(token) < len(API_SECRET) or token not in text


# -- what Twilio accepts


def test_a_token_made_by_the_sdk_is_accepted_and_says_who_may_use_which_service() -> None:
    assert check(sdk_token()) == Claims(
        identity="user-42",
        service_sid=SERVICE,
        account_sid=ACCOUNT,
        api_key_sid=KEY,
        not_before=NOW,
        expires=NOW + HOUR,
    )
    assert diagnose(sdk_token()).ok


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(sdk_token(nbf=None), id="no nbf"),
        pytest.param(raw_token(iat=NOW), id="iat, which the Python SDK does not write"),
        pytest.param(sdk_token(region="ie1"), id="a region"),
        pytest.param(sdk_token(nbf=NOW + 60), id="a signing server's clock a minute fast"),
        pytest.param(sdk_token(valid_until=NOW + DAY), id="24 hours"),
        pytest.param(sdk_token(identity="x" * 256), id="256 characters of identity"),
        pytest.param(
            raw_token(grants={"identity": "u", "ip_messaging": {"service_sid": SERVICE}}),
            id="the older grant",
        ),
        pytest.param(
            sdk_token(grants=[VideoGrant(room="r"), ChatGrant(service_sid=SERVICE)]),
            id="another grant besides",
        ),
    ],
)
def test_what_a_token_may_do_without_or_have_besides(token: str) -> None:
    assert check(token).expires > NOW
    assert diagnose(token).problems == ()


def test_a_token_is_good_until_the_second_it_expires() -> None:
    assert check(sdk_token(), NOW + HOUR - 0.5)
    assert refusal(sdk_token(), NOW + HOUR) == 20104


# -- what Twilio refuses


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        "..",
        "a.b.c",
        "ey.ey.ey",
        sdk_token().rpartition(".")[0],
        sdk_token() + ".more",
        "Bearer " + sdk_token(),
        f'"{sdk_token()}"',
        "\ud800.\ud800.\ud800",
        sdk_token() + "\u201d",
    ],
)
def test_a_token_that_is_not_a_jwt_is_refused_with_20101(token: str) -> None:
    assert refusal(token) == 20101


@pytest.mark.parametrize("token", [None, 42, b"a.b.c", ["a", "b", "c"]])
def test_a_token_that_is_not_text_is_refused_with_20101(token: Any) -> None:
    with pytest.raises(TwilioError, match="20101"):
        check(token)
    assert diagnose(token).code == 20101


@pytest.mark.parametrize("claims", [[], "text", 42, None])
def test_claims_that_are_no_object_are_refused_with_20101(claims: Any) -> None:
    assert refusal(sign(claims)) == 20101


@pytest.mark.parametrize("typ", ["at+jwt", "jwt", None, "", 1])
def test_a_header_of_another_type_is_refused_with_20101(typ: object) -> None:
    assert refusal(raw_token({"typ": typ})) == 20101


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(raw_token({"alg": "HS512"}, API_SECRET * 2), id="HS512"),
        pytest.param(raw_token({"alg": "none"}, None), id="unsigned"),
        pytest.param(raw_token({"cty": "twilio-fpa;v=2"}), id="version 2"),
        pytest.param(raw_token({"cty": None}), id="no cty"),
        pytest.param(raw_token({"cty": API_SECRET}), id="a secret for a cty"),
    ],
)
def test_another_algorithm_or_content_type_is_refused_with_20102(token: str) -> None:
    assert refusal(token) == 20102


@pytest.mark.parametrize("issuer", [OTHER_KEY, ACCOUNT, "", None, 42, [KEY], API_SECRET])
def test_an_issuer_that_is_no_api_key_of_the_account_is_refused_with_20103(issuer: object) -> None:
    assert refusal(raw_token(iss=issuer)) == 20103


@pytest.mark.parametrize("subject", [OTHER_ACCOUNT, KEY, "", None, 42, AUTH_TOKEN])
def test_a_subject_that_is_another_account_is_refused_with_20103(subject: object) -> None:
    assert refusal(raw_token(sub=subject)) == 20103


def test_an_api_key_and_its_secret_in_each_others_place_are_refused_with_20103() -> None:
    assert refusal(sdk_token(signing_key_sid=API_SECRET, secret=KEY)) == 20103


@pytest.mark.parametrize(
    "expiry",
    [
        pytest.param(None, id="missing"),
        pytest.param("2027-01-15", id="a date"),
        pytest.param(NOW + 0.5, id="a fraction"),
        pytest.param(True, id="a boolean"),
        pytest.param((NOW + HOUR) * 1000, id="milliseconds"),
        pytest.param(10**400, id="beyond any clock"),
        pytest.param(-1, id="before 1970"),
        pytest.param(NOW, id="this second"),
        pytest.param(NOW - HOUR, id="an hour ago"),
        pytest.param(NOW + DAY + 1, id="over 24 hours ahead"),
    ],
)
def test_an_expiry_missing_malformed_past_or_too_far_is_refused_with_20104(expiry: Any) -> None:
    assert refusal(raw_token(exp=expiry)) == 20104


@pytest.mark.parametrize("start", [NOW + 61, NOW + HOUR, "now", 1.5, True, NOW * 1000])
def test_a_start_malformed_or_more_than_a_minute_ahead_is_refused_with_20105(start: Any) -> None:
    assert refusal(raw_token(nbf=start)) == 20105


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(sdk_token(grants=[]), id="no grant"),
        pytest.param(sdk_token(grants=[SyncGrant(SERVICE)]), id="only another product's grant"),
        pytest.param(sdk_token(grants=[ChatGrant()]), id="a chat grant without a service"),
        pytest.param(sdk_token(identity=None), id="no identity"),
        pytest.param(sdk_token(identity=2), id="an identity that is a number"),
        pytest.param(sdk_token(identity="x" * 257), id="an identity too long"),
        pytest.param(sdk_token(identity="jane \ud83d"), id="an identity that is no Unicode"),
        pytest.param(raw_token(grants=None), id="no grants claim"),
        pytest.param(raw_token(grants=["chat"]), id="grants in a list"),
        pytest.param(raw_token(grants={"identity": "u", "chat": SERVICE}), id="a bare service"),
        pytest.param(
            raw_token(grants={"identity": "u", "chat": {"service_sid": 1}}), id="a number"
        ),
    ],
)
def test_grants_without_a_service_or_an_identity_are_refused_with_20106(token: str) -> None:
    assert refusal(token) == 20106


def test_a_token_signed_with_the_auth_token_is_refused_with_20107() -> None:
    assert refusal(sdk_token(secret=AUTH_TOKEN)) == 20107
    assert "not the account's auth token" in repr(diagnose(sdk_token(secret=AUTH_TOKEN)))


def test_a_secret_with_a_stray_character_is_refused_with_20107() -> None:
    assert refusal(sdk_token(secret=API_SECRET + "\n")) == 20107


def test_claims_changed_after_signing_are_refused_with_20107() -> None:
    header, _, signature = sdk_token().split(".")
    claims = sdk_token(identity="admin").split(".")[1]
    assert refusal(f"{header}.{claims}.{signature}") == 20107


@given(place=st.integers(0, 42), character=st.sampled_from("Aa0-_=+ \n"))
def test_any_character_changed_in_the_signature_is_refused_with_20107(
    place: int, character: str
) -> None:
    signed, _, signature = sdk_token().rpartition(".")
    if signature[place] != character:
        damaged = signature[:place] + character + signature[place + 1 :]
        assert refusal(f"{signed}.{damaged}") == 20107


# -- in which order


def test_a_forged_token_is_refused_for_its_signature_whatever_else_it_claims() -> None:
    forged = raw_token(secret=AUTH_TOKEN, sub=OTHER_ACCOUNT, exp=1, nbf=NOW + DAY, grants=None)
    assert refusal(forged) == 20107


def test_a_diagnosis_names_everything_that_is_wrong_in_the_order_of_the_checks() -> None:
    token = raw_token(
        {"typ": "x", "cty": "y"}, AUTH_TOKEN, sub=OTHER_ACCOUNT, exp=1, nbf=NOW + DAY, grants={}
    )
    codes = [code for code, _ in diagnose(token).problems]
    assert codes == [20101, 20102, 20107, 20103, 20104, 20105, 20106, 20106]
    assert not diagnose(token).ok
    assert diagnose(token).code == 20101


def test_a_signature_is_not_judged_without_the_key_or_the_algorithm_to_judge_it_by() -> None:
    unknown, other = raw_token(iss=OTHER_KEY), raw_token({"alg": "HS512"}, API_SECRET * 2)
    assert [code for code, _ in diagnose(unknown).problems] == [20103]
    assert [code for code, _ in diagnose(other).problems] == [20102]


def test_a_diagnosis_of_a_good_token_has_no_code() -> None:
    diagnosis = diagnose(sdk_token())
    assert (diagnosis.ok, diagnosis.code, diagnosis.problems) == (True, None, ())
    assert repr(diagnosis).startswith("Twilio would accept this token")
    assert "would accept" in diagnosis._repr_html_()


# -- SIDs in a token


@pytest.mark.parametrize(
    ("service", "slip"),
    [
        ("MG" + "0" * 32, "service_sid starts with MG: that is a Messaging Service SID"),
        ("KS" + "0" * 32, "service_sid starts with KS: that is a Proxy Service SID"),
        (ACCOUNT, "service_sid starts with AC: that is an Account SID"),
        (KEY, "service_sid starts with SK: that is an API key SID"),
        ("FO" + "0" * 32, "service_sid starts with FO: that is a Flex Flow SID"),
        ("CR" + "0" * 32, "service_sid starts with CR: that is a Push Credential SID"),
        ("XX" + "0" * 32, "service_sid starts with XX: that is another kind of SID"),
        (SERVICE.lower(), "service_sid starts with small letters, is, and is not a Chat Service"),
        (f" {SERVICE}", "service_sid has white space or quotes around it"),
        (f'"{SERVICE}"', "service_sid has white space or quotes around it"),
        (SERVICE[:-1], "service_sid is not a Chat Service SID"),
        ("IS...", "service_sid is not a Chat Service SID"),
        (API_SECRET, "service_sid is not a Chat Service SID"),
    ],
)
def test_a_service_of_another_kind_is_refused_with_20106_and_its_slip(
    service: str, slip: str
) -> None:
    token = sdk_token(grants=[ChatGrant(service_sid=service)])
    assert refusal(token) == 20106
    assert slip in repr(diagnose(token))


@pytest.mark.parametrize(
    ("change", "slip"),
    [
        ({"signing_key_sid": ACCOUNT}, "(it starts with AC: that is an Account SID)"),
        ({"signing_key_sid": KEY.lower()}, "(it starts with small letters, sk, and is not"),
        ({"account_sid": KEY}, "(it starts with SK: that is an API key SID)"),
        ({"account_sid": ACCOUNT + " "}, "(it has white space or quotes around it"),
    ],
)
def test_a_key_or_account_of_another_kind_is_refused_with_20103_and_its_slip(
    change: dict[str, str], slip: str
) -> None:
    assert refusal(sdk_token(**change)) == 20103
    assert slip in repr(diagnose(sdk_token(**change)))


def test_only_twilio_knows_whether_a_well_formed_service_exists() -> None:
    diagnosis = diagnose(sdk_token())
    assert diagnosis.remarks == (
        f"Only Twilio can know whether the Chat Service SID {SERVICE} exists in this account.",
    )
    assert SERVICE in repr(diagnosis)
    assert SERVICE in diagnosis._repr_html_()


def test_a_service_that_is_not_among_the_accounts_is_named_where_they_are_known() -> None:
    def known(*services: str) -> tokens.Diagnosis:
        return tokens.diagnose_token(
            sdk_token(), account_sid=ACCOUNT, api_secrets=SECRETS, now=NOW, services=services
        )

    assert (known(SERVICE).ok, known(SERVICE).remarks) == (True, ())
    assert (known("IS" + "9" * 32).code, known("IS" + "9" * 32).ok) == (50050, False)


@pytest.mark.parametrize(
    ("options", "remark"),
    [
        ({"push_credential_sid": "CR" + "1" * 32}, "Only Twilio can know whether the Push Cred"),
        ({"push_credential_sid": "MG" + "1" * 32}, "push_credential_sid starts with MG: that is"),
        ({"push_credential_sid": "cr" + "1" * 32}, "push_credential_sid starts with small letter"),
        ({"deployment_role_sid": "RL" + "1" * 32}, "Only Twilio can know whether the Role SID"),
        ({"deployment_role_sid": SERVICE}, "deployment_role_sid starts with IS: that is a Chat S"),
    ],
)
def test_the_other_sids_of_a_grant_are_remarked_on(options: dict[str, str], remark: str) -> None:
    diagnosis = diagnose(sdk_token(grants=[ChatGrant(service_sid=SERVICE, **options)]))
    assert diagnosis.ok
    assert remark in diagnosis.remarks[1]


def test_a_diagnosis_takes_the_time_from_the_clock_by_default() -> None:
    token = sdk_token(nbf=None, valid_until=int(time.time()) + HOUR)
    assert tokens.diagnose_token(token, account_sid=ACCOUNT, api_secrets=SECRETS).ok


# -- whatever comes


@given(st.text() | st.lists(st.text(max_size=40), min_size=3, max_size=3).map(".".join))
def test_garbage_is_refused_and_never_breaks_anything(token: str) -> None:
    assert refusal(token) == 20101


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
GRANT = {"service_sid": SERVICE}
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "iss": st.just(KEY) | JSON,
        "sub": st.just(ACCOUNT) | JSON,
        "exp": st.just(NOW + HOUR) | JSON,
        "nbf": JSON,
        "jti": JSON,
        "grants": JSON
        | st.fixed_dictionaries(
            {"identity": JSON, "chat": st.just({"service_sid": SERVICE}) | JSON}
        ),
    },
)


@given(claims=CLAIMS, cty=st.just("twilio-fpa;v=1") | JSON)
def test_any_json_that_is_signed_is_accepted_or_refused_and_can_be_read(
    claims: dict[str, Any], cty: Any
) -> None:
    token = sign(claims, {"cty": cty})
    reading = tokens.read_token(token, now=NOW)
    keeps_secrets(token, repr(reading), reading._repr_html_())
    if diagnose(token).ok:
        assert check(token).identity == reading.identity
    else:
        assert refusal(token) > 20101


def test_a_token_of_a_size_that_no_sdk_makes_is_refused() -> None:
    assert check(sdk_token(identity="x" * 200)).identity == "x" * 200
    long = sdk_token(grants=[ChatGrant(service_sid=SERVICE, endpoint_id="x" * MAX_TOKEN)])
    for token in ("x" * (MAX_TOKEN + 1), long):
        assert refusal(token) == 20101


def test_only_tokens_that_were_accepted_are_kept_decoded() -> None:
    before = len(access_token._accepted)
    for number in range(300):
        assert refusal(sdk_token(secret=f"{number:032}")) == 20107
        assert len(access_token._accepted) == before
    for number in range(300):
        check(sdk_token(identity=f"user-{number}"))
    assert len(access_token._accepted) == 256
