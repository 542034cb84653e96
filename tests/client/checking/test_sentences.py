from glsmed.client.checking.sentences import count_sentences
from glsmed.site_adapters.adapter.loader import load_adapter

REPORTS = ["胸水を認めない。\nNo pleural effusion.", "胸水を認めない。心拡大の疑い。", "会計窓口。12.5 cm。\n――"]


def test_sentences_in_another_language_and_without_a_known_word_are_counted() -> None:
    counts = count_sentences(REPORTS, load_adapter("ja_radiology"))
    assert counts.sentences == 6
    assert counts.other == {"en": 1}
    assert counts.examples == {"en": [("No pleural effusion.", 1)]}
    assert counts.share_of_other == 1 / 6
    assert ("会計窓口", 1) in counts.unknown_examples
    assert counts.unknown >= 1


def test_a_sentence_counts_as_often_as_it_stands() -> None:
    counts = count_sentences(
        ["No hay derrame pleural."] * 3 + ["No effusion. Normal heart."], load_adapter("en_radiology")
    )
    assert (counts.sentences, counts.other) == (5, {"es": 3})
    assert counts.examples == {"es": [("No hay derrame pleural.", 3)]}


def test_no_report_has_no_share() -> None:
    counts = count_sentences([], load_adapter("en_radiology"))
    assert (counts.share_of_other, counts.share_of_unknown) == (0, 0)
