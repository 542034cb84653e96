import math

import pytest
import yaml

from glsmed.shared.errors import ConfigurationError
from glsmed.shared.files.documents import parse_document
from glsmed.shared.files.yaml_reader import MOST_CHARACTERS, Repeat, read_yaml


def value(text: str) -> object:
    return read_yaml(f"key: {text}\n").data["key"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((word, word) for word in ("off", "no", "yes", "on", "Off", "NO", "y", "n")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("0xfF", 255),
        ("017", 17),
        ("1e-5", 1e-5),
        ("1E+3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1:30", "1:30"),
        ("2026-11-01", "2026-11-01"),
        ("2026-11-01 10:00:00", "2026-11-01 10:00:00"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("'1'", "1"),
        ("'off'", "off"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
    ],
)
def test_a_value_has_the_type_of_the_core_schema(text: str, expected: object) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


def test_not_a_number_is_a_number() -> None:
    found = value(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("key:\n  !custom x\n", 2),
        ("key: !!binary aGk=\n", 1),
        ("key: !!timestamp 2026-11-01\n", 1),
        ("key: !!set {a}\n", 1),
        ("a: 1\nkey: !!python/object/apply:os.getcwd []\n", 2),
        ("key: !!int word\n", 1),
    ],
)
def test_a_tag_of_no_plain_type_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"^f:{line}: is not YAML: (the tag|expected a number)"):
        parse_document(text, source="f")


def test_every_key_and_item_has_its_line() -> None:
    content = read_yaml("a: 1\n\nb:\n  c:\n  - x\n  # a comment\n  - y\n")
    expected = {(): 1, ("a",): 1, ("b",): 3, ("b", "c"): 4, ("b", "c", 0): 5, ("b", "c", 1): 7}
    assert content.lines == expected


def test_an_alias_repeats_what_its_anchor_marks() -> None:
    assert read_yaml("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_a_merge_key_adds_what_its_mapping_lacks() -> None:
    content = read_yaml("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n")
    assert content.data["b"] == {"p": 1, "q": 3}
    assert content.repeats == ()


def test_of_a_key_that_is_written_twice_the_first_counts() -> None:
    content = read_yaml("a: {b: 1}\nc: 2\na: {d: 3}\n")
    assert content.data == {"a": {"b": 1}, "c": 2}
    assert content.lines == {(): 1, ("a",): 1, ("a", "b"): 1, ("c",): 2}
    assert content.repeats == (Repeat(("a",), line=3, first_line=1),)


def _laughs(merge: bool) -> str:
    """A text of nine lines that stands for 10^9 values."""
    lines = ["a0: &a0 {" + ", ".join(f"k{number}: 1" for number in range(10)) + "}"]
    for number in range(1, 9):
        aliases = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} " + (f"{{<<: [{aliases}]}}" if merge else f"[{aliases}]"))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (_laughs(False), r"f:\d: repeats more than 10000 values through aliases: write them out"),
        (_laughs(True), r"f:\d: repeats more than 10000 values through aliases: write them out"),
        ("[" * 90 + "1," * 100_000 + "]" * 90, "f:1: holds more than 500000 values"),
        ("a: &x\n  b: *x\n", "f:1: holds itself through an alias"),
        ("- &x [*x]\n", "f:1: holds itself through an alias"),
        ("[" * 5000, "f:1: is nested too deeply: more than 100 levels"),
        ("\n".join("  " * level + "a:" for level in range(200)), "f:101: is nested too deeply: more than 100 levels"),
        ("x" * (MOST_CHARACTERS + 1), "f: is larger than 16777216 characters"),
    ],
    ids=[
        "aliases",
        "merged aliases",
        "depth times width",
        "recursive mapping",
        "recursive list",
        "brackets",
        "mappings",
        "size",
    ],
)
def test_a_text_that_grows_beyond_all_measure_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{problem}$"):
        parse_document(text, source="f")


def test_what_only_the_strict_parser_refuses_is_an_error() -> None:
    with pytest.raises(yaml.YAMLError, match="Unicode"):
        read_yaml(r'a: "\ud800"')
