"""Which reports a change of an adapter can touch: those that hold a word or phrase that means something else now."""

from collections.abc import Mapping
from typing import Final

from glsmed.site_adapters.adapter.adapter import BARE, NEGATED, Adapter, Cue
from glsmed.site_adapters.adapter.lexicon import Lexicon, phrase_meanings
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.workbench.word_index import WordIndex

# What changes a reading anywhere, whatever the words; the rest is told phrase by phrase.
_EVERYWHERE: Final = (
    *("language", "grammar", "headers", "section_weights", "components", "phrasing", "header_words", "languages"),
)


def touched_reports(before: Subject, after: Subject, index: WordIndex) -> set[str] | None:
    """The reports that the two adapters may read differently; None for all.

    Args:
        before: the adapter as whose words the index reads the reports.
        after: the changed one.
        index: of the reports.
    """
    old, new = before.adapter, after.adapter
    if _differs_everywhere(old, new):
        return None
    touched: set[str] = set()
    words = _changed_words(before.lexicon, after.lexicon, index)
    if words:
        touched |= index.parted
    for word in words:
        touched |= index.with_word(word)
    for phrase in _changed_phrases(old, new):
        touched |= index.with_phrase(phrase, before.lexicon, after.lexicon)
    return touched


def _differs_everywhere(old: Adapter, new: Adapter) -> bool:
    if any(getattr(old, name) != getattr(new, name) for name in _EVERYWHERE):
        return True
    if any(_cue(old.cues.get(cue)) != _cue(new.cues.get(cue)) for cue in (*BARE, NEGATED)):
        return True
    if old.languages and [_cue(cue) for cue in old.cues.values()] != [_cue(cue) for cue in new.cues.values()]:
        return True  # cues of other vocabularies take the names of these
    return _first_of_the_past(old) != _first_of_the_past(new) or _special(old) != _special(new)


def _first_of_the_past(adapter: Adapter) -> object:
    return next((_cue(cue) for cue in adapter.cues.values() if cue.kind == "historical"), None)


def _special(adapter: Adapter) -> Mapping[str, tuple[bool, bool]]:
    """Findings whose likeliest mention decides."""
    kinds = {name: (bool(finding.regions), finding.several_things) for name, finding in adapter.findings.items()}
    return {name: kind for name, kind in kinds.items() if any(kind)}


def _changed_words(before: Lexicon, after: Lexicon, index: WordIndex) -> set[str]:
    """Words that one of the two knows or reads otherwise."""
    known = set(before.index.words ^ after.index.words | before.openers ^ after.openers)
    both = before.index.words & after.index.words
    known |= {word for word in both if before.index.base(word) != after.index.base(word)}
    if before.script == "characters":
        return set(before.openers ^ after.openers)  # a letter alone is no word: phrases tell the rest
    return known | {word for word in index.words if before.read(word) != after.read(word)}


def _changed_phrases(old: Adapter, new: Adapter) -> set[str]:
    return {phrase for phrase, _ in _meanings(old) ^ _meanings(new)}


def _meanings(adapter: Adapter) -> set[tuple[str, object]]:
    """What each phrase decides; parts of composed cues with the cue, which their meaning does not hold."""
    said: set[tuple[str, object]] = {(phrase, _said(meaning)) for phrase, meaning in phrase_meanings(adapter)}
    for cue in adapter.cues.values():
        for composed in cue.composed:
            said |= {(phrase, _cue(cue)) for phrase in (*composed.first, *composed.then)}
    return said


def _said(meaning: Meaning) -> object:
    mentions = tuple((finding, _cue(cue)) for finding, cue in meaning.mentions)
    joins = (meaning.joiner, meaning.sign, meaning.leads_on, meaning.filler)
    return mentions, _cue(meaning.cue), joins, meaning.region_of, meaning.in_region, meaning.parts


def _cue(cue: Cue | None) -> object:
    """What of a cue decides how words are read; its phrases are compared one by one."""
    if cue is None:
        return None
    return cue.id, cue.kind, cue.scope, cue.prior, cue.family, cue.reach, cue.composed
