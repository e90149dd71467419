"""How the mock refuses: in Twilio's words, with Twilio's codes, changing nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import everything, refused
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpers import Account
from helpers.mock import CODES, NOT_SIMULATED, Request, TwilioError

CHAT = "https://chat.twilio.com/v2"


def answer(account: Account, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
    response = account.client.request(method, url, **options)
    return response.status_code, json.loads(response.text)


# -- the body


def test_a_refusal_has_twilios_four_fields(account: Account) -> None:
    missing = "CH" + "0" * 32
    sid = account.credentials.chat_service_sid
    status, body = answer(account, "GET", f"{CHAT}/Services/{sid}/Channels/{missing}")
    assert status == 404
    assert body == {
        "code": 20404,
        "message": f"The requested resource /Services/{sid}/Channels/{missing} was not found",
        "more_info": "https://www.twilio.com/docs/errors/20404",
        "status": 404,
    }


def test_the_sdk_raises_it_with_code_status_and_text(service: Any) -> None:
    with pytest.raises(TwilioRestException) as caught:
        service.users("nobody").fetch()
    assert (caught.value.status, caught.value.code, caught.value.method) == (404, 20404, "GET")
    assert caught.value.msg.startswith("Unable to fetch record: The requested resource")
    assert str(caught.value).startswith("HTTP 404 error: ")


def test_the_path_of_what_is_not_found_is_told_without_the_version(client: Any) -> None:
    flow, workspace = "FO" + "0" * 32, "WS" + "0" * 32
    with refused(404, 20404, f"The requested resource /FlexFlows/{flow} was not found"):
        client.flex_api.v1.flex_flow(flow).fetch()
    with refused(404, 20404, f"The requested resource /Workspaces/{workspace} was not found"):
        client.taskrouter.v1.workspaces(workspace).fetch()


def test_every_code_has_a_status_that_is_an_error_and_a_meaning() -> None:
    for code, entry in CODES.items():
        error = TwilioError(code, "why")
        assert entry.code == code
        assert error.status == entry.status >= 400
        assert error.body()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
        assert entry.meaning
        assert str(error) == f"HTTP {error.status}, code {code}: why"


# -- who asks


@pytest.mark.parametrize("wrong", ["token", "account", "API key", "API secret", "nothing"])
def test_wrong_credentials_are_refused_and_change_nothing(account: Account, wrong: str) -> None:
    own = account.credentials
    assert account.mock is not None
    pair = {
        "token": (own.account_sid, "x" * 32),
        "account": ("AC" + "f" * 32, own.auth_token),
        "API key": ("SK" + "f" * 32, own.api_secret),
        "API secret": (own.api_key, own.auth_token),
        "nothing": (own.account_sid, "é"),
    }[wrong]
    before = everything(account)
    stranger = Client(*pair, own.account_sid, http_client=account.mock.http_client)
    with refused(401, 20003, "Authenticate"):
        stranger.chat.v2.services(own.chat_service_sid).channels.create()
    with refused(401, 20003, "Authenticate"):
        stranger.chat.v2.services(own.chat_service_sid).channels.list()
    assert everything(account) == before


def test_an_api_key_with_its_secret_opens_the_account(account: Account) -> None:
    own = account.credentials
    assert account.mock is not None
    keyed = Client(
        own.api_key, own.api_secret, own.account_sid, http_client=account.mock.http_client
    )
    found = keyed.chat.v2.services(own.chat_service_sid).fetch()
    assert found.friendly_name == "Flex Chat Service"


def test_a_token_that_is_none_is_refused_as_one(account: Account) -> None:
    with refused(401, 20101):
        account.client_of_chat_user("nonsense", "user-42").chat.v2.services(
            account.credentials.chat_service_sid
        ).users("user-42").fetch()


# -- what is asked for


@pytest.mark.parametrize(
    ("method", "url", "nearest"),
    [
        ("POST", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json", ""),
        ("GET", "https://chat.twilio.com/Services/IS1/Channels", "ListChannel"),
        ("DELETE", "https://flex-api.twilio.com/v1/Nothing/NO1", "Delete"),
        ("GET", "https://chat.twillio.com/v2/Services", "ListService: GET https://chat.twilio.com"),
        ("GET", "https://example.com/", ""),
    ],
)
def test_what_is_not_simulated_says_so_and_changes_nothing(
    account: Account, method: str, url: str, nearest: str
) -> None:
    before = everything(account)
    status, body = answer(account, method, url, data={})
    assert (status, body["code"]) == (501, NOT_SIMULATED)
    assert f"{method} {url} is not simulated by this mock" in body["message"]
    assert ("nearest operation" in body["message"]) == bool(nearest)
    assert nearest in body["message"]
    assert everything(account) == before


def test_the_nearest_operation_is_the_one_that_was_meant(account: Account) -> None:
    for url, nearest in {
        "https://flex-api.twilio.com/v1/FlexFlow": "ListFlexFlow: GET",
        "https://flex-api.twilio.com/v1/Channel": "ListChannel: GET",
        "https://taskrouter.twilio.com/v1/Workspace": "ListWorkspace: GET",
    }.items():
        _, body = answer(account, "GET", url)
        assert f"simulates is {nearest} {url}s" in body["message"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_a_path_does_not_have_is_refused_with_those_it_has(
    account: Account, method: str
) -> None:
    before = everything(account)
    status, body = answer(account, method, "https://flex-api.twilio.com/v1/FlexFlows", data={})
    assert (status, body["code"]) == (405, 20004)
    assert body["message"] == f"Method {method} not allowed here; GET, POST are"
    assert everything(account) == before


@pytest.mark.parametrize("host", ["chat.dublin.ie1.twilio.com", "chat.ie1.twilio.com"])
def test_a_region_or_edge_in_the_host_makes_no_difference(account: Account, host: str) -> None:
    sid = account.credentials.chat_service_sid
    status, body = answer(account, "GET", f"https://{host}/v2/Services/{sid}")
    assert (status, body["sid"]) == (200, sid)


def test_a_slash_at_the_end_makes_no_difference(account: Account) -> None:
    sid = account.credentials.chat_service_sid
    status, body = answer(account, "GET", f"{CHAT}/Services/{sid}/")
    assert (status, body["sid"]) == (200, sid)


# -- how it is asked for


def test_a_json_body_is_refused_as_twilio_does_naming_the_parameter(account: Account) -> None:
    sid = account.credentials.chat_service_sid
    before = everything(account)
    status, body = answer(
        account,
        "POST",
        f"{CHAT}/Services/{sid}/Users",
        data={},
        headers={"Content-Type": "application/json"},
    )
    assert (status, body["code"]) == (400, 20001)
    assert body["message"] == "Missing required parameter Identity in the post body"
    assert everything(account) == before


def test_a_json_body_is_refused_also_where_nothing_is_required(account: Account) -> None:
    sid = account.credentials.chat_service_sid
    before = everything(account)
    status, body = answer(
        account,
        "POST",
        f"{CHAT}/Services/{sid}/Channels",
        data={"FriendlyName": "x"},
        headers={"Content-Type": "application/json"},
    )
    assert (status, body["code"]) == (400, 20001)
    assert "application/x-www-form-urlencoded" in body["message"]
    assert everything(account) == before


def test_parameters_that_do_not_exist_are_passed_over(account: Account) -> None:
    sid = account.credentials.chat_service_sid
    status, body = answer(
        account,
        "POST",
        f"{CHAT}/Services/{sid}/Channels",
        data={"FriendlyName": "x", "Colour": "red", "friendly_name": "y"},
    )
    assert (status, body["friendly_name"]) == (201, "x")


def test_text_that_cannot_be_kept_is_refused(account: Account, channel: Any) -> None:
    before, own = everything(account), account.credentials
    assert account.mock is not None
    path = f"/v2/Services/{own.chat_service_sid}/Channels/{channel.fetch().sid}"
    auth, half = (own.account_sid, own.auth_token), "half a character: \ud83d"
    for request in (
        Request("POST", "chat.twilio.com", f"{path}/Messages", form={"Body": half}, auth=auth),
        Request("GET", "chat.twilio.com", f"{path}/Members/{half}", auth=auth),
    ):
        reply = account.mock.handle(request)
        assert (reply.status, reply.json["code"]) == (400, 20001)
    assert everything(account) == before


def test_text_that_cannot_be_sent_leaves_the_sdk_as_over_a_network(
    account: Account, channel: Any
) -> None:
    before = everything(account)
    with pytest.raises(UnicodeEncodeError):
        channel.messages.create(body="half a character: \ud83d")
    assert everything(account) == before
