"""Rehearses Flex Flow configs in a throw-away account, and compares the results."""

from typing import TYPE_CHECKING

from ...lazy import lazily
from .comparison import Comparison, Comparisons, Pair, compare
from .draft import StudioDraft
from .outcome import Outcome, Rehearsal
from .rehearse import rehearse
from .script import SCRIPTS, Script, ScriptProblem, ScriptStep
from .simulation import Lost, Shortfall
from .timeline import Row

__all__ = [
    "SCRIPTS",
    "Comparison",
    "Comparisons",
    "Lost",
    "Outcome",
    "Pair",
    "Rehearsal",
    "Row",
    "Script",
    "ScriptProblem",
    "ScriptStep",
    "Shortfall",
    "StudioDraft",
    "compare",
    "rehearse",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, Step="ScriptStep")
