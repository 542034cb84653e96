"""How well an adapter finds the cues of negation and doubt in NUBes, and the words in their scopes."""

import re
from collections.abc import Collection, Iterable, Sequence

from glsmed.benchmarks.corpora.nubes import CueKind, NubesText
from glsmed.benchmarks.language.retrieval import Retrieval
from glsmed.site_adapters.adapter.schema import Kind
from glsmed.site_adapters.reading.cells import Mark
from glsmed.site_adapters.reading.reader import Reader

# What is gone, stopped ("retirada de drenaje") or cannot be judged ("no valorable") is a negation in NUBes.
KINDS: dict[Kind, CueKind] = {
    "negation": "negation",
    "resolved": "negation",
    "unassessable": "negation",
    "uncertainty": "uncertainty",
    "differential": "uncertainty",
}
_CUE_KINDS: tuple[CueKind, ...] = ("negation", "uncertainty")
_WORD = re.compile(r"\w+")

Stretch = tuple[int, int]


def score_nubes(reader: Reader, sentences: Iterable[NubesText]) -> dict[str, float]:
    """Numbers by name over all sentences.

    ``negation_*`` and ``uncertainty_*``: a predicted cue is right if it overlaps a gold cue of its kind, a gold cue is
    found if a predicted one of its kind overlaps it. ``scope_*``: over the words of the sentences, each kind by itself,
    summed; a word is in a scope if it overlaps one; the cues' own words do not count.
    """
    cues = {kind: Retrieval() for kind in _CUE_KINDS}
    scopes = Retrieval()
    for sentence in sentences:
        marks = list(reader.marks(sentence.text))
        for kind in _CUE_KINDS:
            predicted = [mark for mark in marks if KINDS.get(mark.kind) == kind]
            _score_cues(cues[kind], [(mark.start, mark.end) for mark in predicted], _gold_cues(sentence, kind))
            _score_scopes(scopes, sentence, kind, predicted)
    return cues["negation"].numbers("negation") | cues["uncertainty"].numbers("uncertainty") | scopes.numbers("scope")


def _gold_cues(sentence: NubesText, kind: CueKind) -> list[Stretch]:
    return [(cue.start, cue.end) for cue in sentence.cues if cue.kind == kind]


def _score_cues(score: Retrieval, predicted: Sequence[Stretch], gold: Sequence[Stretch]) -> None:
    score.add(
        right=len(_overlapping(predicted, gold)),
        predicted=len(predicted),
        found=len(_overlapping(gold, predicted)),
        gold=len(gold),
    )


def _score_scopes(score: Retrieval, sentence: NubesText, kind: CueKind, predicted: Sequence[Mark]) -> None:
    gold = [scope for cue in sentence.cues if cue.kind == kind for scope in cue.scopes]
    gold_words = _words(sentence.text, gold, without=_gold_cues(sentence, kind))
    marked = [(mark.start, mark.end) for mark in predicted]
    predicted_words = _words(sentence.text, [mark.scope for mark in predicted], without=marked)
    right = len(gold_words & predicted_words)
    score.add(right=right, predicted=len(predicted_words), found=right, gold=len(gold_words))


def _words(text: str, stretches: Sequence[Stretch], *, without: Sequence[Stretch]) -> set[Stretch]:
    """The words that overlap one of the stretches, except those that overlap one of ``without``."""
    words = [match.span() for match in _WORD.finditer(text)] if stretches else []
    inside = _overlapping(words, stretches)
    return set(inside).difference(_overlapping(inside, without))


def _overlapping(spans: Collection[Stretch], others: Collection[Stretch]) -> list[Stretch]:
    return [(start, end) for start, end in spans if any(start < stop and begin < end for begin, stop in others)]
