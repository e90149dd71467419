"""A JupyterLab of its own: temporary folders, a free port, settings that make tests repeatable."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TOKEN = "panel-test"
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
STARTS_WITHIN = 60.0


@dataclass
class Lab:
    """A JupyterLab whose root and settings are a temporary folder."""

    root: Path
    settings: Path
    port: int

    def url(self, notebook: str) -> str:
        return f"http://127.0.0.1:{self.port}/doc/tree/{notebook}?token={TOKEN}&reset"

    def write_notebook(self, name: str, cells: list[str]) -> None:
        (self.root / name).write_text(json.dumps(_notebook(cells)))

    def set_theme(self, theme: str) -> None:
        self._set("themes", {"theme": theme})

    def be_quiet_and_predictable(self) -> None:
        """No news prompt over the page, and every message of the panel on the main thread."""
        self._set(
            "notification",
            {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
        )
        self._set("kernels-settings", {"commsOverSubshells": "disabled"})

    def _set(self, name: str, values: dict[str, Any]) -> None:
        folder = self.settings / "@jupyterlab" / "apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values))


@contextmanager
def running(lab: Lab, folder: Path) -> Iterator[None]:
    log = folder / "lab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            _command(lab), env=_environment(folder), stdout=out, stderr=out, cwd=lab.root
        )
        try:
            _wait(server, lab.port, log)
            yield
        finally:
            _stop(server)


def _command(lab: Lab) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={lab.port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={lab.root}"),
    ]


def _environment(folder: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": folder / "config",
        "JUPYTER_DATA_DIR": folder / "data",
        "JUPYTER_RUNTIME_DIR": folder / "runtime",
        "IPYTHONDIR": folder / "ipython",
    }
    return {**os.environ, **{name: str(path) for name, path in own.items()}}


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _notebook(cells: list[str]) -> dict[str, Any]:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(cells)
        ],
    }
