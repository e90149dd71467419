"""Finds out what a source is, reads it, and writes the flow file for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..accounts.exporting import export
from ..errors import FlowProblem, Problem
from ..file.config import ROOT
from ..file.conversations import ADDRESSES
from ..file.flow_file import FlowFile
from ..file.other_formats import Resource, has_more, is_state, resources_in
from ..file.reading import load
from ..file.text_files import read_json, text_of, write_text
from ..file.variables import ENVIRONMENTS, VARIABLES, Given, Values
from .configuration import TerraformResource, TerraformVariable, read_configuration, read_values
from .saved import BY_TYPE, SavedAccount
from .state import as_answered, resources_of_state

TEMPLATE = "infra-as-code/terraform/environments"
"""Folder of the environments of flex-project-template."""
AUTOMATIC = (
    "terraform.tfvars",
    "terraform.tfvars.json",
    "*.auto.tfvars",
    "*.auto.tfvars.json",
)
"""Files of values that Terraform reads by itself, the later ones winning."""
KINDS = (
    "saved answers of Twilio's API (JSON), a Terraform state (terraform.tfstate, or what"
    " `terraform show -json` writes), a folder of .tf files, or flex-project-template"
)


_NOTHING: tuple[Any, ...] = (None, "", [], {})
"""Values of attributes that are not set."""


@dataclass(frozen=True, repr=False)
class Imported:
    """A flow file for what was read.

    Attributes:
        text: The file.
        source: The sources.
        notes: Resources that a flow file does not hold, and what was assumed.
        variables: Variables of the file that need a value.
    """

    text: str
    source: str
    notes: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    def __repr__(self) -> str:
        needed = [f"It needs values for: {', '.join(self.variables)}."] if self.variables else []
        return "\n".join([f"The flow file for {self.source}.", *needed, *self.notes])

    def load(self, *, variables: Given | None = None, env: str | None = None) -> FlowFile:
        """The file, read, as `flows.load` does."""
        return load(self.text, variables=variables, env=env)

    def write(self, path: str | Path) -> None:
        """Write the file; FlowProblem if that fails."""
        write_text(path, self.text)


def import_from(
    *sources: str | Path, path: str | Path | None = None, variables: Given | None = None
) -> Imported:
    """Make a flow file of what other tools have saved, read together.

    Variables of Terraform that have no value become variables of the file; sensitive ones are
    secrets, by name.

    Args:
        sources: Paths: saved answers of Twilio's API (JSON), a folder of these, Terraform states,
            folders of `.tf` files, `.tfvars` files for them (several are environments), or a
            copy of flex-project-template.
        path: Where to write the file; it is not written by default.
        variables: Values of Terraform's variables.

    Raises:
        FlowProblem: A source cannot be read; every problem with its file, line and fix.
    """
    if not sources:
        raise TypeError(f"give at least one source: {KINDS}")
    reader = _Import(variables or {})
    reader.read([Path(each) for each in sources])
    found = reader.imported(", ".join(map(str, sources)))
    if path is not None:
        found.write(path)
    return found


class _Import:
    def __init__(self, given: Given) -> None:
        self._given = dict(given)
        self._saved = SavedAccount()
        self._notes: list[str] = []
        self._variables: dict[str, TerraformVariable] = {}
        self._declared: list[tuple[Resource, TerraformResource]] = []
        self._environments: dict[str, dict[str, Any]] = {}

    def read(self, sources: Sequence[Path]) -> None:
        """Read all sources."""
        values = [each for each in sources if each.name.endswith((".tfvars", ".tfvars.json"))]
        for each in values:
            read = read_values(each)
            if len(values) == 1:
                self._given = read | self._given
            else:
                self._environments[each.name.partition(".")[0]] = read
        others = [each for each in sources if each not in values]
        if values and not any(each.is_dir() or each.suffix == ".tf" for each in others):
            fix = "has values for a configuration; give the folder of its .tf files, too"
            raise FlowProblem(Problem(str(values[0]), "", fix))
        for each in others:
            if each.is_dir():
                self._folder(each)
            elif each.suffix == ".tf":
                text_of(each, KINDS)  # that it is there; one file alone is no configuration
                self._configuration(each.parent)
            else:
                self._file(each)

    def _folder(self, folder: Path) -> None:
        if (template := folder / TEMPLATE).is_dir():
            found = sorted(each for each in template.iterdir() if any(each.glob("*.tf")))
            if len(found) != 1:
                names = ", ".join(str(each) for each in found) or "none"
                fix = f"has {len(found)} environments of Terraform ({names}); give the one to read"
                raise FlowProblem(Problem(str(folder), "", fix))
            self._configuration(found[0])
        elif any(folder.glob("*.tf")):
            self._configuration(folder)
        elif files := sorted([*folder.glob("*.json"), *folder.glob("*.tfstate")]):
            for each in files:
                self._file(each, is_named=False)
        else:
            raise FlowProblem(Problem(str(folder), "", f"has nothing to read; give {KINDS}"))

    def _file(self, path: Path, *, is_named: bool = True) -> None:
        source = str(path)
        if path.suffix in (".yaml", ".yml"):
            fix = f"is YAML, as flow files are, which need no import; give {KINDS}"
            raise FlowProblem(Problem(source, "", fix))
        content = read_json(text_of(path, KINDS), source)
        before = self._saved.seen
        if is_state(content):
            try:
                for each in resources_of_state(content, source):
                    if each.type in BY_TYPE:
                        self._notes += [
                            f"{source}: {each.address}: {name} is left out"
                            for name, value in each.attributes.items()
                            if value not in _NOTHING and not BY_TYPE[each.type].reads(name)
                        ]
                        hidden = {
                            name: self._hidden(each.address, name, value)
                            if name in each.sensitive
                            else value
                            for name, value in each.attributes.items()
                        }
                        self._declared.append((as_answered(replace(each, attributes=hidden)), each))
                    else:
                        self._notes.append(f"{source}: {each.address} is left out")
            except (AttributeError, KeyError, TypeError) as error:
                fix = f"is no state as Terraform writes it ({error}); refresh it"
                raise FlowProblem(Problem(source, "", fix)) from None
            return
        if has_more(content):
            self._notes.append(f"{source} is not the last page of its list; save the others, too")
        for resource in resources_in(content):
            self._saved.add(resource, source)
        if self._saved.seen == before:
            if is_named:
                fix = f"has no resources of Twilio's; give {KINDS}"
                raise FlowProblem(Problem(source, "", fix))
            self._notes.append(f"{source} is left out, as it has no resources of Twilio's")

    def _configuration(self, folder: Path) -> None:
        given: dict[str, Any] = {}
        for pattern in AUTOMATIC:
            for each in sorted(folder.glob(pattern)):
                given |= read_values(each)
        given |= self._given
        self._notes += [
            f"{each} was not read, as a configuration is beside it; give it to have its values"
            for each in sorted(folder.glob("*.tfstate"))
        ]
        of_environments = {name for each in self._environments.values() for name in each}
        texts = frozenset(name for name in of_environments if isinstance(self._value_of(name), str))
        for name in sorted(of_environments - texts - given.keys()):
            given[name] = self._value_of(name)
            self._notes.append(
                f"{folder}: var.{name} is no text, so that the file has that of one environment:"
                f" {given[name]}"
            )
        for name in texts:
            given.pop(name, None)
        found = read_configuration(folder, given, _sid_of, texts)
        self._variables |= found.variables
        self._notes += [f"{each} is left out" for each in found.left_out]
        for made in found.resources:
            self._declared.append((as_answered(made), made))
            if BY_TYPE[made.type].noun == "conversation service":  # a new one, by its defaults
                settings = f"{BY_TYPE[made.type].path_of(made.attributes)}/Configuration"
                self._saved.add({"url": f"https://{settings}"}, made.where)

    def _value_of(self, name: str) -> Any:
        return next(each[name] for each in self._environments.values() if name in each)

    def _hidden(self, address: str, name: str, value: Any) -> Any:
        """A text that stands for a sensitive value of a state."""
        if not isinstance(value, str) or not value:
            return value
        spelled = "_".join(address.split(".")[-2:]).removeprefix("twilio_") + f"_{name}"
        variable = TerraformVariable.of(spelled, "", secret=True)
        self._variables[variable.name] = variable
        return variable.placeholder

    def _settle(self) -> None:
        """Save the resources of Terraform, in which variables stand as what they must be."""
        urls = {each.placeholder: each.url for each in self._variables.values()}
        spaces = {str(each.get("workspace_sid")) for each, _ in self._declared} & urls.keys()
        for resource, origin in self._declared:
            text = json.dumps(_with_urls(resource, urls))
            for each in spaces:  # a workspace by a variable, for which any SID does
                text = text.replace(each, f"WS{hashlib.sha256(each.encode()).hexdigest()[:32]}")
            where = f"{origin.where} {origin.address}"
            self._saved.add(json.loads(text), where, BY_TYPE[origin.type])

    def imported(self, source: str) -> Imported:
        """The file for what was read."""
        self._settle()
        account = self._saved.account()
        try:
            file = export(account, everything=True)
        except FlowProblem as refused:
            raise FlowProblem(*map(self._placed, refused.problems)) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            fix = f"has a resource that is not as Twilio's API answers it ({error}); save it again"
            raise FlowProblem(Problem(source, "", fix)) from None
        text = file.text
        used = {name: each for name, each in self._variables.items() if each.placeholder in text}
        environments = self._overlays(used)
        declared: dict[str, Any] = {
            VARIABLES: {each.name: each.declaration for each in used.values()},
            ENVIRONMENTS: environments,
        }
        standing = {
            stands: each.name for each in used.values() for stands in (each.url, each.placeholder)
        }
        values = Values(standing=standing, declared={k: v for k, v in declared.items() if v})
        needed = [
            each.name
            for each in used.values()
            if not each.secret
            and not all(each.name in one for one in environments.values() or ((),))
        ]
        kept = self._kept(replace(file, values=values))
        if not (kept.entries or kept.resources):
            left = f" What there is: {'; '.join(self._all_notes())}." if self._all_notes() else ""
            fix = f"has no resources that a flow file holds; give {KINDS}.{left}"
            raise FlowProblem(Problem(source, "", fix))
        return Imported(kept.text, source, tuple(self._all_notes()), tuple(needed))

    def _placed(self, problem: Problem) -> Problem:
        """A problem with a resource at the place where it was saved."""
        place = self._saved.places.get(problem.where, problem.where)
        for each in self._variables.values():
            if each.placeholder in problem.fix:
                fix = f"is that of variable {each.name}, which has no value; give it one with --var"
                return Problem(place, problem.what, fix)
        fix = problem.fix.replace("; change it in the account first", "; correct it there")
        return replace(problem, where=place, fix=fix)

    def _overlays(self, used: Mapping[str, TerraformVariable]) -> dict[str, dict[str, Any]]:
        return {
            env: {used[name].name: value for name, value in given.items() if name in used}
            for env, given in self._environments.items()
        }

    def _kept(self, file: FlowFile) -> FlowFile:
        """The file without what stands for a name only, and lists of which nothing was saved."""
        incomplete = self._saved.incomplete
        self._notes += [
            f"{' '.join(each)} was saved in part only, and is left out"
            for each in sorted(incomplete)
        ]
        entries = tuple(
            each
            for each in file.resources
            if not any(each.path[:end] in incomplete for end in range(len(each.path) + 1))
        )
        held = {ROOT: file.flows, ADDRESSES: file.addresses}
        filled = {each.address[:-1] for each in entries}
        return replace(
            file,
            lists=tuple(name for name in file.lists if held[name]),
            resources=entries,
            places=tuple(place for place in file.places if place in filled),
        )

    def _all_notes(self) -> list[str]:
        notes = list(dict.fromkeys([*self._notes, *self._saved.notes]))
        notes += [
            f"workspace {name!r} was not saved, only what is within it: its own settings are"
            " Twilio's defaults in the file"
            for name in self._saved.stubs
        ]
        notes += [
            f"{count} resources whose SIDs begin with {prefix} are left out: a flow file has none"
            for prefix, count in sorted(self._saved.left_out.items())
        ]
        return notes


def _sid_of(kind: str, address: str) -> str | None:
    """A SID for a resource of a configuration, which has none yet; None for other types."""
    if kind not in BY_TYPE:
        return None
    return f"{BY_TYPE[kind].prefix}{hashlib.sha256(address.encode()).hexdigest()[:32]}"


def _with_urls(value: Any, urls: Mapping[str, str], name: str = "") -> Any:
    """A value in which a variable that is a whole URL stands as one."""
    if isinstance(value, dict):
        return {key: _with_urls(each, urls, key) for key, each in value.items()}
    if isinstance(value, str) and name.endswith("url"):
        return urls.get(value, value)
    return value
