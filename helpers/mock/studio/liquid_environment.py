"""Liquid with bounds: on a template, on the values in it, and on the time of one rendering.

python-liquid bounds loops, output and assigned values; filters and ranges are bounded here, before
they take up memory. All bounds are the mock's own, but for the one on loops.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from threading import local
from typing import Any, TextIO

from liquid import BoundTemplate, Environment, Node, RenderContext, Undefined
from liquid.builtin.expressions.primitive import RangeLiteral, StringLiteral
from liquid.builtin.filters import math, string
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.cycle_tag import CycleNode, CycleTag
from liquid.builtin.tags.echo_tag import EchoNode, EchoTag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.stringify import to_liquid_string
from liquid.token import TOKEN_EXPRESSION, Token

from ...json_object import compact_json
from .liquid_dates import formatted

MAX_ITERATIONS = 15
"""Iterations of all loops (documented)."""
MAX_TEXT = 64 * 1024
"""Characters of a template, and of each value in it; bytes that it may produce or assign."""
MAX_ITEMS = 5_000
"""Items of an array or a range."""
MAX_NUMBER = 1 << 4_096
"""Largest number."""
MAX_SECONDS = 0.5
"""Time of one rendering."""
MAX_SPACE = 200
"""White space in a row, which python-liquid reads in quadratic time inside a tag."""
MAX_MARKS = 500
"""Parentheses, and raw blocks, which it reads in quadratic time too."""
_SPACE, _MARKS = re.compile(r"\s+"), re.compile(r"\(|\{%-?\s{0,9}(?:raw|doc)")
_RESERVED = re.compile(
    r"(?P<quoted>\"[^\"]*\"|'[^']*')"
    r"|(?<=[\w\]?])\.(?P<name>true|false|nil|null|empty|blank|and|or|contains|not|in|offset|limit"
    r"|reversed|cols|continue|with|for|as|if|else|required)(?![\w?-])"
)
"""Words that python-liquid does not take for a property after a dot, and texts in quotes."""
_rendering = local()


class LimitReached(LiquidError):
    """A bound of this module was passed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, token=None)


def render(template: BoundTemplate, context: Mapping[str, Any]) -> str:
    """Render within the time that one rendering may take; `now` and `today` follow the context."""
    _rendering.end = time.monotonic() + MAX_SECONDS
    _rendering.now = now = context["now"]
    return template.render(**context, today=now.date())


def _as_text(value: Any) -> str:
    """A value in a text: objects and arrays as JSON (inferred), the others as Liquid has it."""
    if isinstance(value, dict | list | tuple):
        return compact_json(value, default=str)
    return to_liquid_string(value, autoescape=False)


class _Node(OutputNode):
    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(_as_text(self.expression.evaluate(context)))


class _EchoNode(_Node, EchoNode):
    __slots__ = ()


class _CycleNode(CycleNode):
    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        values = [(each, each.evaluate(context)) for each in self.args]
        args = [
            StringLiteral(self.token, _as_text(value)) if isinstance(value, dict | list) else each
            for each, value in values
        ]
        return CycleNode(self.token, self.group, args).render_to_output(context, buffer)


class _Output(Output):
    node_class = _Node


class _Echo(EchoTag):
    node_class = _EchoNode


class _Cycle(CycleTag):
    node_class = _CycleNode


class BoundedEnvironment(Environment):
    """Studio's Liquid: the standard tags and filters and `to_json`, each within bounds."""

    loop_iteration_limit = MAX_ITERATIONS
    output_stream_limit = MAX_TEXT
    local_namespace_limit = MAX_TEXT

    def __init__(self) -> None:
        super().__init__()
        for absent in ("include", "render"):  # Studio has no templates to include
            del self.tags[absent]
        self.add_tag(_Output)
        self.add_tag(_Echo)
        self.add_tag(_Cycle)
        self.add_filter("to_json", _to_json)
        self.add_filter("date", _date)
        for name, function in self.filters.items():
            takes_texts = name == "join" or function.__module__ == string.__name__
            made = _of_texts(function) if takes_texts else function
            if function.__module__ == math.__name__:
                made = _of_numbers(function)
            self.filters[name] = _bounded(made, _PREDICTIONS.get(name))

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        """Read a property that is named like a word of Liquid's, as in `x.empty`, as a name."""
        split = super().tokenizer()
        return lambda source: (
            token._replace(value=_RESERVED.sub(_named, token.value))
            if token.kind == TOKEN_EXPRESSION
            else token
            for token in split(source)
        )

    def from_string(self, source: str, *args: Any, **more: Any) -> BoundTemplate:
        """Parse a template.

        Raises:
            LiquidError: It is none, or passes a bound.
        """
        if len(source) > MAX_TEXT:
            raise LimitReached(f"the template is longer than {MAX_TEXT} characters")
        if max(map(len, _SPACE.findall(source)), default=0) > MAX_SPACE:
            raise LimitReached(f"the template has more than {MAX_SPACE} spaces in a row")
        if len(_MARKS.findall(source)) > MAX_MARKS:
            raise LimitReached(f"the template has more than {MAX_MARKS} parentheses or raw blocks")
        template = super().from_string(source, *args, **more)
        _bound_ranges(template.nodes, RenderContext(template))
        return template


def _named(found: re.Match[str]) -> str:
    return found["quoted"] or f'["{found["name"]}"]'


class _BoundedRange(RangeLiteral):
    __slots__ = ()

    def _make_range(self, start: Any, stop: Any) -> range:
        made = super()._make_range(start, stop)
        if made.stop - made.start > MAX_ITEMS:
            raise LimitReached(f"a range has more than {MAX_ITEMS} numbers")
        return made


def _bound_ranges(nodes: Iterable[Node], context: RenderContext) -> None:
    for node in nodes:
        _bound_ranges_in(node.expressions())
        _bound_ranges(node.children(context, include_partials=False), context)


def _bound_ranges_in(expressions: Iterable[Expression]) -> None:
    for expression in expressions:
        if type(expression) is RangeLiteral:
            expression.__class__ = _BoundedRange
        _bound_ranges_in(expression.children())


def _bounded(function: Callable[..., Any], predicted: Callable[..., int] | None) -> Any:
    """A filter that checks its input, its output and the time.

    Args:
        function: The filter.
        predicted: The length of its output, for one that could be large at once.
    """

    @wraps(function)
    def bounded(left: Any, *args: Any, **named: Any) -> Any:
        if time.monotonic() > _rendering.end:
            raise LimitReached(f"rendering takes longer than {MAX_SECONDS:g} s")
        for value in (left, *args):
            _check(value)
        if predicted is not None and predicted(left, *args) > MAX_TEXT:
            raise LimitReached(f"a value would be longer than {MAX_TEXT} characters")
        result = function(left, *args, **named)
        _check(result)
        return result

    return bounded


def _of_texts(function: Callable[..., Any]) -> Any:
    """A filter that takes texts: no other value reaches it as Python writes it.

    Numbers stay numbers; `join` takes an array of texts, and `slice` an array as it is.
    """

    def text(value: Any) -> Any:
        is_other = value is None or isinstance(value, bool | dict | list | tuple)
        return _as_text(value) if is_other else value

    @wraps(function)
    def of_texts(left: Any, *args: Any, **named: Any) -> Any:
        if not isinstance(left, list | tuple) or function.__name__ not in ("join", "slice_"):
            left = text(left)
        elif function.__name__ == "join":
            left = [text(each) for each in left]
        return function(left, *map(text, args), **named)

    return of_texts


def _of_numbers(function: Callable[..., Any]) -> Any:
    """A filter of arithmetic, to which a boolean counts as 0, as in Liquid's own."""

    def number(value: Any) -> Any:
        return 0 if isinstance(value, bool) else value

    return wraps(function)(lambda left, *args: function(number(left), *map(number, args)))


def _check(value: Any) -> None:
    if isinstance(value, list | tuple | range) and len(value) > MAX_ITEMS:
        raise LimitReached(f"an array has more than {MAX_ITEMS} items")
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise LimitReached("a number is too large")
    if not isinstance(value, range) and _length(value) > MAX_TEXT:
        raise LimitReached(f"a value is longer than {MAX_TEXT} characters")


def _length(value: Any) -> int:
    """Characters of a value, with all that is in it."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(map(_length, value)) + len(value)
    if isinstance(value, Mapping):
        return sum(map(_length, value.values())) + sum(map(len, value))
    return 1


def _replaced(left: Any, old: Any = "", new: Any = "", *_: Any) -> int:
    text = str(left)
    return len(text) + text.count(str(old)) * len(str(new))


def _joined(left: Any, separator: Any = " ", *_: Any) -> int:
    items = len(left) if isinstance(left, list | tuple | range) else 1
    return items * len(str(separator))


_PREDICTIONS: dict[str, Callable[..., int]] = {"replace": _replaced, "join": _joined}


def _date(value: Any, form: Any = "") -> Any:
    if isinstance(value, Undefined):
        return ""
    return formatted(value, None if isinstance(form, Undefined) else form, _rendering.now)


def _to_json(value: Any) -> str:
    """Twilio's own filter, for objects in a task's attributes (documented)."""
    return compact_json(None if isinstance(value, Undefined) else value, default=str)
