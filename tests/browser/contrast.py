"""Finds text that is hard to read, whatever it is painted on."""

from __future__ import annotations

from typing import Any

from waiting import come_to_rest

ENOUGH_CONTRAST = 4.5
"""Contrast that WCAG 2 requires of text, at level AA."""


def poor_contrast(place: Any, at_least: int = 11) -> list[list[Any]]:
    """The texts in a place, with their contrast, that are hard to read; there are so many."""
    come_to_rest(place.page)
    found: list[list[Any]] = place.evaluate(CONTRASTS)
    assert len(found) >= at_least
    return [[text, ratio] for text, ratio in found if ratio < ENOUGH_CONTRAST]


# Colours may be mixed and translucent, so the browser itself paints them over one another.
CONTRASTS = """(panel) => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colours = [];
    for (let at = element; at; at = at.parentElement) {
      colours.unshift(getComputedStyle(at).backgroundColor);
    }
    return ["white", ...colours];
  };
  const results = [];
  for (const element of panel.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest(".fcl-over .fcl-field")) continue;
    if (getComputedStyle(element).backgroundImage !== "none") continue;
    const back = behind(element);
    const both = [back, [...back, getComputedStyle(element).color]].map(paint).map(light);
    const [dim, bright] = both.sort((a, b) => a - b);
    results.push([element.textContent.slice(0, 40), (bright + 0.05) / (dim + 0.05)]);
  }
  return results;
}"""
