"""Brings Twilio's own front ends from npm, as this project ships none of them.

    python -m helpers.front_ends webchat
    python -m helpers.front_ends flex
    python -m helpers.front_ends flex-2

Only the script for browsers and its licence are kept, in `~/.flex-chat-lab` or the folder given;
none of the packages that it was built from is needed. Flex UI 2 has no script for browsers: it is
bundled here, from 650 MB of packages that are deleted afterwards.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from ..console import run
from ..mock.server.chat_page.sdk_copy import FLEX_1, FLEX_2, KEPT, WEB_CHAT, BrowserSdk

FRONT_ENDS = {each.command: each for each in (WEB_CHAT, FLEX_1, FLEX_2)}
_BUNDLER = "esbuild@0.25.12"
_BUNDLING = (
    "--bundle",
    "--minify",
    "--log-level=error",
    "--alias:path=path-browserify",
    "--define:global=window",
    '--define:process.env.NODE_ENV="production"',
)
_BESIDE_IT = ("LICENSE", "package.json")


class NotBrought(RuntimeError):
    """A package cannot be brought; the message says why."""


def bring(front_end: BrowserSdk, folder: Path = KEPT) -> Path:
    """Bring a package's script into `node_modules` of a folder, and return its path.

    Raises:
        NotBrought: There is no npm, or it failed.
    """
    npm = shutil.which("npm")
    name = f"{front_end.package}@{front_end.version}"
    if npm is None:
        raise NotBrought(
            f"npm, which comes with Node.js, is not on the PATH. Install it, or name a copy of"
            f" {front_end.place.name} (of {name}) in {front_end.variable}"
        )
    with tempfile.TemporaryDirectory() as packed:
        if front_end.entry:
            return _bundle(front_end, npm, Path(packed), folder)
        _run(npm, "pack", "--silent", "--pack-destination", packed, name)
        archives = list(Path(packed).glob("*.tgz"))
        if len(archives) != 1:
            raise NotBrought(f"npm pack {name} made {len(archives)} archives")
        place = front_end.place
        package = Path(*place.parts[: 1 + len(PurePosixPath(front_end.package).parts)])
        with tarfile.open(archives[0]) as archive:
            for wanted in (*_BESIDE_IT, place.relative_to(package).as_posix()):
                content = archive.extractfile(f"package/{wanted}")
                if content is None:
                    raise NotBrought(f"{wanted} of {name} is no file")
                _put(folder / package / wanted, content.read())
    return folder / place


def _bundle(front_end: BrowserSdk, npm: str, here: Path, folder: Path) -> Path:
    """Install a package with all that it needs, and bundle it to one script."""
    name = f"{front_end.package}@{front_end.version}"
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", str(here))
    _run(npm, "install", *quietly, name, *front_end.beside, _BUNDLER)
    entry, made = here / "entry.js", here / front_end.place.name
    entry.write_text(front_end.entry, "utf-8")
    bundler = here / "node_modules/.bin" / ("esbuild.cmd" if os.name == "nt" else "esbuild")
    _run(str(bundler), str(entry), f"--outfile={made}", *_BUNDLING, cwd=here)
    target = folder / front_end.place
    for each in _BESIDE_IT:
        content = here / "node_modules" / front_end.package / each
        _put(target.with_name(each), content.read_bytes())
    _put(target, made.read_bytes())
    return target


def _put(target: Path, content: bytes) -> None:
    """Write a file that is never half of one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(content)
    part.replace(target)


def _run(*command: str, cwd: Path | None = None) -> None:
    """Run a program.

    Raises:
        NotBrought: It failed.
    """
    done = subprocess.run(  # noqa: S603 - npm, or what it brought, with names of this project's
        command, capture_output=True, text=True, check=False, cwd=cwd
    )
    if done.returncode:
        called = " ".join((Path(command[0]).stem, *command[1:2]))
        raise NotBrought(f"{called} failed: {(done.stderr or done.stdout).strip()[-2000:]}")


def main(given: list[str] | None = None) -> int:
    """Bring one front end. Returns 0, or 1 if it could not be brought."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.front_ends",
        description="Bring one of Twilio's own front ends from npm.",
    )
    parser.add_argument("front_end", choices=sorted(FRONT_ENDS))
    parser.add_argument(
        "--folder", type=Path, default=KEPT, help="where to put it (%(default)s, which is searched)"
    )
    arguments = parser.parse_args(given)
    front_end = FRONT_ENDS[arguments.front_end]
    try:
        script = bring(front_end, arguments.folder)
    except (NotBrought, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{front_end.package} {front_end.version} is at {script}")
    return 0


if __name__ == "__main__":
    run(main)
