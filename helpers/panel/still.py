"""Panels as HTML that stays when their kernel is gone: for GitHub, nbviewer, nbconvert and mail.

It holds no script, style sheet or frame, and nothing that differs from run to run, such as times:
notebooks store it.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterable
from typing import Any

from ..html import Cell, Markup, table
from .records import AgentStatus, MessageView, Notice

SHOWN = 50
"""Messages of a stored transcript, the latest ones."""
MARK = "fcl-still"
"""Class by which a view finds the HTML that stands beside its widget in a notebook."""
_HINT = "As it was when this cell ran. Run the notebook to chat here."
_CARD = "border:1px solid #8886;border-radius:12px;padding:10px 14px;margin:4px;max-width:600px"
_BODY = "text-align:start;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere"
_NAME = "white-space:nowrap"
_QUIET = "font-style:italic"


class Still:
    """A widget that is displayed with its HTML beside it, for readers without a kernel."""

    def html(self) -> str:
        """Return the widget, as it is now, as HTML."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any] | None:
        bundle: dict[str, Any] | None = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):  # it would prefer the HTML
            return bundle
        stored = f'<div class="{MARK}">{self.html()}<p><small>{_HINT}</small></p></div>'
        return bundle and {**bundle, "text/html": stored}


def chat_html(
    title: str,
    identity: str,
    messages: list[MessageView],
    notices: Iterable[Notice],
    ended: str | None,
) -> str:
    """Return a chat as a card with a table: who wrote, and the text; notices between them."""
    shown = messages[-SHOWN:]
    first = shown[0].index if shown else -1
    lines = [((one.index, 0), _message(one)) for one in shown]
    noted = [one for one in notices if one.after >= first or len(shown) == len(messages)]
    lines += [((one.after, one.number), _quiet(one.text)) for one in noted]
    rows = [row for _, row in sorted(lines, key=lambda line: line[0])]
    if len(shown) < len(messages):
        rows.insert(0, _quiet(f"{len(messages) - len(shown)} earlier messages"))
    if ended:
        rows.append(_quiet(ended))
    return _card(_heading(title, f"as {identity}"), _table(rows or [_quiet("No messages yet")]))


def desk_html(status: AgentStatus, chats: Iterable[tuple[str, str, str | None]]) -> str:
    """Return a desk as a card: its offers, then name, status and chat of each conversation."""
    rows = [
        (_isolated(offer.name), f"waits · {offer.channel}", _details(offer.details))
        for offer in status.offers
    ]
    parts = [_heading(status.agent, f"agent · {status.activity}")]
    if rows:
        parts.append(_table(rows))
    elif not status.conversations:
        parts.append(_table([_quiet("No one is waiting")]))
    for name, state, chat in chats:
        parts += [_heading(name, f"task {state}"), chat or ""]
    return _card(*parts)


def side_by_side_html(parts: Iterable[str]) -> str:
    """Return cards beside each other, or below where there is no room."""
    return f'<div style="display:flex;flex-wrap:wrap;align-items:flex-start">{"".join(parts)}</div>'


def still_html(widget: Any) -> str:
    """Return a widget's HTML, or its text where it has none."""
    return widget.html() if isinstance(widget, Still) else html.escape(repr(widget))


def _card(*parts: str) -> str:
    return f'<div style="{_CARD}">{"".join(parts)}</div>'


def _heading(name: str, about: str) -> str:
    return f"<p><strong>{_isolated(name)}</strong> · {_isolated(about)}</p>"


def _table(rows: Iterable[Iterable[object]]) -> str:
    return table([tuple(row) for row in rows], style=_BODY)


def _message(message: MessageView) -> tuple[object, ...]:
    name = f"<strong>{_isolated('You' if message.own else message.name)}</strong>"
    if message.media is not None:
        text = f"File: {message.media.filename or 'unnamed'} ({message.media.content_type})"
    else:
        text = message.body or ""
    edited = " <em>(edited)</em>" if message.edited else ""
    body = Markup(f'<div dir="auto">{html.escape(text)}{edited}</div>')
    return Cell(Markup(name), _NAME), body


def _details(details: Iterable[tuple[str, str]]) -> Markup:
    return Markup("<br>".join(f"{_isolated(name)}: {_isolated(text)}" for name, text in details))


def _quiet(text: str) -> tuple[object, ...]:
    return (Cell(_isolated(text), _QUIET, span=2),)


def _isolated(text: str) -> Markup:
    """Return a text that keeps its own direction, and leaves that of its neighbours alone."""
    return Markup(f"<bdi>{html.escape(text)}</bdi>")
