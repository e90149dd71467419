"""A JupyterLab of its own: temporary folders, a free port, settings that make tests repeatable."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

TOKEN = "panel-test"
STARTS_WITHIN = 120.0
# As `python -m jupyterlab`, after what keeps jsonschema from building parsers for seconds.
PLUGINS = Path(__file__).parent.parent / "plugins"
START = f"""
import runpy, sys
sys.path.insert(0, {str(PLUGINS)!r})
import helpers_fast_start
runpy.run_module("jupyterlab", run_name="__main__")
"""


class Lab:
    """A JupyterLab whose root and settings are in a temporary folder; use it with `with`.

    It is on its way when the block is entered, and up after `wait()`.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self._folder = folder
        self._log = folder / "lab.log"
        self._port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """URL of the server, without what an earlier session left open."""
        return f"http://127.0.0.1:{self._port}/lab?token={TOKEN}&reset"

    def __enter__(self) -> Lab:
        self.root.mkdir(exist_ok=True)
        self._disable_news_prompt()
        self._disable_build_check()
        with self._log.open("wb") as out:
            self._server = subprocess.Popen(
                self._command(), env=self._environment(), stdout=out, stderr=out, cwd=self.root
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.terminate()
        try:
            self._server.wait(15)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def wait(self) -> None:
        """Return once it answers.

        Raises:
            RuntimeError: It ended, or took too long; with the end of its log.
        """
        assert self._server is not None
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline and self._server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api", timeout=5).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        msg = f"JupyterLab did not start:\n{self._log.read_text()[-2000:]}"
        raise RuntimeError(msg)

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-c", START, "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={self._port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self.root}"),
            "--LabApp.expose_app_in_browser=True",
        ]

    def _environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_CONFIG_DIR": self._folder / "config",
            "JUPYTER_DATA_DIR": self._folder / "data",
            "JUPYTER_RUNTIME_DIR": self._folder / "runtime",
            "IPYTHONDIR": self._folder / "ipython",
        }
        return {**os.environ, **{name: str(path) for name, path in own.items()}}

    def _disable_news_prompt(self) -> None:
        """Write the settings that keep a prompt about news from covering a corner of the page."""
        quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
        self._set("notification", quiet)

    def _disable_build_check(self) -> None:
        """Write the setting that keeps node from being started for each page."""
        settings = self._folder / "config" / "labconfig"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "page_config.json").write_text(json.dumps({"buildCheck": False}))

    def _set(self, name: str, values: dict[str, Any]) -> None:
        settings = self._folder / "config" / "lab" / "user-settings"
        settings = settings / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / f"{name}.jupyterlab-settings").write_text(json.dumps(values))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
