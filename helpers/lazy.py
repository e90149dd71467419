"""Names of packages and classes that are loaded when first used, or that were renamed."""

from __future__ import annotations

import ast
import gc
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def lazily(package: str, **renamed_to: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__` (PEP 562).

    Names that the package imports under `if TYPE_CHECKING` are loaded when first used, so that the
    interpreter and type checkers read one list. Old names, given with their new ones, work with a
    `DeprecationWarning`.
    """
    module = sys.modules[package]
    homes = {
        name.asname or name.name: (statement.module or "", name.name, statement.level)
        for block in ast.parse(Path(str(module.__file__)).read_text("utf-8")).body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for name in statement.names
    }

    def load(name: str) -> Any:
        if name in renamed_to:
            _warn(f"{package}.{name}", f"{package}.{renamed_to[name]}")
            return getattr(module, renamed_to[name])
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, own, level = homes[name]
        try:
            with uncollected():
                found = __import__(home, vars(module), fromlist=(own,), level=level)
        except ModuleNotFoundError as error:
            error.add_note(f"{name} needs it: pip install 'flex-chat-lab[notebooks]'")
            raise
        value = getattr(found, own)
        setattr(module, name, value)
        return value

    return load, lambda: sorted({*vars(module), *homes})


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the collection of garbage: what modules make as they load, they keep.

    It would look through all of that, time and again: a seventh of the time of a start.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # else somebody's own would be let go of
                gc.freeze()
                gc.unfreeze()  # all is in the oldest generation now, without a look at each
            gc.enable()


class renamed:  # noqa: N801 - stands where a method does
    """A method's old name, which works with a `DeprecationWarning`: `hear = renamed("handle")`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._old = f"{owner.__name__}.{name}"

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        _warn(self._old, f"{owner.__name__}.{self._name}")
        return getattr(instance, self._name)


def _warn(old: str, new: str) -> None:
    warnings.warn(f"{old} is now {new}", DeprecationWarning, stacklevel=3)
