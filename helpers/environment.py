"""A check of the packages that the notebooks need."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

REMEDY = (
    "run `pip install -r requirements.txt` in the project's folder, or without a clone"
    " `pip install 'flex-chat-lab[notebooks]'`, then restart the kernel"
)


@dataclass(frozen=True, slots=True)
class Environment:
    """Result of the check; `missing` names each problem with its remedy."""

    missing: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.missing) or "Everything the notebooks need is installed."


def check_environment() -> Environment:
    """Check Python and each package against the project's requirements."""
    oldest = (3, 11)
    problems = []
    if sys.version_info < oldest:
        problems.append(f"Python >= 3.11 is needed, this is {sys.version.split()[0]}")
    for requirement in map(Requirement, requires("flex-chat-lab") or ()):
        if requirement.marker and not requirement.marker.evaluate({"extra": "notebooks"}):
            continue  # of another system, or not for notebooks
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            problems.append(f"{requirement} is missing: {REMEDY}")
        else:
            if found not in requirement.specifier:
                problems.append(f"{requirement} is needed, this is {found}: {REMEDY}")
    return Environment(tuple(problems))
