"""Sentences in another language than the adapter's: read with the vocabulary of theirs, or left out and counted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from glsmed.shared.files.documents import read_document
from glsmed.site_adapters.adapter.adapter import AFFIRMED, NEGATED, Adapter, Cue
from glsmed.site_adapters.adapter.layers import VOCABULARIES
from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.text.languages import Languages

FUNCTION_WORDS = VOCABULARIES / "languages" / "function_words.yaml"


@cache
def _function_words(path: Path) -> Mapping[str, tuple[str, ...]]:
    data = read_document(path).data
    return {language: tuple(words) for language, words in data.items()} if isinstance(data, dict) else {}


def languages_of(lexicon: Lexicon) -> Languages:
    """What tells an adapter's own sentences from others."""
    adapter = lexicon.adapter
    words = {
        language: frozenset(lexicon.folding.fold(word)[0] for word in own)
        for language, own in _function_words(FUNCTION_WORDS).items()
    }
    added = frozenset(lexicon.folding.fold(word)[0] for word in adapter.grammar.function_words)
    return Languages(adapter.language, words | {adapter.language: words.get(adapter.language, frozenset()) | added})


class Foreign:
    """Sentences of other languages.

    Attributes:
        left_out: language → sentences that were new and are no evidence.
        read: language → sentences that were new and read with its vocabulary.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._languages = languages_of(lexicon)
        self._lexicon = lexicon
        self._listed = [name for name in lexicon.adapter.languages if name != lexicon.adapter.language]
        self.left_out: Counter[str] = Counter()
        self.read: Counter[str] = Counter()

    def language(self, sentence: str, tokens: Sequence[str]) -> str | None:
        """The language of a sentence that is not in the adapter's, counted once for each call."""
        if not self._languages.may_be_another(sentence, tokens):
            return None
        names = not self._lexicon.openers.isdisjoint(tokens)
        other = self._languages.other(sentence, tokens, names_findings=names)
        if other is None and self._listed and self._languages.is_without_own_script(sentence):
            other = self._listed[0]
        if other is not None:
            (self.read if other in self._listed else self.left_out)[other] += 1
        return other


def cue_known_to(adapter: Adapter) -> Callable[[str, Cue], str]:
    """A function that names, for a cue of another vocabulary, the adapter's cue that stands for it.

    It is the cue of the same id, or one of the same kind; calibration and explanation know only the adapter's.
    """

    def known(cue_id: str, cue: Cue) -> str:
        if cue_id in adapter.cues:
            return cue_id
        alike = (own.id for own in adapter.cues.values() if own.kind == cue.kind)
        return next(alike, NEGATED if cue.kind == "negation" else AFFIRMED)

    return known
