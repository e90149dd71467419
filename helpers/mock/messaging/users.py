"""Users of a service."""

from __future__ import annotations

from ..call import Call
from ..errors import TwilioError
from ..fields import Fields
from . import roles
from .events import MemberEvent, UserEvent
from .permissions import require
from .resources import OF_A_USER, Binding, Channel, Member, Service, User
from .rules import Identity, LongerName, SmallAttributes


class NewUser(Fields):
    """Parameters of user creation."""

    identity: Identity
    role_sid: str | None = None
    attributes: SmallAttributes = "{}"
    friendly_name: LongerName | None = None


class UserChanges(Fields):
    """Parameters of user update."""

    role_sid: str | None = None
    attributes: SmallAttributes | None = None
    friendly_name: LongerName | None = None


def create(call: Call, service: Service, new: NewUser) -> User:
    """Make a user.

    A chat user may only make itself, which is what connecting with a new identity does (observed).

    Raises:
        TwilioError: 50201, the identity has a user; 50107, a chat user makes another one; 50205,
            it sets a role.
    """
    if call.actor.identity not in (None, new.identity):
        raise TwilioError(50107, "A chat user cannot create another user")
    if find(call, service.sid, new.identity):
        raise TwilioError(50201, "User already exists")
    return _make(call, service, new)


def _make(call: Call, service: Service, new: NewUser) -> User:
    role_sid = service.default_service_role_sid
    if new.role_sid:
        role_sid = roles.pick(call, service.sid, new.role_sid, "deployment")
    user = call.store.add(
        User(
            sid=call.sids.new("US"),
            account_sid=call.account_sid,
            service_sid=service.sid,
            identity=new.identity,
            friendly_name=new.friendly_name,
            attributes=new.attributes,
            role_sid=role_sid or "",
            is_online=None,
            is_notifiable=None,
            joined_channels_count=0,
            date_created=call.now,
            date_updated=call.now,
        )
    )
    call.note(UserEvent("added", user, call.actor))
    return user


def find(call: Call, service_sid: str, identity: str) -> User | None:
    """The user of an identity, or None."""
    return call.store.first(User, service_sid=service_sid, identity=identity)


def ensure(call: Call, service: Service, identity: str, friendly_name: str | None = None) -> User:
    """The user of an identity, made if need be: users are created lazily (observed)."""
    return find(call, service.sid, identity) or _make(
        call, service, NewUser(identity=identity, friendly_name=friendly_name)
    )


def update(call: Call, user: User, changes: UserChanges) -> User:
    """Change a user.

    Raises:
        TwilioError: 50107, a chat user without the permission; 50205, one that sets a role.
    """
    given = changes.given()
    own = call.actor.identity == user.identity
    require(call, user.service_sid, "editOwnUserInfo" if own else "editAnyUserInfo")
    if "role_sid" in given:
        roles.pick(call, user.service_sid, given["role_sid"], "deployment")
    call.store.save(user, **given, date_updated=call.now)
    call.note(UserEvent("updated", user, call.actor, tuple(given)))
    return user


def mark_online(call: Call, user: User, *, online: bool) -> None:
    """Say whether a user is connected, and with a device that takes pushes (reachability)."""
    notifiable = call.store.exists(Binding, user_sid=user.sid)
    call.store.save(user, is_online=online, is_notifiable=notifiable)
    call.note(UserEvent("updated", user, call.actor, ("is_online", "is_notifiable")))


def delete(call: Call, user: User) -> None:
    """Delete a user, its memberships, invitations and devices; its messages stay (inferred)."""
    if call.actor.identity is not None:
        raise TwilioError(50107, "A chat user cannot delete users")
    for member in call.store.select(Member, {"user_sid": user.sid}):
        channel = call.store.first(Channel, sid=member.channel_sid)
        call.store.remove(member)
        if channel:
            call.store.save(channel, members_count=channel.members_count - 1)
            call.note(MemberEvent("removed", channel, member, call.actor))
    for kind in OF_A_USER:
        call.store.remove_all(kind, user_sid=user.sid)
    call.store.remove(user)
    call.note(UserEvent("removed", user, call.actor))
