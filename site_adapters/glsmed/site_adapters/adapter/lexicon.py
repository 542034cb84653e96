"""An adapter's phrases as one index: what each phrase means to the adapter."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from glsmed.site_adapters.adapter.adapter import Adapter, Cue, Finding, SettledGrammar
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.adapter.schema import Phrasing
from glsmed.site_adapters.text.folding import Folding
from glsmed.site_adapters.text.mending import Mend, Mending, mended
from glsmed.site_adapters.text.phrases import PhraseIndex, tokens_of
from glsmed.site_adapters.text.spelling import Spelling
from glsmed.site_adapters.text.word_lists import WordLists

COMMAS = (",", "、", "，", "・")
_new = tuple.__new__  # a NamedTuple in half the time, where many are made
_LISTS = {name: 1 << place for place, name in enumerate(Phrasing.model_fields)}


def lists(*names: str) -> int:
    """Lists of :class:`glsmed.site_adapters.adapter.schema.Phrasing` as one number, a bit for each."""
    return sum(_LISTS[name] for name in names)


class Folded(NamedTuple):
    """A sentence as it is compared: its tokens, its letters, and where in the sentence each letter stands."""

    tokens: list[str]
    text: str
    offsets: Sequence[int] | None


class Lexicon:
    """The phrase index of an adapter with the folding and tokens that go with it.

    Attributes:
        openers: the words with which a phrase that names a finding can begin.
        phrasing: the words around findings and cues; each hit holds the lists that a word is in, by :func:`lists`.
    """

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.script = adapter.grammar.script
        self.folding = Folding(accents=adapter.grammar.fold_accents)
        rewrites = adapter.grammar.spellings or adapter.grammar.compound_heads
        self._spelling = Spelling(adapter.grammar.spellings, self.folding) if rewrites else None
        entries = [(self.tokens(phrase), meaning) for phrase, meaning in phrase_meanings(adapter)]
        entries = [(tokens, meaning) for tokens, meaning in entries if tokens]
        entries += [*_parts_within_parts(entries), *_cues_within_parts(entries)]
        self.index = self._indexed(entries)
        naming = [tokens for tokens, meaning in entries if meaning.mentions]
        self.openers = self._forms(tokens[0] for tokens in naming)
        self._seconds = self._second_words(naming)
        if self._spelling is not None and adapter.grammar.compound_heads:
            heads = self._forms(tokens[0] for tokens in naming if len(tokens) == 1)
            self._spelling.learn_heads(heads, self.index.words)
        self.phrasing = self._phrasing_lists()
        self._mending = self._mends_by(entries)

    def _second_words(self, phrases: Sequence[Sequence[str]]) -> dict[str, frozenset[str]]:
        """For each word that phrases begin with, those that follow it; none if it is a phrase by itself."""
        seconds: dict[str, set[str]] = {}
        alone = self._forms(tokens[0] for tokens in phrases if len(tokens) == 1)
        for tokens in phrases:
            for form in self.index.forms(tokens[0]):
                seconds.setdefault(form, set()).update(() if form in alone else self.index.forms(tokens[1]))
        return {word: frozenset(following) for word, following in seconds.items()}

    def may_name(self, tokens: Sequence[str]) -> bool:
        """Whether a sentence can name a finding, since it holds the first words of such a phrase."""
        for word in self.openers.intersection(tokens):
            seconds = self._seconds[word]
            if not seconds or not seconds.isdisjoint(tokens):
                return True
        return False

    def _phrasing_lists(self) -> WordLists:
        words_of = self.adapter.phrasing.items()
        entries = [(self.tokens(word), lists(name)) for name, words in words_of for word in words]
        index: PhraseIndex[int] = PhraseIndex(self._endings())
        index.learn_words(token for tokens, _ in entries for token in tokens)
        for tokens, own in entries:
            index.add(tokens, (index.get(tokens) or 0) | own)
        return WordLists(index)

    def _indexed(self, entries: Sequence[tuple[Sequence[str], Meaning]]) -> PhraseIndex[Meaning]:
        """The phrases as an index; what several phrases of the same words mean is merged."""
        index: PhraseIndex[Meaning] = PhraseIndex(self._endings(), self._fillers())
        index.learn_words(token for tokens, _ in entries for token in tokens)
        for tokens, meaning in entries:
            before = index.get(tokens)
            index.add(tokens, meaning if before is None else before.merged(meaning))
        return index

    def _mends_by(self, entries: Sequence[tuple[Sequence[str], Meaning]]) -> Mending:
        grammar, fold = self.adapter.grammar, self.folding.fold
        own = (
            *grammar.own_words,
            *grammar.function_words,
            *(word for words in self.adapter.phrasing.values() for word in words),
        )
        left_alone = self.index.words | self.phrasing.words | {token for word in own for token in self.tokens(word)}
        meant = {token for phrase in _phrases_meant(self.adapter) for token in self.tokens(phrase)}
        openers = [tokens[0] for tokens, meaning in entries if len(tokens) == 1 and _denies_ahead(meaning)]
        return Mending(
            left_alone,
            slips=self._forms(meant) if self.script == "words" else (),
            base=self.index.base,
            openers=openers if self.script == "words" else (),
            misheard={fold(word)[0]: fold(meant)[0] for word, meant in grammar.misheard.items()},
            spaced=self.script == "words",
        )

    def folded(self, sentence: str) -> "Folded":
        """A sentence folded and mended, with its tokens."""
        folded, offsets = self.folding.fold(sentence)
        tokens = tokens_of(folded, self.script)
        if mends := self._mending.mends(folded, tokens):
            folded, offsets = mended(folded, offsets, mends)
            tokens = tokens_of(folded, self.script)
        if self._spelling is not None:
            tokens = self._spelling.rewritten(tokens)
        return _new(Folded, (tokens, folded, offsets))

    def read(self, sentence: str) -> list[str]:
        """The tokens of a sentence, folded and mended."""
        return self.folded(sentence).tokens

    def meant(self, sentence: str) -> list[Mend]:
        """What in a sentence is read otherwise than it was typed; places are those of the sentence."""
        folded, offsets = self.folding.fold(sentence)
        mends = self._mending.mends(folded, tokens_of(folded, self.script))
        if offsets is None:
            return mends
        return [Mend(offsets[mend.start], offsets[mend.end], mend.meant) for mend in mends]

    def _endings(self) -> list[tuple[str, str]]:
        fold = self.folding.fold
        inflections = self.adapter.grammar.inflections
        return [(fold(item.ending)[0], fold(other)[0]) for item in inflections for other in item.becomes]

    def _fillers(self) -> set[str]:
        """Words that may be skipped inside a phrase; without spaces between words none can be."""
        fillers = self.adapter.grammar.fillers if self.script == "words" else ()
        return {token for filler in fillers for token in self.tokens(filler)}

    def _forms(self, words: Iterable[str]) -> frozenset[str]:
        return frozenset(form for word in words for form in self.index.forms(word))

    def tokens(self, phrase: str) -> list[str]:
        """The tokens of a phrase or sentence, folded."""
        tokens = tokens_of(self.folding.fold(phrase)[0], self.script)
        return tokens if self._spelling is None else self._spelling.rewritten(tokens)


def _parts_within_parts(entries: Sequence[tuple[list[str], Meaning]]) -> list[tuple[list[str], Meaning]]:
    """Parts of composed cues, and denials, that end in another part, as that part too ("is difficult", "is not")."""
    parts = [(tuple(tokens), meaning) for tokens, meaning in entries if meaning.parts]
    by_words: dict[tuple[str, ...], list[Meaning]] = {}
    for words, meaning in parts:
        by_words.setdefault(words, []).append(meaning)
    longer = [(words, range(1, len(words))) for words in by_words]
    longer += [(words, range(len(words) - 1, len(words))) for words in _denials(entries) if words not in by_words]
    return [(list(words), inner) for words, starts in longer for at in starts for inner in by_words.get(words[at:], ())]


def _denials(entries: Sequence[tuple[list[str], Meaning]]) -> set[tuple[str, ...]]:
    return {tuple(tokens) for tokens, meaning in entries if meaning.cue is not None and meaning.cue.kind == "negation"}


def _cues_within_parts(entries: Sequence[tuple[list[str], Meaning]]) -> Iterator[tuple[list[str], Meaning]]:
    """Parts that begin with a cue, as that cue: where they are no part of anything, its words still count."""
    cues = {tuple(tokens): meaning.cue for tokens, meaning in entries if meaning.cue is not None}
    for words in {tuple(tokens) for tokens, meaning in entries if meaning.parts}.difference(cues):
        begins = next((cues[words[:end]] for end in range(len(words) - 1, 0, -1) if words[:end] in cues), None)
        if begins is not None:
            yield list(words), Meaning(cue=begins)


def _phrases_meant(adapter: Adapter) -> Iterator[str]:
    """The phrases whose words a slip can be: those that name a finding, and cues that say something."""
    for finding in adapter.findings.values():
        yield from finding.terms
        yield from (phrase for phrases in finding.worded.values() for phrase in phrases)
    for cue in adapter.cues.values():
        if cue.kind not in ("pseudo", "terminator"):
            yield from cue.phrases


def _denies_ahead(meaning: Meaning) -> bool:
    return meaning.cue is not None and meaning.cue.kind == "negation" and meaning.cue.scope == "forward"


def _compounds(finding: Finding, adapter: Adapter) -> Iterator[tuple[str, Meaning]]:
    """A finding's words with endings attached; words that only imply it take the endings of cues ("Tumorverdacht")."""
    worded = finding.worded.items()
    implying = [phrase for cue, phrases in worded if adapter.cues[cue].state == "uncertain" for phrase in phrases]
    for compound in adapter.grammar.compounds:
        meaning = Meaning(mentions=((finding.name, adapter.cues.get(compound.cue or "")),))
        words = [*finding.terms, *(implying if compound.cue else ())]
        yield from ((word + link + compound.ending, meaning) for word in words for link in compound.link)


def phrase_meanings(adapter: Adapter) -> Iterator[tuple[str, Meaning]]:
    """Every phrase of an adapter with its meaning, joiners first, cues last."""
    grammar = adapter.grammar
    yield from ((sign, Meaning(joiner="and", sign=True)) for sign in COMMAS)
    yield from ((word, Meaning(joiner="and")) for word in grammar.conjunctions)
    yield from ((word, Meaning(joiner="or")) for word in grammar.alternatives)
    if grammar.script == "characters":
        yield from ((word, Meaning(filler=True)) for word in grammar.fillers)
    for finding in adapter.findings.values():
        yield from ((phrase, Meaning()) for phrase in finding.exclude)
        yield from ((phrase, Meaning(region_of=(finding.name,))) for phrase in finding.regions)
        yield from ((phrase, Meaning(in_region=(finding.name,))) for phrase in finding.in_region)
        yield from ((phrase, _mention(finding, phrase, None)) for phrase in finding.terms)
        yield from _compounds(finding, adapter)
        for cue_id, phrases in finding.worded.items():
            yield from ((phrase, _mention(finding, phrase, adapter.cues[cue_id])) for phrase in phrases)
    for cue in adapter.cues.values():
        yield from ((phrase, Meaning(cue=cue, leads_on=_leads_on(phrase, grammar))) for phrase in cue.phrases)
        for number, composed in enumerate(cue.composed):
            for part, phrases in enumerate((composed.first, composed.then)):
                yield from ((phrase, Meaning(parts=((cue.id, number, part),))) for phrase in phrases)


def _mention(finding: Finding, phrase: str, worded: Cue | None) -> Meaning:
    """The meaning of a finding's phrase; a phrase that contains a region of the finding also names that region."""
    names_region = any(region in phrase for region in finding.regions)
    return Meaning(mentions=((finding.name, worded),), region_of=(finding.name,) if names_region else ())


def _leads_on(phrase: str, grammar: SettledGrammar) -> bool:
    if grammar.script == "characters":
        return phrase.endswith(grammar.prepositions)
    return phrase.split()[-1].casefold() in grammar.prepositions
