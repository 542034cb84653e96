"""YAML files that people write: read with line numbers, checked against a model, every fault reported at once."""

import difflib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from yaml.reader import ReaderError

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.yaml_reader import MOST_CHARACTERS, KeyPath, YamlLimitError, read_yaml

ModelT = TypeVar("ModelT", bound=pydantic.BaseModel)


def _off_for_false(value: object) -> object:
    return "off" if value is False else value


# Beside a Literal that holds "off": a YAML 1.1 tool that rewrites a file makes `false` of it, and that is read as well.
FalseIsOff = pydantic.BeforeValidator(_off_for_false)

_MOST_SHOWN = 60  # characters of a wrong value
_MOST_BYTES = 4 * MOST_CHARACTERS
_PIECE_BYTES = 1024 * 1024
_MOST_FAULTS = 200  # of one file; each is looked for in the whole of it
_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "invalid_key": "a key that is text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "path_type": "a path",
}


class StrictModel(pydantic.BaseModel):
    """Base of every configuration model: frozen, and an unknown key is a fault."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain Python, with the line of every key and item.

    Attributes:
        source: name of the file, for messages.
        data: mappings, lists, strings, numbers, booleans and None.
        lines: 1-based line by path of keys and indices; the root is ``()``.
        repeats: a fault for each key that is written twice; :func:`validate` reports them with the others.
    """

    source: str
    data: Any
    lines: Mapping[KeyPath, int]
    repeats: tuple[Fault, ...] = ()

    def line(self, path: Sequence[str | int]) -> int | None:
        """The line of ``path``, or of its nearest parent in the file."""
        for length in range(len(path), -1, -1):
            if tuple(path[:length]) in self.lines:
                return self.lines[tuple(path[:length])]
        return None

    def fault(self, path: Sequence[str | int], message: str) -> Fault:
        """A fault at ``path`` of this file."""
        return Fault(self.source, message, line=self.line(path), key=show_path(path))


def load(path: Path, model: type[ModelT]) -> ModelT:
    """The file at ``path`` as a checked model.

    Raises:
        ConfigurationError: the file is missing, is not YAML, or does not fit the model; holds every fault.
    """
    return validate(read_document(path), model)


def read_document(path: Path) -> Document:
    """The file at ``path`` with line numbers.

    Raises:
        ConfigurationError: it is missing, not UTF-8 or not YAML.
    """
    try:
        content = _beginning(path)
        if len(content) > _MOST_BYTES:
            raise ConfigurationError([Fault(str(path), f"is larger than {_MOST_BYTES} bytes")])
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise ConfigurationError([Fault(str(path), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte {error.start}): save it again as UTF-8"
        raise ConfigurationError([Fault(str(path), message)]) from None
    return parse_document(text, source=str(path))


def _beginning(path: Path) -> bytes:
    """The bytes of a file; of one that is too large, a few more than are allowed."""
    content = bytearray()
    with path.open("rb") as source:
        while len(content) <= _MOST_BYTES and (piece := source.read(_PIECE_BYTES)):
            content += piece
    return bytes(content)


def parse_document(text: str, *, source: str) -> Document:
    """YAML text with line numbers; errors as in :func:`read_document`."""
    try:
        content = read_yaml(text)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError([_syntax_fault(error, source, text)]) from None
    repeats = tuple(
        Fault(source, f"is written twice; first in line {repeat.first_line}", repeat.line, show_path(repeat.path))
        for repeat in content.repeats
    )
    return Document(source, content.data, content.lines, repeats)


def validate(document: Document, model: type[ModelT]) -> ModelT:
    """The document as ``model``.

    Raises:
        ConfigurationError: with every fault, in the order of lines.
    """
    if not isinstance(document.data, dict):
        problem = "is empty" if document.data is None else "does not hold keys and values"
        raise ConfigurationError([Fault(document.source, problem, line=1)])
    faults = list(document.repeats)
    try:
        checked = model.model_validate(document.data)
    except pydantic.ValidationError as error:
        details, keys = error.errors(include_url=False), frozenset(_keys_below(document.data))
        faults += [_model_fault(document, keys, detail, model) for detail in details[:_MOST_FAULTS]]
        if len(details) > _MOST_FAULTS:
            faults.append(document.fault((), f"and {len(details) - _MOST_FAULTS} more that are not listed"))
    if faults:
        raise ConfigurationError(sorted(faults, key=lambda fault: fault.line or 0))
    return checked


def fields_by_key(model: type[pydantic.BaseModel]) -> Mapping[str, FieldInfo]:
    """A model's fields by their keys in a file, which may be words that Python keeps for itself."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def show_path(path: Sequence[str | int]) -> str:
    """``training.rounds`` or ``cues[2].scope``."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else str(part)
    return shown


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """``; did you mean 'x'?`` for the nearest known word, or nothing."""
    longer = [each for each in known if each.startswith(word) and 2 * len(word) >= len(each)]
    # difflib counts letters: of identifiers that differ in digits it would take any
    near = sorted(longer, key=len) or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _syntax_fault(error: yaml.YAMLError | ValueError, source: str, text: str) -> Fault:
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Fault(source, f"is not YAML: it holds the control character U+{error.character:04X}", line=line)
    if not isinstance(error, yaml.MarkedYAMLError):
        return Fault(source, f"is not YAML: {error}")
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context
    message = f"{problem}" if isinstance(error, YamlLimitError) else f"is not YAML: {problem}"
    return Fault(source, message, line=None if mark is None else mark.line + 1)


def _model_fault(document: Document, keys: Set[object], detail: ErrorDetails, model: type[pydantic.BaseModel]) -> Fault:
    path = tuple(part for part in detail["loc"] if _stands_in(keys, detail["loc"], part))
    if detail["type"] == "extra_forbidden":
        known = list(fields_by_key(_model_at(model, detail["loc"][:-1])))
        return document.fault(detail["loc"], "unknown key" + did_you_mean(str(detail["loc"][-1]), known))
    if detail["type"] == "missing":
        return document.fault(detail["loc"], "is missing")
    return document.fault(path, _plain_message(detail, _meaning(model, detail)))


def _meaning(model: type[pydantic.BaseModel], detail: ErrorDetails) -> str:
    """What a field expects in its own words, for a value that breaks its pattern: a pattern helps few readers."""
    if detail["type"] != "string_pattern_mismatch":
        return ""
    *parents, name = detail["loc"]
    field = fields_by_key(_model_at(model, parents)).get(str(name))
    return "" if field is None else field.description or ""


def _stands_in(keys: Set[object], loc: Sequence[str | int], part: str | int) -> bool:
    """Whether a part of pydantic's location is a key or index in the file; unions add names of their own."""
    return isinstance(part, int) or part in keys or part == loc[0]


def _keys_below(data: object) -> Iterator[object]:
    if isinstance(data, dict):
        yield from data
        for value in data.values():
            yield from _keys_below(value)
    elif isinstance(data, list):
        for item in data:
            yield from _keys_below(item)


def _plain_message(detail: ErrorDetails, meaning: str) -> str:
    got = repr(detail["input"])
    got = got if len(got) <= _MOST_SHOWN else got[: _MOST_SHOWN - 1] + "…"
    message = detail["msg"]
    if message.startswith("Value error, "):
        return message.removeprefix("Value error, ")
    expected = (
        _EXPECTED.get(detail["type"])
        or meaning
        or message.removeprefix("Input should be ").replace("String should", "text that should")
    )
    return f"expected {expected}, got {got}"


def _model_at(model: type[pydantic.BaseModel], path: Sequence[str | int]) -> type[pydantic.BaseModel]:
    """The model at ``path`` below ``model``."""
    current: type[pydantic.BaseModel] = model
    for part in path:
        field = fields_by_key(current).get(str(part)) if not isinstance(part, int) else None
        inner = None if field is None else _model_in(field.annotation)
        current = inner or current
    return current


def _model_in(annotation: Any) -> type[pydantic.BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_in(argument):
            return found
    return None
