"""Whether this kernel has what the notebooks need, said in a way that tells how to mend it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

MEND = "run `pip install -r requirements.txt` in the project's folder, then restart the kernel"


@dataclass(frozen=True, slots=True)
class Environment:
    """What was found; `missing` says of each thing that is not as it should be how to mend it."""

    missing: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.missing) or "Everything the notebooks need is installed."


def check_environment() -> Environment:
    """Check Python and each package against what this project asks for."""
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
        return f"{requirement} is missing: {MEND}"
    if found not in requirement.specifier:
        return f"{requirement} is needed, this is {found}: {MEND}"
    return None
