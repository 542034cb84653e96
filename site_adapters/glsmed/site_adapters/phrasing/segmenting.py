"""The segmenter of an adapter: its headers, its abbreviations, and what its words say of a line."""

from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.phrasing.signs import Signs
from glsmed.site_adapters.text.bodies import Bodies
from glsmed.site_adapters.text.headers import Headers
from glsmed.site_adapters.text.segments import Segmenter

_COLON = " :"  # reports have it or not, and so may the adapter


def segmenter_of(adapter: Adapter, lexicon: Lexicon) -> Segmenter:
    """What splits reports of this adapter into sections and sentences."""
    signs = Signs(lexicon)
    return Segmenter(
        _headers(adapter, lexicon),
        Bodies(
            adapter.section_weights,
            reads_as_findings=signs.reads_as_findings,
            tells_of_now=signs.tells_of_now,
            asks=signs.asks,
        ),
        abbreviations=_abbreviations(adapter, lexicon),
        open_words=_open_words(adapter, lexicon),
        goes_on=signs.goes_on,
        words=lexicon.index.words | lexicon.phrasing.words,
        folding=lexicon.folding,
        script=adapter.grammar.script,
    )


def _headers(adapter: Adapter, lexicon: Lexicon) -> Headers:
    fold = lexicon.folding.fold
    return Headers(
        {fold(header)[0].rstrip(_COLON): role for header, role in adapter.headers.items()},
        words={fold(word)[0]: role for role, words in adapter.header_words.items() for word in words},
        weights=adapter.section_weights,
        openers=lexicon.openers if lexicon.script == "words" else frozenset(),
        folding=lexicon.folding,
        script=lexicon.script,
    )


def _abbreviations(adapter: Adapter, lexicon: Lexicon) -> frozenset[str]:
    """Words that may end in a full stop: the grammar's, and those of every phrase that holds one."""
    phrases = list(adapter.grammar.abbreviations)
    for cue in adapter.cues.values():
        phrases += [phrase for phrase in cue.phrases if "." in phrase]
    for finding in adapter.findings.values():
        phrases += [phrase for phrase in (*finding.terms, *finding.exclude) if "." in phrase]
    words = [word for phrase in phrases for word in phrase.lower().split() if "." in word]
    folded = [lexicon.folding.fold(word)[0] for word in words]
    return frozenset(word.removesuffix(".") for word in [*words, *folded])


def _open_words(adapter: Adapter, lexicon: Lexicon) -> frozenset[str]:
    """Words that a sentence cannot end in: joiners, articles, and the last word of longer cues that look forward."""
    phrases = [*adapter.grammar.conjunctions, *adapter.grammar.alternatives]
    if lexicon.script == "words":
        phrases += [*adapter.phrasing.get("articles", ()), *adapter.phrasing.get("definite", ())]
    for cue in adapter.cues.values():
        if cue.scope == "forward" and cue.kind not in ("pseudo", "terminator"):
            phrases += [phrase for phrase in cue.phrases if " " in phrase]
    return frozenset(lexicon.folding.fold(phrase)[0].split()[-1] for phrase in phrases)
