"""Fuzzing of one target guided by coverage, for hours if need be.

    python tests/fuzzing/guided.py template -max_total_time=60

Options are libFuzzer's. Needs atheris, which has wheels for some interpreters and systems only. An
input that fails is shown with its traceback; it belongs into `FAILED` of `test_foreign_input.py`.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["helpers", "liquid", "lark", "multipart"]):
    import lark  # noqa: F401
    import liquid  # noqa: F401
    from targets import TARGETS, Target

    import helpers.mock.studio.liquid_environment  # noqa: F401


def main() -> None:
    """Fuzz the target that the command line names."""
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, lambda data: once(target, atheris.FuzzedDataProvider(data)))
    atheris.Fuzz()


def once(target: Target, chosen: atheris.FuzzedDataProvider) -> None:
    """Try one input out, made of the target's words and of others."""
    pieces: list[str] = []
    while chosen.remaining_bytes():
        word = chosen.ConsumeIntInRange(0, len(target.words))
        pieces += target.words[word : word + 1] or [chosen.ConsumeUnicode(4)]
    made = "".join(pieces)
    try:
        target.try_out(made if target.is_text else made.encode("utf-8", "surrogatepass"))
    except BaseException as error:
        error.add_note(f"input: {made!r}")
        raise


if __name__ == "__main__":
    main()
