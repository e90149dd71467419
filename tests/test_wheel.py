"""The wheel has the clone's files under a name of its own, and runs without the clone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest

wheels = pytest.importorskip("hatchling.builders.wheel", reason="needs hatchling")
ROOT = Path(__file__).resolve().parent.parent


PROJECT = {
    "helpers/__init__.py": "OWN = 'the package of the project'\n",
    "helpers/orders.py": """
from twilio.rest import Client

def announce(order):
    return Client().conversations.v1.conversations.create(friendly_name=order).sid
""",
    "tests/__init__.py": "",
    "tests/helpers/__init__.py": "def greeting():\n    return 'hello'\n",
    "tests/helpers/testing.py": "KIND = 'of the tests'\n",
    "tests/test_orders.py": """
import json, os, subprocess, sys, urllib.request

from helpers import OWN
from helpers.orders import announce
from tests.helpers import greeting
from tests.helpers.testing import KIND

def test_the_plugin(twilio):
    assert (OWN, greeting(), KIND) == ("the package of the project", "hello", "of the tests")
    sid = announce("Order 1182")
    twilio.client.conversations.v1.conversations(sid).messages.create(body=greeting())
    from flex_chat_lab.testing import assert_messages
    assert_messages(twilio, sid, "hello")
    assert not [name for name in sys.modules if name.startswith("helpers.mock")]

def test_the_server(twilio, twilio_server):
    program = "import helpers, os; print(helpers.OWN, os.environ['TWILIO_MOCK_URL'])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"the package of the project {twilio_server.url}"
    answer = urllib.request.urlopen(urllib.request.Request(twilio_server.url + "/"))
    assert answer.status == 200
""",
    "tests/test_first.py": """
def test_a_chat_begins_empty(twilio):
    chat = twilio.client.conversations.v1.conversations.create(friendly_name="Support")
    assert chat.messages.list() == []

def test_a_wrong_call(twilio):
    twilio.client.flex_api.v1.channel.create("FO" + "0" * 32, "jane", "Jane", "Chat")
""",
}
"""A project with a package `helpers` and a folder `tests/helpers` of its own."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel, built from this clone, is unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    [built] = wheels.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def run(wheel: Path, *arguments: str, cwd: Path) -> str:
    """Run the interpreter with the wheel and what it needs, and without the clone."""
    path = os.pathsep.join([str(wheel), sysconfig.get_path("purelib")])
    done = subprocess.run(
        [sys.executable, "-S", *arguments],
        env={**os.environ, "PYTHONPATH": path},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> set[str]:
    return {at.relative_to(folder).as_posix() for at in folder.rglob("*") if at.is_file()}


def test_the_package_has_the_files_of_the_clone_and_the_notebooks(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "helpers", "notebooks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    expected = {name.removeprefix("helpers/") for name in listed}
    found = {name for name in files(wheel / "flex_chat_lab") if "notebooks/files/" not in name}
    assert found == expected | {"notebooks/nbval_sanitize.cfg"}
    assert {at.name.split("-")[0] for at in wheel.iterdir()} == {"flex_chat_lab"}


def test_nothing_in_the_wheel_names_the_package_as_the_clone_does(wheel: Path) -> None:
    mention = re.compile(r"-m helpers|from helpers|import helpers|`helpers|helpers\.\w|\bhelpers/")
    named = {
        (at.name, found[0])
        for at in (wheel / "flex_chat_lab").rglob("*")
        if at.suffix not in {".png", ".svg"} and at.is_file()
        for found in [mention.search(at.read_text("utf-8"))]
        if found
    }
    assert named == set()


@pytest.mark.long
def test_the_wheel_serves_an_account_by_its_own_name(wheel: Path, tmp_path: Path) -> None:
    program = """
import sys, twilio.base.exceptions
from flex_chat_lab import connect
client = connect().client
service = client.chat.v2.services.list()[0]
service.channels.create(unique_name="one")
try:
    service.channels.create(unique_name="one")
except twilio.base.exceptions.TwilioRestException as refused:
    print(refused.code, "helpers" in sys.modules)
"""
    assert run(wheel, "-c", program, cwd=tmp_path) == "50307 False\n"


@pytest.mark.long
def test_the_commands_of_the_wheel_name_themselves_as_they_are_called(
    wheel: Path, tmp_path: Path
) -> None:
    names = ["mock", "mock.fidelity", "flows", "migrate", "notebooks", "testing"]
    program = f"""
import runpy, sys
for name in {names}:
    sys.argv[1:] = ["--help"]
    try:
        runpy.run_module(f"flex_chat_lab.{{name}}", run_name="__main__", alter_sys=True)
    except SystemExit:
        print()
"""
    usages = re.findall(
        "^usage: (.*?) \\[-h", run(wheel, "-c", program, cwd=tmp_path), re.MULTILINE
    )
    assert usages == [f"python -m flex_chat_lab.{name}" for name in names]


@pytest.mark.long
def test_notebooks_that_are_copied_run_on_the_wheel_and_link_to_files_that_are_there(
    wheel: Path, tmp_path: Path
) -> None:
    said = run(wheel, "-m", "flex_chat_lab.notebooks", "lab", cwd=tmp_path)
    assert said == "13 notebooks in lab: jupyter lab lab/00_start_here.ipynb\n"
    lab = tmp_path / "lab"
    for at in [*lab.glob("*.ipynb"), *lab.glob("files/*.md")]:
        for link in re.findall(r"\]\(([^)#:\s]+)[)#]", at.read_text("utf-8")):
            assert (at.parent / link).is_file(), (at.name, link)
    cells = nbformat.read(lab / "01_access_token.ipynb", as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    imports = [each for each in "\n".join(code).splitlines() if each.startswith("from flex_chat")]
    assert imports
    run(wheel, "-c", "\n".join(imports), cwd=tmp_path)


def test_a_folder_that_has_something_in_it_is_left_as_it_is(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(AssertionError, match="is there already, and not empty"):
        run(wheel, "-m", "flex_chat_lab.notebooks", ".", cwd=tmp_path)
    assert files(tmp_path) == {"mine.txt"}


@pytest.mark.long
def test_a_project_with_helpers_of_its_own_uses_plugin_and_server(
    wheel: Path, tmp_path: Path
) -> None:
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    path = os.pathsep.join([str(tmp_path), str(wheel), sysconfig.get_path("purelib")])
    done = subprocess.run(
        [sys.executable, "-S", "-m", "pytest", "-q", "-p", "flex_chat_lab"],
        env={**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "Twilio refused it with 45205, " in done.stdout
