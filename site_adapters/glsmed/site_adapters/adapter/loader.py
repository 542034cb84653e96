"""From an adapter file to an adapter: merges it with its parents and reports all faults at once."""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.adapter.adapter import (
    AFFIRMED,
    NEGATED,
    Adapter,
    ComponentName,
    CueExample,
    Place,
    TextExample,
)
from glsmed.site_adapters.adapter.components import load_component, source_digest
from glsmed.site_adapters.adapter.drafts import (
    PLAIN_NEGATION,
    CueDraft,
    FindingDraft,
    Phrases,
    joined,
    phrase_key,
    settled_grammar,
    settled_phrasing,
)
from glsmed.site_adapters.adapter.layers import Layer, read_layers
from glsmed.site_adapters.adapter.schema import CueEntry, FindingEntry


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


class _Merger:
    """Merges files, the outermost parent first, into one adapter."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._cues: dict[str, CueDraft] = {}
        self._findings: dict[str, FindingDraft] = {}
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
            self._headers.update((phrase_key(header), role) for header in headers)
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
        finding = self._findings.setdefault(name, FindingDraft(place))
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
            finding.worded.setdefault(cue_id, Phrases()).add(phrases)

    def _take_cue(self, layer: Layer, index: int, entry: CueEntry) -> None:
        place = layer.place("cues", index)
        cue = self._cues.get(entry.id)
        if cue is None:
            cue = self._cues[entry.id] = CueDraft(entry, place)
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
                said.setdefault(phrase_key(phrase), set()).add(entry.id)
        for cue_id, cue in self._cues.items():
            cue.yield_phrases(key for key, owners in said.items() if cue_id not in owners)

    def _remove(self, phrase: str, sets: Sequence[Phrases], place: Place) -> None:
        known = [key for phrases in sets for key in phrases.by_key]
        if phrase_key(phrase) not in known:
            self._faults.append(place.fault(f"{phrase!r} is not a phrase of the parent" + did_you_mean(phrase, known)))
        for phrases in sets:
            phrases.by_key.pop(phrase_key(phrase), None)

    def settle(self, layers: Sequence[Layer]) -> Adapter:
        leaf = layers[-1]
        self._faults += _root_faults(layers, self._cues)
        self._faults += self._finding_faults()
        self._faults += self._role_faults(layers)
        self._faults += self._compound_faults(layers)
        self._faults += self._example_faults()
        self._faults += itertools.chain.from_iterable(cue.faults() for cue in self._cues.values())
        sources = list(self._component_sources())
        if self._faults:
            raise ConfigurationError(sorted(self._faults, key=lambda fault: (fault.source, fault.line or 0)))
        negated = self._cues[NEGATED].prior(None) or PLAIN_NEGATION
        return Adapter(
            name=leaf.file.adapter,
            version=leaf.file.version,
            digest=_digest(layers, sources),
            language=next(layer.file.language for layer in reversed(layers) if layer.file.language),
            grammar=settled_grammar(layers),
            headers=self._headers,
            section_weights=self._weights,
            findings={name: finding.settled(name) for name, finding in self._findings.items()},
            cues={cue_id: cue.settled(negated) for cue_id, cue in self._cues.items()},
            examples=tuple(self._examples),
            components=tuple(self._components),
            phrasing=settled_phrasing(layers),
            header_words=self._header_words,
            languages=tuple(dict.fromkeys(joined(layer.file.languages for layer in layers))),
        )

    def _component_sources(self) -> Iterator[str]:
        """The digest of each component's source; one that cannot be imported is a fault."""
        for named in self._components:
            try:
                yield source_digest(load_component(named))
            except ConfigurationError as error:
                self._faults += error.faults

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


def _root_faults(layers: Sequence[Layer], cues: Mapping[str, CueDraft]) -> Iterator[Fault]:
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


def _digest(layers: Sequence[Layer], component_sources: Sequence[str]) -> str:
    """sha256 over what the files say, without examples (they decide nothing), and over their components."""
    said: list[object] = list(component_sources)
    for layer in layers:
        content = layer.file.model_dump(mode="json", exclude={"examples": True})
        content["cues"] = [{key: value for key, value in cue.items() if key != "examples"} for cue in content["cues"]]
        said.append(content)
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
