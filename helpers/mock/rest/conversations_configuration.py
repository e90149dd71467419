"""Configuration of Conversations v1: the account's, each service's, addresses and push."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from ..core.context import Context
from ..messaging import addresses, push, services
from ..messaging.resources import (
    AddressConfiguration,
    Binding,
    Credential,
    EventHooks,
    MessagingSettings,
    Service,
)
from . import conversations_parameters as given
from .collection import Collection, Single, Write
from .conversations_v1 import API, FIFTY, SERVICES, operations
from .conversations_views import HOST
from .listing import PageSizes
from .views import view

_HUNDRED = PageSizes(50, 100)
_ROLES = {
    "default_conversation_creator_role_sid": "default_channel_creator_role_sid",
    "default_conversation_role_sid": "default_channel_role_sid",
    "default_chat_service_role_sid": "default_service_role_sid",
}
"""Conversations' names of a service's default roles."""
_PUSHES = {
    "new_message": "new_message",
    "added_to_conversation": "added_to_channel",
    "removed_from_conversation": "removed_from_channel",
}
"""Conversations' names of what a device is notified of."""
_DURATION = TypeAdapter(timedelta)


# -- the account's


def _duration(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return str(_DURATION.dump_python(timedelta(seconds=seconds), mode="json"))


def _settings(ctx: Context, settings: MessagingSettings, url: str) -> dict[str, Any]:
    service = services.find_default(ctx.store)
    sid = service.sid if service else None
    return {
        "account_sid": settings.account_sid,
        "default_chat_service_sid": sid,
        "default_messaging_service_sid": settings.messaging_service_sid,
        "default_inactive_timer": _duration(settings.inactive_after),
        "default_closed_timer": _duration(settings.closed_after),
        "url": url,
        "links": {
            "service": f"https://{HOST}/v1/Services/{sid}/Configuration",
            "webhooks": f"{url}/Webhooks",
        },
    }


def _hooks(ctx: Context, hooks: EventHooks, url: str) -> dict[str, Any]:
    return {
        "account_sid": hooks.account_sid,
        "method": hooks.method,
        "filters": hooks.filters,
        "pre_webhook_url": hooks.pre_webhook_url,
        "post_webhook_url": hooks.post_webhook_url,
        "target": hooks.target,
        "url": url,
    }


def _hooks_of_account(ctx: Context) -> EventHooks:
    return services.hooks_of(ctx, None)


Single(
    within=API,
    segment="Configuration",
    noun="Configuration",
    find=services.settings_of,
    render=_settings,
    update=Write(given.SettingsChanges, services.update_settings, spread=True),
)
Single(
    within=API,
    segment="Configuration/Webhooks",
    noun="ConfigurationWebhook",
    find=_hooks_of_account,
    render=_hooks,
    update=Write(given.AccountHooksChanges, services.update_hooks, spread=True),
)


def _shown_address(address: AddressConfiguration, _: str) -> dict[str, Any]:
    kept = address.auto_creation
    shown = {"conversation_service_sid" if name == "service_sid" else name for name in kept}
    values = {**kept, "conversation_service_sid": kept.get("service_sid")}
    return {"auto_creation": {name: values[name] for name in sorted(shown)}}


def _create_address(ctx: Context, new: given.NewAddress) -> AddressConfiguration:
    return addresses.create(ctx, **new.given())


Collection(
    within=API,
    segment="Configuration/Addresses",
    key="address_configurations",
    lookup=("sid", "address"),
    kind=AddressConfiguration,
    noun="ConfigurationAddress",
    sizes=FIFTY,
    open_to_users=(),
    filters={"Type": "type"},
    render=view(AddressConfiguration, extra=_shown_address),
    create=Write(given.NewAddress, _create_address),
    update=Write(given.AddressChanges, addresses.update, spread=True),
    delete=Context.remove,
)


def _create_credential(ctx: Context, new: given.NewConversationsCredential) -> Credential:
    return push.create(ctx, **new.given())


Collection(
    within=API,
    segment="Credentials",
    kind=Credential,
    open_to_users=(),
    sizes=_HUNDRED,
    render=view(Credential),
    create=Write(given.NewConversationsCredential, _create_credential),
    update=Write(given.ConversationsCredentialChanges, Context.update, spread=True),
    delete=push.delete,
)


# -- a service's


def _configuration(ctx: Context, service: Service, url: str) -> dict[str, Any]:
    return {
        "chat_service_sid": service.sid,
        **{name: getattr(service, field) for name, field in _ROLES.items()},
        "reachability_enabled": service.reachability_enabled,
        "url": url,
        "links": {"notifications": f"{url}/Notifications", "webhooks": f"{url}/Webhooks"},
    }


def _configure(ctx: Context, service: Service, **changes: Any) -> Service:
    renamed = {_ROLES.get(name, name): value for name, value in changes.items()}
    return services.update(ctx, service, **renamed)


def _own_hooks(ctx: Context, hooks: EventHooks, url: str) -> dict[str, Any]:
    """Return the JSON of a service's hooks; all null until they are set (documented)."""
    shown = {**_hooks(ctx, hooks, url), "chat_service_sid": hooks.service_sid}
    del shown["target"]
    if not hooks.seq:
        shown |= {"method": None, "filters": None}
    return shown


def _notifications(ctx: Context, service: Service, url: str) -> dict[str, Any]:
    kept = service.notifications
    pushes = {name: {**kept[own]} for name, own in _PUSHES.items()}
    pushes["new_message"]["with_media"] = service.media_notification
    return {
        "account_sid": service.account_sid,
        "chat_service_sid": service.sid,
        "log_enabled": kept["log_enabled"],
        **pushes,
        "url": url,
    }


def _notify(ctx: Context, service: Service, **changes: Any) -> Service:
    renamed = {}
    for name, value in changes.items():
        push_name, _, setting = name.partition("__")
        if setting.startswith("with_media__"):
            renamed[f"media_notification__{setting.removeprefix('with_media__')}"] = value
        else:
            own = _PUSHES.get(push_name, push_name)
            renamed["__".join(filter(None, ("notifications", own, setting)))] = value
    return services.update(ctx, service, **renamed)


def _itself(_: Context, service: Service) -> Service:
    return service


Single(
    within=SERVICES,
    segment="Configuration",
    noun="ServiceConfiguration",
    find=_itself,
    render=_configuration,
    update=Write(given.ServiceConfigurationChanges, _configure, spread=True),
)
Single(
    within=SERVICES,
    segment="Configuration/Webhooks",
    noun="ServiceWebhookConfiguration",
    find=services.hooks_of,
    render=_own_hooks,
    update=Write(given.HooksChanges, services.update_hooks, spread=True),
)
Single(
    within=SERVICES,
    segment="Configuration/Notifications",
    noun="ServiceNotification",
    find=_itself,
    render=_notifications,
    update=Write(given.NotificationChanges, _notify, spread=True),
)


def _own_words(binding: Binding, _: str) -> dict[str, Any]:
    own = {field: name for name, field in _PUSHES.items()}
    return {"message_types": [own[each] for each in binding.message_types if each in own]}


Collection(
    within=SERVICES,
    scope="service_sid",
    segment="Bindings",
    kind=Binding,
    noun="ServiceBinding",
    open_to_users=(),
    sizes=_HUNDRED,
    filters={"BindingType": "binding_type", "Identity": "identity"},
    render=view(
        Binding,
        omit=("user_sid",),
        rename={"service_sid": "chat_service_sid"},
        extra=_own_words,
    ),
    delete=Context.remove,
)
OPERATIONS = operations()
