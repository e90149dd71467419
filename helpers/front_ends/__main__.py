"""Brings Twilio's own front ends from npm, as this project ships none of them.

    python -m helpers.front_ends webchat

Only the script for browsers and its licence are kept, in `~/.flex-chat-lab` or the folder given;
none of the packages that it was built from is needed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from ..mock.server.chat_page.sdk_copy import KEPT, WEB_CHAT, BrowserSdk

FRONT_ENDS = {"webchat": WEB_CHAT}
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
        done = subprocess.run(  # noqa: S603 - npm, with a name of this file's
            (npm, "pack", "--silent", "--pack-destination", packed, name),
            capture_output=True,
            text=True,
            check=False,
        )
        archives = list(Path(packed).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise NotBrought(f"npm pack {name} failed: {(done.stderr or done.stdout).strip()}")
        place = front_end.place
        package = Path(*place.parts[: 1 + len(PurePosixPath(front_end.package).parts)])
        with tarfile.open(archives[0]) as archive:
            for wanted in (*_BESIDE_IT, place.relative_to(package).as_posix()):
                content = archive.extractfile(f"package/{wanted}")
                if content is None:
                    raise NotBrought(f"{wanted} of {name} is no file")
                target = folder / package / wanted
                target.parent.mkdir(parents=True, exist_ok=True)
                made = target.with_name(f"{target.name}.part")  # the copy is never half of one
                made.write_bytes(content.read())
                made.replace(target)
    return folder / place


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
    sys.exit(main())
