"""A chat panel's view in a page without JupyterLab, on the same Python as in a kernel.

What the view sends reaches the widget at once, and what the widget sends reaches the view: a test
sees both sides, and takes a tenth of the time that a notebook would.
"""

from __future__ import annotations

import base64
from typing import Any

from accessibility import violations
from waiting import PATIENCE

from helpers.panel import ChatPanel
from helpers.panel.widget import STYLES, ChatLog

ADDRESS = "http://localhost:1/"
THEMES = {"light": ("#fff", "#212121"), "dark": ("#111", "#e0e0e0")}
PAGE = """<!doctype html><html lang="en"><title>Panels</title><style>
body { margin: 0; padding: 12px; background: var(--jp-layout-color1); }
main { display: flex; flex-wrap: wrap; gap: 8px; }
main > div { height: 480px; flex: 1 1 300px; min-width: min(100%, 300px); max-width: 600px; }
</style><h1 hidden>Panels</h1><main></main>"""
SCRIPT = """
const views = {};
globalThis.fromPython = (id, message) => views[id]?.handlers.forEach((handle) => handle(message));
const letter = (byte) => String.fromCharCode(byte);
const base64 = (bytes) => btoa(Array.from(new Uint8Array(bytes), letter).join(""));
globalThis.show = async (id, script) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const el = document.createElement("div");
  el.id = `view-${id}`;
  document.querySelector("main").append(el);
  const handlers = new Set();
  const local = {};
  const model = {
    on: (name, handle) => name === "msg:custom" && handlers.add(handle),
    off: (name, handle) => handlers.delete(handle),
    get: (name) => local[name],
    set: (name, value) => { local[name] = value; },
    send: (content, _callbacks, buffers = []) =>
      void toPython(id, content, buffers.map(base64)),
  };
  views[id] = { handlers, close: widget.render({ model, el }) };
};
globalThis.hideAll = () => {
  for (const [id, view] of Object.entries(views)) { view.close(); delete views[id]; }
  document.querySelector("main").replaceChildren();
};
"""


class WidgetPage:
    """A page with panels: `show(panel)` returns the element of its view."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        self._logs: list[ChatLog] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route(ADDRESS, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.goto(ADDRESS)
        page.expose_function("toPython", self._receive)
        page.add_style_tag(content=STYLES)
        page.add_script_tag(content=SCRIPT)
        self.theme("light")

    def show(self, panel: ChatPanel) -> Any:
        """Show a panel, and return the element of its view once it is there."""
        log: ChatLog = panel.children[0]
        number = len(self._logs)
        self._logs.append(log)
        log.send = lambda message: self._send(number, message)  # type: ignore[method-assign]
        self.page.evaluate("([id, script]) => show(id, script)", [number, str(log._esm)])
        view = self.page.locator(f"#view-{number}")
        view.locator(".fcl-log[aria-busy=false]").wait_for(state="attached")
        return view

    def clear(self) -> None:
        """Take every panel away."""
        self.page.evaluate("() => hideAll()")
        self.theme("light")

    def set_kernel(self, view: Any, *, live: bool) -> None:
        """Mark the view as JupyterLab does when the kernel is lost, or back."""
        view.evaluate(
            f"e => e.classList.toggle('jupyter-widgets-disconnected', {str(not live).lower()})"
        )

    def violations(self) -> list[str]:
        """Return what axe finds against WCAG 2.2, levels A and AA."""
        return violations(self.page)

    def theme(self, name: str) -> None:
        """Choose the colours of JupyterLab's light or dark theme."""
        surface, text = THEMES[name]
        colours = f":root{{--jp-layout-color1:{surface};--jp-ui-font-color1:{text}}}"
        self.page.add_style_tag(content=colours)

    def _receive(self, number: int, content: dict[str, Any], buffers: list[str]) -> None:
        self._logs[number]._handle_custom_msg(content, list(map(base64.b64decode, buffers)))

    def _send(self, number: int, message: dict[str, Any]) -> None:
        self.page.evaluate("([id, message]) => fromPython(id, message)", [number, message])
