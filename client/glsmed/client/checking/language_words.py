"""Which language a sentence is in: told by its script, and by words that only one language has."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.adapter.loader import load_adapter

_VOCABULARIES = {"en": "en_radiology", "es": "es_radiology", "de": "de_radiology"}
_FUNCTION_WORDS = {
    "en": "the of and is are was were with without in on at no not there to from for by or be been has have this that "
    "which seen which both may",
    "es": "el la los las de del y en con sin no se un una es por para al que hay sobre como ambos ni",
    "de": "der die das und ist sind mit ohne kein keine keinen keiner nicht im in den dem des ein eine einer zu von am "
    "auf bei nach zum zur wie beidseits links rechts",
    "fr": "le la les de des du et est sont avec sans pas un une en au aux il ne sur par dans pleural epanchement",
    "it": "il la le di del della e con senza non un una in nel nella sono si per versamento",
    "pt": "o a os as de do da e com sem nao um uma em no na por para derrame ha",
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
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)
_BOTH = frozenset({"ja", "zh"})
_WORD = re.compile(r"[^\W\d_]+")
_FEW_WORDS = 2


class LanguageGuess:
    """Tells sentences that are surely in another language than a site's.

    Args:
        language: of the site's adapter, such as ``en``.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._words: Mapping[str, frozenset[str]] = {
            name: words_of(name) for name in dict.fromkeys((*_FUNCTION_WORDS, language))
        }

    def other_language(self, sentence: str) -> str:
        """The other language of a sentence; empty where it is the site's own, or no evidence speaks for another."""
        script = next((name for name, signs in _SCRIPTS if signs.search(sentence)), "")
        if script == self.language or {script, self.language} <= _BOTH:
            return ""
        return script or self._by_words(_plain_words(sentence))

    def _by_words(self, words: Sequence[str]) -> str:
        """The language that knows more of the words which the other does not know; two words are the least evidence."""
        own = self._words[self.language]
        ours, theirs = 0, {name: 0 for name in self._words if name != self.language}
        for name in theirs:
            known = self._words[name]
            if sum(word in known for word in words) >= _FEW_WORDS:
                theirs[name] = sum(word in known and word not in own for word in words)
        best = max(theirs, key=lambda name: theirs[name])
        ours = sum(word in own and word not in self._words[best] for word in words)
        return best if theirs[best] > ours else ""


@cache
def words_of(language: str) -> frozenset[str]:
    """Small words of a language, and the words of its vocabulary if there is one, without case and accents."""
    words = set(_FUNCTION_WORDS.get(language, "").split())
    if language in _VOCABULARIES:
        words |= set(_folded(Lexicon(load_adapter(_VOCABULARIES[language])).index.words))
    return frozenset(words)


def _folded(words: frozenset[str] | set[str]) -> Iterator[str]:
    for word in words:
        yield from _plain_words(word)


def _plain_words(text: str) -> Sequence[str]:
    plain = unicodedata.normalize("NFD", text.casefold()) if not text.isascii() else text.lower()
    return _WORD.findall("".join(sign for sign in plain if not unicodedata.combining(sign)) if plain != text else plain)
