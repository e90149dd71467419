"""An account in a file: closed or killed, and reopened."""

from __future__ import annotations

import gzip
import hmac
import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filed import TOLD, channel_of, killed, mock_of, opened, service_of, tell, untold
from hooks import HOOK, PATIENCE, Gate, Hook
from office import Office, status
from story import Customer
from studio_lab import ask, definition, send, to, widget
from support import everything, refused

from helpers import Account, ChatClient, MockTwilio
from helpers.mock import Credentials, DatabaseClosed, DatabaseInUse, DatabaseRefused

MARCH = 1_772_000_000.0
EARLIER = Path(__file__).parent / "earlier_version.db.gz"
"""A file of the version before, which kept roles and files of messages in the words of Chat."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "account.db"


def task_flow(account: Account, office: Office) -> Any:
    """A Flex Flow that makes a task when the customer first writes."""
    return account.client.flex_api.v1.flex_flow.create(
        friendly_name="Custom chat",
        chat_service_sid=account.credentials.chat_service_sid,
        channel_type="custom",
        integration_type="task",
        integration_workspace_sid=office.workspace.fetch().sid,
        integration_workflow_sid=office.workspace.workflows.list()[0].sid,
        integration_channel="chat",
        integration_creation_on_message=True,
    )


# -- reopened


def test_an_account_is_found_as_it_was_left(file: Path) -> None:
    with opened(file) as account:
        office = Office(account)
        customer = Customer(account, task_flow(account, office))
        customer.contact()
        customer.says("hello")
        customer.leave()
        office.go("alice")
        before, happened = everything(account), office.happened()
    with opened(file) as account:
        assert everything(account) == before
        assert Office(account).happened() == happened
        assert [each.name for each in file.parent.glob("*.db")] == ["account.db"]


def test_indexes_and_the_order_of_lists_go_on(file: Path) -> None:
    with opened(file) as account:
        for number in range(3):
            channel_of(account).messages.create(body=str(number))
        last = channel_of(account).messages.list()[-1]
        channel_of(account).messages(last.sid).delete()
    with opened(file) as account:
        made = channel_of(account).messages.create(body="3")
        found = [(each.index, each.body) for each in channel_of(account).messages.list()]
    assert (made.index, found) == (3, [(0, "0"), (1, "1"), (3, "3")])


def test_a_page_link_from_before_leads_to_what_came_after(file: Path) -> None:
    with opened(file) as account:
        sent = [channel_of(account).messages.create(body=str(n)).sid for n in range(3)]
        page = channel_of(account).messages.page(page_size=2)
        url = page.next_page_url
        for sid in sent[1:]:
            channel_of(account).messages(sid).delete()
    with opened(file) as account:
        added = channel_of(account).messages.create(body="after").sid
        page = channel_of(account).messages.get_page(url)
        assert [message.sid for message in page] == [added]


def test_sids_are_never_given_out_again_and_repeat_for_the_same_story(tmp_path: Path) -> None:
    def story(file: Path) -> list[str]:
        sids = []
        for _ in range(3):
            with opened(file, seed=7) as account:
                sids += [channel_of(account).messages.create().sid for _ in range(5)]
        return sids

    told = story(tmp_path / "1.db")
    assert len(set(told)) == 15
    assert story(tmp_path / "2.db") == told


def test_a_file_begins_with_the_sids_of_an_account_in_memory(file: Path) -> None:
    with opened(file, seed=7) as account, opened(None, seed=7) as other:
        assert channel_of(account).fetch().sid == channel_of(other).fetch().sid


def test_the_clock_goes_on_where_it_was(file: Path) -> None:
    with opened(file) as account:
        account.clock.advance(86_400)
        before = account.clock.now()
    with opened(file) as account:
        assert before <= account.clock.now() < before + 60
        account.clock.freeze(MARCH)
        account.clock.advance(5)
    with opened(file) as account:
        assert account.clock.now() == MARCH + 5
        account.clock.unfreeze()
    with opened(file) as account:
        assert MARCH + 5 <= account.clock.now() < MARCH + 65
        account.clock.reset()
        now = account.clock.now()
    with opened(file) as account:
        assert now <= account.clock.now() < now + 60


def test_chat_users_tokens_open_it_again(file: Path) -> None:
    with opened(file) as account:
        channel_of(account).members.create(identity="jane")
        token = account.chat_token("jane")
    with opened(file) as account, ChatClient(account, token) as chat:
        chat.get_subscribed_channels()[0].send_message("back again")
        assert [each._from for each in channel_of(account).messages.list()] == ["jane"]


# -- what was due


def test_a_flow_waits_on_and_hears_the_reply(file: Path) -> None:
    with opened(file) as account:
        flow = account.client.studio.v2.flows.create(
            friendly_name="Bot",
            status="published",
            definition=definition(
                ask("name", "Your name?", then="greet", late="sorry"),
                send("greet", "Hello {{widgets.name.inbound.Body}}"),
                send("sorry", "Too late"),
            ),
        )
        for name in ("answers", "is late"):
            channel = channel_of(account, name)
            channel.webhooks.create("studio", configuration_flow_sid=flow.sid)
            channel.messages.create(from_=name, body="hi", **TOLD)
        assert mock_of(account).studio.settle()
    with opened(file) as account:
        channel_of(account, "answers").messages.create(from_="answers", body="Jane", **TOLD)
        assert mock_of(account).studio.settle()
        account.clock.advance(61)
        assert mock_of(account).studio.settle()
        said = {
            name: [each.body for each in channel_of(account, name).messages.list()]
            for name in ("answers", "is late")
        }
    assert said == {
        "answers": ["hi", "Your name?", "Jane", "Hello Jane"],
        "is late": ["hi", "Your name?", "Too late"],
    }


def test_an_offer_times_out_and_what_waits_is_routed_on(file: Path) -> None:
    with opened(file) as account:
        office = Office(account)
        office.go("alice")
        sid = office.task().fetch().sid
        assert status(office.workspace.tasks(sid)) == "reserved"
    with opened(file) as account:
        office = Office(account)
        account.clock.advance(120)
        assert (status(office.workspace.tasks(sid)), office.doing("alice")) == (
            "pending",
            "Offline",
        )
        office.go("bob")
        assert office.offers(office.workspace.tasks(sid)) == ["alice", "bob"]


def test_what_was_acknowledged_but_followed_up_by_nobody_is_followed_up(file: Path) -> None:
    with opened(file) as account:
        office = Office(account)
        customer = Customer(account, task_flow(account, office))
        made = customer.contact()
        customer.leave()
        office.go("alice")
        with untold(account):
            channel = service_of(account).channels(made.sid)
            channel.messages.create(from_="user-42", body="hello", **TOLD)
            assert office.workspace.tasks.list() == []
            left = killed(file)
    for _ in range(2):
        with opened(left) as account:
            office = Office(account)
            [task] = office.workspace.tasks.list()
            assert task.assignment_status == "reserved"
            assert office.offers(office.workspace.tasks(task.sid)) == ["alice"]


@pytest.mark.parametrize("deleted", [True, False])
@pytest.mark.parametrize(("names", "status"), [(True, "INACTIVE"), (False, "ACTIVE")])
def test_a_chat_whose_task_ended_unnoticed_is_ended_if_the_task_named_it(
    file: Path, names: bool, status: str, deleted: bool
) -> None:
    with opened(file) as account:
        office = Office(account)
        flow = task_flow(account, office)
        account.client.flex_api.v1.flex_flow(flow.sid).update(janitor_enabled=True)
        customer = Customer(account, flow)
        customer.contact()
        customer.says("hello")
        task = office.workspace.tasks(office.workspace.tasks.list()[0].sid)
        if not names:
            task.update(attributes="{}")
        customer.leave()
        with untold(account):
            if deleted:
                task.delete()
            else:
                task.update(assignment_status="canceled")
            left = killed(file)
    with opened(left) as account:
        channel = service_of(account).channels(customer.sid).fetch()
        assert json.loads(channel.attributes)["status"] == status


def test_a_task_that_was_made_but_not_routed_is_routed(file: Path) -> None:
    with opened(file) as account:
        office = Office(account)
        office.go("alice")
        with untold(account):
            sid = office.task().fetch().sid
            left = killed(file)
    with opened(left) as account:
        task = Office(account).workspace.tasks(sid)
        assert (status(task), Office(account).offers(task)) == ("reserved", ["alice"])


# -- webhooks


def test_webhooks_not_yet_delivered_are_delivered_once_and_in_order(file: Path) -> None:
    gate, hook = Gate(), Hook()
    with opened(file, receivers={HOOK: gate}) as account:
        tell(account)
        for body in ("under way", "waiting", "waiting too"):
            channel_of(account).messages.create(body=body, **TOLD)
        assert gate.reached.wait(PATIENCE)
        threading.Timer(0.05, gate.open.set).start()
    with opened(file, receivers={HOOK: hook}) as account:
        assert mock_of(account).webhooks.settle()
        logged = [each.parameters["Body"] for each in mock_of(account).webhooks.log]
    with opened(file, receivers={HOOK: hook}) as account:
        assert mock_of(account).webhooks.settle()
    assert gate.all("Body") == ["under way"]
    assert hook.all("Body") == ["waiting", "waiting too"]
    assert logged == ["under way", "waiting", "waiting too"]


def test_one_that_was_under_way_when_killed_is_delivered_again(file: Path) -> None:
    gate, hook = Gate(), Hook()
    with opened(file, receivers={HOOK: gate}) as account:
        tell(account)
        channel_of(account).messages.create(body="under way", **TOLD)
        assert gate.reached.wait(PATIENCE)
        left = killed(file)
        gate.open.set()
    with opened(left, receivers={HOOK: hook}) as account:
        assert mock_of(account).webhooks.settle()
    assert hook.all("Body") == ["under way"]


def test_tries_are_counted_on(file: Path) -> None:
    gate, hook = Gate(503), Hook(503, 503, 503)
    with opened(file, receivers={HOOK: gate}) as account:
        tell(account, post_webhook_retry_count=3)
        channel_of(account).messages.create(body="busy", **TOLD)
        assert gate.reached.wait(PATIENCE)
        threading.Timer(0.05, gate.open.set).start()
    with opened(file, receivers={HOOK: hook}) as account:
        assert mock_of(account).webhooks.settle()
        tries = [(each.number, each.status) for each in mock_of(account).webhooks.log]
    assert tries == [(0, 503), (1, 503), (2, 503), (3, 503)]
    assert hook.all("RetryCount") == ["1", "2", "3"]


def test_what_was_being_asked_first_and_never_happened_is_forgotten(file: Path) -> None:
    asked_again, leave = threading.Event(), threading.Event()

    def busy(request: Any) -> int:
        if request.parameters["RetryCount"] == "0":
            return 503
        asked_again.set()
        leave.wait(PATIENCE)
        return 200

    with opened(file, receivers={HOOK: busy}) as account:
        channel_of(account).members.create(identity="jane")
        service_of(account).update(
            pre_webhook_url=HOOK, webhook_filters=["onMessageSend"], pre_webhook_retry_count=1
        )
        with ChatClient(account, account.chat_token("jane")) as chat:
            shown = chat.get_subscribed_channels()[0]
            sender = threading.Thread(target=shown.send_message, args=("may I?",))
            sender.start()
            assert asked_again.wait(PATIENCE)
            assert len(mock_of(account).webhooks.log) == 1
            left = killed(file)
            leave.set()
            sender.join()
    with opened(left) as account:
        assert mock_of(account).webhooks.settle(timeout=0)
        assert (mock_of(account).webhooks.log, channel_of(account).messages.list()) == ([], [])


# -- whose it is, and who has it


def test_two_accounts_on_one_file_are_refused(file: Path) -> None:
    with opened(file) as account:
        with pytest.raises(DatabaseInUse, match=r"account\.db is in use"):
            MockTwilio(db=file)
        channel_of(account)
    with opened(file) as account:
        assert len(service_of(account).channels.list()) == 1


@pytest.mark.parametrize("other", ["account_sid", "chat_service_sid"])
def test_another_accounts_file_is_refused(file: Path, other: str) -> None:
    mine = Credentials.demo({})
    theirs = Credentials.demo({f"TWILIO_{other.upper()}": getattr(mine, other)[:2] + "f" * 32})
    with opened(file, credentials=mine):
        pass
    before = file.read_bytes()
    with pytest.raises(DatabaseRefused, match=rf"belongs to {other} .*0123.*, not to .*ffff"):
        MockTwilio(db=file, credentials=theirs)
    assert file.read_bytes() == before


def test_secrets_stay_out_of_the_file_and_may_change(file: Path) -> None:
    secrets = {
        "TWILIO_AUTH_TOKEN": "open-sesame-one" * 3,
        "TWILIO_API_SECRET": "open-sesame-two" * 3,
    }
    hook = Hook()
    with opened(file, credentials=Credentials.demo(secrets), receivers={HOOK: hook}) as account:
        tell(account)
        channel_of(account).members.create(identity="jane")
        with ChatClient(account, account.chat_token("jane")) as chat:
            chat.get_subscribed_channels()[0].send_message("hello")
        assert mock_of(account).webhooks.settle()
        account.client.chat.v2.credentials.create("fcm", secret="open-sesame-three")
        kept = b"".join(each.read_bytes() for each in file.parent.iterdir())
    assert b"hello" in kept
    assert b"open-sesame" not in kept + file.read_bytes()
    with opened(file) as account:
        assert len(channel_of(account).messages.list()) == 1


def test_a_closed_account_says_so(file: Path) -> None:
    with opened(file) as account:
        pass
    mock_of(account).close()
    with pytest.raises(DatabaseClosed, match="make a new MockTwilio"):
        service_of(account).channels.create()
    with pytest.raises(DatabaseClosed):
        mock_of(account).copy()


def test_closing_waits_for_a_function_that_is_answering_a_flow(file: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(request: Any) -> None:
        entered.set()
        leave.wait(PATIENCE)

    with opened(file) as account:
        _listening_flow(account)
        mock_of(account).studio.register_function("https://slow.example.com", slow)
        channel_of(account).messages.create(from_="jane", body="hi", **TOLD)
        assert entered.wait(PATIENCE)
        threading.Timer(0.05, leave.set).start()
    asked: list[Any] = []
    with opened(file, receivers={"https://slow.example.com": asked.append}) as account:
        assert mock_of(account).studio.settle()
        said = [each.body for each in channel_of(account).messages.list()]
    assert (said, asked) == (["hi", "Done"], [])


def _listening_flow(account: Account) -> None:
    fetch = widget(
        "fetch",
        "make-http-request",
        to("success", "done"),
        to("failed"),
        method="GET",
        url="https://slow.example.com",
        content_type="application/json;charset=utf-8",
    )
    flow = account.client.studio.v2.flows.create(
        friendly_name="Bot", status="published", definition=definition(fetch, send("done", "Done"))
    )
    channel_of(account).webhooks.create("studio", configuration_flow_sid=flow.sid)


def test_a_file_of_the_version_before_opens_with_its_rows_as_they_were(file: Path) -> None:
    file.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    for _ in range(2):
        with opened(file) as account:
            service = service_of(account)
            channel = service.channels("orders").fetch()
            text, receipt = channel.messages.list()
            reader, *_ = [each for each in service.roles.list() if each.friendly_name == "reader"]
            [webhook] = channel.webhooks.list()
            assert [each.identity for each in channel.members.list()] == ["jane"]
            assert (text.body, text.media, receipt.body) == ("Where is my order?", None, None)
            assert (receipt.media["size"], receipt.type) == (9, "media")
            assert (reader.type, reader.permissions) == (
                "deployment",
                ["joinChannel", "editOwnUserInfo"],
            )
            assert webhook.configuration["filters"] == ["onMessageSent"]


def test_the_workspace_of_the_version_before_gets_its_missing_task_channels_once(
    file: Path,
) -> None:
    file.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    with opened(file) as account:
        office = Office(account)
        names = {each.unique_name for each in office.workspace.task_channels.list()}
        assert names == {"default", "voice", "sms", "chat", "video"}
        assert office.capacity("alice", "voice") == (0, 100)
        office.workspace.task_channels("video").delete()
    with opened(file) as account:
        left = Office(account).workspace.task_channels.list()
        assert {each.unique_name for each in left} == names - {"video"}


def test_links_of_the_version_before_which_its_seed_gave_open_nothing(file: Path) -> None:
    file.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    with closing(sqlite3.connect(file)) as db:
        [(sid, key)] = db.execute("SELECT sid, link_key FROM media").fetchall()
    with opened(file) as account:
        expires = int(account.clock.now()) + 60
        signed = hmac.new(key.encode(), f"{sid}.{expires}".encode(), "sha256").hexdigest()
        service = f"https://mcs.us1.twilio.com/v1/Services/{account.credentials.chat_service_sid}"
        url = f"{service}/Media/{sid}/Content?Expires={expires}&Signature={signed}"
        assert mock_of(account).http_client.request("GET", url).status_code == 403
        fetched = account.client.request("GET", f"{service}/Media/{sid}")
        lasting = json.loads(fetched.text)["links"]["content_direct_temporary"]
    with opened(file) as account:
        assert mock_of(account).http_client.request("GET", lasting).status_code == 200


def test_roles_of_the_version_before_permit_what_they_did(file: Path) -> None:
    file.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    with opened(file) as account:
        jane = account.client_of_chat_user(account.chat_token("jane"), "jane")
        channel = jane.chat.v2.services(account.credentials.chat_service_sid).channels("orders")
        assert channel.messages.create(body="Thanks")._from == "jane"
        with refused(403, 50107):
            channel.update(friendly_name="Mine")


_DAMAGES = {
    "its fact 'seed' cannot be read": "UPDATE _fact SET value = '{' WHERE name = 'seed'",
    "its fact 'born' cannot be read": "UPDATE _fact SET value = NULL WHERE name = 'born'",
    "its fact 'account_sid' cannot be read": "UPDATE _fact SET value = x'ff' WHERE name LIKE 'a%'",
    "its fact 'seed' is ": "UPDATE _fact SET value = '[1]' WHERE name = 'seed'",
    "its fact 'born' is ": "UPDATE _fact SET value = '-1' WHERE name = 'born'",
    "its fact 'openings' is ": "UPDATE _fact SET value = '\"x\"' WHERE name = 'openings'",
    "its fact 'clock' is ": "INSERT OR REPLACE INTO _fact VALUES ('clock', '[1, 1e99]')",
    "its fact 'seed' is missing": "DELETE FROM _fact WHERE name = 'seed'",
    "its counters are no numbers": "INSERT OR REPLACE INTO _counter VALUES ('message', 'x')",
    "permissions of row 1 of role is no JSON": "UPDATE role SET permissions = '[' WHERE seq = 1",
}


@pytest.mark.parametrize("problem", _DAMAGES)
def test_a_file_with_broken_rows_is_refused_in_a_sentence_and_kept(
    file: Path, problem: str
) -> None:
    with opened(file) as account:
        channel_of(account)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(_DAMAGES[problem])
    before = file.read_bytes()
    with pytest.raises(DatabaseRefused) as refusal:
        MockTwilio(db=file)
    assert str(refusal.value).startswith(f"{file} is damaged: {problem}")
    assert file.read_bytes() == before
