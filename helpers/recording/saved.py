"""A recording as a readable file, and its calls."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import TypeAdapter, ValidationError

FORMAT = 1


class BadRecording(ValueError):
    """A file that holds no recording of this version; the text says why."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A REST call and its answer, with stand-ins.

    Attributes:
        after: Seconds since the call before it.
        headers: Those with a meaning of their own, such as `X-Twilio-Webhook-Enabled`; the content
            type of a body that is no form.
        parameters: Those of the form, or the JSON of the body.
        size: Bytes of a body that is a file.
        lossy: Parameters whose stand-in has not the form of the value.
        status: HTTP status; 0 for no answer.
        code: Twilio's code of a refusal.
        answer: The answer's fields, without addresses and sentences.
    """

    method: str
    host: str
    path: str
    after: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    parameters: Any = field(default_factory=dict)
    size: int = 0
    lossy: list[str] = field(default_factory=list)
    status: int = 0
    code: int | None = None
    answer: Any = None

    @property
    def name(self) -> str:
        """Method and address."""
        return f"{self.method} {self.host}{self.path}"


@dataclass(slots=True)
class Recording:
    """Calls of an account, oldest first."""

    calls: list[RecordedCall] = field(default_factory=list)

    def to_yaml(self) -> str:
        """Return it as text; fields without content are left out."""
        calls = [
            {name: value for name, value in asdict(each).items() if value not in (0, None, {}, [])}
            for each in self.calls
        ]
        text: str = yaml.safe_dump(
            {"recording": FORMAT, "calls": calls}, sort_keys=False, allow_unicode=True
        )
        return text

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write it to a file."""
        Path(file).write_text(self.to_yaml(), encoding="utf-8")

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> Self:
        """Read it from a file.

        Raises:
            BadRecording: The file holds none, or one of another version.
            OSError: There is no such file.
        """
        try:
            content = yaml.safe_load(Path(file).read_text("utf-8"))
            if content["recording"] != FORMAT:
                raise BadRecording(f"{file}: a recording of version {content['recording']}")
            return cls(TypeAdapter(list[RecordedCall]).validate_python(content["calls"]))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            problem = f"calls.{place}: {first['msg']}"
            raise BadRecording(f"{file} is no recording: {problem}") from None
        except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise BadRecording(f"{file} is no recording: {error}") from None
