"""A few values put into YAML text that a person wrote: every other character stays as it is, comments as well."""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from glsmed.shared.files.yaml_reader import read_yaml
from glsmed.shared.files.yaml_writer import Flow, dump_yaml

_INDENT = 2
_LINE = re.compile(r"[^\n]*\n?")


class UneditableError(ValueError):
    """The text is written in a way that no value can be put in without touching others."""


def with_item(text: str, path: tuple[str, ...], item: object) -> str:
    """The text with one more item at the end of the list at ``path``; list and mappings are made where they lack.

    Args:
        text: YAML whose root is a mapping.
        path: keys from the root.
        item: text, or a mapping, which is written on one line.

    Raises:
        UneditableError: it cannot be put in, for instance because an alias stands there.
        yaml.YAMLError: the text is not YAML.
    """
    expected = _data(text)
    _list_at(expected, path).append(item)
    return _checked(_added(text, path, item), expected)


def with_value(text: str, key: str, value: object) -> str:
    """The text with this value of a key of the root; errors as of :func:`with_item`."""
    expected = {**_data(text), key: value}
    root = _root(text)
    found = next((node for name, node in root.value if name.value == key), None)
    if found is None:
        return _checked(_with_key(text, root, key, value), expected)
    start, end = found.start_mark.index, found.end_mark.index
    return _checked(f"{text[:start]}{_flow(value)}{text[end:]}", expected)


def _added(text: str, path: tuple[str, ...], item: object) -> str:
    node: Node = _root(text)
    for depth, key in enumerate(path):
        below = _value(node, key)
        if below is None:
            return _with_key(text, node, key, _nested(path[depth + 1 :], item))
        if isinstance(below, ScalarNode) and below.value == "" and below.start_mark.index == below.end_mark.index:
            return _filled(text, node, below, _nested(path[depth + 1 :], item))
        node = below
    if not isinstance(node, SequenceNode):
        raise UneditableError(f"{'.'.join(path)}: expected a list")
    return _with_last(text, node, _flow(item)) if node.flow_style else _with_dash(text, node, item)


def _nested(path: tuple[str, ...], item: object) -> object:
    """The item in a list, under the keys that lack."""
    nested: object = [item]
    for key in reversed(path):
        nested = {key: nested}
    return nested


def _with_key(text: str, node: Node, key: str, value: object) -> str:
    """One more key at the end of a mapping."""
    if not isinstance(node, MappingNode):
        raise UneditableError(f"{key}: expected keys and values above it")
    if node.flow_style:
        return _with_last(text, node, f"{_flow(key)}: {_flow(value)}")
    column = node.value[0][0].start_mark.column if node.value else 0
    return _with_lines(text, _last_index(node) if node.value else len(text), _block({key: value}, column))


def _filled(text: str, holder: Node, empty: ScalarNode, value: object) -> str:
    """A value where a key stands with nothing behind it."""
    if not isinstance(holder, MappingNode) or holder.flow_style:
        raise UneditableError("a key without a value stands in braces")
    at = empty.start_mark.index
    return f"{text[:at]} {_flow(value)}{text[at:]}"


def _with_last(text: str, node: MappingNode | SequenceNode, written: str) -> str:
    """One more entry before the bracket that closes a flow collection."""
    end = node.end_mark.index - 1
    if not node.value:
        return f"{text[: node.start_mark.index + 1]}{written}{text[end:]}"
    at = _last_index(node)
    return f"{text[:at]}, {written}{text[at:]}"


def _with_dash(text: str, node: SequenceNode, item: object) -> str:
    column = node.start_mark.column
    return _with_lines(text, _last_index(node), _block([item], column))


def _with_lines(text: str, after: int, block: str) -> str:
    """The block below the line in which ``after`` stands."""
    newline = "\r\n" if "\r\n" in text else "\n"
    end = after if after and text[after - 1] == "\n" else text.find("\n", after) + 1
    head, tail = (text[:end], text[end:]) if end else (text, "")
    if head and not head.endswith("\n"):
        head += newline
    return head + block.replace("\n", newline) + tail


def _block(value: Mapping[str, object] | list[object], column: int) -> str:
    """The value as block YAML, its innermost mappings and lists on one line, moved to a column."""
    written = dump_yaml(_flowing(value))
    return "".join(" " * column + line for line in _LINE.findall(written) if line)


def _flowing(value: Any) -> Any:
    """One level of keys or dashes in lines of their own; lists of mappings as well, each mapping on one line."""
    if isinstance(value, list):
        return [Flow(item) if isinstance(item, Mapping | list) else item for item in value]
    return {key: _below(held) for key, held in value.items()}


def _below(held: Any) -> Any:
    if isinstance(held, list):
        mappings = any(isinstance(item, Mapping) for item in held)
        return _flowing(held) if mappings else Flow(held)
    if isinstance(held, Mapping):
        return {key: Flow(inner) if isinstance(inner, Mapping | list) else inner for key, inner in held.items()}
    return held


def _flow(value: object) -> str:
    """A value on one line."""
    written = dump_yaml([Flow(value) if isinstance(value, Mapping | list) else value])
    return written.removeprefix("- ").rstrip("\n")


def _last_index(node: Node) -> int:
    """Where the last value of a collection ends."""
    while isinstance(node, MappingNode | SequenceNode) and node.value:
        last = node.value[-1]
        below = last[1] if isinstance(last, tuple) else last
        if isinstance(node, MappingNode) and isinstance(below, ScalarNode) and not below.value:
            return int(max(last[0].end_mark.index, below.end_mark.index))
        if getattr(below, "flow_style", None) and isinstance(below, MappingNode | SequenceNode):
            return int(below.end_mark.index)
        node = below
    return int(node.end_mark.index)


def _value(node: Node, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        raise UneditableError(f"{key}: expected keys and values above it")
    return next((value for name, value in node.value if name.value == key), None)


def _root(text: str) -> MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, MappingNode):
        raise UneditableError("expected keys and values")
    return root


def _data(text: str) -> dict[str, Any]:
    data = read_yaml(text).data
    if not isinstance(data, dict):
        raise UneditableError("expected keys and values")
    return {key: _apart(value) for key, value in data.items()}


def _apart(value: Any) -> Any:
    """Plain data in which nothing is held twice, as an alias has it held."""
    if isinstance(value, dict):
        return {key: _apart(below) for key, below in value.items()}
    return [_apart(below) for below in value] if isinstance(value, list) else value


def _list_at(data: dict[str, Any], path: tuple[str, ...]) -> list[object]:
    """The list at ``path`` of plain data, made with what holds it where it lacks."""
    held: dict[str, Any] = data
    for key in path[:-1]:
        if held.get(key) is None:
            held[key] = {}
        held = held[key]
        if not isinstance(held, dict):
            raise UneditableError(f"{key}: expected keys and values")
    if held.get(path[-1]) is None:
        held[path[-1]] = []
    if not isinstance(held[path[-1]], list):
        raise UneditableError(f"{'.'.join(path)}: expected a list")
    found: list[object] = held[path[-1]]
    return found


def _checked(text: str, expected: dict[str, Any]) -> str:
    """The new text, if it says what it should."""
    try:
        said = read_yaml(text).data
    except yaml.YAMLError:
        said = None
    if said != expected:
        raise UneditableError("this place of the file cannot be changed without touching others: write it by hand")
    return text
