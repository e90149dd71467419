"""How faithful the mock is, operation by operation and rule by rule: what FIDELITY.md says.

    python -m helpers.mock.fidelity

writes the table anew. A test compares it with the code, so that it cannot go stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from .core.errors import CODES, Basis
from .realtime import conversations, feeds, sync
from .rest.application import OPERATIONS
from .rest.collection import Operation
from .rules import RULES, Rule

TABLE = Path(__file__).with_name("FIDELITY.md")

_SOURCES = {
    "chat.twilio.com": "twilio-oai: twilio_chat_v2.json",
    "flex-api.twilio.com": "twilio-oai: twilio_flex_v1.json",
    "taskrouter.twilio.com": "twilio-oai: twilio_taskrouter_v1.json",
    "studio.twilio.com": "twilio-oai: twilio_studio_v2.json",
    "mcs.twilio.com": "Twilio's Chat SDK and docs: chat/rest/media",
}
_NOT_IN_OPENAPI = frozenset({"mcs.twilio.com"})

_HEAD = """\
# How faithful this mock is

Every operation, rule and error code of the mock, and how well it is known to be Twilio's:

- **documented**: Twilio's documentation or error catalogue states it;
- **specified**: Twilio's OpenAPI documents state it;
- **observed**: seen in bug reports, production code or Twilio's samples;
- **inferred**: nothing found states it; the mock's best reading.

Nothing here was compared with a live account. This page is written by
`python -m helpers.mock.fidelity`, and a test holds it to the code. Each rule names the test that
shows it.
"""


class _Section(NamedTuple):
    title: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[str, ...]]


def table() -> str:
    """The page, as Markdown."""
    return _HEAD + "".join(_markdown(section) for section in _sections())


def _sections() -> Iterator[_Section]:
    yield _Section("Operations", ("operation", "call", "basis", "source"), _operations())
    yield _Section("Asked by the JavaScript SDKs", ("operation", "call", "basis"), _asked())
    yield _Section("Rules", ("rule", "basis", "source", "shown by"), map(_rule, RULES))
    yield _Section("Error codes", ("code", "HTTP", "meaning", "basis of the status"), _codes())


def _operations() -> Iterator[tuple[str, ...]]:
    for operation in sorted(OPERATIONS, key=lambda op: (op.host, op.path, op.method)):
        basis = Basis.OBSERVED if operation.host in _NOT_IN_OPENAPI else Basis.SPECIFIED
        yield operation.name, _call(operation), basis, _SOURCES[operation.host]


def _asked() -> Iterator[tuple[str, ...]]:
    """What comes through a realtime connection; the SDKs follow links, so paths are the mock's."""
    for operation in sorted(conversations.OPERATIONS, key=lambda op: (op.path, op.method)):
        yield operation.name, f"`{operation.method} {operation.path}`", Basis.OBSERVED
    for name, path in sync.PATHS.items():
        yield name, f"`GET {path}`", Basis.OBSERVED
    yield "Subscribe", f"`POST {feeds.PATH}`", Basis.OBSERVED


def _call(operation: Operation) -> str:
    return f"`{operation.method} {operation.host}{operation.path}`"


def _rule(rule: Rule) -> tuple[str, ...]:
    return rule.statement, rule.basis, rule.source, f"`{rule.test}`"


def _codes() -> Iterator[tuple[str, ...]]:
    for code in sorted(CODES.values()):
        yield str(code.code), str(code.status), code.meaning, code.status_basis


def _markdown(section: _Section) -> str:
    lines = [
        f"\n## {section.title}\n",
        f"| {' | '.join(section.columns)} |",
        f"|{'---|' * len(section.columns)}",
        *(f"| {' | '.join(row)} |" for row in section.rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
