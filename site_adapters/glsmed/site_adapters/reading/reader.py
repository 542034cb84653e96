"""Reads a report: one cell per finding, with the words behind it."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from glsmed.site_adapters.adapter.adapter import NEGATED, Adapter
from glsmed.site_adapters.adapter.components import Marked, load_components, overlaid
from glsmed.site_adapters.adapter.lexicon import Folded, Lexicon
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.adapter.meaning import CHOOSES, DENIES, ENDS_LIST, GONE, NAMES, PART, Meaning, traits_in
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.phrasing.body_regions import NOWHERE, Region, with_regions
from glsmed.site_adapters.phrasing.clauses import with_denials_behind, with_predicates_parted, with_statements
from glsmed.site_adapters.phrasing.composed import with_composed
from glsmed.site_adapters.phrasing.foreign import Foreign, cue_known_to
from glsmed.site_adapters.phrasing.segmenting import segmenter_of
from glsmed.site_adapters.phrasing.sides import with_other_side
from glsmed.site_adapters.phrasing.times import in_this_time
from glsmed.site_adapters.reading.assertions import Assertion, assertions_of
from glsmed.site_adapters.reading.cells import Mark, Reading, Role, Span
from glsmed.site_adapters.reading.comma_scope import with_comma_scopes
from glsmed.site_adapters.reading.cue_spans import CueSpan, cue_spans_of
from glsmed.site_adapters.reading.deciding import decided, deciding
from glsmed.site_adapters.reading.statements import LEAST_EVIDENCE, FullReading, Statement
from glsmed.site_adapters.text.forms import Forms
from glsmed.site_adapters.text.mending import Mend
from glsmed.site_adapters.text.phrases import Hit, sentence_length, token_bounds, token_matches

_REMEMBERED_SENTENCES = 50_000
_LONGEST_REMEMBERED = 600
_new = tuple.__new__  # a NamedTuple in half the time, where many are made


class _ReadSentence(NamedTuple):
    """What a sentence says, and the region that it names last."""

    statements: tuple[tuple[Assertion, tuple[Span, ...]], ...]
    region: Region


_SAYS_NOTHING = _ReadSentence((), NOWHERE)


class Reader:
    """Reads reports with one adapter; remembers sentences, because reports repeat them.

    Attributes:
        sentences_read: sentences that were new to the reader.
        foreign: the sentences in another language than the adapter's.
        sentences_unknown: those among them without any word that the adapter knows; many of them suggest another
            language.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self._lexicon = Lexicon(adapter)
        self._segmenter = segmenter_of(adapter, self._lexicon)
        self._forms = Forms(adapter.grammar.answers)
        self._components = load_components(adapter)
        self._past = next((cue for cue in adapter.cues.values() if cue.kind == "historical"), None)
        self._remembered: dict[str | tuple[Region, str], _ReadSentence] = {}
        self._in_several_regions = {name for name, finding in adapter.findings.items() if finding.regions}
        several = {name for name, finding in adapter.findings.items() if finding.several_things}
        self._likeliest_decides = self._in_several_regions | several
        self.foreign = Foreign(self._lexicon)
        self._readers: dict[str, Reader] = {}
        self.sentences_read = 0
        self.sentences_unknown = 0

    def __reduce__(self) -> tuple[type["Reader"], tuple[Adapter]]:
        """How it is sent to a worker process: as its adapter, from which the worker builds it again."""
        return Reader, (self.adapter,)

    def read(self, text: str) -> Reading:
        """The cells of a report; offsets are characters of ``text``."""
        return decided(self._statements(text, self._marked(text), least_weight=LEAST_EVIDENCE), self._likeliest_decides)

    def deciding(self, text: str) -> Collection[Statement]:
        """The statements that decide what a report says of each finding; :meth:`read` makes cells of them."""
        evidence = self._statements(text, self._marked(text), least_weight=LEAST_EVIDENCE)
        return deciding(evidence, self._likeliest_decides)[0].values()

    def statements(self, text: str) -> Iterator[Statement]:
        """Every assertion of a report in the order of its text, including those that are not evidence."""
        return self._statements(text, self._marked(text), least_weight=0.0)

    def read_with_statements(self, text: str) -> tuple[Reading, list[Statement]]:
        """The cells of a report and every assertion in it, at the cost of one of them."""
        statements = list(self.statements(text))
        evidence = (one for one in statements if one.weight >= LEAST_EVIDENCE)
        return decided(evidence, self._likeliest_decides), statements

    def _statements(self, text: str, marked: Sequence[Marked], *, least_weight: float) -> Iterator[Statement]:
        text = self._forms.rewritten(text)
        remembered = self._remembered
        for section in self._segmenter.sections(text):
            role = section.role
            weight = self.adapter.section_weights.get(role, 0.0)
            if weight >= least_weight:
                region = NOWHERE
                for start, end in self._segmenter.sentences(text, section):
                    sentence = text[start:end]
                    known = None if marked else remembered.get((region, sentence) if region else sentence)
                    if known is None:
                        known = self._sentence(sentence, region, _within(marked, start, end))
                    statements, region = known
                    for assertion, spans in statements:
                        yield _new(Statement, (assertion, role, weight, start, spans))

    def marks(self, text: str) -> Iterator[Mark]:
        """Every cue of a report, whatever the finding, in the order of its text."""
        return self._marks(text, self._marked(text))

    def _marks(self, text: str, marked: Sequence[Marked]) -> Iterator[Mark]:
        text = self._forms.rewritten(text)
        for section in self._segmenter.sections(text):
            for start, end in self._segmenter.sentences(text, section):
                sentence = text[start:end]
                folded = self._lexicon.folded(sentence)
                hits = self._hits(folded, _within(marked, start, end))
                found = list(cue_spans_of(hits, sentence_length(folded.tokens)))
                bounds = self._character_bounds(folded) if found else []
                yield from (_mark(mark, bounds, start) for mark in found)

    def read_in_full(self, text: str, marked: Sequence[Marked] = ()) -> FullReading:
        """Cells, statements and cues of a report at once, the adapter's own components run once.

        Args:
            text: the report.
            marked: what others found in it, to be read as the marks of the adapter's own components are.
        """
        both = sorted([*marked, *self._marked(text)], key=lambda mark: (mark.start, -mark.end))
        return self._in_full(text, both)

    def _in_full(self, text: str, marked: Sequence[Marked]) -> FullReading:
        statements = list(self._statements(text, marked, least_weight=0.0))
        reading = decided((one for one in statements if one.weight >= LEAST_EVIDENCE), self._likeliest_decides)
        return FullReading(reading.cells, statements, list(self._marks(text, marked)))

    def _marked(self, text: str) -> Sequence[Marked]:
        if self._components is None:
            return ()
        from glsmed.site_adapters.reading.spacy_annotations import annotate  # only here: it starts spaCy

        by_phrases = self._in_full(text, ())
        return self._components.marked(text, lambda doc: annotate(doc, by_phrases, self.adapter))

    def _sentence(self, sentence: str, region: Region, marked: Sequence[Marked]) -> _ReadSentence:
        read = self._read_sentence(sentence, region, marked)
        if not marked and len(sentence) <= _LONGEST_REMEMBERED:
            if len(self._remembered) >= _REMEMBERED_SENTENCES:
                self._remembered.clear()
            self._remembered[(region, sentence) if region else sentence] = read
        return read

    def _read_sentence(self, sentence: str, region: Region, marked: Sequence[Marked]) -> _ReadSentence:
        folded = self._lexicon.folded(sentence)
        tokens = folded.tokens
        self.sentences_read += 1
        if (language := self.foreign.language(sentence, tokens)) is not None and not marked:
            self.sentences_unknown += not self._lexicon.index.knows_any(tokens)
            return self._of_another_language(sentence, language)
        if not (may_name := self._lexicon.may_name(tokens)):
            self.sentences_unknown += not self._lexicon.index.knows_any(tokens)
        if not (may_name or marked or self._in_several_regions):
            return _SAYS_NOTHING
        hits, named = self._hits(folded, marked), NOWHERE
        if self._in_several_regions:
            hits, named = with_regions(hits, region)
        hits, around = self._phrased(hits, tokens)
        assertions = assertions_of(hits, self._lexicon, length=sentence_length(tokens), around=around)
        matches = token_matches(folded.text, self._lexicon.script) if assertions else []
        offsets = folded.offsets
        return _new(_ReadSentence, (tuple([(said, _spans(said, matches, offsets)) for said in assertions]), named))

    def _of_another_language(self, sentence: str, language: str) -> _ReadSentence:
        """The sentence by the built-in vocabulary of its language, if the adapter lists that; else nothing."""
        if language not in self.adapter.languages:
            return _SAYS_NOTHING
        if language not in self._readers:
            self._readers[language] = Reader(load_adapter(f"{language}_radiology"))
        other = self._readers[language]
        known = cue_known_to(self.adapter)
        found = []
        for assertion, spans in other._read_sentence(sentence, NOWHERE, ()).statements:  # a reader too
            if assertion.finding in self.adapter.findings:
                cues = [known(part, other.adapter.cues[part]) for part in assertion.cue.split("+")]
                family = self.adapter.cues[cues[0]].family
                found.append((assertion._replace(cue="+".join(dict.fromkeys(cues)), family=family), spans))
        return _ReadSentence(tuple(found), NOWHERE)

    def mends(self, text: str) -> list[Mend]:
        """What in a report is read otherwise than it was typed, in the order of the text."""
        text = self._forms.rewritten(text)
        return [
            Mend(mend.start + start, mend.end + start, mend.meant)
            for section in self._segmenter.sections(text)
            for start, end in self._segmenter.sentences(text, section)
            for mend in self._lexicon.meant(text[start:end])
        ]

    def languages(self, text: str) -> frozenset[str]:
        """The languages of a report's sentences; one that does not tell counts as the adapter's own."""
        text = self._forms.rewritten(text)
        sentences = (
            text[start:end]
            for section in self._segmenter.sections(text)
            for start, end in self._segmenter.sentences(text, section)
        )
        tokens_of = self._lexicon.read
        return frozenset(self.foreign.language(each, tokens_of(each)) or self.adapter.language for each in sentences)

    def _hits(self, folded: Folded, marked: Sequence[Marked]) -> list[Hit[Meaning]]:
        hits = self._lexicon.index.find(folded.tokens)
        traits = traits_in(hits)
        if traits & ENDS_LIST:
            hits = with_comma_scopes(hits, sentence_length(folded.tokens))
        if traits & PART:
            hits = with_composed(hits, self.adapter.cues)
        return overlaid(hits, marked, self._character_bounds(folded)) if marked else hits

    def _phrased(self, hits: list[Hit[Meaning]], tokens: Sequence[str]) -> tuple[list[Hit[Meaning]], Around | None]:
        """The hits after what the words around them do; those words only where a finding is mentioned."""
        traits = traits_in(hits)
        if not traits & NAMES:
            return hits, None
        around = Around(tokens, self._lexicon.phrasing)
        if traits & (DENIES | GONE):
            hits = in_this_time(hits, around, self._past, self._lexicon.script)
        if len(hits) > 1:
            if self._lexicon.script == "characters":
                hits = with_predicates_parted(hits, around)
            else:
                hits = with_statements(hits, around, self._lexicon.index.words)
            if traits & (DENIES | CHOOSES):
                hits = with_denials_behind(hits, around, self.adapter.cues[NEGATED])
            hits = with_other_side(hits, around)
        return hits, around

    def _character_bounds(self, folded: Folded) -> list[tuple[int, int]]:
        """Start and end in the sentence of each of its tokens."""
        offsets = folded.offsets
        bounds = token_bounds(folded.text, self._lexicon.script)
        if offsets is None:
            return bounds
        return [(offsets[start], _end_after(offsets, end)) for start, end in bounds]


def _within(marked: Sequence[Marked], start: int, end: int) -> Sequence[Marked]:
    """The marks that begin between ``start`` and ``end``, with places counted from ``start``."""
    if not marked:
        return ()
    first, last = (bisect_left(marked, place, key=lambda one: one.start) for place in (start, end))
    return [Marked(one.start - start, one.end - start, one.meaning) for one in marked[first:last]]


def _end_after(offsets: Sequence[int], end: int) -> int:
    """Where the folded character before ``end`` ends in the text, with all of its cluster."""
    last = offsets[end - 1]
    while offsets[end] == last:
        end += 1
    return offsets[end]


def _spans(said: Assertion, tokens: Sequence[re.Match[str]], offsets: Sequence[int] | None) -> tuple[Span, ...]:
    """The words of a mention and of its cues, as places in the sentence."""
    cues = [_span(tokens, place, "cue", offsets) for place in said.cue_places]
    return (_span(tokens, said.mention, "mention", offsets), *cues)


def _span(tokens: Sequence[re.Match[str]], place: tuple[int, int], role: Role, offsets: Sequence[int] | None) -> Span:
    start, end = tokens[place[0]].start(), tokens[place[1] - 1].end()
    return _new(Span, (start, end, role) if offsets is None else (offsets[start], _end_after(offsets, end), role))


def _mark(mark: CueSpan, bounds: Sequence[tuple[int, int]], offset: int) -> Mark:
    scope_start, scope_end = mark.scope
    return Mark(
        start=bounds[mark.start][0] + offset,
        end=bounds[mark.end - 1][1] + offset,
        kind=mark.cue.kind,
        cue=mark.cue.id,
        probability=None if mark.cue.prior is None else mark.cue.prior.mean,
        scope=(bounds[scope_start][0] + offset, max(bounds[mark.start][0], bounds[scope_end - 1][1]) + offset),
    )
