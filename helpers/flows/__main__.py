"""`python -m helpers.flows`: flow files in a pipeline."""

from collections.abc import Sequence

from ..console import run
from ..lazy import uncollected


def main(arguments: Sequence[str] | None = None) -> int:
    """Load what the command needs, which Ctrl-C may end, and run it; returns the exit code."""
    with uncollected():
        from .command import main as command
    return command(arguments)


if __name__ == "__main__":
    run(main)
