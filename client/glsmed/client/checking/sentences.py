"""How many sentences of a site's reports are in another language, or hold no word that its adapter knows."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from glsmed.client.checking.language_words import LanguageGuess
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.lexicon import Lexicon

_END = re.compile(r"(?<=[.!?;])\s+|[。．！？；\n]+")
_LETTERS = re.compile(r"[^\W\d_]")
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class SentenceCounts:
    """What the sentences of all reports are like.

    Attributes:
        language: of the site's adapter.
        sentences: how many have a letter; the same words count each time.
        unknown: those among them without any word that the adapter knows.
        other: those in another language, by language.
        examples: frequent ones of each other language, with how often they stand.
        unknown_examples: the same for sentences without a known word.
    """

    language: str
    sentences: int
    unknown: int
    other: Mapping[str, int]
    examples: Mapping[str, Sequence[tuple[str, int]]]
    unknown_examples: Sequence[tuple[str, int]]

    @property
    def share_of_other(self) -> float:
        """In 0–1, of all sentences."""
        return sum(self.other.values()) / max(1, self.sentences)

    @property
    def share_of_unknown(self) -> float:
        """In 0–1, of all sentences."""
        return self.unknown / max(1, self.sentences)


def count_sentences(reports: Iterable[str], adapter: Adapter) -> SentenceCounts:
    """The counts of reports that are read with an adapter; a simple look, the adapter's own sentences may differ."""
    counts = Counter(sentence for text in reports for sentence in _sentences(text))
    lexicon, guess = Lexicon(adapter), LanguageGuess(adapter.language)
    languages = {sentence: guess.other_language(sentence) for sentence in counts}
    unknown = [one for one in counts if not lexicon.index.knows_any(lexicon.tokens(one))]
    other: Counter[str] = Counter()
    for sentence, language in languages.items():
        if language:
            other[language] += counts[sentence]
    return SentenceCounts(
        language=adapter.language,
        sentences=counts.total(),
        unknown=sum(counts[sentence] for sentence in unknown),
        other=dict(other.most_common()),
        examples={name: _frequent(counts, [one for one in counts if languages[one] == name]) for name in other},
        unknown_examples=_frequent(counts, unknown),
    )


def _sentences(text: str) -> Iterable[str]:
    pieces = map(str.strip, _END.split(text))
    return [piece for piece in pieces if _LETTERS.search(piece)]


def _frequent(counts: Mapping[str, int], sentences: Sequence[str]) -> Sequence[tuple[str, int]]:
    ordered = sorted(sentences, key=lambda sentence: -counts[sentence])
    return [(sentence, counts[sentence]) for sentence in ordered[:_MOST_EXAMPLES]]
