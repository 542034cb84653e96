"""Values put into YAML by hand: PyYAML reads what was meant, and every line that was there is still there."""

import pytest
import yaml

from glsmed.shared.files.yaml_edits import UneditableError, with_item, with_value

CUE = {"id": "whiff", "phrases": ["whiff of", "a: b"], "certainty": 0.4}
TEXTS = {
    "nothing yet": "adapter: a # the name\nversion: 1\n",
    "no line break at the end": "adapter: a\nversion: 1",
    "block": "version: 1\ncues:  # ours\n  - id: a\n    phrases: [x]  # often\n  # the end\n\n# more\nsections: {}\n",
    "block at the margin": "cues:\n- {id: a}\n- id: b\n  phrases:\n  - x # why\nfindings:\n  effusion: {terms: [y]}\n",
    "flow": "version: 1\ncues: [{id: a}]  # ours\n",
    "flow over lines": "version: 1\ncues: [\n  {id: a}, # first\n  {id: b}\n]\nfindings: {}\n",
    "empty flow": "version: 1\ncues: []\n",
    "no value": "version: 1\ncues:\nfindings: {}\n",
    "text in lines": "version: 1\ncues:\n  - id: a\n    source: >\n      many\n      words\nsections: {}\n",
    "windows": "version: 1\r\ncues:\r\n  - {id: a}\r\nfindings: {}\r\n",
    "trailing comma": "version: 1\ncues: [{id: a},]\n",
    "braces": "{version: 1, cues: [{id: a}]}\n",
}


def _kept(before: str, after: str) -> bool:
    """Whether all characters of the text before stand in the text after, in their order."""
    rest = iter(after)
    return all(character in rest for character in before)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_cue_is_added_and_nothing_else_changes(text: str) -> None:
    after = with_item(text, ("cues",), CUE)
    expected = yaml.safe_load(text)
    expected["cues"] = [*(expected.get("cues") or []), CUE]
    assert yaml.safe_load(after) == expected
    assert _kept(text, after)
    assert ("\r\n" in text) == ("\r\n" in after)
    assert not ("\r\n" in text and "\n" in after.replace("\r\n", ""))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("path", [("findings", "effusion", "terms"), ("sections", "findings")])
def test_a_list_is_made_with_all_that_holds_it(text: str, path: tuple[str, ...]) -> None:
    after = with_item(text, path, "wet: angle")
    held = yaml.safe_load(after)
    for key in path:
        held = held[key]
    assert held[-1] == "wet: angle"
    assert with_item(after, path, "yes") != after
    assert _kept(text, after)


def test_two_items_in_turn_stand_in_their_order() -> None:
    text = with_item(with_item("version: 1\n", ("cues",), {"id": "a"}), ("cues",), {"id": "b"})
    assert text == "version: 1\ncues:\n- {id: a}\n- {id: b}\n"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_value_is_set_or_replaced(text: str) -> None:
    after = with_value(text, "version", 12)
    assert yaml.safe_load(after) == {**yaml.safe_load(text), "version": 12}
    assert yaml.safe_load(with_value(text, "name", "no"))["name"] == "no"


@pytest.mark.parametrize(
    "text",
    ["a: &x [b]\ncues: *x\n", "cues: {a: 1}\n", "cues: word\n", "- a\n", ""],
)
def test_what_cannot_be_changed_alone_is_refused(text: str) -> None:
    with pytest.raises(UneditableError):
        with_item(text, ("cues",), "c")
