from glsmed.shared.web.rendering import OWN_FOLDER
from tests.shared.web.site_for_tests import FOLDER, WORDS
from tests.spoken_sentences import bare_words, untranslated


def test_every_word_of_all_pages_is_translated() -> None:
    assert untranslated([OWN_FOLDER]) == []
    assert bare_words([OWN_FOLDER]) == []


def test_every_word_of_a_room_is_checked() -> None:
    assert untranslated([FOLDER], WORDS) == []
    assert untranslated([FOLDER]) == sorted({"First", "Given: {given}", "Show", "Words"})
    assert bare_words([FOLDER]) == []
