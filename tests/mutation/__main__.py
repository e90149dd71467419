"""Mutation testing on demand: changes of the code that no test notices.

See docs/project/testing.md.

    python -m tests.mutation --seed 1 --count 150

Each mutant is tried in a copy of the repository, in a process that is forked after the libraries
were loaded: by the tests of its area, those named like its module first. A test that fails is run
once more on the original, so that one that fails by itself kills nothing.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.mutation.mutants import AREAS, Mutant, sample

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "messaging": ("mock/test_chat*", "mock/test_[imprs]*", "mock/test_conv*", "chat/*"),
    "TaskRouter": (
        "mock/test_taskrouter*",
        "mock/test_states.py",
        "mock/test_limits.py",
        "mock/test_expr*",
        "mock/test_error*",
        "test_desk.py",
    ),
    "Studio": ("mock/test_studio*", "mock/test_flex*", "mock/test_seq*"),
    "Flex": ("mock/test_flex*", "mock/test_seq*", "mock/test_web_c*", "mock/test_error*"),
    "webhooks": ("mock/test_webhooks*", "mock/test_call_policy.py", "mock/test_pro*"),
    "REST": (
        *("mock/test_error_codes.py", "mock/test_declared*", "mock/test_reasons.py"),
        *("mock/test_[cfimpr]*", "mock/test_e*", "mock/test_limits.py", "mock/test_[dt]*"),
    ),
    "realtime": ("realtime/*",),
    "core": ("mock/test_[a-r]*", "mock/test_s[ei]*", "mock/test_store*", "test_a*.py", "test_col*"),
    "chat": ("chat/*", "test_desk.py", "test_panel.py", "test_tables.py"),
    "flows": ("flows/*",),
}
"""Tests of each area, as patterns below `tests`; those of the first are tried first."""
SLOW = re.compile(r"killed|thousand|many_clients|under_fire|readme|live_account")
_FAILED = (1, 2, 4)
"""Exit codes of pytest: tests failed, could not be collected, or not even `conftest.py` loads."""
_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+\.py(?:::.*?)?)(?: - |$)", re.MULTILINE)
LOADED = (
    *("helpers", "pytest", "pandas", "starlette.applications", "uvicorn"),
    *(f"twilio.rest.{name}" for name in ("chat.v2", "flex_api.v1", "studio.v2", "taskrouter.v1")),
    *("twilio.rest.conversations.v1", "websockets.sync.client", "yaml"),
)
"""Loaded once, before any fork; what is the toolkit's own is forgotten again."""


class Trial:
    """Tries mutants in a copy of the repository of its own."""

    def __init__(self, seconds: int, files: int | None) -> None:
        self.seconds, self.files = seconds, files
        self.copy = Path(tempfile.mkdtemp(prefix="mutants-"))
        skipped = shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__")
        shutil.copytree(ROOT, self.copy, ignore=skipped, dirs_exist_ok=True)
        installed = ROOT / "tests/node/node_modules"
        if installed.exists():
            (self.copy / "tests/node/node_modules").symlink_to(installed)
        self._sound: dict[str, bool] = {}

    def __call__(self, mutant: Mutant) -> dict[str, Any]:
        """Return the outcome: `killed` with the test that did, `timeout` or `survived`."""
        began = time.monotonic()
        file = self.copy / mutant.path
        original, changed = file.read_text("utf-8"), mutant.code(self.copy)
        outcome, killer, unsound = "survived", "", []
        for batch in _batches([*_tests_of(self.copy, mutant)][: self.files]):
            while outcome == "survived":
                file.write_text(changed, "utf-8")
                status, failed = self._run(batch, unsound)
                file.write_text(original, "utf-8")
                if status == 0:
                    break
                if failed and not self._is_sound(failed):
                    unsound.append(failed)
                else:
                    outcome, killer = "timeout" if status is None else "killed", failed or ""
        diff = difflib.unified_diff(original.splitlines(), changed.splitlines(), n=1, lineterm="")
        return mutant._asdict() | {
            "outcome": outcome,
            "test": killer,
            "unsound": unsound,
            "seconds": round(time.monotonic() - began),
            "change": [line for line in diff if not line.startswith(("---", "+++", "@@"))],
        }

    def _is_sound(self, test: str) -> bool:
        if test not in self._sound:
            self._sound[test] = self._run([test])[0] == 0
        return self._sound[test]

    def _run(
        self, tests: list[str], deselected: Sequence[str] = ()
    ) -> tuple[int | None, str | None]:
        """Return pytest's status, None where it took too long, and the test that failed, if any."""
        output = self.copy / "output.txt"
        child = os.fork()
        if not child:
            _become_pytest(self.copy, output, tests, deselected)
        ends = time.monotonic() + self.seconds
        while time.monotonic() < ends:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                text = output.read_text("utf-8", "replace")
                code = os.waitstatus_to_exitcode(status)
                if code not in (0, *_FAILED):
                    raise RuntimeError(f"pytest could not run:\n{text[-2000:]}")
                found = _FAILURE.search(text)
                return code, found[1] if found else None  # where nothing could be imported
            time.sleep(0.1)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None, None


def _become_pytest(copy: Path, output: Path, tests: list[str], deselected: Sequence[str]) -> None:
    status = 70
    try:
        os.setsid()
        os.chdir(copy)
        to = os.open(output, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(to, 1)
        os.dup2(to, 2)
        sys.dont_write_bytecode = True
        sys.path[:] = [str(copy), *(each for each in sys.path if each != str(ROOT))]
        os.environ |= {"PYTHONPATH": str(copy), "COLUMNS": "1000", "PYTHONDONTWRITEBYTECODE": "1"}
        import pytest

        arguments = ["-x", "-q", "-rfE", "--tb=short", "-p", "no:cacheprovider"]
        arguments += ["-p", "no:compiled_once", *tests]
        arguments += ["-m", "not browser"]
        arguments += [
            "-W",
            "ignore::pytest.PytestAssertRewriteWarning",
        ]  # of what is loaded already
        status = int(pytest.main([*arguments, *(f"--deselect={each}" for each in deselected)]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _tests_of(root: Path, mutant: Mutant) -> Iterator[str]:
    """The test files of an area, those first whose names share most with the module's path."""
    words = set(re.findall("[a-z]{4,}", mutant.path.removesuffix(".py").replace("s_", "_")))
    seen: set[Path] = set()
    for pattern in TESTS[mutant.area]:
        found = {path for path in (root / "tests").glob(pattern) if path.name.startswith("test_")}
        found = {path for path in found - seen if not SLOW.search(path.name)}
        seen |= found

        def place(path: Path) -> tuple[int, int]:
            shared = sum(word.rstrip("s") in path.name for word in words)
            return -shared, path.stat().st_size

        yield from (path.relative_to(root).as_posix() for path in sorted(found, key=place))


def _batches(tests: list[str]) -> list[list[str]]:
    """Two files first, since most mutants die there, then a few, then all others."""
    return [batch for batch in (tests[:2], tests[2:8], tests[8:]) if batch]


_OWN: list[Trial] = []
"""The one of this process."""


def _start(seconds: int, files: int | None) -> None:
    for name in LOADED:
        importlib.import_module(name)
    for name in [each for each in sys.modules if each.partition(".")[0] == "helpers"]:
        del sys.modules[name]
    _OWN.append(Trial(seconds, files))


def _try(mutant: Mutant) -> dict[str, Any]:
    return _OWN[0](mutant)


def _key(mutant: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(mutant[name] for name in ("path", "line", "operator", "occurrence"))


def _earlier(file: Path | None, chosen: list[Mutant]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The latest results of earlier runs of this sample."""
    if file is None or not file.exists():
        return {}
    found = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    keys = {_key(mutant._asdict()) for mutant in chosen}
    return {_key(each): each for each in found if _key(each) in keys}


def _shown(result: dict[str, Any]) -> str:
    place = f"{result['path']}:{result['line']} {result['operator']}"
    lines = [f"{result['number']} {result['outcome']} {place} {result['seconds']} s"]
    if result["outcome"] == "survived":
        lines += [f"    {line}" for line in result["change"]]
    return "\n".join(lines)


def main() -> int:
    """Try a sample and show what became of it; 1 where a mutant survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--count", type=int, default=150, help="mutants in the sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=int, default=600, help="a mutant's longest run")
    parser.add_argument("--files", type=int, help="test files for a mutant, at most")
    parser.add_argument("--only", type=int, nargs="*", help="numbers in the sample")
    parser.add_argument("--results", type=Path, help="a file of results, to go on with")
    options = parser.parse_args()
    chosen = sample(ROOT, options.count, options.seed)
    earlier = _earlier(options.results, chosen)
    results = [each for each in earlier.values() if each["outcome"] == "killed"]
    final = {_key(result) for result in results}
    mutants = [each for each in enumerate(chosen) if _key(each[1]._asdict()) not in final]
    mutants.sort(key=lambda each: _key(each[1]._asdict()) in earlier)  # survivors last
    if options.only:
        mutants = [each for each in mutants if each[0] in options.only]
    sys.path.insert(0, str(ROOT))
    forked = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        options.jobs, forked, _start, (options.seconds, options.files)
    ) as pool:
        numbers = {pool.submit(_try, mutant): number for number, mutant in mutants}
        for done in as_completed(numbers):
            results.append(result := {"number": numbers[done]} | done.result())
            print(_shown(result), flush=True)
            if options.results:
                with options.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(result) + "\n")
    for area in AREAS:
        counts = Counter(result["outcome"] for result in results if result["area"] == area)
        print(f"{area}: " + ", ".join(f"{counts[name]} {name}" for name in sorted(counts)))
    return int(any(result["outcome"] == "survived" for result in results))


if __name__ == "__main__":
    sys.exit(main())
