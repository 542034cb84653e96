"""What files have said of an adapter so far, while they are merged, and what comes of it."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.adapter import Beta, Cue, CueExample, Finding, Place, SettledGrammar
from glsmed.site_adapters.adapter.layers import Layer
from glsmed.site_adapters.adapter.schema import Composed, CueEntry, Kind, Phrasing

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")

_ASSERTING: frozenset[Kind] = frozenset({"affirmation", "uncertainty", "differential", "negation", "resolved"})
_DEFAULT_PRIORS: Mapping[Kind, Beta] = {"affirmation": Beta(0.9, 10), "resolved": Beta(0.02, 20)}
PLAIN_NEGATION = Beta(0.02, 20)
_DEFAULT_STRENGTH = 4.0


def phrase_key(phrase: str) -> str:
    """What two phrases share that are the same but for capitals and spaces."""
    return " ".join(phrase.casefold().split())


@dataclass(slots=True)
class Phrases:
    """Phrases in the order they were added, without repeats."""

    by_key: dict[str, str] = field(default_factory=dict)

    def add(self, phrases: Iterable[str]) -> None:
        """Add those that are new."""
        for phrase in phrases:
            self.by_key.setdefault(phrase_key(phrase), phrase)

    def settled(self) -> tuple[str, ...]:
        """The phrases in their order."""
        return tuple(self.by_key.values())


@dataclass(slots=True)
class CueDraft:
    """A cue while files are merged; ``entry`` holds its scalars, ``yielded`` says that another cue took phrases."""

    entry: CueEntry
    place: Place
    phrases: Phrases = field(default_factory=Phrases)
    composed: tuple[Composed, ...] = ()
    examples: tuple[CueExample, ...] = ()
    yielded: bool = False

    def yield_phrases(self, keys: Iterable[str]) -> None:
        """Take phrases away, by their keys, since another cue has them now."""
        for key in keys:
            self.yielded |= self.phrases.by_key.pop(key, None) is not None

    def prior(self, default: Beta | None) -> Beta | None:
        """The prior that the files give, else ``default``; None for a cue that says nothing of a finding."""
        entry = self.entry
        if entry.certainty is None:
            return default if entry.kind in _ASSERTING else None
        strength = entry.strength or (default.strength if default else _DEFAULT_STRENGTH)
        return Beta(entry.certainty, strength)

    def faults(self) -> Iterator[Fault]:
        """What keeps it from being a cue."""
        entry = self.entry
        if entry.kind is None:
            yield self.place.fault(f"cue {entry.id!r} is new here, so it needs a kind (or is the id misspelled?)")
        elif entry.kind in ("uncertainty", "differential") and entry.certainty is None:
            yield self.place.fault(f"cue {entry.id!r}: kind {entry.kind} needs a certainty between 0 and 1")
        elif entry.kind in ("pseudo", "terminator") and entry.certainty is not None:
            yield self.place.fault(
                f"cue {entry.id!r}: kind {entry.kind} says nothing of a finding, so it takes no certainty"
            )
        if not (self.phrases.by_key or self.yielded) and entry.kind in ("pseudo", "terminator", "historical"):
            yield self.place.fault(f"cue {entry.id!r} has no phrases")

    def settled(self, negated: Beta) -> Cue:
        """The cue of files without a fault; ``negated`` is the prior of a plain negation."""
        entry = self.entry
        if entry.kind is None:
            raise AssertionError(f"cue {entry.id!r} has no kind, which faults() says")
        return Cue(
            id=entry.id,
            kind=entry.kind,
            phrases=self.phrases.settled(),
            scope=entry.scope or "both",
            prior=self.prior(negated if entry.kind == "negation" else _DEFAULT_PRIORS.get(entry.kind)),
            family=entry.family or entry.kind,
            reach=entry.reach,
            source=entry.source,
            examples=self.examples,
            place=self.place,
            composed=self.composed,
        )


@dataclass(slots=True)
class FindingDraft:
    """A finding while files are merged."""

    place: Place
    terms: Phrases = field(default_factory=Phrases)
    exclude: Phrases = field(default_factory=Phrases)
    regions: Phrases = field(default_factory=Phrases)
    in_region: Phrases = field(default_factory=Phrases)
    worded: dict[str, Phrases] = field(default_factory=dict)
    several_things: bool = False

    def phrase_sets(self) -> list[Phrases]:
        """All of its lists of phrases."""
        return [self.terms, self.exclude, self.regions, self.in_region, *self.worded.values()]

    def settled(self, name: str) -> Finding:
        """The finding."""
        return Finding(
            name=name,
            terms=self.terms.settled(),
            exclude=self.exclude.settled(),
            regions=self.regions.settled(),
            in_region=self.in_region.settled(),
            worded={cue_id: phrases.settled() for cue_id, phrases in self.worded.items()},
            place=self.place,
            several_things=self.several_things,
        )


def settled_grammar(layers: Sequence[Layer]) -> SettledGrammar:
    """The grammar of all files together; of a single value, the innermost file's."""
    grammars = [layer.file.grammar for layer in layers]
    return SettledGrammar(
        script=_nearest([grammar.script for grammar in grammars], default="words"),  # one is given: else it was a fault
        fold_accents=_nearest([grammar.fold_accents for grammar in grammars], default=True),
        inflections=joined(grammar.inflections for grammar in grammars),
        fillers=joined(grammar.fillers for grammar in grammars),
        conjunctions=joined(grammar.conjunctions for grammar in grammars),
        alternatives=joined(grammar.alternatives for grammar in grammars),
        prepositions=joined(grammar.prepositions for grammar in grammars),
        abbreviations=joined(grammar.abbreviations for grammar in grammars),
        spellings={letters: other for grammar in grammars for letters, other in grammar.spellings.items()},
        compounds=joined(grammar.compounds for grammar in grammars),
        compound_heads=_nearest([grammar.compound_heads for grammar in grammars], default=False),
        answers=joined(grammar.answers for grammar in grammars),
        misheard={word: meant for grammar in grammars for word, meant in grammar.misheard.items()},
        own_words=joined(grammar.own_words for grammar in grammars),
        function_words=joined(grammar.function_words for grammar in grammars),
    )


def settled_phrasing(layers: Sequence[Layer]) -> Mapping[str, tuple[str, ...]]:
    """The words of each list, those of all files together, without what a later file takes away."""
    lists: dict[str, dict[str, str]] = {name: {} for name in Phrasing.model_fields if name != "remove"}
    for layer in layers:
        gone = set(map(phrase_key, layer.file.phrasing.remove))
        for name, words in lists.items():
            kept = {key: word for key, word in words.items() if key not in gone}
            lists[name] = kept | {phrase_key(word): word for word in getattr(layer.file.phrasing, name)}
    return {name: tuple(words.values()) for name, words in lists.items()}


def _nearest(values: Sequence[ValueT | None], *, default: ValueT) -> ValueT:
    """The value of the innermost file that gives one."""
    return next((value for value in reversed(values) if value is not None), default)


def joined(parts: Iterable[tuple[ItemT, ...]]) -> tuple[ItemT, ...]:
    """The items of all parts, one after the other."""
    return tuple(itertools.chain.from_iterable(parts))
