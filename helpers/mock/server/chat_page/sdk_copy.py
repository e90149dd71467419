"""Finds a copy of Twilio's Chat SDK for browsers on this machine, as npm installs it."""

from __future__ import annotations

import os
from pathlib import Path

CDN = "https://media.twiliocdn.com/sdk/js/chat/v6.0/twilio-chat.min.js"
"""Twilio's own copy (the README of npm's twilio-chat 6)."""
PLACE = Path("node_modules/twilio-chat/builds/twilio-chat.min.js")
VARIABLE = "TWILIO_CHAT_SDK"


class NoSuchCopy(FileNotFoundError):
    """A copy was named that does not exist."""


def named(path: str | os.PathLike[str] | None = None) -> Path | None:
    """The copy that `path`, else the environment, names, if any; NoSuchCopy if it is no file."""
    name = path or os.environ.get(VARIABLE)
    if not name:
        return None
    copy = Path(name).resolve()
    if not copy.is_file():
        raise NoSuchCopy(
            f"{copy}, from {'the call' if path else VARIABLE}, is no file. After `npm install"
            f" twilio-chat` the Chat SDK is {PLACE.as_posix()}, and is found there by itself"
        )
    return copy


def nearest() -> Path | None:
    """The copy that npm installed in the working directory or one above it, or None."""
    here = Path.cwd()
    copies = (folder / PLACE for folder in (here, *here.parents))
    return next((copy for copy in copies if copy.is_file()), None)
