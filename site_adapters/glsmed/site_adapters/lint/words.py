"""What lint knows of languages: words that tell where a cue looks, how sure it is, and what a denial must not swallow.

An adapter in another language is checked by every rule that needs no words.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """Words of one language, folded.

    Attributes:
        stronger: words that make a doubt surer in its own direction; ``weaker`` leave less of the finding.
        looks_ahead: last words of phrases that need a mention behind them ("suspicion of").
        looks_back: first words of phrases that need a mention before them ("is not seen").
        denied_doubt: parts of phrases that deny a denial, and so are doubt ("cannot be excluded").
        denial_form: how a denial is doubted; takes a finding as ``{term}`` and the denying word as ``{word}``.
        denial_endings: endings of words that can stand in ``denial_form``, past ``auxiliaries``, without ``denials``.
        ability: words of doubt that may also say what can be done ("could not be seen").
        unchanged: sentences about a finding that is there as before; ``{term}`` takes it.
        doubted: sentences that leave doubt though they deny a denial.
        plain: sentences that affirm a finding; ``denied`` deny it.
        common: words too common to mention a finding.
    """

    stronger: tuple[str, ...] = ()
    weaker: tuple[str, ...] = ()
    looks_ahead: tuple[str, ...] = ()
    looks_back: tuple[str, ...] = ()
    denied_doubt: tuple[tuple[str, ...], ...] = ()
    denial_form: str = ""
    denial_endings: tuple[str, ...] = ()
    auxiliaries: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    ability: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    common: frozenset[str] = frozenset()


NO_WORDS = LanguageWords()

WORDS: Mapping[str, LanguageWords] = {
    "en": LanguageWords(
        stronger=("very", "highly", "extremely", "strongly", "quite"),
        weaker=("less", "somewhat less", "not", "hardly"),
        looks_ahead=("of", "for", "to", "the", "a", "an", "without", "represents", "representing"),
        looks_back=("is", "are", "was", "were", "has", "have"),
        denied_doubt=(
            ("cannot", "exclude"),
            ("cannot", "excluded"),
            ("not", "excluded"),
            ("not", "exclude"),
            ("cannot", "rule", "out"),
            ("cannot", "ruled", "out"),
            ("not", "ruled", "out"),
            ("unable", "exclude"),
        ),
        denial_form="{term} cannot be {word}.",
        denial_endings=("ed", "ed out"),
        auxiliaries=("is", "are", "was", "were", "has", "have", "had", "been", "but"),
        denials=("no", "not", "none", "never", "nothing", "cannot", "isn", "aren", "doesn", "don", "without"),
        ability=("can", "could"),
        unchanged=(
            "No change in the {term}.",
            "No increase in the {term}.",
            "{term} without change.",
            "Unchanged {term}.",
        ),
        plain=("{term}.", "There is {term}.", "{term} is seen."),
        denied=("No {term}.", "No evidence of {term}.", "Without {term}."),
        doubted=("{term} cannot be excluded.", "Cannot rule out {term}.", "{term} is not excluded."),
        common=frozenset(
            {"the", "a", "an", "of", "in", "and", "or", "is", "are", "with", "to", "right", "left", "chest"}
        ),
    ),
    "de": LanguageWords(
        stronger=("sehr", "hoch", "hochst", "stark", "dringend"),
        weaker=("weniger", "kaum", "nicht"),
        looks_ahead=("auf", "fur", "von", "einer", "eines", "einen", "mit"),
        looks_back=("ist", "sind", "wird", "werden"),
        denied_doubt=(
            ("nicht", "auszuschliessen"),
            ("nicht", "ausgeschlossen"),
            ("nicht", "sicher", "ausgeschlossen"),
            ("nicht", "auszuschliesen"),
        ),
        denial_form="{term} kann nicht {word} werden.",
        denial_endings=("ossen", "iert", "legt", "neint"),
        auxiliaries=("ist", "sind", "wurde", "wurden", "wird", "werden"),
        denials=("kein", "keine", "nicht", "nie", "ohne"),
        unchanged=(
            "Keine Änderung: {term}.",
            "{term} ohne Änderung.",
            "Keine Zunahme des {term}.",
            "{term} unverändert.",
        ),
        plain=("{term}.", "Es besteht {term}.", "Nachweis von {term}."),
        denied=("Kein {term}.", "Kein Nachweis von {term}.", "Ohne {term}."),
        doubted=("{term} kann nicht ausgeschlossen werden.", "{term} nicht auszuschließen."),
        common=frozenset({"der", "die", "das", "und", "oder", "in", "im", "mit", "rechts", "links", "thorax"}),
    ),
    "es": LanguageWords(
        stronger=("muy", "altamente", "sumamente"),
        weaker=("poco", "menos", "no"),
        looks_ahead=("de", "para", "con", "del", "a"),
        looks_back=("es", "son", "fue", "esta", "estan"),
        denied_doubt=(
            ("no", "descartar"),
            ("no", "descarta"),
            ("no", "descartado"),
            ("no", "excluir"),
            ("no", "excluye"),
            ("sin", "descartar"),
        ),
        denial_form="{term} no puede ser {word}.",
        denial_endings=("ado", "ada", "ido", "ida"),
        auxiliaries=(
            "se",
            "es",
            "son",
            "fue",
            "fueron",
            "ha",
            "han",
            "sido",
            "esta",
            "estan",
            "queda",
            "quedan",
            "quedo",
        ),
        denials=("no", "sin", "ni", "nunca"),
        unchanged=("Sin cambios en {term}.", "No ha aumentado {term}.", "{term} estable."),
        plain=("{term}.", "Se observa {term}.", "Presencia de {term}."),
        denied=("Sin {term}.", "No se observa {term}.", "No hay {term}."),
        doubted=("No se puede descartar {term}.", "No se descarta {term}."),
        common=frozenset({"el", "la", "los", "las", "de", "en", "y", "o", "con", "derecho", "izquierdo", "torax"}),
    ),
    "ja": LanguageWords(
        stronger=("強く", "極めて", "非常に", "かなり"),
        weaker=("あまり",),
        looks_back=("を", "は", "が", "の", "と", "に"),
        denied_doubt=(
            ("否定", "できない"),
            ("否定", "できず"),
            ("否定", "できません"),
            ("除外", "できない"),
            ("除外", "できません"),
        ),
        denial_form="{term}は{word}できない。",
        denial_endings=("否定", "除外"),
        unchanged=("{term}に変化なし。", "{term}は著変なし。", "{term}に変化を認めない。", "{term}は不変。"),
        plain=("{term}。", "{term}を認める。", "{term}あり。"),
        denied=("{term}なし。", "{term}を認めない。", "{term}はみられない。"),
        doubted=("{term}は否定できない。", "{term}を否定できません。", "{term}は除外できない。"),
        common=frozenset({"の", "に", "を", "は", "が", "右", "左", "肺", "胸部"}),
    ),
}
