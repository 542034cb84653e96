from pathlib import Path

from glsmed.shared.web.rendering import OWN_FOLDER
from glsmed.shared.web.words import Words
from tests.page_words import bare_words, untranslated
from tests.shared.web.site_for_tests import FOLDER, WORDS


def test_values_are_put_into_both_languages() -> None:
    catalogue = {"{n} reports": "報告書{n}件"}
    assert Words("en", catalogue)("{n} reports", n=3) == "3 reports"
    assert Words("ja", catalogue)("{n} reports", n=3) == "報告書3件"
    assert Words("ja", catalogue)("unknown {brace") == "unknown {brace"


def test_every_word_of_the_base_is_translated() -> None:
    assert untranslated([OWN_FOLDER]) == []
    assert bare_words([OWN_FOLDER]) == []


def test_every_word_of_a_room_is_checked() -> None:
    assert untranslated([FOLDER], WORDS) == []
    assert untranslated([FOLDER], {}) == sorted({"First", "Given: {given}", "Show", "Words"})
    assert bare_words([FOLDER]) == []


def test_words_without_a_translation_are_seen(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text('<p title="a">{{ t("said") }} bare {{ x }}</p>{% if y %}<b>also</b>{% endif %}')
    (tmp_path / "x.py").write_text("a = t('one')\nb = words_of(request)('two')\nc = other('three')\n")
    assert untranslated([tmp_path], {}) == ["one", "said", "two"]
    assert [line.split(": ")[1].strip("\0 ") for line in bare_words([tmp_path])] == ["bare", "also"]
