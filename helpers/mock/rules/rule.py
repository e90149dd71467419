"""What a rule of the mock says of itself."""

from __future__ import annotations

from typing import NamedTuple

from ..core.errors import Basis


class Rule(NamedTuple):
    """One behaviour; `test` is the file stem and name of a test function that shows it."""

    statement: str
    basis: Basis
    source: str
    test: str


DOC, SPEC, OBS, INF = Basis.DOCUMENTED, Basis.SPECIFIED, Basis.OBSERVED, Basis.INFERRED
