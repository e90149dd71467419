"""A check of the packages that the notebooks need."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

REMEDY = "run `pip install -r requirements.txt` in the project's folder, then restart the kernel"


@dataclass(frozen=True, slots=True)
class Environment:
    """Result of the check; `missing` names each problem with its remedy."""

    missing: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.missing) or "Everything the notebooks need is installed."


def check_environment() -> Environment:
    """Check Python and each package against the project's requirements."""
    oldest = (3, 11)
    problems: list[str | None] = []
    if sys.version_info < oldest:
        problems.append(f"Python >= 3.11 is needed, this is {sys.version.split()[0]}")
    problems.extend(_problem(Requirement(line)) for line in requires("flex-chat-lab") or ())
    return Environment(tuple(problem for problem in problems if problem))


def _problem(requirement: Requirement) -> str | None:
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement} is missing: {REMEDY}"
    if found not in requirement.specifier:
        return f"{requirement} is needed, this is {found}: {REMEDY}"
    return None
