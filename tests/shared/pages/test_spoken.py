from glsmed.shared.pages.spoken import say, speaking


def test_a_sentence_is_said_in_the_language_that_is_spoken_with_its_values() -> None:
    with speaking({"{count} sites": "{count}施設"}):
        assert say("{count} sites", count=3) == "3施設"
        assert say("other") == "other"
    assert say("{count} sites", count=3) == "3 sites"


def test_braces_in_a_value_are_left_alone() -> None:
    assert say("from {site}", site="{count} {0}") == "from {count} {0}"
