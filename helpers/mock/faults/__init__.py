"""Faults on demand: rules that make chosen calls fail as a network, or Twilio, fails.

Each front door carries them out in its own way: `http_client` in process, the server over HTTP. The
account itself knows nothing of faults.
"""

from typing import TYPE_CHECKING

from ...lazy import lazily
from .matching import Fault, Faults, Match
from .settings import BadFault, FaultKind, Phase

__all__ = ["BadFault", "Fault", "FaultKind", "Faults", "Match", "Phase"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, Kind="FaultKind", Met="Match")
