import pytest

from glsmed.shared.pages.spoken import say, say_again, speaking, spoken_language


def test_a_sentence_is_said_in_the_language_that_is_spoken_with_its_values() -> None:
    with speaking("ja", {"{count} sites": "{count}施設"}):
        assert spoken_language() == "ja"
        assert say("{count} sites", count=3) == "3施設"
        assert say("other") == "other"
    assert spoken_language() == "en"
    assert say("{count} sites", count=3) == "3 sites"


def test_english_needs_no_catalogue() -> None:
    with speaking("en", {"site": "施設"}):
        assert say("site") == "site"


def test_of_two_catalogues_the_later_one_counts() -> None:
    with speaking("ja", {"site": "施設", "round": "ラウンド"}, {"site": "病院"}):
        assert (say("site"), say("round")) == ("病院", "ラウンド")


def test_braces_in_a_value_and_in_words_without_values_are_left_alone() -> None:
    assert say("from {site}", site="{count} {0}") == "from {count} {0}"
    assert say("unknown {brace") == "unknown {brace"


FORMS = {"{line}; again": "{line}。再び", "{site}: {why}": "{site}：{why}", "too late": "遅延", "a+b ({n})": "{n}個"}


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("too late", "遅延"),
        ("x: too late; again", "x：遅延。再び"),  # a value may be of a form too
        ("too late!", "too late!"),
        ("a+b ({why})", "{why}個"),  # signs of a form and braces of a value are only text
        ("", ""),
    ],
)
def test_what_was_kept_in_english_is_said_again(kept: str, said: str) -> None:
    assert say_again(kept, FORMS) == kept
    with speaking("ja"):
        assert say_again(kept, FORMS) == said
