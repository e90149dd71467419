"""The notebooks are stored executed, without secrets, and their exercises can be solved."""

import contextlib
import io
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from draw_diagrams import diagrams
from IPython.core.interactiveshell import InteractiveShell

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
EXAMPLES = sorted((NOTEBOOKS[0].parents[1] / "docs/examples").rglob("*.ipynb"))
SOLUTION = re.compile(r"<summary>Solution</summary>\s+```python\n(?P<code>.*?)```", re.DOTALL)


def load(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


def test_there_are_notebooks() -> None:
    numbers = [int(path.stem[:2]) for path in NOTEBOOKS]
    assert numbers == sorted(set(numbers))
    assert numbers[:5] == [0, 1, 2, 3, 4]


def test_cells_are_stored_executed_in_order(notebook: dict[str, Any]) -> None:
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_widget_state_is_stored(notebook: dict[str, Any]) -> None:
    assert "widgets" not in notebook["metadata"]


@pytest.mark.parametrize("path", [*NOTEBOOKS, *EXAMPLES], ids=lambda path: path.stem)
def test_no_secret_and_no_whole_token_is_stored(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"eyJ[\w-]{10,}\.eyJ[\w-]+\.[\w-]{10,}", text)
    assert "demo_api_secret" not in text
    assert "demo_auth_token" not in text


def test_it_shows_its_one_concept_as_a_diagram(notebook: dict[str, Any]) -> None:
    [(file, drawn)] = diagrams(source(notebook["cells"][0]))
    stored = (NOTEBOOKS[0].parent / file).read_text(encoding="utf-8")
    assert stored == drawn, "run tests/refresh_notebooks.py"
    assert ElementTree.fromstring(stored).find("{http://www.w3.org/2000/svg}desc") is not None


def test_it_links_to_twilios_documentation(notebook: dict[str, Any]) -> None:
    assert "**In Twilio's docs:** [" in source(notebook["cells"][0])
    assert "https://www.twilio.com/docs/" in source(notebook["cells"][0])


SHOWN_EVERYWHERE = ("text/html", "image/png", "image/svg+xml", "text/markdown")
"""Forms of an output that GitHub, nbviewer and nbconvert show, as they show plain text."""


def test_each_stored_output_has_a_form_for_readers_without_a_kernel(
    notebook: dict[str, Any],
) -> None:
    for cell in code_cells(notebook):
        for data in filter(None, (output.get("data") for output in cell["outputs"])):
            if set(data) != {"text/plain"}:
                assert set(data) & set(SHOWN_EVERYWHERE), data.keys()
            markup = "".join(data.get("text/html", ""))
            assert not re.search(r"<(script|style|iframe|link|object)\b", markup)
            assert not re.search(r"<img (?![^>]*alt=\"[^\"]+\")", markup)


@pytest.fixture(scope="module")
def exporter() -> Any:
    """nbconvert's way to HTML, without addresses of scripts elsewhere."""
    from nbconvert import HTMLExporter

    return HTMLExporter(mermaid_js_url="", require_js_url="", mathjax_url="")


def test_nbconvert_shows_every_diagram_without_a_network(
    notebook: dict[str, Any], exporter: Any
) -> None:
    page, _ = exporter.from_notebook_node(nbformat.reads(json.dumps(notebook), as_version=4))
    outputs = [out.get("data", {}) for cell in code_cells(notebook) for out in cell["outputs"]]
    drawn = [data for data in outputs if "text/vnd.mermaid" in data]
    for data in drawn:
        svg = b64encode("".join(data["image/svg+xml"]).encode()).decode()
        assert f"data:image/svg+xml;base64,{svg}" in page.replace("\n", "")
    unfolded = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert '<pre class="mermaid">' not in unfolded
    assert re.search(r'<img alt="[^"]{50,}" src="images/\d\d_\w+\.svg"', unfolded)


def test_it_says_what_to_read_next(notebook: dict[str, Any]) -> None:
    last = notebook["cells"][-1]
    assert last["cell_type"] == "markdown"
    assert "## Read next" in source(last)


def run(shell: InteractiveShell, code: str) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        result = shell.run_cell(code)
    result.raise_error()
    return result.result


def token(**changes: str) -> str:
    """A line that makes the token of notebook 01, but for these changes."""
    usual = {"account": "account_sid", "key": "api_key", "secret": "api_secret"}
    usual |= {"grants": "[chat_grant]", "identity": "'agent-7'", "ttl": "600"}
    return (
        "my_token = AccessToken({account}, {key}, {secret}, {grants}, identity={identity},"
        " ttl={ttl})".format(**(usual | changes))
    )


WRONG: dict[str, list[tuple[str, str]]] = {
    "00": [
        ("my_index = 0", "a message of section 5"),
        ("my_index = 99", "the author of message 99: expected 'abc123', found None."),
        ("my_index = 'Hello'", "my_index is a str, not an int. It is the number"),
        (
            "my_index = len(customer_channel.get_messages().items); task.reply('from her')",
            "expected 'abc123', found 'alice'",
        ),
        ("del my_index", "name 'my_index' is not defined. Run the cells above"),
    ],
    "01": [
        ("my_token = jwt", "my_token is a str, not an AccessToken. It is the text that to_jwt()"),
        (token(grants="[]"), "Twilio would refuse my_token.\n20106: "),
        (token(grants="[ChatGrant()]"), "Twilio would refuse my_token.\n20106: "),
        (token(account="'AC' + '1' * 32"), "Twilio would refuse my_token.\n20103: "),
        (token(key="'SK' + '1' * 32"), "Twilio would refuse my_token.\n20103: "),
        (token(secret="os.environ['TWILIO_AUTH_TOKEN']"), "20107: The signature was not made with"),
        (token(identity="None"), "The identity must be a text"),
        (token(identity="7"), "The identity must be a text"),
        (token(identity="'agent'"), "the identity: expected 'agent-7', found 'agent'."),
        (token(ttl="3600"), "ttl, in seconds: expected 600, found 3600."),
    ],
    "02": [
        (
            "client.flex_api.v1.flex_flow(task_flow.sid).update(enabled=False)",
            "studio_flow is enabled: expected True, found False.",
        ),
    ],
    "03": [
        ("mine = channel.sid", "mine is a str, not a ChannelInstance. It is the SID alone"),
        ("mine = chat_channel", "It is a Chat Channel: use client.flex_api"),
        ("mine = channel", "expected 'order-4711', found None."),
    ],
    "04": [
        ("fresh = joes_channel.sid", "It is a SID: get the channel by joe.get_channel_by_sid()."),
        ("fresh = flex_channel", "It is Flex's view"),
        ("fresh = channel", "fresh is 'Chat with abc123', which is not one of Joe's."),
        ("fresh = joes_channel", "fresh is the chat that has ended (INACTIVE)."),
    ],
    "05": [
        (
            "def opening_hours(request):\n    print(request.parametres)\n"
            "webhooks.register(HOURS, opening_hours)",
            "your bot stopped when it was asked 'When do you open?': ",
        ),
        (
            "def opening_hours(request):\n"
            "    service.channels(request.parameters['ChannelSid']).messages.create("
            "from_='bot', body='We open at nine.')\n"
            "webhooks.register(HOURS, opening_hours)",
            "the answers to 'Thanks': expected [], found ['We open at nine.'].",
        ),
    ],
    "06": [
        ("mine = given.replace('channel_type:', 'channel_type')", "FlowProblem: line "),
        ("mine = given.replace('integration:', 'integration')", "FlowProblem: line "),
        (
            "mine = given.replace('janitor_enabled: true', 'janitor_enabled: false')",
            "chats at the end of next_day: expected 1, found 2.",
        ),
        (
            "mine = given.replace('janitor_enabled', 'long_lived: true\\n    janitor_enabled')",
            "what flows.check(mine) finds: expected [], found [",
        ),
        ("mine = None", "it cannot be checked. "),
    ],
    "07": [
        (
            "again = requests.post(f'{server.url}/chat/session', json={}, timeout=10)",
            "again is a Response, not a dict. It is the whole response: add .json().",
        ),
        (
            "again = {**session}",
            "the status of the old chat: expected 'INACTIVE', found 'ACTIVE'.",
        ),
        (
            "again = requests.post(f'{server.url}/chat/session', json={'identity': 1}, timeout=10)"
            ".json()",
            "the fields of again: expected ['channel_sid', 'identity', 'token'], found ",
        ),
    ],
    "08": [
        ("mine = conversation_sid", "mine is a str, not an InteractionInstance. It is the SID"),
        ("mine = interaction.fetch()", "without returning-2"),
    ],
    "09": [
        ("mine = migrate.rewrite(given)", "its attribute after is the definition."),
        ("mine = given", "where Incoming Conversation leads: expected 'hello', found None."),
    ],
    "10": [
        ("mine = 'timers'", "mine is a str, not a list."),
        ("mine = ['timers']", "mine: expected ['"),
    ],
    "11": [
        (
            'bob.update(attributes=\'{"contact_uri": "client:bob", "roles": "agent"}\')',
            "the roles of bob: expected ['agent'], found 'agent'",
        ),
        (
            'bob.update(attributes=\'{"roles": ["agent"]}\')',
            "bob's identity in chats: expected 'client:bob', found None",
        ),
    ],
    "12": [
        ("mine = plan", "mine is a StaffPlan, not an int. It is the whole plan: take .agents"),
        ("mine = 40", "the agents at noon: expected "),
    ],
}
"""Answers that are wrong, by notebook, and what is said about them."""


def marked(path: Path) -> Any:
    is_long = path.stem[:2] in {"06", "09", "12"}
    return pytest.param(path, marks=[pytest.mark.long] if is_long else [], id=path.stem)


@pytest.mark.parametrize("path", [*map(marked, NOTEBOOKS)])
def test_every_cell_can_be_run_twice_and_the_exercise_says_what_is_wrong_until_it_is_solved(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCOUNT_SID", "AUTH_TOKEN", "API_KEY", "API_SECRET", "CHAT_SERVICE_SID"):
        monkeypatch.setenv(f"TWILIO_{name}", "")
    cells = load(path)["cells"]
    [solution] = [match for cell in cells if (match := SOLUTION.search(source(cell)))]
    *story, checking = [
        source(cell)
        for cell in cells
        if cell["cell_type"] == "code" and "slow" not in cell["metadata"].get("tags", ())
    ]
    shell = InteractiveShell()
    for code in story:
        if "load_test(" not in code and "days[" not in code:  # slow, and nothing follows from them
            run(shell, code)
            run(shell, code)
    for _ in range(2):
        open_yet = run(shell, checking)
        assert (open_yet.done, open_yet.problem) == (False, "")
    for wrong, said in WRONG[path.stem[:2]]:
        run(shell, wrong)
        answer = run(shell, checking)
        assert not answer.done, wrong
        assert said in answer.problem, wrong
    for _ in range(2):
        run(shell, solution["code"])
        assert run(shell, checking).problem == ""
        assert run(shell, checking).done
