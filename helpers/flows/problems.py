"""How this package refuses a flow file, or an account that does not fit it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, where, and what to do about it.

    Attributes:
        where: `FILE:LINE`, or what there is of it.
        what: The flow or field at fault.
        fix: What is wrong and what to do.
    """

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.what, self.fix) if part)


class FlowProblem(ValueError):  # noqa: N818 - it lists problems, one or several
    """A flow file cannot be used as it is; `problems` says where and what to do.

    Attributes:
        problems: All that were found.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
