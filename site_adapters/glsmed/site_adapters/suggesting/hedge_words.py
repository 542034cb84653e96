"""Stems of words that often express doubt, by language, collected from the families of the vocabularies."""

from collections.abc import Mapping

HEDGE_STEMS: Mapping[str, tuple[str, ...]] = {
    "en": (
        *("possib", "probab", "likel", "unlikel", "may", "might", "could", "would", "should", "can", "appear", "seem"),
        *(
            "suspic",
            "suspect",
            "suggest",
            "question",
            "consider",
            "concern",
            "conceiv",
            "perhaps",
            "presum",
            "apparent",
        ),
        *(
            "differential",
            "favor",
            "favour",
            "worri",
            "equivocal",
            "uncertain",
            "unclear",
            "doubt",
            "exclud",
            "rule",
            "guess",
        ),
        *(
            "potential",
            "susp",
            "impress",
            "think",
            "thought",
            "feel",
            "felt",
            "believ",
            "imagin",
            "plausib",
            "hint",
            "wonder",
        ),
        *("indetermin", "border", "compat", "consist", "reminisc", "evoke", "tentativ", "assum", "versus", "convinc"),
    ),
    "de": (
        *(
            "moglich",
            "wahrschein",
            "verdacht",
            "verdacht",
            "fraglich",
            "konnt",
            "durft",
            "vermut",
            "denkbar",
            "scheint",
        ),
        *("offenbar", "anschein", "wohl", "eher", "evtl", "eventuell", "hinweis", "suspekt", "zweifel", "unklar"),
        *("annahme", "anzunehm", "anmut", "wirk", "deut", "spricht", "passend", "vereinbar", "ausschl", "ausgeschl"),
    ),
    "es": (
        *("posib", "probab", "podri", "pued", "sugier", "suger", "sospech", "dud", "parec", "impresion", "aparent"),
        *(
            "quiza",
            "quizas",
            "tal vez",
            "compat",
            "descart",
            "valorar",
            "orient",
            "cabe",
            "presunt",
            "supon",
            "inciert",
        ),
        *("conceb", "verosim", "recuerd", "debe", "deberi", "interrog", "eventual", "plante"),
    ),
    "ja": (
        *("疑", "可能", "示唆", "思わ", "思い", "考え", "かも", "否定", "不明", "鑑別", "らし", "懸念", "推測", "推定"),
        *(
            "否め",
            "捨てき",
            "見え",
            "様",
            "よう",
            "おそら",
            "恐ら",
            "たぶん",
            "多分",
            "印象",
            "矛盾",
            "想定",
            "除外",
            "要す",
        ),
    ),
}


def looks_like_doubt(words: str, language: str) -> bool:
    """Whether any of the folded words begins with such a stem."""
    stems = HEDGE_STEMS.get(language, ())
    if language == "ja":
        return any(stem in words for stem in stems)
    return any(word.startswith(stem) for word in words.split() for stem in stems)
