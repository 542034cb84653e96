"""Which language a sentence is in: told by its script, and by words that only one language has."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.loader import load_adapter

_VOCABULARIES = {"en": "en_radiology", "es": "es_radiology", "de": "de_radiology"}
_COMMON_WORDS = {  # small words, and what every report of a chest says; without accents
    "en": "the of and is are was were with without in on at no not there to from for by or be been has have this that "
    "which seen both may heart lungs lung chest size left right normal clear stable",
    "es": "el la los las de del y en con sin no se un una es por para al que hay sobre como ambos ni corazon pulmones "
    "pulmon torax tamano izquierdo izquierda derecho derecha normal estable",
    "de": "der die das und ist sind mit ohne kein keine keinen keiner nicht im in den dem des ein eine einer zu von am "
    "auf bei nach zum zur wie beidseits links rechts herz lunge lungen thorax normal gross stabil",
    "fr": "le la les de des du et est sont avec sans pas un une en au aux il ne sur par dans coeur poumons poumon "
    "thorax taille gauche droit droite normal stable epanchement pleural",
    "it": "il la le di del della e con senza non un una in nel nella sono si per cuore polmoni polmone torace sinistro "
    "destro normale stabile versamento pleurico",
    "pt": "o a os as de do da e com sem nao um uma em no na por para coracao pulmoes pulmao torax esquerdo direito "
    "normal estavel derrame pleural ha",
}
# Kana decide for Japanese; Chinese characters alone may be either.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3041-\u309f\u30a1-\u30fa\uff66-\uff9f]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0386-\u03ce]{2}")),
    ("ar", re.compile(r"[\u0620-\u06ff]")),
    ("th", re.compile(r"[\u0e01-\u0e5b]")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("ja or zh", re.compile(r"[\u4e00-\u9fff]")),
)
_HAN = frozenset({"ja", "zh", "ja or zh"})
_WORD = re.compile(r"[^\W\d_]+")
_FEW_WORDS = 2


class LanguageGuess:
    """Tells sentences that are surely in another language than a site's.

    Args:
        adapter: the site's; its own phrases count as words of its language.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.language = adapter.language
        self._own = words_of(adapter.language) | _words_of_adapter(adapter)
        self._others = {name: words_of(name) for name in _COMMON_WORDS if name != adapter.language}
        self._by_script = any(adapter.language in name.split(" or ") for name, _ in _SCRIPTS)

    def other_language(self, sentence: str) -> str:
        """The other language of a sentence; empty where it is the site's own, or no evidence speaks for another."""
        script = next((name for name, signs in _SCRIPTS if signs.search(sentence)), "")
        if script == self.language or {script, self.language} <= _HAN:
            return ""
        return script or self._by_words(_plain_words(sentence))

    def _by_words(self, words: Sequence[str]) -> str:
        """The language that has more of the words which the other does not have; two words are the least evidence."""
        if self.language not in _COMMON_WORDS and not self._by_script:
            return ""  # the small words of this language are not known here
        theirs = {name: self._known_there_alone(words, known) for name, known in self._others.items()}
        best = max(theirs, key=lambda name: theirs[name])
        ours = sum(word in self._own and word not in self._others[best] for word in words)
        return best if theirs[best] > ours else ""

    def _known_there_alone(self, words: Sequence[str], known: frozenset[str]) -> int:
        if sum(word in known for word in words) < _FEW_WORDS:
            return 0
        return sum(word in known and word not in self._own for word in words)


@cache
def words_of(language: str) -> frozenset[str]:
    """Small words of a language, and the words of its vocabulary if there is one, without case and accents."""
    small = frozenset(_plain_words(_COMMON_WORDS.get(language, "")))
    if language not in _VOCABULARIES:
        return small
    return small | _words_of_adapter(load_adapter(_VOCABULARIES[language]))


def _words_of_adapter(adapter: Adapter) -> frozenset[str]:
    phrases = [phrase for cue in adapter.cues.values() for phrase in cue.phrases]
    phrases += [term for finding in adapter.findings.values() for term in finding.terms]
    phrases += adapter.headers
    return frozenset(word for phrase in phrases for word in _plain_words(phrase))


def _plain_words(text: str) -> Sequence[str]:
    plain = unicodedata.normalize("NFD", text.casefold()) if not text.isascii() else text.lower()
    return _WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)) if plain != text else plain)
