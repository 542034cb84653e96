"""Words near findings that look like doubt and are not in the adapter, most useful first."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import islice

from glsmed.site_adapters.adapter.adapter import BARE
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.adapter.schema import Scope
from glsmed.site_adapters.inputs.gold_labels import Gold
from glsmed.site_adapters.lint.cue_rules import words_of
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.reading.statements import Statement
from glsmed.site_adapters.suggesting.hedge_words import looks_like_doubt
from glsmed.site_adapters.text.phrases import token_bounds

_STOPS = re.compile(r"[.;!?。；！？\n](?=\s|$)|[。；！？\n]|:")
_LONGEST = {"words": 4, "characters": 12}
_SHORTEST = {"words": 1, "characters": 2}
_WINDOW = {"words": 6, "characters": 14}
_FARTHEST = {"words": 3, "characters": 6}
_EXAMPLES = 5
_FEWEST = 3
_UNLIKE_DOUBT = 0.1
_LEAST_SCORE = 0.5
_LEAST_DISAGREEMENT = 0.1
_WITHOUT_LABELS = 0.2
_PICTURES_TELL = 0.5  # as much as gold of the same number: a model errs too
_PRIOR_MEAN, _PRIOR_LABELS = 0.4, 4.0
_MOSTLY = 0.7


@dataclass(frozen=True, slots=True)
class Sighting:
    """One occurrence of an n-gram near a mention: its cell, the adapter's probability and the gold label."""

    report_id: str
    finding: str
    probability: float
    gold: int | None
    before: bool
    clause: str
    opinion: float | None = None  # the image model's probability


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A phrase that may be a cue.

    Attributes:
        words: as they are written in reports.
        score: frequency x disagreement with gold (or 1 without gold), lower for words that do not look like doubt.
        certainty: P(finding | words) by gold, drawn towards .4 by four labels; .4 without gold.
        examples: up to five clauses of reports. They must not leave the site.
        pictures: mentions whose images the site's model judged; ``seen`` is the mean of its probabilities, and ``read``
            the mean of the adapter's for the same mentions.
    """

    words: str
    score: float
    times: int
    findings: int
    labels: int
    positives: int
    said: float
    certainty: float
    scope: Scope
    examples: tuple[tuple[str, str], ...]
    pictures: int = 0
    seen: float = 0.0
    read: float = 0.0

    @property
    def gold_gap(self) -> float:
        """How many labels more or less are positive than the adapter said."""
        return abs(self.positives - self.said * self.labels)

    @property
    def picture_gap(self) -> float:
        """The same by the image model's probabilities."""
        return abs(self.seen - self.read) * self.pictures


@dataclass(frozen=True, slots=True)
class HedgeSurvey:
    """What was found, and how much was looked at: it tells why nothing was found.

    Attributes:
        mentions: of findings, without a cue that says what they mean.
        phrases: unknown phrases near them; ``frequent`` are those near at least three.
    """

    suggestions: Sequence[Suggestion]
    mentions: int
    phrases: int
    frequent: int


@dataclass(slots=True)
class _Seen:
    surfaces: Counter[str] = field(default_factory=Counter)
    sightings: list[Sighting] = field(default_factory=list)


def suggest(subject: Subject, texts: Mapping[str, str], gold: Gold, *, most: int) -> list[Suggestion]:
    """At most ``most`` suggestions, the most useful first.

    Args:
        subject: the adapter.
        texts: the site's reports by id.
        gold: the site's gold labels; may be empty.
        most: how many.
    """
    return list(survey_hedges(subject, texts, gold, most=most).suggestions)


def survey_hedges(
    subject: Subject, texts: Mapping[str, str], gold: Gold, *, most: int, opinions: Mapping[tuple[str, str], float] = {}
) -> HedgeSurvey:
    """The same with how much was looked at.

    Args:
        subject: the adapter.
        texts: the site's reports by id.
        gold: the site's gold labels; may be empty.
        most: how many suggestions.
        opinions: probability by the site's image model, by report and finding; less is made of it than of gold.
    """
    mentions = 0
    seen: dict[tuple[str, ...], _Seen] = defaultdict(_Seen)
    for report_id, text in texts.items():
        for statement in subject.reader.statements(text):
            if not _is_plain(statement, gold):
                continue
            mentions += 1
            for tokens, surface, sighting in _sightings(subject, report_id, text, statement, gold):
                seen[tokens].surfaces[surface] += 1
                seen[tokens].sightings.append(replace(sighting, opinion=opinions.get((report_id, sighting.finding))))
    frequent = {tokens: entry for tokens, entry in seen.items() if _times(entry.sightings) >= _FEWEST}
    judged = bool(gold or opinions)
    candidates = [_suggestion(subject, tokens, entry, judged=judged) for tokens, entry in frequent.items()]
    useful = [candidate for candidate in candidates if candidate.score >= _LEAST_SCORE]
    found = sorted(useful, key=lambda found: (-found.score, -len(found.words), found.words))
    return HedgeSurvey(_without_overlap(found, most), mentions, len(seen), len(frequent))


def _is_plain(statement: Statement, gold: Gold) -> bool:
    """Whether the words near a mention tell something new: where a known cue decides, they tell what that cue means."""
    assertion = statement.assertion
    return bool(statement.weight) and (assertion.cue in BARE or (assertion.state == "absent" and bool(gold)))


def _times(sightings: Iterable[Sighting]) -> int:
    return len({(sighting.report_id, sighting.finding) for sighting in sightings})


def _sightings(
    subject: Subject, report_id: str, text: str, statement: Statement, gold: Gold
) -> Iterator[tuple[tuple[str, ...], str, Sighting]]:
    """The unknown n-grams around one mention, each as tokens and as written."""
    assertion = statement.assertion
    label = gold.get((report_id, assertion.finding))
    said = assertion.prior.mean if assertion.prior else 0.0
    mention = next(span for span in statement.placed if span.role == "mention")
    start, end = _clause(text, mention.start, mention.end)
    clause = _Clause(subject, text[start:end], mention.start - start, mention.end - start)
    for first, last, before in clause.unknown_ngrams():
        sighting = Sighting(report_id, assertion.finding, said, label, before, " ".join(text[start:end].split()))
        yield tuple(clause.tokens[first:last]), clause.surface(first, last), sighting


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch between stops around ``text[start:end]``."""
    before = max(
        (match.end() for match in _STOPS.finditer(text, max(0, start - 300), start)), default=max(0, start - 300)
    )
    after = _STOPS.search(text, end, end + 300)
    return before, after.start() if after else min(len(text), end + 300)


def unknown_near(subject: Subject, text: str, start: int, end: int) -> list[str]:
    """Phrases near ``text[start:end]``, a mention, that the adapter does not know; the longest first, as written."""
    first, last = _clause(text, start, end)
    clause = _Clause(subject, text[first:last], start - first, end - first)
    found = {clause.surface(a, b): b - a for a, b, _ in clause.unknown_ngrams()}
    return sorted(found, key=lambda words: -found[words])


def _is_settled(meaning: Meaning) -> bool:
    """Whether letters mean something by themselves, not only as a part of more ("ない" of "捨てきれない")."""
    return bool(meaning.mentions or meaning.cue or meaning.filler)


class _Clause:
    """A clause with what the adapter knows of it.

    Args:
        subject: the adapter.
        text: the clause.
        start: where the mention starts in it; ``end`` is where it ends.
        end: see ``start``.
    """

    def __init__(self, subject: Subject, text: str, start: int, end: int) -> None:
        lexicon = subject.lexicon
        self._script = subject.adapter.grammar.script
        self._dull = words_of(subject).common | {
            token for f in subject.adapter.grammar.fillers for token in lexicon.tokens(f)
        }
        self._text = text
        self.tokens = lexicon.tokens(text)
        folded, offsets = lexicon.folding.fold(text)
        bounds = token_bounds(folded, self._script)
        self._bounds = bounds if offsets is None else [(offsets[a], offsets[b]) for a, b in bounds]
        hits = [hit for hit in lexicon.index.find(self.tokens) if self._script == "words" or _is_settled(hit.payload)]
        self._known = {at for hit in hits for at in range(hit.start, hit.end)}
        inside = [at for at, (a, b) in enumerate(self._bounds) if a < end and b > start]
        self._mention = (inside[0], inside[-1] + 1) if inside else (0, 0)

    def surface(self, first: int, last: int) -> str:
        """The tokens as they are written in the text."""
        return " ".join(self._text[self._bounds[first][0] : self._bounds[last - 1][1]].split())

    def unknown_ngrams(self) -> Iterator[tuple[int, int, bool]]:
        """First and last token (exclusive) of each, and whether it stands before the mention."""
        first, last = self._mention
        window, farthest = _WINDOW[self._script], _FARTHEST[self._script]
        for start in range(max(0, first - window), min(len(self.tokens), last + window)):
            for length in range(_SHORTEST[self._script], _LONGEST[self._script] + 1):
                end = start + length
                near = first - end <= farthest if end <= first else start - last <= farthest
                outside = end <= first or start >= last
                if outside and near and end <= len(self.tokens) and self._is_unknown(start, end):
                    yield start, end, end <= first

    def _is_unknown(self, start: int, end: int) -> bool:
        """Whether the adapter knows none of the words and the first and last of them say something."""
        if any(at in self._known for at in range(start, end)):
            return False
        words = self.tokens[start:end]
        telling = [word for word in words if word not in self._dull and len(word) >= 2 and not word[0].isdigit()]
        if self._script == "characters":
            return all(word.isalpha() for word in words)
        return bool(telling) and words[0] not in self._dull and all(word.isalpha() for word in words)


def _suggestion(subject: Subject, tokens: tuple[str, ...], entry: _Seen, *, judged: bool) -> Suggestion:
    sightings = list({(sighting.report_id, sighting.finding): sighting for sighting in entry.sightings}.values())
    labelled = [sighting for sighting in sightings if sighting.gold is not None]
    positives = sum(sighting.gold or 0 for sighting in labelled)
    said = sum(sighting.probability for sighting in labelled)
    pictured = [(one.opinion, one.probability) for one in sightings if one.opinion is not None]
    seen, read = (sum(one[place] for one in pictured) / max(1, len(pictured)) for place in (0, 1))
    likeness = _likeness(subject, tokens, judged=judged)
    disagreement = _WITHOUT_LABELS if judged else 1.0
    if labelled:
        disagreement = abs(positives - said) / (len(labelled) + _PRIOR_LABELS)
        disagreement = disagreement if disagreement >= _LEAST_DISAGREEMENT else 0.0
    elif pictured:
        disagreement = _PICTURES_TELL * abs(seen - read) * len(pictured) / (len(pictured) + _PRIOR_LABELS)
    findings = {sighting.finding for sighting in sightings}
    before = sum(sighting.before for sighting in entry.sightings) / len(entry.sightings)
    return Suggestion(
        words=entry.surfaces.most_common(1)[0][0].lower(),
        score=len(sightings) * disagreement * likeness * min(len(findings), 3) / 3,
        times=len(sightings),
        findings=len(findings),
        labels=len(labelled),
        positives=positives,
        said=said / len(labelled) if labelled else 0.0,
        certainty=round((positives + _PRIOR_MEAN * _PRIOR_LABELS) / (len(labelled) + _PRIOR_LABELS), 2),
        scope="forward" if before > _MOSTLY else "backward" if before < 1 - _MOSTLY else "both",
        examples=tuple(_examples(sightings)),
        pictures=len(pictured),
        seen=seen,
        read=read,
    )


def _examples(sightings: Iterable[Sighting]) -> Iterator[tuple[str, str]]:
    """Report and clause of the first five that differ."""
    clauses = {sighting.clause: sighting.report_id for sighting in reversed(list(sightings))}
    yield from ((report_id, clause) for clause, report_id in islice(reversed(clauses.items()), _EXAMPLES))


def _likeness(subject: Subject, tokens: tuple[str, ...], *, judged: bool) -> float:
    """1 for words that often express doubt; others may express it too, but only gold labels or images can tell."""
    joined = (" " if subject.adapter.grammar.script == "words" else "").join(tokens)
    if looks_like_doubt(joined, subject.adapter.language):
        return 1.0
    return _UNLIKE_DOUBT if judged else 0.0


def _without_overlap(candidates: Sequence[Suggestion], most: int) -> list[Suggestion]:
    """The best of them, without those that share half of their words with a better one."""
    kept: list[Suggestion] = []
    for candidate in candidates:
        if len(kept) == most:
            break
        if not any(_overlap(candidate.words, other.words) for other in kept):
            kept.append(candidate)
    return kept


def _overlap(one: str, other: str) -> bool:
    common = SequenceMatcher(a=one, b=other, autojunk=False).find_longest_match().size
    return one in other or other in one or (not one.isascii() and 2 * common >= min(len(one), len(other)))
