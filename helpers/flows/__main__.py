"""`python -m helpers.flows`: flow files in a pipeline."""

from ..console import run
from ..lazy import uncollected


def main() -> int:
    """Load what the command needs, which Ctrl-C may end, and run it; returns the exit code."""
    with uncollected():
        from .command import main
    return main()


if __name__ == "__main__":
    run(main)
