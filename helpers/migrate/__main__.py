"""`python -m helpers.migrate`: the changes that an account needs for Flex Conversations."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from ..account import connect, from_environment
from ..console import INTERRUPTED, run
from ..flows.command import OK, PROBLEMS, USAGE, Parser, UsageError
from ..flows.errors import REFUSALS, refusal_text
from ..masking import mask
from .legacy import read
from .report import plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 done, 1 refused, 3 a wrong command."""
    parser = Parser(prog="python -m helpers.migrate", description=__doc__)
    parser.add_argument(
        "--from",
        dest="source",
        metavar="ACCOUNT",
        help="a shared mock's URL, 'live', or saved JSON; by default TWILIO_MOCK_URL or"
        " TWILIO_MODE=live",
    )
    parser.add_argument(
        "--write", metavar="DIR", help="write report, calls, flow file, Studio flows"
    )
    parser.add_argument("--save", metavar="FILE", help="save what was read, as JSON")
    parser.add_argument("--json", action="store_true", help="print JSON")
    try:
        options = parser.parse_args(arguments)
        where = options.source or from_environment()
        if not where:
            parser.error("which account? Give --from URL, live or FILE")
        is_file = where.endswith(".json")
        found = read(where if is_file else connect(where, check=False), progress=_say)
        migration = plan(found)
        if options.save:
            found.write(options.save)
        written = migration.write(options.write) if options.write else []
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    except REFUSALS as error:
        sys.stderr.write(f"{refusal_text(error)}\n")
        return PROBLEMS
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{mask(str(error))}\n")
        return PROBLEMS
    shown = json.dumps(migration.as_json(), indent=2) if options.json else str(migration)
    sys.stdout.write(f"{mask(shown)}\n")
    for path in written:
        _say(f"written: {path}")
    return OK


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    run(main)
