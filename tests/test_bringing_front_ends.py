"""The command that brings Twilio's front ends: what it keeps, and what it says without npm."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from helpers.front_ends.__main__ import main
from helpers.mock.server.chat_page.sdk_copy import FLEX_2, WEB_CHAT

SCRIPT = "bundle/twilio-flex-webchat.prod.browser.js"
NPM = '#!/bin/sh\necho "$@" > "{asked}"\n{does}\n'


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """The package as npm packs it."""
    archive = tmp_path / "packed.tgz"
    with tarfile.open(archive, "w:gz") as files:
        for name in (SCRIPT, "LICENSE", "package.json", "src/App.d.ts"):
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(name)
            files.addfile(info, io.BytesIO(name.encode()))
    return archive


def with_npm(monkeypatch: pytest.MonkeyPatch, folder: Path, does: str) -> Path:
    """Put a program named npm on the PATH; returns the file with its arguments."""
    npm, asked = folder / "bin" / "npm", folder / "asked"
    npm.parent.mkdir()
    npm.write_text(NPM.format(asked=asked, does=does))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    return asked


@pytest.mark.skipif(os.name != "posix", reason="stands in for npm with a shell script")
def test_the_script_and_its_licence_are_kept_where_a_served_mock_looks(
    packed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = with_npm(monkeypatch, tmp_path, f'cp "{packed}" "$4"/package.tgz')
    folder = tmp_path / "own"
    assert main(["webchat", "--folder", str(folder)]) == 0
    assert asked.read_text().endswith(" @twilio/flex-webchat-ui@2.9.4\n")
    kept = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    package = "node_modules/@twilio/flex-webchat-ui"
    assert kept == {f"{package}/{name}" for name in (SCRIPT, "LICENSE", "package.json")}
    assert str(folder / package / SCRIPT) in capsys.readouterr().out
    monkeypatch.chdir(folder)
    assert WEB_CHAT.nearest() == folder / package / SCRIPT


@pytest.mark.skipif(os.name != "posix", reason="stands in for npm with a shell script")
def test_flex_ui_2_is_bundled_from_what_npm_installs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs = """
cd "$7"
mkdir -p node_modules/.bin node_modules/@twilio/flex-ui
touch node_modules/@twilio/flex-ui/LICENSE node_modules/@twilio/flex-ui/package.json
cat > node_modules/.bin/esbuild <<'END'
#!/bin/sh
cp "$1" "${2#--outfile=}"
END
chmod +x node_modules/.bin/esbuild"""
    asked = with_npm(monkeypatch, tmp_path, installs)
    folder = tmp_path / "own"
    assert main(["flex-2", "--folder", str(folder)]) == 0
    assert " @twilio/flex-ui@2.17.1 react@17.0.2 " in asked.read_text()
    assert "--ignore-scripts" in asked.read_text()
    kept = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    names = ("LICENSE", "flex-ui.js", "package.json")
    assert kept == {f"flex-ui-2.17.1/{name}" for name in names}
    assert 'from "@twilio/flex-ui"' in (folder / FLEX_2.place).read_text()


@pytest.mark.skipif(os.name != "posix", reason="stands in for npm with a shell script")
def test_a_failure_of_npm_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_npm(monkeypatch, tmp_path, "echo no network >&2; exit 1")
    assert main(["webchat", "--folder", str(tmp_path / "own")]) == 1
    assert "no network" in capsys.readouterr().err
    assert not (tmp_path / "own").exists()


def test_without_npm_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["webchat", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "npm, which comes with Node.js, is not on the PATH" in said
    assert "TWILIO_FLEX_WEBCHAT_UI" in said
