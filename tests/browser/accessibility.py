"""Finds what axe objects to in a page."""

from __future__ import annotations

from functools import cache
from typing import Any

import node_packages
from waiting import come_to_rest

AXE = """async () => {
  const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await axe.run(document, { runOnly });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}"""


@cache
def source() -> str:
    return (node_packages.installed() / "node_modules/axe-core/axe.min.js").read_text("utf-8")


def violations(page: Any) -> list[str]:
    """Return what axe finds against WCAG 2.2, levels A and AA."""
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(source())
    come_to_rest(page)
    found: list[str] = page.evaluate(AXE)
    return found
