import pytest

from glsmed.site_adapters.inputs.report_bytes.letters import japanese_score, kana_score, western_score


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("plain ASCII", 1.0),
        ("Größe, Lungenödem", 1.0),
        ("pulmón, ¿nódulo?", 1.0),
        ("l’image d’aujourd’hui – can’t", 1.0),
        ("pulm—n, n—dulo", 0.0),
        ("Ïëåâðàëüíûé", 0.0),
    ],
)
def test_accents_count_where_words_have_them(text: str, score: float) -> None:
    assert western_score(text) == pytest.approx(score, abs=0.01)


def test_letters_that_no_language_has_together_count_half() -> None:
    assert western_score("pøi souèasném vyšetøení ùz") < 0.6


@pytest.mark.parametrize(
    ("text", "least"), [("胸水なし", 1.0), ("ｺﾒﾝﾄ：肺炎の疑い", 1.0), ("①結節影あり、約10mm。", 1.0)]
)
def test_everyday_japanese_scores_high(text: str, least: float) -> None:
    assert japanese_score(text) >= least


@pytest.mark.parametrize("text", ["ﾊｲｴﾝ", "Gr駈e", "縺ｪ縺励", "閧ｺ轤", "plain ASCII"])
def test_what_is_no_japanese_scores_low(text: str) -> None:
    assert japanese_score(text) < 0.8


def test_kanji_alone_are_no_evidence_for_an_encoding_that_chinese_shares() -> None:
    assert japanese_score("異常無") == 1.0
    assert kana_score("異常無") < 0.7
