"""Costs that do not depend on the machine: SQL statements, Python calls, the size of the code.

    python tests/benchmarks/house_costs.py [--statements] [--functions] [--json FILE]
    python tests/benchmarks/house_costs.py --against FILE

The figures are the same at every run of one Python version, so two versions of the code compare
exactly. Measures the `helpers` on PYTHONPATH, by default the one in the current folder; uses its
public names only.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import platform
import re
import sqlite3
import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

CONVERSATIONS, AGENTS = 300, 40
VERBS = ("BEGIN", "COMMIT", "SELECT", "INSERT", "UPDATE", "DELETE")
WARM_UPS = 2
"""Calls of a kind before the one that is counted."""
MOMENT = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""Time at which the clock stands still: no timer's thread interferes."""
LONGEST = 5

Figures = dict[str, float]
Counts = Mapping[str, float]


# -- SQL statements


VALUES = re.compile(r"[xX]?'(?:[^']|'')*'|(?<![\w\"])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b")
NULL = re.compile(r"(?<!IS )(?<!NOT )\bNULL\b")
PLACES = re.compile(r"\?(?:, ?\?)+")
NAMES = re.compile(r"([^\s,()]+)(?:, [^\s,()]+){3,}")


def normalised(sql: str) -> str:
    """Return a statement with its values replaced by `?`, lists of them by one."""
    blank = NULL.sub("?", VALUES.sub("?", " ".join(sql.split())))
    return PLACES.sub("?, ...", blank).rstrip("; ")


@contextmanager
def traced() -> Iterator[list[str]]:
    """Collect the statements of every SQLite connection opened meanwhile."""
    statements: list[str] = []
    connect = sqlite3.connect

    def connect_traced(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(statements.append)
        return connection

    sqlite3.connect = connect_traced  # type: ignore[assignment]
    try:
        yield statements
    finally:
        sqlite3.connect = connect


def busy_day() -> tuple[Figures, Counts]:
    """Count the statements of a busy day, setting it up included, per conversation."""
    with traced() as statements:
        from helpers.flows import Arrivals, FlexFlowConfig, Integration, Lognormal, load_test

        flow = FlexFlowConfig(
            friendly_name="Support",
            channel_type="custom",
            integration_type="task",
            integration=Integration(
                workspace="Flex Task Assignment", workflow="Assign to Anyone", channel="chat"
            ),
        )
        day = load_test(
            flow,
            agents=AGENTS,
            arrivals=Arrivals((1.0,) * 24, exactly=CONVERSATIONS),
            handle_time=Lognormal(600),
            seed=1,
            progress=False,
        )
    assert day.summary.answered == CONVERSATIONS
    counts = Counter(map(normalised, statements))
    verbs: Counter[str] = Counter()
    for sql, count in counts.items():
        verb = sql.split(maxsplit=1)[0]
        verbs[verb if verb in VERBS else "other"] += count
    figures = {"statements": len(statements) / CONVERSATIONS}
    figures |= {f"statements: {verb}": verbs[verb] / CONVERSATIONS for verb in (*VERBS, "other")}
    return figures, {sql: count / CONVERSATIONS for sql, count in counts.most_common()}


# -- calls


class CallCounter:
    """Counts calls of Python functions in a folder, on threads started after `listen()`.

    The thread that acts is counted while it acts, the others until the mock is settled: waiting
    for them is no cost of the call.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = f"{folder}{os.sep}"
        self._codes: list[CodeType] = []
        self._is_counting = False

    def listen(self) -> None:
        """Have threads that start from now on counted."""
        threading.setprofile(self._profile)

    def count(self, act: Callable[[], object], settle: Callable[[], object]) -> Counter[str]:
        """Return the calls made by `act`, and on other threads until `settle` returns."""
        self._codes.clear()
        self._is_counting = True
        sys.setprofile(self._profile)
        try:
            act()
        finally:
            sys.setprofile(None)
        settle()
        self._is_counting = False
        return Counter(map(self._name, self._codes))

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and self._is_counting:
            code = frame.f_code
            if code.co_filename.startswith(self._folder):
                self._codes.append(code)

    def _name(self, code: CodeType) -> str:
        return f"{code.co_filename.removeprefix(self._folder)} {code.co_qualname}"


def task_flow(client: Any, service_sid: str) -> str:
    """Create a Flex Flow that makes a task with every channel, in the account's own workspace."""
    workspace = client.taskrouter.v1.workspaces.list()[0].sid
    workflow = client.taskrouter.v1.workspaces(workspace).workflows.list()[0].sid
    flow = client.flex_api.v1.flex_flow.create(
        friendly_name="Support",
        chat_service_sid=service_sid,
        channel_type="custom",
        integration_type="task",
        integration_workspace_sid=workspace,
        integration_workflow_sid=workflow,
        integration_channel="chat",
        enabled=True,
    )
    return str(flow.sid)


def calls(helpers: Path) -> tuple[Figures, dict[str, Counts]]:
    """Count the calls that one Flex channel and one message cost in a warm account."""
    from helpers import ChatClient, connect
    from helpers.panel import ChatPanelModel

    counter = CallCounter(helpers)
    counter.listen()
    account = connect(seed=1)
    mock: Any = account.mock
    mock.clock.freeze(MOMENT)
    service_sid = account.credentials.chat_service_sid
    service = account.client.chat.v2.services(service_sid)
    flow_sid = task_flow(account.client, service_sid)

    def settle() -> None:
        assert mock.webhooks.settle()
        assert mock.studio.settle()

    def new_contact(number: int) -> Any:
        return account.client.flex_api.v1.channel.create(
            flex_flow_sid=flow_sid,
            identity=f"user-{number}",
            chat_user_friendly_name="Jane",
            chat_friendly_name=f"Chat with user-{number}",
        )

    def last_of(act: Callable[[int], object]) -> Counter[str]:
        for number in range(WARM_UPS):
            act(number)
            settle()
        return counter.count(lambda: act(WARM_UPS), settle)

    def message(channel_sid: str) -> Counter[str]:
        changes: list[Any] = []
        with ChatClient(account, account.chat_token("user-0")) as chat:
            model = ChatPanelModel(chat.get_channel_by_sid(channel_sid))
            model.observe(changes.append)
            messages = service.channels(channel_sid).messages
            found = last_of(lambda number: messages.create(body=f"hi {number}", from_="alice"))
            assert [each.body for each in model.messages] == ["hi 0", "hi 1", "hi 2"]
            assert changes[-1].messages[0].body == "hi 2"
            model.close()
        return found

    found = {"third Flex channel": last_of(new_contact)}
    own = account.client.flex_api.v1.channel.list()[0].sid
    found["message to a panel, Flex channel"] = message(own)
    plain = service.channels.create().sid
    service.channels(plain).members.create(identity="user-0")
    found["message to a panel, plain channel"] = message(plain)
    found["settle() with nothing to do"] = counter.count(settle, settle)
    threading.setprofile(None)
    figures = {f"calls: {name}": float(counts.total()) for name, counts in found.items()}
    return figures, {name: dict(counts.most_common()) for name, counts in found.items()}


# -- the code


Function = ast.FunctionDef | ast.AsyncFunctionDef
OPENING = re.compile(r"(What|Who|Whoever|Whether|Have)\b")
NOQA = re.compile(r"#.*\bnoqa\b")


def is_private(name: str) -> bool:
    """Tell `_name` from `name` and `__name__`."""
    return name.startswith("_") and not name.endswith("__")


def docstrings(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the strings that stand as statements: docstrings, those of attributes included."""
    for node in nodes:
        match node:
            case ast.Expr(ast.Constant(str(text))):
                yield text.strip()


def called_once(nodes: list[ast.AST], names: list[str]) -> list[str]:
    """Return the private functions that their own file refers to once."""
    uses = Counter(node.id for node in nodes if isinstance(node, ast.Name))
    uses += Counter(node.attr for node in nodes if isinstance(node, ast.Attribute))
    return [name for name in names if is_private(name) and uses[name] == 1]


def house(helpers: Path) -> tuple[Figures, dict[str, Counts]]:
    """Measure the code: size, habits, longest files, class names used twice."""
    figures: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for path in sorted(helpers.rglob("*.py")):
        text = path.read_text()
        lines[str(path.relative_to(helpers))] = len(text.splitlines())
        nodes = list(ast.walk(ast.parse(text)))
        names = [node.name for node in nodes if isinstance(node, Function)]
        figures["functions"] += len(names)
        figures["private functions used once in their file"] += len(called_once(nodes, names))
        opened = sum(bool(OPENING.match(each)) for each in docstrings(nodes))
        figures["docstrings opening with What, Who, Whoever, Whether, Have"] += opened
        figures["noqa"] += len(NOQA.findall(text))
        classes.update(node.name for node in nodes if isinstance(node, ast.ClassDef))
    project = helpers.parent / "pyproject.toml"
    contracts = tomllib.loads(project.read_text())["tool"]["importlinter"]["contracts"]
    shared = {name: count for name, count in classes.most_common() if count > 1}
    sizes = {"lines of Python": lines.total(), "modules": len(lines)}
    rest = {"import contracts": len(contracts), "class names used twice or more": len(shared)}
    found = {**sizes, **figures, **rest}
    longest = dict(lines.most_common(LONGEST))
    return (
        {f"house: {name}": float(count) for name, count in found.items()},
        {"longest files": longest, "shared class names": shared},
    )


# -- what is shown


def show(figures: Figures, before: Figures) -> None:
    """Print the figures, beside those of another version where there are any."""
    width = max(map(len, [*figures, *before]))
    if before:
        print(f"{'':{width}} {'before':>10} {'after':>10} {'ratio':>6}")
    for name in dict.fromkeys([*before, *figures]):
        old, new = before.get(name), figures.get(name)
        columns = [old, new] if before else [new]
        shown = " ".join(f"{'-' if each is None else number(each):>10}" for each in columns)
        ratio = f" {new / old:6.2f}" if old and new is not None else ""
        print(f"{name:{width}} {shown}{ratio}")


def number(value: float) -> str:
    """Write a number with two decimals where it is not whole."""
    return f"{value:,.2f}".removesuffix(".00")


def show_counts(title: str, counts: Counts) -> None:
    """Print counts, highest first, under a title."""
    print(f"\n{title}")
    for name, count in counts.items():
        print(f"{number(count):>10} ", NAMES.sub(r"\1, ...", name))


def found_helpers() -> Path:
    """Return the folder of the package to measure, ready to be imported."""
    if not os.environ.get("PYTHONPATH"):
        sys.path.insert(0, os.getcwd())
    import helpers

    return Path(helpers.__file__ or "").absolute().parent


def main() -> None:
    """Measure, print, keep, compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures and counts")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with a kept FILE")
    parser.add_argument("--statements", action="store_true", help="print the count of each SQL")
    parser.add_argument("--functions", action="store_true", help="print the calls of each function")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("TWILIO_")]:
        del os.environ[name]
    gc.disable()
    helpers = found_helpers()
    statements, per_statement = busy_day()
    called, per_function = calls(helpers)
    size, details = house(helpers)
    figures = {**statements, **called, **size}
    kept = {
        "python": platform.python_version(),
        "figures": figures,
        "statements": per_statement,
        "functions": per_function,
        "house": details,
    }
    before = json.loads(given.against.read_text()) if given.against else {}
    print(f"{helpers}, Python {kept['python']}, SQLite {sqlite3.sqlite_version}")
    if before and before["python"] != kept["python"]:
        print(f"NOT COMPARABLE: the figures before are of Python {before['python']}")
    show(figures, before.get("figures", {}))
    for title, counts in details.items():
        show_counts(f"{title[0].upper()}{title[1:]}", counts)
    if given.statements:
        show_counts("Statements per conversation", per_statement)
    if given.functions:
        for title, counts in per_function.items():
            show_counts(f"Calls, {title}", counts)
    if given.json:
        given.json.write_text(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
