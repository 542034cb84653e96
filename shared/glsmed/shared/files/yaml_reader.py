"""YAML text as plain Python, with the line of every key and item.

The core schema of YAML 1.2 is read: only ``true`` and ``false`` are booleans (``off`` and ``no`` are words), ``1e-5``
is a number, ``0o17`` is octal and a date is text. Tags for other types are refused, and so is a text that is nested
too deeply or grows too large through its aliases.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

KeyPath = tuple[str | int, ...]

MOST_DEPTH = 100
MOST_VALUES = 500_000
MOST_REPEATED = 10_000  # values that stand there through aliases
MOST_CHARACTERS = 16 * 1024 * 1024
_MOST_STEPS = 10 * MOST_VALUES  # sum of the depths of all values: what their paths take

_TAG = "tag:yaml.org,2002:"
# Type, pattern and possible first characters of a value without quotes; what matches none is text.
CORE_SCHEMA = (
    (f"{_TAG}null", re.compile(r"(?:null|Null|NULL|~|)\Z"), ["n", "N", "~", ""]),
    (f"{_TAG}bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), [*"tTfF"]),
    (f"{_TAG}int", re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), [*"-+0123456789"]),
    (
        f"{_TAG}float",
        re.compile(
            r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
            r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
        ),
        [*"-+.0123456789"],
    ),
    (f"{_TAG}merge", re.compile(r"<<\Z"), ["<"]),
)


class YamlLimitError(yaml.MarkedYAMLError):
    """The text is YAML, but too large or too deep for a file that a person wrote."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A key that is written twice in one mapping."""

    path: KeyPath
    line: int
    first_line: int


@dataclass(frozen=True, slots=True)
class YamlContent:
    """What a text holds: plain Python, the 1-based line of each path (the root is ``()``), and repeated keys."""

    data: Any
    lines: dict[KeyPath, int]
    repeats: tuple[Repeat, ...]


def read_yaml(text: str) -> YamlContent:
    """The only document of the text; data is None where it is empty.

    Raises:
        yaml.YAMLError: it is not YAML, has a tag that makes objects, or breaks a limit (:class:`YamlLimitError`).
        ValueError: a number has thousands of digits.
    """
    if len(text) > MOST_CHARACTERS:
        raise YamlLimitError(problem=f"is larger than {MOST_CHARACTERS} characters")
    try:
        return _content(_FastLoader(text))
    except YamlLimitError:
        raise
    except (yaml.YAMLError, ValueError):
        _content(_PlainLoader(text))  # the parser in Python says better what is wrong
        raise


def _content(loader: "_FastLoader | _PlainLoader") -> YamlContent:
    root = loader.get_single_node()
    index = _Index()
    if root is None:
        return YamlContent(None, index.lines, ())
    repeats = tuple(index.add(root, ()))
    return YamlContent(loader.construct_document(root), index.lines, repeats)


class _BoundedComposer(Composer):
    """Makes nodes, and refuses to go deeper than :data:`MOST_DEPTH`."""

    _depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """The next node, with all that it holds."""
        _check_depth(self._depth, None if parent is None else parent.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _FastLoader(_BoundedComposer, yaml.CSafeLoader):
    """Reads with libyaml's parser."""

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)


class _PlainLoader(_BoundedComposer, yaml.SafeLoader):
    """Reads with PyYAML's own parser: slower, but its errors say what was found."""


def _integer(loader: SafeConstructor, node: ScalarNode) -> int:
    text = _number(loader, node, "int")
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


def _float(loader: SafeConstructor, node: ScalarNode) -> float:
    return float(_number(loader, node, "int", "float").lower().replace(".inf", "inf").replace(".nan", "nan"))


def _number(loader: SafeConstructor, node: ScalarNode, *kinds: str) -> str:
    """The text of a number; one with an explicit tag (``!!int x``) could be anything."""
    text = loader.construct_scalar(node)
    if not any(tag.removeprefix(_TAG) in kinds and pattern.match(text) for tag, pattern, _ in CORE_SCHEMA):
        raise ConstructorError(None, None, f"expected a number, got {text[:40]!r}", node.start_mark)
    return text


def _refuse_tag(_loader: SafeConstructor, node: Node) -> None:
    raise ConstructorError(None, None, f"the tag {node.tag!r} is not allowed here", node.start_mark)


_CONSTRUCTORS: Mapping[str | None, Callable[[Any, Any], object]] = {
    **{
        f"{_TAG}{name}": SafeConstructor.yaml_constructors[f"{_TAG}{name}"]
        for name in ("null", "bool", "str", "seq", "map")
    },
    f"{_TAG}int": _integer,
    f"{_TAG}float": _float,
    None: _refuse_tag,
}
for _loader in (_FastLoader, _PlainLoader):
    _loader.yaml_constructors = dict(_CONSTRUCTORS)
    _loader.yaml_implicit_resolvers = {}
    for _tag, _pattern, _first in CORE_SCHEMA:
        _loader.add_implicit_resolver(_tag, _pattern, _first)


class _Index:
    """The line of everything below a node; a value that an alias repeats counts wherever it stands."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {(): 1}
        self._open: list[Node] = []
        self._seen: set[int] = set()  # identities of nodes, which live as long as the document is read
        self._repeated = 0
        self._steps = 0

    def add(self, node: Node, path: KeyPath) -> Iterator[Repeat]:
        """Note what ``node`` at ``path`` holds; yields each repeated key and takes it out, so that the first counts."""
        if any(node is holder for holder in self._open):
            raise YamlLimitError(problem="holds itself through an alias", problem_mark=node.start_mark)
        _check_depth(len(self._open), node.start_mark)
        self._open.append(node)
        if isinstance(node, MappingNode):
            yield from self._add_mapping(node, path)
        elif isinstance(node, SequenceNode):
            for position, item in enumerate(node.value):
                self._note((*path, position), item)
                yield from self.add(item, (*path, position))
        self._open.pop()

    def _add_mapping(self, node: MappingNode, path: KeyPath) -> Iterator[Repeat]:
        pairs, node.value = node.value, []
        for key, value in pairs:
            below = (*path, str(key.value))
            if below in self.lines:
                yield Repeat(below, key.start_mark.line + 1, self.lines[below])
                continue
            node.value.append((key, value))
            self._note(below, key)
            yield from self.add(value, below)

    def _note(self, path: KeyPath, node: Node) -> None:
        self._steps += len(path)
        if len(self.lines) > MOST_VALUES or self._steps > _MOST_STEPS:
            raise YamlLimitError(problem=f"holds more than {MOST_VALUES} values", problem_mark=node.start_mark)
        self._repeated += id(node) in self._seen
        if self._repeated > MOST_REPEATED:
            problem = f"repeats more than {MOST_REPEATED} values through aliases: write them out"
            raise YamlLimitError(problem=problem, problem_mark=node.start_mark)
        self._seen.add(id(node))
        self.lines[path] = node.start_mark.line + 1


def _check_depth(depth: int, mark: Mark | None) -> None:
    if depth > MOST_DEPTH:
        raise YamlLimitError(problem=f"is nested too deeply: more than {MOST_DEPTH} levels", problem_mark=mark)
