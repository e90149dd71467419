"""Phones of customers without an identity: what they send, and what reaches them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from pydantic import TypeAdapter

from .core.context import Actor, Backend, Context
from .core.errors import TwilioError
from .messaging import inbound, members, messages
from .messaging.events import ChannelEvent, MessageEvent
from .messaging.resources import DeliveryReceipt, Member, Message
from .rest.application import Application
from .rest.conversations_parameters import Body, network_of
from .rest.conversations_webhooks import NAME as DIALECT
from .rest.conversations_words import REFUSALS

_BODY = TypeAdapter(Body)
STATUSES = ("sent", "delivered", "read", "failed", "undelivered")
"""Statuses of a message on its way to a phone."""
_LATER = {"sent": STATUSES[1:], "delivered": ("read",)}
"""Statuses that may follow each; none follows the others."""


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """A message that a phone sent, or that reached it.

    Attributes:
        sid: IM...
        conversation_sid: CH...
        author: An identity, an address, or any other name.
        body: Text; None where there is a file alone.
    """

    sid: str
    conversation_sid: str
    author: str
    body: str | None


def _shown(message: Message) -> PhoneMessage:
    return PhoneMessage(message.sid, message.channel_sid, message.author, message.body)


class Phone:
    """A customer's phone, at a number such as `+15550142`, or `whatsapp:+15550142`.

    Raises:
        TwilioError: 50407, the address is none.
    """

    def __init__(
        self, backend: Backend, application: Application, account_sid: str, address: str
    ) -> None:
        self.network = network_of(str(address), 50407, "The phone's address")
        self.address = address
        self._backend = backend
        self._application = application
        self._account_sid = account_sid

    def __repr__(self) -> str:
        return f"Phone({self.address!r})"

    def send(
        self, body: str | None = None, *, to: str | None = None, media_sids: Iterable[str] = ()
    ) -> PhoneMessage | None:
        """Send a text, files or both to a number of the account.

        It goes to the open conversation of the two addresses; where there is none, one is made if
        the number's address configuration says so (documented).

        Args:
            body: Text.
            to: The account's number; may be left out where the phone is in open conversations of
                one number only.
            media_sids: Files that were uploaded.

        Returns:
            The message; None where a pre-event webhook refused it, so that it is dropped.

        Raises:
            TwilioError: 50408, `to` is no address of the phone's network, or is needed; 50503,
                there is nothing to send; 50504, it is too long; 501, no conversation takes the
                message.
        """
        files = list(media_sids)
        body = None if body is None else _BODY.validate_python(str(body))
        if not body and not files:
            raise TwilioError(50503, "Give a text or a file to send")
        proxy = self._number(to)
        if network_of(str(proxy), 50408, "to") != self.network:
            raise TwilioError(50408, f"to must be an address of {self.network}, as the phone's is")
        receive = partial(
            inbound.receive,
            network=self.network,
            address=self.address,
            proxy_address=proxy,
            dialect=DIALECT,
            body=body,
            media_sids=files,
        )
        actor = Actor(webhooks=True, network=self.network.upper())

        def act(**changes: str) -> Message:
            with REFUSALS.worded():
                return receive(Context(self._backend, self._account_sid, actor), changes=changes)

        try:
            changes = self._application.consult(*self._place(proxy), act)
        except TwilioError as refusal:
            if refusal.code == 50056:
                return None
            raise
        with self._backend.transaction():
            return _shown(act(**{_FIELDS[name]: text for name, text in changes.items()}))

    def _number(self, to: str | None) -> str:
        if to is not None:
            return to
        with self._backend.transaction():
            places = inbound.places_of(Context(self._backend, self._account_sid), self.address)
        numbers = {(place.messaging_binding or {}).get("proxy_address", "") for place in places}
        if len(numbers) != 1 or "" in numbers:
            raise TwilioError(
                50408, f"Name the number with to=...: {self.address} has {len(numbers)}"
            )
        return numbers.pop()

    def _place(self, proxy: str) -> tuple[str, type[ChannelEvent] | type[MessageEvent]]:
        """Return the service that a message will be in, and the event with a pre-event."""
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            member = members.at_addresses(ctx, self.address, proxy)
            if member is not None:
                return member.service_sid, MessageEvent
            maker = inbound.maker_of(ctx.store, self.network, proxy)
        return str(maker.auto_creation["service_sid"]) if maker else "", ChannelEvent

    def messages(self) -> list[PhoneMessage]:
        """Return the messages that were sent to the phone, in order."""
        store = self._backend.store
        with self._backend.transaction():
            own = {
                each.sid
                for each in store.select(Member, {"user_sid": None})
                if each.name == self.address
            }
            reached = [each for each in store.select(DeliveryReceipt) if each.member_sid in own]
            found = (store.first(Message, sid=each.message_sid) for each in reached)
            return [_shown(message) for message in found if message is not None]

    def report(self, message_sid: str, status: str, error_code: int = 0) -> None:
        """Report how far a message came: `delivered`, `read`, `failed` or `undelivered`.

        Reporting the same once more changes nothing.

        Raises:
            TwilioError: 20404, the message was not sent to this phone; 20001, there is no such
                status, or the message is beyond it.
        """
        if status not in STATUSES:
            raise TwilioError(20001, f"status is one of {', '.join(STATUSES)}")
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid, Actor(webhooks=True))
            for receipt in ctx.store.select(DeliveryReceipt, {"message_sid": message_sid}):
                member = ctx.store.first(Member, sid=receipt.member_sid)
                if member is not None and member.name == self.address:
                    if status == receipt.status:
                        return
                    if status not in _LATER.get(receipt.status, ()):
                        raise TwilioError(20001, f"The message is {receipt.status} already")
                    messages.update_receipt(ctx, receipt, status=status, error_code=error_code)
                    return
        raise TwilioError(20404, f"No message {message_sid[:40]} was sent to {self.address}")


_FIELDS = {
    "Author": "author",
    "Body": "body",
    "Attributes": "attributes",
    "FriendlyName": "friendly_name",
}
"""Fields that the answer to a pre-event may change, by their parameters."""
