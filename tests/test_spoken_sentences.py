from pathlib import Path

from tests.spoken_sentences import bare_words, misplaced, spoken_sentences, untranslated


def test_a_sentence_without_japanese_is_seen(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(
        "def f():\n    a = 'one {x}'\n    b, c = 'two', 'three'\n    for d in ('four', 'five'):\n"
        "        say(d)\n    return say(a, x=1) + say(b if a else c) + say('six') + other('seven')\n"
    )
    said = {"one {x}", "two", "three", "four", "five", "six"}
    assert spoken_sentences([tmp_path]) == said
    assert untranslated([tmp_path], {"two": "二"}) == sorted(said - {"two"})


def test_words_of_a_template_without_japanese_are_seen(tmp_path: Path) -> None:
    shown = '<p title="shown" id="not">{{ t("said") }} bare {{ x }}</p>'
    (tmp_path / "x.html").write_text(shown + "{% if y %}<b>also</b>{% endif %}")
    assert untranslated([tmp_path]) == ["said"]
    assert [line.split(": ")[1].strip("\0 ") for line in bare_words([tmp_path])] == ["bare", "also", "shown"]


def test_japanese_that_loses_a_value_is_seen() -> None:
    assert misplaced({"{n} reports": "報告書{n}件", "{n} sites": "施設"}) == ["{n} sites"]
