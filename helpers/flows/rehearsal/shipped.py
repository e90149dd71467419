"""The nine situations that every chat gets into, ready to be played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from .script import Script, of_steps, read

NAMES = (
    "answered",
    "nobody_there",
    "rejected",
    "timed_out",
    "next_day",
    "walks_away",
    "bot_first",
    "server_down",
    "after_the_end",
)


class Shipped(Mapping[str, Script]):
    """The shipped scripts by name, each read when it is first asked for."""

    def __getitem__(self, name: str) -> Script:
        if name not in NAMES:
            raise KeyError(name)
        return _shipped(name)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {script.about}" for name, script in self.items())


SCRIPTS = Shipped()


@cache
def _shipped(name: str) -> Script:
    with as_file(files(__package__) / "scripts" / f"{name}.yaml") as path:
        return read(path)


def script_of(given: object) -> Script:
    """A script however it is given.

    Args:
        given: A `Script`, a shipped one's name, a YAML file's path, YAML text, or a list of steps.

    Raises:
        ScriptProblem: It cannot be read or played.
        TypeError: It is none of these.
    """
    if isinstance(given, Script):
        return given
    if isinstance(given, str) and given in SCRIPTS:
        return SCRIPTS[given]
    if isinstance(given, str | Path):
        return read(given)
    if isinstance(given, list | tuple):
        return of_steps(given)
    names = ", ".join(NAMES)
    raise TypeError(
        f"{given!r} is no script; give one of {names}, a YAML file or text, or a list of steps"
    )
