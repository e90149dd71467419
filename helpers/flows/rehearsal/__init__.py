"""Rehearses Flex Flow configs in a throw-away account, and compares what comes of them."""

from .comparison import Comparison, Comparisons, Pair, compare
from .outcome import Outcome
from .playing import rehearse
from .rehearsal import Rehearsal
from .script import Script, ScriptProblem, Step
from .shipped import SCRIPTS
from .stage import Lost
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
    "Step",
    "compare",
    "rehearse",
]
