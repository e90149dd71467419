"""`python -m helpers.flows`: flow files in a pipeline."""

import io
import sys

from ..lazy import uncollected

with uncollected():
    from .command import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # one that cannot show a character is no failure
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
