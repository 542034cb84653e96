import json
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from glsmed.shared.errors import ConfigurationError
from glsmed.shared.files.documents import (
    StrictModel,
    did_you_mean,
    load,
    parse_document,
    read_document,
    show_path,
    validate,
)


class Inner(StrictModel):
    """A section."""

    learning_rate: float = 0.1
    mode: Literal["fast", "slow"] = "fast"


class Outer(StrictModel):
    """A file."""

    name: Annotated[str, Field(pattern="^[a-z]+$", description="small letters")]
    rounds: int = 1
    on: bool = True
    folder: Path = Path()
    items: tuple[Inner, ...] = ()
    inner: Inner = Inner()
    words: dict[str, str] = Field(default_factory=dict)


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        validate(parse_document(text, source="f.yaml"), Outer)
    return [str(fault).removeprefix("f.yaml:").strip() for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: no\n", Outer(name="no")),
        ("name: yes\n", Outer(name="yes")),
        ("name: a\ninner: {learning_rate: 1e-5}\n", Outer(name="a", inner=Inner(learning_rate=1e-5))),
        ("name: a\nrounds: 0o10\n", Outer(name="a", rounds=8)),
        ("name: a\nwords: {x: 'é'}\n", Outer(name="a", words={"x": "é"})),
    ],
)
def test_yaml_is_read_as_people_mean_it(text: str, expected: Outer) -> None:
    assert validate(parse_document(text, source="f.yaml"), Outer) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1: is empty"]),
        ("# only words\n", ["1: is empty"]),
        ("- a\n", ["1: does not hold keys and values"]),
        ("just words\n", ["1: does not hold keys and values"]),
        ("rounds: 3\n", ["1: name: is missing"]),
        ("name: a\nround: 3\n", ["2: round: unknown key; did you mean 'rounds'?"]),
        ("name: a\ninner:\n  lerning_rate: 1\n", ["3: inner.lerning_rate: unknown key; did you mean 'learning_rate'?"]),
        ("name: a\nitems:\n- mode: fast\n- mod: fast\n", ["4: items[1].mod: unknown key; did you mean 'mode'?"]),
        ("name: a\nrounds: two\n", ["2: rounds: expected a whole number, got 'two'"]),
        ("name: a\nrounds: 1.5\n", ["2: rounds: expected a whole number, got 1.5"]),
        ("name: a\non: perhaps\n", ["2: on: expected true or false, got 'perhaps'"]),
        ("name: a\ninner: 3\n", ["2: inner: expected keys and values, got 3"]),
        ("name: a\nitems: {mode: fast}\n", ["2: items: expected a list, got {'mode': 'fast'}"]),
        ("name: a\ninner: {mode: quick}\n", ["2: inner.mode: expected 'fast' or 'slow', got 'quick'"]),
        ("name: 7\n", ["1: name: expected text, got 7"]),
        ("name: A\n", ["1: name: expected small letters, got 'A'"]),
        ("name: a\nname: b\n", ["2: name: is written twice; first in line 1"]),
        ("name: a\ninner:\n  mode: fast\n  mode: slow\n", ["4: inner.mode: is written twice; first in line 3"]),
        ("name: [a\nrounds: 1\n", ["2: is not YAML: expected ',' or ']', but got ':'"]),
        ("name: a\n\trounds: 1\n", ["2: is not YAML: found character '\\t' that cannot start any token"]),
        ("name: *x\n", ["1: is not YAML: found undefined alias 'x'"]),
    ],
)
def test_a_fault_says_its_line_its_key_and_what_was_expected(text: str, expected: list[str]) -> None:
    assert faults(text) == expected


def test_all_faults_come_at_once_in_the_order_of_lines() -> None:
    assert [fault[:2] for fault in faults("rounds: x\ninner: {mode: 3}\non: 7\nextra: 1\n")] == [
        "1:",
        "1:",
        "2:",
        "3:",
        "4:",
    ]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd []", "!!python/name:os.system", "!custom 1"])
def test_no_tag_makes_an_object(tag: str) -> None:
    with pytest.raises(ConfigurationError, match=r"f\.yaml:1: "):
        parse_document(f"name: {tag}\n", source="f.yaml")


def test_what_came_is_cut_short() -> None:
    (fault,) = faults(f"name: a\nrounds: {'x' * 500}\n")
    assert len(fault) < 120


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read: No such file"):
        load(tmp_path / "none.yaml", Outer)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes("name: é\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"f\.yaml: is not UTF-8 \(byte 6\)"):
        read_document(tmp_path / "f.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfname: a\n")
    assert load(tmp_path / "f.yaml", Outer).name == "a"


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Outer(name="a").rounds = 2


@pytest.mark.parametrize(
    ("path", "shown"), [((), ""), (("a",), "a"), (("a", "b", 2, "c"), "a.b[2].c"), ((0, "a"), "[0].a")]
)
def test_a_path_is_shown_as_it_would_be_written(path: tuple[str | int, ...], shown: str) -> None:
    assert show_path(path) == shown


@pytest.mark.parametrize(("word", "said"), [("efusion", "; did you mean 'effusion'?"), ("xyz", "")])
def test_the_nearest_word_is_suggested(word: str, said: str) -> None:
    assert did_you_mean(word, ["effusion", "nodule"]) == said


def test_an_identifier_without_its_end_is_known_by_its_beginning() -> None:
    known = [f"site-{number:05}-1" for number in range(120)]
    assert did_you_mean("site-00001", known) == "; did you mean 'site-00001-1'?"


_SCALARS = st.one_of(st.integers(-9, 9), st.booleans(), st.none(), st.text("abcé胸 :#-", max_size=6))
_KEYS = st.text("abc", min_size=1, max_size=3)
_DOCUMENTS = st.dictionaries(
    _KEYS, _SCALARS | st.lists(_SCALARS, max_size=3) | st.dictionaries(_KEYS, _SCALARS, max_size=3), max_size=5
)


@given(_DOCUMENTS)
@settings(deadline=None)
def test_json_is_read_as_what_it_is(content: dict[str, object]) -> None:
    assert parse_document(json.dumps(content), source="f.yaml").data == content
