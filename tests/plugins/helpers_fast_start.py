"""Keeps jsonschema from building some 35 parsers it never uses here, a second per process.

`rfc3987_syntax` is only consulted for IRI formats, which no notebook schema has.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
