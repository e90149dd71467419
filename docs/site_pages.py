"""Pages of the documentation that are made when it is built, and links that lead out of docs/.

References are made from what they describe: the parsers of the command lines, the models of flow
files, FIDELITY.md. Notebooks are shown as they are stored. A link to another file of the repository
leads to its page, where there is one, else to the repository's address, which stands in
pyproject.toml under [project.urls]; while it has none the link is text.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import posixpath
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIDELITY = "helpers/mock/FIDELITY.md"
PAGES = {
    "README.md": "index.md",
    FIDELITY: "reference/fidelity.md",
    ".github/CONTRIBUTING.md": "project/contributing.md",
    ".github/SECURITY.md": "project/security-policy.md",
    "LICENSE": "project/licence.md",
}
"""Files outside docs/ that are a page."""
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\]|\\\])*)\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")
WITHIN = re.compile(r"\]\(#[^)\s]+\)")
"""A link to a heading of the page, whose letters Jupyter keeps and MkDocs lowers."""
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
NOTEBOOKS = {
    f"notebooks/{at.name}": f"tutorials/{at.stem}.md"
    for at in sorted((ROOT / "notebooks").glob("*.ipynb"))
}
_ORIGINS = {page: file for file, page in {**PAGES, **NOTEBOOKS}.items() if file != "README.md"}
_outputs: dict[str, list[str]] = {}


def on_config(config: Any) -> Any:
    """Take the repository's address from where it stands."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    config.repo_url = project.get("urls", {}).get("Repository")
    return config


def on_files(files: Any, *, config: Any) -> Any:
    """Add the pages that are made here, and the pictures of the notebooks."""
    from mkdocs.structure.files import File

    for name, text in _made().items():
        files.append(File.generated(config, name, content=text))
    for at in sorted((ROOT / "notebooks/images").iterdir()):
        files.append(File.generated(config, f"images/{at.name}", abs_src_path=str(at)))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Let links lead to pages, and drop those that lead nowhere."""
    here = page.file.src_uri
    origin = _ORIGINS.get(here, f"docs/{here}")

    def lead(found: re.Match[str]) -> str:
        picture, text, link, anchor = found[1], found[2], found[3], found[4] or ""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))
        if target.startswith("docs/"):
            target = target.removeprefix("docs/")
        elif target.startswith("notebooks/images/"):
            target = target.removeprefix("notebooks/")
        elif target in PAGES or target in NOTEBOOKS:
            target = {**PAGES, **NOTEBOOKS}[target]
        elif not (ROOT / target).exists():
            raise FileNotFoundError(f"{origin} links to {link}, which is not there")
        elif config.repo_url:
            return f"{picture}[{text}]({config.repo_url}/blob/main/{target}{anchor})"
        else:
            return text
        path = posixpath.relpath(target, posixpath.dirname(here) or ".")
        return f"{picture}[{text}]({path}{anchor})"

    def led(text: str) -> str:
        return WITHIN.sub(lambda found: found[0].lower(), LINK.sub(lead, text))

    parts, last = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [led(markdown[last : fence.start()]), fence[0]]
        last = fence.end()
    return "".join([*parts, led(markdown[last:])])


def on_page_content(content: str, *, page: Any, **_: Any) -> str:
    """Put stored outputs of a notebook where its cells are."""
    for number, output in enumerate(_outputs.get(page.file.src_uri, ())):
        content = content.replace(f"<p>OUTPUT-{number}-</p>", output)
    return content


def _made() -> dict[str, str]:
    made = {at: (ROOT / file).read_text("utf-8") for file, at in PAGES.items() if at != "index.md"}
    made["project/licence.md"] = f"# Licence\n\n{made['project/licence.md']}"
    made |= _fidelity(made["reference/fidelity.md"])
    made["reference/command-lines.md"] = "\n".join(_command_lines())
    made["reference/flow-files.md"] = "\n".join(_flow_files())
    return made | {at: _notebook(ROOT / file, at) for file, at in NOTEBOOKS.items()}


def _fidelity(text: str) -> dict[str, str]:
    """Return the page of rules, and the generated sections as pages of their own."""
    introduction, *sections = re.split(r"\n(?=## )", text)
    by_title = {part.partition("\n")[0].removeprefix("## "): part for part in sections}
    operations = by_title.pop("Operations") + "\n" + by_title.pop("Called by the JavaScript SDKs")
    codes = by_title.pop("Error codes").removeprefix("## Error codes\n")
    note = (
        "\n\nOperations and error codes have pages of their own: [operations](../../docs/reference/"
    )
    note += "operations.md), [error codes](../../docs/reference/error-codes.md).\n\n"
    return {
        "reference/fidelity.md": introduction + note + "\n".join(by_title.values()),
        "reference/operations.md": f"# Operations\n\nAll calls that are simulated.\n\n{operations}",
        "reference/error-codes.md": f"# Error codes\n\nEvery code that the mock gives.\n\n{codes}",
    }


class _Captured(Exception):
    """Carries a parser out of the command that made it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def _command_lines() -> Iterator[str]:
    yield "# Command lines\n"
    yield "From the parsers themselves. With the wheel the package is called `flex_chat_lab`.\n"
    modules = [
        ".".join(at.relative_to(ROOT).parent.parts) for at in ROOT.glob("helpers/**/__main__.py")
    ]
    for module in sorted([*modules, "helpers.mock.fidelity"]):
        parser = parser_of(module)
        yield f"## {parser.prog}\n\n```text\n{parser.format_help()}```\n"
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, sub in action.choices.items():
                    yield f"### {parser.prog} {name}\n\n```text\n{sub.format_help()}```\n"


def parser_of(module: str) -> argparse.ArgumentParser:
    """Return the parser that a module's command makes, without running the command."""

    def capture(parser: argparse.ArgumentParser, *_: Any) -> None:
        raise _Captured(parser)

    kept = argparse.ArgumentParser.parse_args
    argparse.ArgumentParser.parse_args = capture  # type: ignore[method-assign,assignment]
    name = module if module.endswith("fidelity") else f"{module}.__main__"
    try:
        import_module(name).main([])
    except _Captured as captured:
        return captured.parser
    finally:
        argparse.ArgumentParser.parse_args = kept  # type: ignore[method-assign]
    raise LookupError(f"{module} makes no parser")


_VARIABLES = """\
## `variables` and `environments`

A variable has a name of letters, digits and `_`, and these fields; `${name}` in a value stands \
for it, `$${` for `${`. An environment has values by name. \
[Environments](../how-to/environments-of-flow-files.md) shows how they are used.

| field | values | default | meaning |
|---|---|---|---|
| `type` | `string`, `number`, `boolean`, `list` | that of the default, or `string` | a value that \
is the variable and nothing else takes it |
| `default` | a value of its type | | the value where neither `--var` nor the environment has one |
| `description` | text | | |
| `secret` | true or false | `false` | the value is the process's environment variable of this \
name, of at least 8 characters, and in no file |
"""


def _flow_files() -> Iterator[str]:
    from helpers.flows import CHECKS, FlexFlowConfig, Integration
    from helpers.flows.file.conversations import (
        AddressConfig,
        AutoCreation,
        CustomChatConfig,
        OwnInteraction,
    )

    models = {
        "`flex_flows`": FlexFlowConfig,
        "`integration` of a Flex Flow": Integration,
        "`address_configurations`": AddressConfig,
        "`auto_creation` of an address": AutoCreation,
        "`custom_chats`": CustomChatConfig,
        "`interaction` of an address or a custom chat": OwnInteraction,
    }
    yield "# Flow files\n\nA file has up to three lists, of entries with these fields."
    yield " What is left out has Twilio's default."
    yield " [Prototype a Flex Flow](../how-to/prototype-flex-flows.md) shows how one is used.\n"
    for title, model in models.items():
        meanings = _meanings(model)
        schemas = model.model_json_schema()["properties"]
        yield f"## {title}\n\n| field | values | default | meaning |\n|---|---|---|---|"
        for name, field in model.model_fields.items():
            default = json.dumps(schemas[name].get("default"))
            default = "" if default in {"null", "[]"} or default[0] == "{" else f"`{default}`"
            shown = "required" if field.is_required() else default
            yield f"| `{name}` | {_values(schemas[name])} | {shown} | {meanings.get(name, '')} |"
        yield ""
    yield _VARIABLES
    yield "## Checks\n\n`accept: [id]` beside a flow suppresses a warning.\n"
    yield "| id | severity | finds |\n|---|---|---|"
    for check in CHECKS:
        yield f"| `{check.id}` | {check.severity} | {check.title} |"


def _meanings(model: type[Any]) -> dict[str, str]:
    """Return what the docstrings of a class and its bases say of each attribute."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        lines = (base.__doc__ or "").partition("Attributes:\n")[2]
        for name, text in re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", lines, re.MULTILINE):
            found[name] = " ".join(text.split())
    return found


def _values(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_values(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "$ref" in schema or "allOf" in schema:
        return "the settings below"
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (("minimum", "from"), ("maximum", "to"), ("maxLength", "up to"))
        if key in schema
    ]
    return " ".join(
        [{"array": "list", "object": "mapping"}.get(schema["type"], schema["type"]), *bounds]
    )


def _notebook(path: Path, page: str) -> str:
    """Return a stored notebook as Markdown, with a place for each cell's output."""
    outputs: list[str] = []
    parts = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code":
            parts.append(f"```python\n{source}\n```")
            shown = "".join(filter(None, map(_output, cell["outputs"])))
            if shown:
                parts.append(f"OUTPUT-{len(outputs)}-")
                outputs.append(
                    f'<div class="notebook-output" style="overflow-x:auto">{shown}</div>'
                )
    _outputs[page] = outputs
    return "\n\n".join(parts)


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        return "".join(data["text/html"])
    if "image/svg+xml" in data:
        encoded = base64.b64encode("".join(data["image/svg+xml"]).encode()).decode()
        return f'<img alt="" src="data:image/svg+xml;base64,{encoded}">'
    if "image/png" in data:
        return f'<img alt="" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
    text = output.get("text") or data.get("text/plain") or output.get("traceback") or ""
    return f"<pre>{html.escape(''.join(text))}</pre>" if text else ""
