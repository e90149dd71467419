"""Commands of the older SDKs, as requests of the newer ones: same permissions, same refusals.

`twilio-chat` 3 and 4 and `@twilio/conversations` 1 put commands into a Sync list of their session,
and read the outcome from there. All names are observed in these SDKs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ..core.errors import TwilioError
from . import sync_objects

Values = Mapping[str, Any]
"""Values of a command, with the acting user's `identity` beside them."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command as a request below `/Client/v1` or `/Client/v2`.

    Attributes:
        method: HTTP's.
        path: With `{names}` of the command's values.
        form: Parameter -> name of the value, where it was sent.
        outcome: What is answered, from the request's JSON.
    """

    method: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict)
    outcome: Callable[[Any], dict[str, Any]] = lambda answer: {}

    def path_for(self, values: Values) -> str:
        """Return the path with a command's values.

        Raises:
            TwilioError: 20001, one is missing.
        """
        names = {name: quote(str(value), safe="") for name, value in values.items()}
        try:
            return self.path.format_map(names)
        except KeyError as missing:
            raise TwilioError(20001, f"The command lacks {missing.args[0]}") from None

    def form_for(self, values: Values) -> dict[str, Any]:
        """Return the form with a command's values."""
        sent = {parameter: values.get(name) for parameter, name in self.form.items()}
        return {parameter: value for parameter, value in sent.items() if value is not None}


def _made(channel: str) -> Callable[[Any], dict[str, Any]]:
    """Return the outcome of a channel's creation, under the SDK's name for one."""
    return lambda answer: {
        f"{channel}Sid": answer["sid"],
        channel: sync_objects.DOCUMENT.name(answer["sid"]),
    }


def _index(answer: Any) -> dict[str, Any]:
    return {"messageId": answer["index"]}


_CHANNEL = "/Conversations/{channelSid}"
_MESSAGE, _MEMBERS = f"{_CHANNEL}/Messages/{{messageSid}}", f"{_CHANNEL}/Participants"
_USER = "/Users/{username}"
_NEW = {"FriendlyName": "friendlyName", "UniqueName": "uniqueName", "Attributes": "attributes"}
READ = "/MyConversations/{channelSid}"
COMMANDS = {
    "sendMessage": Command(
        "POST", f"{_CHANNEL}/Messages", {"Body": "text", "Attributes": "attributes"}, _index
    ),
    "sendMediaMessage": Command(
        "POST", f"{_CHANNEL}/Messages", {"MediaSid": "mediaSid", "Attributes": "attributes"}, _index
    ),
    "editMessage": Command("POST", _MESSAGE, {"Body": "text"}),
    "editMessageAttributes": Command("POST", _MESSAGE, {"Attributes": "attributes"}),
    "deleteMessage": Command("DELETE", _MESSAGE),
    "createChannel": Command("POST", "/Conversations", {**_NEW, "Type": "type"}, _made("channel")),
    "createConversation": Command("POST", "/Conversations", _NEW, _made("conversation")),
    "destroyChannel": Command("DELETE", _CHANNEL),
    "joinChannelV2": Command("POST", _MEMBERS, {"Identity": "identity"}),
    "leaveChannel": Command("DELETE", f"{_MEMBERS}/{{identity}}"),
    "declineInvitation": Command("DELETE", f"{_CHANNEL}/Invites/{{identity}}"),
    "addMemberV2": Command("POST", _MEMBERS, {"Identity": "username", "Attributes": "attributes"}),
    "addNonChatParticipant": Command(
        "POST", _MEMBERS, {"MessagingBinding": "binding", "Attributes": "attributes"}
    ),
    "inviteMember": Command("POST", f"{_CHANNEL}/Invites", {"Identity": "username"}),
    "removeMember": Command("DELETE", f"{_MEMBERS}/{{member}}"),
    "editMemberAttributes": Command(
        "POST", f"{_MEMBERS}/{{memberSid}}", {"Attributes": "attributes"}
    ),
    "editAttributes": Command("POST", _CHANNEL, {"Attributes": "attributes"}),
    "editFriendlyName": Command("POST", _CHANNEL, {"FriendlyName": "friendlyName"}),
    "editUniqueName": Command("POST", _CHANNEL, {"UniqueName": "uniqueName"}),
    "editNotificationLevel": Command("POST", READ, {"NotificationLevel": "notificationLevel"}),
    "editUserFriendlyName": Command("POST", _USER, {"FriendlyName": "friendlyName"}),
    "editUserAttributes": Command("POST", _USER, {"Attributes": "attributes"}),
}
REPORT = "consumptionReportV2"
"""The command that sets read horizons in several channels at once."""
