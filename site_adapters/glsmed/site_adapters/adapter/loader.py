"""From an adapter file to an adapter: merges it with its parents and reports all faults at once."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.adapter.adapter import (
    AFFIRMED,
    NEGATED,
    Adapter,
    Beta,
    ComponentName,
    Cue,
    CueExample,
    Finding,
    Place,
    SettledGrammar,
    TextExample,
)
from glsmed.site_adapters.adapter.components import load_component, source_digest
from glsmed.site_adapters.adapter.layers import Layer, read_layers
from glsmed.site_adapters.adapter.schema import Composed, CueEntry, FindingEntry, Kind, Phrasing

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")

_ASSERTING: frozenset[Kind] = frozenset({"affirmation", "uncertainty", "differential", "negation", "resolved"})
_DEFAULT_PRIORS: Mapping[Kind, Beta] = {"affirmation": Beta(0.9, 10), "resolved": Beta(0.02, 20)}
_PLAIN_NEGATION = Beta(0.02, 20)
_DEFAULT_STRENGTH = 4.0


def load_adapter(reference: str | Path) -> Adapter:
    """The adapter that ``reference`` names: a built-in vocabulary or a file.

    Raises:
        ConfigurationError: with every fault, as ``file:line: key: message``.
    """
    return merged(read_layers(reference))


def merged(layers: Sequence[Layer]) -> Adapter:
    """The adapter of files that were read, the outermost parent first; errors as of :func:`load_adapter`."""
    merger = _Merger()
    for layer in layers:
        merger.take(layer)
    return merger.settle(layers)


def _key(phrase: str) -> str:
    return " ".join(phrase.casefold().split())


@dataclass(slots=True)
class _Phrases:
    """Phrases in the order they were added, without repeats."""

    by_key: dict[str, str] = field(default_factory=dict)

    def add(self, phrases: Iterable[str]) -> None:
        for phrase in phrases:
            self.by_key.setdefault(_key(phrase), phrase)

    def settled(self) -> tuple[str, ...]:
        return tuple(self.by_key.values())


@dataclass(slots=True)
class _Cue:
    """A cue while files are merged; ``entry`` holds its scalars, ``yielded`` says that another cue took phrases."""

    entry: CueEntry
    place: Place
    phrases: _Phrases = field(default_factory=_Phrases)
    composed: tuple[Composed, ...] = ()
    examples: tuple[CueExample, ...] = ()
    yielded: bool = False

    def yield_phrases(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.yielded |= self.phrases.by_key.pop(key, None) is not None


@dataclass(slots=True)
class _Finding:
    place: Place
    terms: _Phrases = field(default_factory=_Phrases)
    exclude: _Phrases = field(default_factory=_Phrases)
    regions: _Phrases = field(default_factory=_Phrases)
    in_region: _Phrases = field(default_factory=_Phrases)
    worded: dict[str, _Phrases] = field(default_factory=dict)
    several_things: bool = False

    def phrase_sets(self) -> list[_Phrases]:
        return [self.terms, self.exclude, self.regions, self.in_region, *self.worded.values()]


class _Merger:
    """Merges files, the outermost parent first, into one adapter."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._cues: dict[str, _Cue] = {}
        self._findings: dict[str, _Finding] = {}
        self._headers: dict[str, str] = {}
        self._weights: dict[str, float] = {}
        self._examples: list[TextExample] = []
        self._components: list[ComponentName] = []

        self._header_words: dict[str, tuple[str, ...]] = {}

    def take(self, layer: Layer) -> None:
        for role, words in layer.file.header_words.items():
            self._header_words[role] = (*self._header_words.get(role, ()), *words)
        self._weights.update(layer.file.section_weights)
        for role, headers in layer.file.sections.items():
            self._headers.update((_key(header), role) for header in headers)
        for name, entry in layer.file.findings.items():
            self._take_finding(layer, name, entry)
        for index, cue in enumerate(layer.file.cues):
            self._take_cue(layer, index, cue)
        self._take_over(layer.file.cues)
        for index, example in enumerate(layer.file.examples):
            self._examples.append(TextExample(example.text, example.expect, layer.place("examples", index)))
        folder = Path(layer.document.source).resolve().parent
        for index, reference in enumerate(layer.file.components):
            self._components.append(ComponentName(reference, folder, layer.place("components", index)))

    def _take_finding(self, layer: Layer, name: str, entry: FindingEntry) -> None:
        place = layer.place("findings", name)
        finding = self._findings.setdefault(name, _Finding(place))
        for index, phrase in enumerate(entry.remove):
            self._remove(phrase, finding.phrase_sets(), layer.place("findings", name, "remove", index))
        finding.place = place
        finding.terms.add(entry.terms)
        finding.exclude.add(entry.exclude)
        finding.regions.add(entry.regions)
        finding.in_region.add(entry.in_region)
        if entry.several_things is not None:
            finding.several_things = entry.several_things
        for cue_id, phrases in entry.worded.items():
            finding.worded.setdefault(cue_id, _Phrases()).add(phrases)

    def _take_cue(self, layer: Layer, index: int, entry: CueEntry) -> None:
        place = layer.place("cues", index)
        cue = self._cues.get(entry.id)
        if cue is None:
            cue = self._cues[entry.id] = _Cue(entry, place)
        else:
            said = {name: getattr(entry, name) for name in entry.model_fields_set}
            cue.entry, cue.place = cue.entry.model_copy(update=said), place
        for number, phrase in enumerate(entry.remove):
            self._remove(phrase, [cue.phrases], layer.place("cues", index, "remove", number))
        cue.phrases.add(entry.phrases)
        cue.composed += entry.composed
        if entry.examples:
            places = [layer.place("cues", index, "examples", number) for number in range(len(entry.examples))]
            cue.examples = tuple(map(CueExample, entry.examples, places))

    def _take_over(self, entries: Sequence[CueEntry]) -> None:
        """Move a file's phrases away from the cues that have them in its parents: the nearest file decides."""
        said: dict[str, set[str]] = {}
        for entry in entries:
            for phrase in entry.phrases:
                said.setdefault(_key(phrase), set()).add(entry.id)
        for cue_id, cue in self._cues.items():
            cue.yield_phrases(key for key, owners in said.items() if cue_id not in owners)

    def _remove(self, phrase: str, sets: Sequence[_Phrases], place: Place) -> None:
        known = [key for phrases in sets for key in phrases.by_key]
        if _key(phrase) not in known:
            self._faults.append(place.fault(f"{phrase!r} is not a phrase of the parent" + did_you_mean(phrase, known)))
        for phrases in sets:
            phrases.by_key.pop(_key(phrase), None)

    def settle(self, layers: Sequence[Layer]) -> Adapter:
        leaf = layers[-1]
        self._faults += _root_faults(layers, self._cues)
        self._faults += self._finding_faults()
        self._faults += self._role_faults(layers)
        self._faults += self._compound_faults(layers)
        self._faults += self._example_faults()
        plain = (_prior(self._cues[NEGATED].entry, None) if NEGATED in self._cues else None) or _PLAIN_NEGATION
        cues = {cue_id: settled for cue_id, cue in self._cues.items() if (settled := self._settle_cue(cue, plain))}
        sources = list(self._component_sources())
        if self._faults:
            raise ConfigurationError(sorted(self._faults, key=lambda fault: (fault.source, fault.line or 0)))
        findings = {name: _settle_finding(name, finding) for name, finding in self._findings.items()}
        return Adapter(
            name=leaf.file.adapter,
            version=leaf.file.version,
            digest=_digest(layers, sources),
            language=next(layer.file.language for layer in reversed(layers) if layer.file.language),
            grammar=_settle_grammar(layers),
            headers=self._headers,
            section_weights=self._weights,
            findings=findings,
            cues=cues,
            examples=tuple(self._examples),
            components=tuple(self._components),
            phrasing=_settle_phrasing(layers),
            header_words=self._header_words,
            languages=tuple(dict.fromkeys(_joined(layer.file.languages for layer in layers))),
        )

    def _component_sources(self) -> Iterator[str]:
        """The digest of each component's source; one that cannot be imported is a fault."""
        for named in self._components:
            try:
                yield source_digest(load_component(named))
            except ConfigurationError as error:
                self._faults += error.faults

    def _settle_cue(self, cue: _Cue, plain: Beta) -> Cue | None:
        entry = cue.entry
        faults = list(_cue_faults(cue))
        self._faults += faults
        if faults or entry.kind is None:
            return None
        return Cue(
            id=entry.id,
            kind=entry.kind,
            phrases=cue.phrases.settled(),
            scope=entry.scope or "both",
            prior=_prior(entry, plain if entry.kind == "negation" else _DEFAULT_PRIORS.get(entry.kind)),
            family=entry.family or entry.kind,
            reach=entry.reach,
            source=entry.source,
            examples=cue.examples,
            place=cue.place,
            composed=cue.composed,
        )

    def _finding_faults(self) -> Iterator[Fault]:
        for name, finding in self._findings.items():
            for cue_id in finding.worded:
                if cue_id not in self._cues:
                    message = f"{cue_id!r} is not the id of a cue" + did_you_mean(cue_id, list(self._cues))
                    yield finding.place.fault(f"worded: {message}")
                elif (kind := self._cues[cue_id].entry.kind) in ("pseudo", "terminator"):
                    message = f"cue {cue_id!r} is a {kind} and says nothing of a finding: use exclude, or another cue"
                    yield finding.place.fault(f"worded: {message}")
            if finding.in_region.by_key and not finding.regions.by_key:
                yield finding.place.fault(f"{name!r} has in_region but no regions: those words would mention nothing")
            if not finding.terms.by_key and not finding.worded:
                yield finding.place.fault(f"{name!r} has no terms left: nothing could mention it")

    def _role_faults(self, layers: Sequence[Layer]) -> Iterator[Fault]:
        for layer in layers:
            for role in layer.file.sections:
                if role in self._headers.values() and role not in self._weights:
                    yield layer.place("sections", role).fault(self._without_weight(role))
            for role in layer.file.header_words:
                if role not in self._weights:
                    yield layer.place("header_words", role).fault(self._without_weight(role))

    def _without_weight(self, role: str) -> str:
        near = did_you_mean(role, list(self._weights)) or "; add it to section_weights"
        return f"section {role!r} has no weight{near}"

    def _compound_faults(self, layers: Sequence[Layer]) -> Iterator[Fault]:
        for layer in layers:
            for index, compound in enumerate(layer.file.grammar.compounds):
                if compound.cue is not None and compound.cue not in self._cues:
                    place = layer.place("grammar", "compounds", index, "cue")
                    yield place.fault(
                        f"{compound.cue!r} is not the id of a cue" + did_you_mean(compound.cue, list(self._cues))
                    )

    def _example_faults(self) -> Iterator[Fault]:
        for example in self._examples:
            for name in example.expect:
                if name not in self._findings:
                    message = f"{name!r} is not a finding of this adapter" + did_you_mean(name, list(self._findings))
                    yield example.place.fault(message)


def _root_faults(layers: Sequence[Layer], cues: Mapping[str, _Cue]) -> Iterator[Fault]:
    root = layers[0]
    for cue_id in (AFFIRMED, NEGATED):
        if cue_id not in cues:
            yield root.place("cues").fault(
                f"a cue {cue_id!r} is needed: the prior of a mention that is plainly {cue_id}"
            )
    if not any(layer.file.language for layer in layers):
        yield root.place("language").fault("is missing")
    if not any(layer.file.grammar.script for layer in layers):
        yield root.place("grammar").fault("script is missing: words, or characters for a language without spaces")


def _cue_faults(cue: _Cue) -> Iterator[Fault]:
    entry = cue.entry
    if entry.kind is None:
        yield cue.place.fault(f"cue {entry.id!r} is new here, so it needs a kind (or is the id misspelled?)")
    elif entry.kind in ("uncertainty", "differential") and entry.certainty is None:
        yield cue.place.fault(f"cue {entry.id!r}: kind {entry.kind} needs a certainty between 0 and 1")
    elif entry.kind in ("pseudo", "terminator") and entry.certainty is not None:
        yield cue.place.fault(
            f"cue {entry.id!r}: kind {entry.kind} says nothing of a finding, so it takes no certainty"
        )
    if not (cue.phrases.by_key or cue.yielded) and entry.kind in ("pseudo", "terminator", "historical"):
        yield cue.place.fault(f"cue {entry.id!r} has no phrases")


def _prior(entry: CueEntry, default: Beta | None) -> Beta | None:
    if entry.certainty is None:
        return default if entry.kind in _ASSERTING else None
    strength = entry.strength or (default.strength if default else _DEFAULT_STRENGTH)
    return Beta(entry.certainty, strength)


def _settle_finding(name: str, finding: _Finding) -> Finding:
    worded = {cue_id: phrases.settled() for cue_id, phrases in finding.worded.items()}
    return Finding(
        name=name,
        terms=finding.terms.settled(),
        exclude=finding.exclude.settled(),
        regions=finding.regions.settled(),
        in_region=finding.in_region.settled(),
        worded=worded,
        place=finding.place,
        several_things=finding.several_things,
    )


def _settle_grammar(layers: Sequence[Layer]) -> SettledGrammar:
    grammars = [layer.file.grammar for layer in layers]
    return SettledGrammar(
        script=_nearest([grammar.script for grammar in grammars], default="words"),  # one is given: else it was a fault
        fold_accents=_nearest([grammar.fold_accents for grammar in grammars], default=True),
        inflections=_joined(grammar.inflections for grammar in grammars),
        fillers=_joined(grammar.fillers for grammar in grammars),
        conjunctions=_joined(grammar.conjunctions for grammar in grammars),
        alternatives=_joined(grammar.alternatives for grammar in grammars),
        prepositions=_joined(grammar.prepositions for grammar in grammars),
        abbreviations=_joined(grammar.abbreviations for grammar in grammars),
        spellings={letters: other for grammar in grammars for letters, other in grammar.spellings.items()},
        compounds=_joined(grammar.compounds for grammar in grammars),
        compound_heads=_nearest([grammar.compound_heads for grammar in grammars], default=False),
        answers=_joined(grammar.answers for grammar in grammars),
        misheard={word: meant for grammar in grammars for word, meant in grammar.misheard.items()},
        own_words=_joined(grammar.own_words for grammar in grammars),
        function_words=_joined(grammar.function_words for grammar in grammars),
    )


def _settle_phrasing(layers: Sequence[Layer]) -> Mapping[str, tuple[str, ...]]:
    """The words of each list, those of all files together, without what a later file takes away."""
    lists: dict[str, dict[str, str]] = {name: {} for name in Phrasing.model_fields if name != "remove"}
    for layer in layers:
        gone = set(map(_key, layer.file.phrasing.remove))
        for name, words in lists.items():
            kept = {key: word for key, word in words.items() if key not in gone}
            lists[name] = kept | {_key(word): word for word in getattr(layer.file.phrasing, name)}
    return {name: tuple(words.values()) for name, words in lists.items()}


def _nearest(values: Sequence[ValueT | None], *, default: ValueT) -> ValueT:
    """The value of the innermost file that gives one."""
    return next((value for value in reversed(values) if value is not None), default)


def _joined(parts: Iterable[tuple[ItemT, ...]]) -> tuple[ItemT, ...]:
    return tuple(itertools.chain.from_iterable(parts))


def _digest(layers: Sequence[Layer], component_sources: Sequence[str]) -> str:
    """sha256 over what the files say, without examples (they decide nothing), and over their components."""
    said: list[object] = list(component_sources)
    for layer in layers:
        content = layer.file.model_dump(mode="json", exclude={"examples": True})
        content["cues"] = [{key: value for key, value in cue.items() if key != "examples"} for cue in content["cues"]]
        said.append(content)
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
