"""Push: credentials of push services, and the devices bound through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import refused

from helpers import Account
from helpers.mock import TwilioError

SECRET = "not to be seen again"


@pytest.fixture
def credential(client: Any) -> Any:
    return client.chat.v2.credentials.create(type="fcm", friendly_name="Android", secret=SECRET)


@pytest.fixture
def bind(account: Account, credential: Any) -> Callable[..., str]:
    """Binds a chat user's device, as the Chat SDK does; Twilio's REST API cannot."""
    assert account.mock is not None
    mock = account.mock

    def register(identity: str, address: str = "phone", by: str = credential.sid) -> str:
        return mock.bind_push(account.chat_token(identity), by, address)

    return register


# -- credentials


@pytest.mark.parametrize("kind", ["apn", "gcm", "fcm"])
def test_a_credential_has_what_twilio_documents(account: Account, client: Any, kind: str) -> None:
    made = client.chat.v2.credentials.create(type=kind, friendly_name="Phones")
    assert (made.sid[:2], made.type, made.friendly_name) == ("CR", kind, "Phones")
    assert (made.account_sid, made.sandbox) == (account.credentials.account_sid, None)
    assert made.date_created == made.date_updated
    assert made.url == f"https://chat.twilio.com/v2/Credentials/{made.sid}"
    assert client.chat.v2.credentials(made.sid).fetch().type == kind


def test_a_credential_is_renamed_listed_and_deleted(client: Any, credential: Any) -> None:
    credentials = client.chat.v2.credentials
    other = credentials.create(type="apn", sandbox=True)
    assert [found.sid for found in credentials.list()] == [credential.sid, other.sid]
    assert other.sandbox.lower() == "true"
    renamed = credentials(credential.sid).update(friendly_name="Pixels")
    assert (renamed.friendly_name, renamed.type) == ("Pixels", "fcm")
    assert credentials(other.sid).update(sandbox=False).sandbox.lower() == "false"
    assert credentials(credential.sid).delete() is True
    assert [found.sid for found in credentials.list()] == [other.sid]
    with refused(404, 20404):
        credentials(credential.sid).fetch()


def test_a_credential_is_of_a_push_service_twilio_knows(client: Any) -> None:
    with refused(400, 20001, "Type"):
        client.chat.v2.credentials.create(type="pigeon")
    with refused(400, 50003):
        client.chat.v2.credentials.create(type="fcm", friendly_name="x" * 65)
    assert client.chat.v2.credentials.list() == []


def test_an_update_of_a_credential_needs_a_parameter(client: Any, credential: Any) -> None:
    with refused(400, 20161):
        client.chat.v2.credentials(credential.sid).update()


def test_a_credentials_secrets_are_not_shown_anywhere(
    account: Account, client: Any, credential: Any
) -> None:
    client.chat.v2.credentials(credential.sid).update(api_key=SECRET, private_key=SECRET)
    client.chat.v2.credentials(credential.sid).update(certificate=SECRET)
    shown = vars(client.chat.v2.credentials(credential.sid).fetch())
    assert SECRET not in str(shown)
    assert SECRET not in "".join(str(dict(entry.parameters)) for entry in account.requests)
    assert SECRET not in account.requests._repr_html_()


# -- bindings


def test_a_binding_has_what_twilio_documents(
    account: Account, service: Any, credential: Any, bind: Callable[..., str]
) -> None:
    sid = bind("jane")
    binding, user = service.bindings(sid).fetch(), service.users("jane").fetch()
    own = account.credentials
    assert (binding.sid[:2], binding.identity, binding.binding_type) == ("BS", "jane", "fcm")
    assert (binding.account_sid, binding.service_sid) == (own.account_sid, own.chat_service_sid)
    assert binding.credential_sid == credential.sid
    assert binding.endpoint.startswith("jane:")
    assert sorted(binding.message_types) == [
        "added_to_channel",
        "invited_to_channel",
        "new_message",
        "removed_from_channel",
    ]
    assert binding.links == {"user": user.url}
    theirs = service.users("jane").user_bindings(sid).fetch()
    assert (theirs.sid, theirs.user_sid, theirs.endpoint) == (sid, user.sid, binding.endpoint)
    assert theirs.url == f"{user.url}/Bindings/{sid}"


def test_bindings_are_listed_by_identity_and_by_kind(
    client: Any, service: Any, bind: Callable[..., str]
) -> None:
    apple = client.chat.v2.credentials.create(type="apn").sid
    phone, tablet, other = bind("jane"), bind("jane", "tablet", apple), bind("adam")
    assert [found.sid for found in service.bindings.list()] == [phone, tablet, other]
    assert [found.sid for found in service.bindings.list(identity=["adam"])] == [other]
    assert [found.sid for found in service.bindings.list(binding_type=["apn"])] == [tablet]
    own = service.users("jane").user_bindings
    assert [found.sid for found in own.list()] == [phone, tablet]
    assert [found.sid for found in own.list(binding_type=["fcm"])] == [phone]


def test_a_device_that_registers_again_keeps_its_binding(
    client: Any, service: Any, bind: Callable[..., str]
) -> None:
    apple = client.chat.v2.credentials.create(type="apn").sid
    sid = bind("jane")
    assert bind("jane", by=apple) == sid
    [binding] = service.bindings.list()
    assert (binding.credential_sid, binding.binding_type) == (apple, "apn")
    assert bind("adam") != sid


def test_a_binding_is_deleted_from_either_side(service: Any, bind: Callable[..., str]) -> None:
    phone, tablet = bind("jane"), bind("jane", "tablet")
    assert service.bindings(phone).delete() is True
    assert service.users("jane").user_bindings(tablet).delete() is True
    assert service.bindings.list() == []
    with refused(404, 20404):
        service.bindings(phone).fetch()


def test_bindings_go_with_their_credential_and_with_their_user(
    client: Any, service: Any, credential: Any, bind: Callable[..., str]
) -> None:
    apple = client.chat.v2.credentials.create(type="apn").sid
    bind("jane"), bind("adam", by=apple), bind("eve", by=apple)
    client.chat.v2.credentials(credential.sid).delete()
    assert [found.identity for found in service.bindings.list()] == ["adam", "eve"]
    service.users("adam").delete()
    assert [found.identity for found in service.bindings.list()] == ["eve"]


def test_a_device_needs_a_credential_that_exists(service: Any, bind: Callable[..., str]) -> None:
    with pytest.raises(TwilioError, match="Credentials/CR0") as refusal:
        bind("jane", by="CR" + "0" * 32)
    assert (refusal.value.code, refusal.value.status) == (20404, 404)
    assert (service.bindings.list(), service.users.list()) == ([], [])


def test_a_chat_user_reaches_its_own_bindings_only(
    acting_as: Callable[[str], Any], bind: Callable[..., str]
) -> None:
    phone, other = bind("jane"), bind("adam")
    own = acting_as("jane")
    assert [found.sid for found in own.users("jane").user_bindings.list()] == [phone]
    with refused(403, 50107, "own"):
        own.users("adam").user_bindings.list()
    with refused(403, 50107, "own"):
        own.users("adam").user_bindings(other).delete()
    with refused(403, 20403):
        own.bindings.list()
    assert own.users("jane").user_bindings(phone).delete() is True
