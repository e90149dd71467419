"""Twilio's OpenAPI documents, read as strictly as they can be: what each operation takes and gives.

Stricter than they are written: every property they declare must be there, and none besides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

Schema = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_a_date(value: object) -> bool:
    """As Twilio writes dates: UTC, whole seconds."""
    return not isinstance(value, str) or bool(datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))


@FORMATS.checks("uri")
def is_an_address(value: object) -> bool:
    return not isinstance(value, str) or all(urlsplit(value)[:2])


@FORMATS.checks("uri-map")
def is_a_map_of_addresses(value: object) -> bool:
    """Links by name; null where there is nothing to link to, as Twilio's examples show."""
    return not isinstance(value, dict) or all(
        link is None or (isinstance(link, str) and is_an_address(link)) for link in value.values()
    )


@FORMATS.checks("http-method")
def is_a_method(value: object) -> bool:
    return value in ("GET", "POST", None)


@FORMATS.checks("int64")
def fits_64_bits(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a document."""

    document: Document
    path: str
    method: str
    declared: Schema

    @property
    def name(self) -> str:
        return str(self.declared["operationId"])

    @property
    def statuses(self) -> list[int]:
        """The statuses the document declares."""
        return [int(status) for status in self.declared["responses"]]

    @property
    def body(self) -> Schema:
        """The form's schema; without properties where there is no form."""
        content = self.declared.get("requestBody", {}).get("content", {})
        forms = [media["schema"] for media in content.values()]
        return forms[0] if forms else {"properties": {}}

    def parameters(self, place: str) -> dict[str, Schema]:
        """Parameters in the `query`, `header` or `path`, by name."""
        found = self.declared.get("parameters", ())
        return {each["name"]: each["schema"] for each in found if each["in"] == place}

    @property
    def response(self) -> Schema | None:
        """The answer's schema; None where the body is empty."""
        content = self.declared["responses"][str(self.statuses[0])].get("content")
        return content["application/json"]["schema"] if content else None

    @property
    def list_key(self) -> str | None:
        """The name a list comes under; None for an operation that gives no list."""
        names = set((self.response or {}).get("properties", ()))
        (key,) = names - {"meta"} if "meta" in names else (None,)
        return key

    @property
    def page_sizes(self) -> tuple[int, int]:
        """How many items a page holds by default, and at the most."""
        (declared,) = (each for each in self.declared["parameters"] if each["name"] == "PageSize")
        default = re.search(r"default is (\d+)", declared["description"])
        assert default is not None
        return int(default[1]), declared["schema"]["maximum"]

    @property
    def shown(self) -> dict[str, Schema]:
        """Properties of the resource answered with."""
        return dict(self.document.resolved(self.response or {}).get("properties", {}))

    @cached_property
    def _validator(self) -> Draft202012Validator:
        schema = {**strict(self.response or {}), "components": self.document.strict_components}
        return Draft202012Validator(schema, format_checker=FORMATS)

    def faults(self, answer: Any) -> list[str]:
        """What is wrong with an answer: property and problem."""
        return [
            f"{fault.json_path}: {fault.message}" for fault in self._validator.iter_errors(answer)
        ]


class Document:
    """One OpenAPI document.

    Args:
        file: Where it is.
        paths: Keep those operations whose path is matched by this regular expression.
    """

    def __init__(self, file: Path, paths: str) -> None:
        self._content = json.loads(file.read_text(encoding="utf-8"))
        self.operations = {
            operation["operationId"]: Operation(self, path, method.upper(), operation)
            for path, item in self._content["paths"].items()
            if re.fullmatch(paths, path)
            for method, operation in item.items()
            if method in METHODS
        }

    @cached_property
    def strict_components(self) -> Schema:
        schemas = self._content["components"]["schemas"]
        return {"schemas": {name: strict(schema) for name, schema in schemas.items()}}

    def resolved(self, schema: Schema) -> Schema:
        """What a reference refers to; anything else as it is."""
        name = schema.get("$ref", "").rpartition("/")[2]
        return self._content["components"]["schemas"][name] if name else schema


def strict(schema: Schema) -> Schema:
    """OpenAPI 3.0 as JSON Schema: every declared property required, no other allowed."""
    made = {key: value for key, value in schema.items() if key not in ("nullable", "x-twilio")}
    if "properties" in schema:
        properties = {name: strict(each) for name, each in schema["properties"].items()}
        made |= {"properties": properties, "required": list(properties)}
        made["additionalProperties"] = False
    if "items" in schema:
        made["items"] = strict(schema["items"])
    if "format" in schema and schema["format"] not in FORMATS.checkers:
        raise NotImplementedError(f"no check for the format {schema['format']}")
    return {"anyOf": [{"type": "null"}, made]} if schema.get("nullable") else made
