import json
from types import MappingProxyType

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.shared.files.yaml_reader import read_yaml
from glsmed.shared.files.yaml_writer import Flow, dump_yaml


def test_a_mapping_is_a_block_in_the_order_of_its_keys() -> None:
    assert dump_yaml({"b": [1, "x"], "a": {"c": None, "d": True}}) == "b:\n- 1\n- x\na:\n  c: null\n  d: true\n"


def test_what_is_marked_stands_on_one_line() -> None:
    value = {"cues": [Flow({"id": "maybe", "phrases": ["may be", "might"]}), Flow([1, 0.5])], "end": Flow({})}
    assert dump_yaml(value) == "cues:\n- {id: maybe, phrases: [may be, might]}\n- [1, 0.5]\nend: {}\n"


def test_a_long_line_is_not_folded() -> None:
    value = {"a": Flow(["word " * 50 + "end"] * 3), "b": "word " * 50 + "end"}
    assert len(dump_yaml(value).splitlines()) == 2


def test_letters_of_every_script_stay_as_they_are() -> None:
    assert dump_yaml({"finding": "胸水", "word": "Erguß"}) == "finding: 胸水\nword: Erguß\n"


def test_a_value_that_comes_twice_is_written_twice() -> None:
    shared = ["x"]
    assert dump_yaml({"a": shared, "b": shared}) == "a:\n- x\nb:\n- x\n"


def test_any_mapping_and_tuple_is_written() -> None:
    assert dump_yaml(MappingProxyType({"a": (1, 2)})) == "a:\n- 1\n- 2\n"


def test_an_object_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="cannot represent"):
        dump_yaml({"a": object()})


_MISREAD = (
    *("off", "no", "Yes", "ON", "y", "N", "true", "null", "~", "", "1", "1.5", "1e-5", "0o17", "017", "0x1f", "1_000"),
    *("1:30", ".inf", ".nan", "2026-11-01", "=", "<<"),
)
_MARKED = (
    *("- a", "a: b", "a #b", "#a", " a", "a ", "*a", "&a", "!a", "%a", "@a", "`a", "?", ":", "-", "[a", "{a", "'", '"'),
    *("a\nb", "a\tb", "\x07"),
)


@pytest.mark.parametrize(
    "word",
    [*_MISREAD, *_MARKED],
)
def test_text_stays_text_for_readers_of_either_version(word: str) -> None:
    for value in ({word: word}, Flow({"a": [word]})):
        plain = value.content if isinstance(value, Flow) else value
        text = dump_yaml(value)
        assert read_yaml(text).data == plain
        assert yaml.safe_load(text) == plain


def test_words_that_other_tools_take_for_booleans_are_quoted() -> None:
    assert dump_yaml(["y", "N", "off", "yes", "yet"]) == "- 'y'\n- 'N'\n- 'off'\n- 'yes'\n- yet\n"


_SCALARS = st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none() | st.text(max_size=9)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@given(st.dictionaries(st.text(max_size=5), _VALUES, max_size=4), st.booleans())
@settings(deadline=None)
def test_what_is_written_is_read_back(value: dict[str, object], flow: bool) -> None:
    text = dump_yaml(Flow(value) if flow else value)
    assert json.dumps(read_yaml(text).data) == json.dumps(value)
