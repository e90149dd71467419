"""Finds copies of Twilio's SDKs for browsers on this machine, as npm installs them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

KEPT = Path.home() / ".flex-chat-lab"
"""Folder of the user's own where `python -m helpers.front_ends` puts copies."""


class NoSuchCopy(FileNotFoundError):
    """A copy was named that does not exist."""


@dataclass(frozen=True, slots=True)
class BrowserSdk:
    """One of Twilio's SDKs, as a script for browsers.

    Attributes:
        package: Its name at npm.
        cdn: Twilio's own copy (README of the package); empty where the page takes none.
        place: The script, where npm installs it.
        variable: Name in the environment of a copy elsewhere.
        version: The version that is brought, where `python -m helpers.front_ends` brings it.
        command: Name by which it is brought.
        entry: A module that its script is bundled from, where the package has no such script.
        beside: Packages that the bundle needs besides.
    """

    package: str
    cdn: str
    place: Path
    variable: str
    version: str = ""
    command: str = ""
    entry: str = ""
    beside: tuple[str, ...] = ()

    def named(self, path: str | os.PathLike[str] | None = None) -> Path | None:
        """The copy that `path`, else the environment, names; NoSuchCopy if it is no file."""
        name = path or os.environ.get(self.variable)
        if not name:
            return None
        copy = Path(name).resolve()
        if not copy.is_file():
            raise NoSuchCopy(
                f"{copy}, from {'the call' if path else self.variable}, is no file. After `npm"
                f" install {self.package}` the SDK is {self.place.as_posix()}, and is found there"
                " by itself"
            )
        return copy

    def nearest(self) -> Path | None:
        """The copy that npm installed in the working directory or above it, or that was brought."""
        here = Path.cwd()
        copies = (folder / self.place for folder in (here, *here.parents, KEPT))
        return next((copy for copy in copies if copy.is_file()), None)


CHAT = BrowserSdk(
    "twilio-chat",
    "https://media.twiliocdn.com/sdk/js/chat/v6.0/twilio-chat.min.js",
    Path("node_modules/twilio-chat/builds/twilio-chat.min.js"),
    "TWILIO_CHAT_SDK",
)
CONVERSATIONS = BrowserSdk(
    "@twilio/conversations",
    "https://sdk.twilio.com/js/conversations/v2.7/twilio-conversations.min.js",
    Path("node_modules/@twilio/conversations/builds/twilio-conversations.min.js"),
    "TWILIO_CONVERSATIONS_SDK",
)
WEB_CHAT = BrowserSdk(
    "@twilio/flex-webchat-ui",
    "",
    Path("node_modules/@twilio/flex-webchat-ui/bundle/twilio-flex-webchat.prod.browser.js"),
    "TWILIO_FLEX_WEBCHAT_UI",
    "2.9.4",
    "webchat",
)
FLEX_1 = BrowserSdk(
    "@twilio/flex-ui",
    "",
    Path("node_modules/@twilio/flex-ui/bundle/twilio-flex.prod.browser.js"),
    "TWILIO_FLEX_UI",
    "1.34.6",
    "flex",
)
FLEX_2 = BrowserSdk(
    "@twilio/flex-ui",
    "",
    Path("flex-ui-2.17.1/flex-ui.js"),
    "TWILIO_FLEX_UI",
    "2.17.1",
    "flex-2",
    'import * as React from "react"; import * as Flex from "@twilio/flex-ui";'
    " Object.assign(window, { React, Twilio: { ...window.Twilio, Flex } });",
    ("react@17.0.2", "react-dom@17.0.2", "path-browserify@1.0.1"),
)
