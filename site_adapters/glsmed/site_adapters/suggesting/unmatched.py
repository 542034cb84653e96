"""Phrases of an adapter that stand in no report, each with the nearest wording that does."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.lint.lint_context import Phrase, Subject, compared
from glsmed.site_adapters.text.phrases import MOST_FILLERS

_LEAST_LIKENESS = 0.6
_MORE_OR_LESS = 1  # tokens
_MOST_WORDINGS = 200_000  # that are remembered; what comes later is counted where it is known
Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A phrase that never matched.

    Attributes:
        owner: the cue or finding that it belongs to.
        nearest: the most alike wording of the reports, blank if none is alike; ``times`` it stands there.
    """

    phrase: str
    owner: str
    nearest: str
    times: int


def never_matched(subject: Subject, before: Subject, texts: Iterable[str]) -> list[Unmatched]:
    """The phrases that an adapter has and the former one had not, as far as no report has them.

    Args:
        subject: the adapter.
        before: the one that it is compared with.
        texts: the reports.
    """
    known = {phrase.tokens for phrase in before.phrases}
    new = {phrase.tokens: phrase for phrase in subject.own_phrases if phrase.tokens and phrase.tokens not in known}
    if not new:
        return []
    reports = [_as_read(text, subject.lexicon) for text in texts]
    fillers = _fillers(subject)
    left = {
        tokens: phrase for tokens, phrase in new.items() if not any(_stands(tokens, one, fillers) for one in reports)
    }
    return list(_with_nearest(subject, left, reports))


def _as_read(text: str, lexicon: Lexicon) -> Tokens:
    """The tokens of a report, slips mended, inflected forms as one."""
    forms = lexicon.index.forms
    return tuple(min(forms(token), key=lambda form: (len(form), form)) for token in lexicon.read(text))


def _fillers(subject: Subject) -> frozenset[str]:
    if subject.adapter.grammar.script == "characters":
        return frozenset()
    return frozenset(token for filler in subject.adapter.grammar.fillers for token in compared(filler, subject.lexicon))


def _stands(phrase: Tokens, report: Tokens, fillers: frozenset[str]) -> bool:
    """Whether a report has the tokens in their order, with no more than fillers between them."""
    if not set(phrase) <= set(report):
        return False
    return any(_goes_on(phrase, report, start, fillers) for start, token in enumerate(report) if token == phrase[0])


def _goes_on(phrase: Tokens, report: Tokens, start: int, fillers: frozenset[str]) -> bool:
    place = start + 1
    for token in phrase[1:]:
        skipped = 0
        while place < len(report) and report[place] != token and report[place] in fillers and skipped < MOST_FILLERS:
            place, skipped = place + 1, skipped + 1
        if place >= len(report) or report[place] != token:
            return False
        place += 1
    return True


def _with_nearest(subject: Subject, phrases: Mapping[Tokens, Phrase], reports: Sequence[Tokens]) -> Iterator[Unmatched]:
    lengths = {len(tokens) + more for tokens in phrases for more in (-_MORE_OR_LESS, 0, _MORE_OR_LESS)}
    wordings = _wordings(reports, sorted(length for length in lengths if length > 0))
    between = "" if subject.adapter.grammar.script == "characters" else " "
    for tokens, phrase in phrases.items():
        nearest = _nearest(tokens, wordings, between)
        yield Unmatched(phrase.text, phrase.owner, between.join(nearest), wordings[nearest] if nearest else 0)


def _wordings(reports: Sequence[Tokens], lengths: Sequence[int]) -> Counter[Tokens]:
    """How often each run of so many tokens stands in the reports, the first ones met."""
    found: Counter[Tokens] = Counter()
    for report in reports:
        for length in lengths:
            for start in range(len(report) - length + 1):
                run = report[start : start + length]
                if len(found) < _MOST_WORDINGS or run in found:
                    found[run] += 1
    return found


def _nearest(phrase: Tokens, wordings: Counter[Tokens], between: str) -> Tokens:
    """The most alike wording: it shares letters enough, and the frequent one of two."""
    words = between.join(phrase)
    matcher = SequenceMatcher(b=words, autojunk=False)
    best: tuple[float, int, Tokens] = (_LEAST_LIKENESS, 0, ())
    for run, times in wordings.items():
        if abs(len(run) - len(phrase)) > _MORE_OR_LESS or not all(token.isalnum() for token in run):
            continue
        matcher.set_seq1(between.join(run))
        if matcher.real_quick_ratio() < best[0] or matcher.quick_ratio() < best[0]:
            continue
        best = max(best, (matcher.ratio(), times, run))
    return best[2]
