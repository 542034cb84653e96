"""Plain Python as YAML text that every reader takes for the same, whether it knows YAML 1.1 or 1.2."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml
from yaml.nodes import CollectionNode, Node

from glsmed.shared.files.yaml_reader import CORE_SCHEMA

_ONE_LINE = 2**31 - 1  # characters: never fold
_BREAK = re.compile("[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Flow:
    """A mapping or list that is written on one line: ``{a: 1, b: [2, 3]}``."""

    content: Mapping[str, object] | Sequence[object]


def dump_yaml(value: object) -> str:
    """``value`` as block YAML that ends with a line break: keys in their order, one line a value, no aliases.

    Text that YAML 1.1 or 1.2 would take for a number, a boolean, a date or nothing is quoted.

    Args:
        value: mappings, lists, tuples, text, numbers, booleans and None; :class:`Flow` marks what stands on one line.

    Raises:
        yaml.YAMLError: it holds anything else.
    """
    return str(
        yaml.dump(
            value,
            Dumper=_Dumper,
            default_flow_style=False,
            allow_unicode=True,
            sort_keys=False,
            width=_ONE_LINE,
        )
    )


class _Dumper(yaml.SafeDumper):
    """PyYAML's dumper; its resolver knows YAML 1.1, this one YAML 1.2 as well."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # as PyYAML calls it
        """Whether a value that comes twice is written twice: always."""
        return True

    def represent_data(self, data: object) -> Node:
        """The node of a value; any mapping is written as a dict is."""
        return super().represent_data(dict(data) if isinstance(data, Mapping) else data)

    def represent_text(self, text: str) -> Node:
        """The node of a text; one with line breaks is quoted, so that they are written as escapes."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _BREAK.search(text) else None)

    def represent_flow(self, flow: Flow) -> Node:
        """The node of a mapping or list that is written on one line."""
        node = self.represent_data(flow.content)
        if isinstance(node, CollectionNode):
            node.flow_style = True
        return node


_Dumper.add_representer(Flow, _Dumper.represent_flow)
_Dumper.add_representer(str, _Dumper.represent_text)
for _tag, _pattern, _first in CORE_SCHEMA:
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)
# PyYAML reads these as text, as YAML 1.2 does; the standard of YAML 1.1 and other tools do not.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]\Z"), [*"yYnN"])
