"""How many sentences of a site's reports are in another language, or hold no word that its adapter knows."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from glsmed.client.checking.language_words import LanguageGuess
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.lexicon import Lexicon

_END = re.compile(r"(?<=[.!?;])\s+|[。．！？；\n]+")
_LETTERS = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d+")  # sentences that differ in numbers alone are judged once
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


def count_sentences(reports: Collection[str], adapter: Adapter) -> SentenceCounts:
    """The counts of reports that are read with an adapter; a simple look, the adapter's own sentences may differ."""
    counts = _counted(reports)
    lexicon, guess = Lexicon(adapter), LanguageGuess(adapter)
    languages = {alike: language for alike in counts if (language := guess.other_language(alike))}
    unknown = [alike for alike in counts if not lexicon.index.knows_any(lexicon.tokens(alike))]
    other: Counter[str] = Counter()
    for alike, language in languages.items():
        other[language] += counts[alike]
    shown = {name: _frequent(counts, [one for one in languages if languages[one] == name]) for name in other}
    strange = _frequent(counts, unknown)
    written = _written(reports, {*strange, *(alike for several in shown.values() for alike in several)})
    return SentenceCounts(
        language=adapter.language,
        sentences=counts.total(),
        unknown=sum(counts[alike] for alike in unknown),
        other=dict(other.most_common()),
        examples={name: [(written[one], counts[one]) for one in several] for name, several in shown.items()},
        unknown_examples=[(written[one], counts[one]) for one in strange],
    )


def _counted(reports: Collection[str]) -> Counter[str]:
    """How often each sentence stands, numbers aside."""
    pieces: Counter[str] = Counter()
    for text in reports:
        pieces.update(_END.split(_NUMBER.sub("0", text)))
    counts: Counter[str] = Counter()
    for piece, count in pieces.items():
        if _LETTERS.search(piece):
            counts[piece.strip()] += count
    return counts


def _written(reports: Collection[str], wanted: Set[str]) -> Mapping[str, str]:
    """Some sentences without their numbers, each with its first words in a report, numbers and all."""
    written: dict[str, str] = {}
    for text in reports:
        if len(written) == len(wanted):
            break
        for sentence in _sentences(text):
            if (alike := _NUMBER.sub("0", sentence)) in wanted:
                written.setdefault(alike, sentence)
    return written


def _sentences(text: str) -> Iterable[str]:
    pieces = map(str.strip, _END.split(text))
    return [piece for piece in pieces if _LETTERS.search(piece)]


def _frequent(counts: Mapping[str, int], alike: Sequence[str]) -> Sequence[str]:
    return sorted(alike, key=lambda sentence: -counts[sentence])[:_MOST_EXAMPLES]
