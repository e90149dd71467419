"""Files that are none, or without an end: each is refused at once, with a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samples import TASK

from helpers.flows import FlowProblem, import_from, load, read_day
from helpers.flows.file import nodes, text_files
from helpers.flows.file.text_files import content_of, write_text
from helpers.flows.importing import hcl
from helpers.flows.plans.saving import is_saved
from helpers.flows.rehearsal.script import script_of

STUDIO = "studio_flows:\n  Bot:\n    definition: "


def definition_of(path: str) -> Any:
    return load(f"{STUDIO}{path}\n")


READERS: dict[str, Callable[[str], Any]] = {
    "a flow file": load,
    "a definition": definition_of,
    "a day": read_day,
    "a script": script_of,
    "a source": import_from,
}


@pytest.mark.parametrize("read", READERS.values(), ids=[*READERS])
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "large"])
def test_what_has_no_end_is_refused(
    read: Callable[[str], Any], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = tmp_path / "file.json", "it is a pipe or a device"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "large":
        said = "it is larger than 64 MB"
        path.touch()
        os.truncate(path, 65 * 2**20)
    else:
        path = Path(kind)
    with pytest.raises(ValueError, match=rf"{path}:? cannot be read \({said}\)") as refused:
        read(str(path))
    assert "; give " in str(refused.value)


def test_a_pipe_that_somebody_fills_is_read_as_often_as_it_is_named() -> None:
    reading, writing = os.pipe()
    os.write(writing, TASK.replace("\n", "\r\n").encode())
    os.close(writing)
    path = f"/dev/fd/{reading}"
    assert not is_saved(path)
    assert load(path).flows == load(TASK).flows
    os.close(reading)
    text_files._piped.clear()


def test_a_pipe_that_nobody_reads_cannot_be_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FlowProblem, match="cannot be written"):
        write_text(tmp_path / "pipe", "x")


def test_line_ends_of_every_system_are_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert content_of(tmp_path / "file") == "a\nb\nc\n"


def blocks(levels: int) -> str:
    return "".join(" " * level + "a:\n" for level in range(levels))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: " + "[" * 2_000, 1),
        (blocks(2_000), 200),
        ("- " * 2_000, 1),
        ("x: " + "{a: " * 2_000, 1),
    ],
    ids=["lists", "blocks", "dashes", "braces"],
)
def test_a_text_is_not_read_beyond_the_level_that_is_too_deep(
    text: str, line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: list[int] = []
    compose = nodes.Loader.compose_node

    def counted(self: Any, parent: Any, index: Any) -> Any:
        levels.append(1)
        return compose(self, parent, index)

    monkeypatch.setattr(nodes.Loader, "compose_node", counted)
    with pytest.raises(FlowProblem, match=f"^line {line}: is not YAML: it is nested too deep; fl"):
        load(f"{text}\n")
    assert len(levels) < 500


def test_a_text_too_large_for_yaml_is_refused_unread() -> None:
    with pytest.raises(FlowProblem, match="the text: is larger than 4 MB, too much for YAML"):
        load("#" * (5 * 2**20) + "\n")


def test_merges_that_multiply_are_refused_at_their_line() -> None:
    links = [f"  - &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}\n" for n in range(1, 30)]
    with pytest.raises(FlowProblem, match=r"^line \d+: flex_flows\[\d+\]: is too large with its"):
        load("flex_flows:\n  - &l0 {a: x}\n" + "".join(links))


def test_attributes_of_aliases_are_limited_in_every_list() -> None:
    links = "".join(f"  - &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    with pytest.raises(FlowProblem, match="line 1: is too large with its aliases"):
        load(f"custom_chats:\n  - &l0 [x]\n{links}")


FLOW = """\
resource "twilio_flex_flex_flows_v1" "x" {
  friendly_name = local.l30
}
"""


@pytest.mark.parametrize("one", ['"${local.l%s}${local.l%s}"', "[local.l%s, local.l%s]"])
def test_locals_that_double_are_refused(one: str, tmp_path: Path) -> None:
    doubled = [f"  l{n} = {one % (n - 1, n - 1)}\n" for n in range(1, 31)]
    (tmp_path / "main.tf").write_text(f'locals {{\n  l0 = "xx"\n{"".join(doubled)}}}\n{FLOW}')
    with pytest.raises(FlowProblem, match="the value is too large; write less of it"):
        import_from(tmp_path)


def test_loops_within_loops_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hcl, "MOST_ROUNDS", 1_000)
    loops = "[for a in local.x : [for b in local.x : [for c in local.x : [for d in local.x : a]]]]"
    (tmp_path / "main.tf").write_text(
        f"locals {{\n  x = {[*range(40)]}\n  l30 = {loops}\n}}\n{FLOW}"
    )
    with pytest.raises(FlowProblem, match="`for` has too many rounds; use the state instead"):
        import_from(tmp_path)
