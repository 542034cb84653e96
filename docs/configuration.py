"""Writes docs/configuration.md: the introduction from configuration.template.md, the tables from the schema.

    python docs/configuration.py > docs/configuration.md      (make docs)

Each table has one row per key: its default, the values that it takes, and the description of its pydantic field.
"""

import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pydantic
from pydantic.fields import FieldInfo

from glsmed.client.settings.config import SiteConfig
from glsmed.shared.files.documents import fields_by_key
from glsmed.shared.protocol.study import Study

TEMPLATE = Path(__file__).with_name("configuration.template.md")
SCHEMAS: Mapping[str, type[pydantic.BaseModel]] = {"study.yaml": Study, "config.yaml": SiteConfig}
_TABLE_HEAD = "| key | default | values | meaning |\n|---|---|---|---|"
_TYPE_NAMES = {
    bool: "true, false",
    int: "integer",
    float: "number",
    str: "text",
    pydantic.SecretStr: "text",
    Path: "path",
    date: "day",
    type(None): "null",
}
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def page() -> str:
    """The whole of configuration.md."""
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, schema in SCHEMAS.items():
        text = text.replace(f"<!-- keys of {name} -->", "\n\n".join(_sections(schema)))
    return text


def _sections(schema: type[pydantic.BaseModel], prefix: str = "") -> Iterator[str]:
    """The table of a schema's own keys, then a headed table for each section below it.

    A section that may be null is a key, too.
    """
    leaves = {name: field for name, field in fields_by_key(schema).items() if field.annotation != _section_of(field)}
    yield "\n".join([_TABLE_HEAD, *(_row(prefix + name, field) for name, field in leaves.items())])
    for name, field in fields_by_key(schema).items():
        section = _section_of(field)
        if section is not None:
            yield f"### `{prefix}{name}`: {field.description}"
            yield from _sections(section, f"{prefix}{name}.")


def _section_of(field: FieldInfo) -> type[pydantic.BaseModel] | None:
    kinds = typing.get_args(field.annotation) or (field.annotation,)
    sections = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel)]
    return sections[0] if sections else None


def _row(key: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else f"`{_as_yaml(field.default)}`"
    return f"| `{key}` | {default} | {_values(field)} | {field.description} |"


def _as_yaml(value: object) -> str:
    return str(value) if isinstance(value, str | Path) else json.dumps(value)


def _values(field: FieldInfo) -> str:
    """What a key takes, in words: the choices of a Literal, the range of a number, else the type."""
    names = _type_names(field.annotation)
    main = ", ".join([*(name for name in names if name != "null"), *_bounds(field)])
    return f"{main}; or null" if "null" in names else main


def _type_names(kind: object) -> list[str]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return [f"`{choice}`" for choice in arguments]
    if origin is tuple:
        return ["list"]
    if origin is Mapping:
        return ["keys and values"]
    if origin in (typing.Union, types.UnionType):
        return [name for part in arguments for name in _type_names(part)]
    if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
        return ["section"]
    return [_TYPE_NAMES[typing.cast("type", kind)]]


def _bounds(field: FieldInfo) -> list[str]:
    return [
        f"{sign} {getattr(bound, name)}"
        for bound in field.metadata
        for name, sign in _SIGNS.items()
        if hasattr(bound, name)
    ]


if __name__ == "__main__":
    sys.stdout.write(page())
