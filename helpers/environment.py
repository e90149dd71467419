"""Whether this kernel has what the notebooks need, said in a way that tells how to mend it."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

MEND = "run `pip install -r requirements.txt` in the project's folder, then restart the kernel"


def check_environment() -> list[str]:
    """Check Python and each package against what this project asks for.

    Returns:
        One line a requirement, starting with `ok` or with `MISSING`; the versions found are left
        out of good news, so that the answer is the same on every machine.
    """
    oldest = (3, 11)
    python = "ok       Python >= 3.11"
    if sys.version_info < oldest:
        python = f"MISSING  Python >= 3.11, this is {sys.version.split()[0]}"
    needed = [Requirement(line) for line in requires("flex-chat-lab") or ()]
    return [python, *(_line(requirement) for requirement in sorted(needed, key=str))]


def _line(requirement: Requirement) -> str:
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"MISSING  {requirement}: {MEND}"
    if found not in requirement.specifier:
        return f"MISSING  {requirement}, found {found}: {MEND}"
    return f"ok       {requirement}"
