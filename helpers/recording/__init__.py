"""Recordings: an account's answers, saved without secrets and personal data, replayed on a mock."""

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .recorder import Recorder
    from .replay import Replay, replay
    from .saved import BadRecording, RecordedCall, Recording

__all__ = [
    "BadRecording",
    "RecordedCall",
    "Recorder",
    "Recording",
    "Replay",
    "replay",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)
