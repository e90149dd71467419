"""The one way the functions of this package refuse a value."""

from __future__ import annotations


class TokenProblem(ValueError):
    """Values that would not make a working token, all of them; no value is repeated.

    Attributes:
        problems: (parameter, what is wrong and what to do), in the order of the signature.
        parameter: The first parameter at fault.

    """

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("\n".join(f"{parameter} {message}" for parameter, message in problems))
        self.problems = problems
        self.parameter = problems[0][0]
