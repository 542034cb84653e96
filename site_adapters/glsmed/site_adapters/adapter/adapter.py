"""An adapter after its files are merged: everything that reading a report needs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.schema import Composed, Compound, Expectation, Inflection, Kind, Scope, State
from glsmed.site_adapters.text.phrases import Script

AFFIRMED = "affirmed"
AFFIRMED_ALONE = "affirmed_alone"
BARE = (AFFIRMED, AFFIRMED_ALONE)  # what a mention without any cue has for one, by its form
NEGATED = "negated"
STATES: Mapping[Kind, State] = {
    "affirmation": "present",
    "uncertainty": "uncertain",
    "differential": "uncertain",
    "negation": "absent",
    "resolved": "absent",
    "historical": "uncertain",
    "conditional": "uncertain",
    "unassessable": "not assessable",
}


@dataclass(frozen=True, slots=True)
class Beta:
    """A Beta distribution of a probability, given by its mean and by its strength in labels (a pseudo-count)."""

    mean: float
    strength: float

    @property
    def spread(self) -> float:
        """Its standard deviation."""
        return math.sqrt(self.mean * (1 - self.mean) / (self.strength + 1))


@dataclass(frozen=True, slots=True)
class Place:
    """The file and line of an entry."""

    source: str
    line: int | None
    key: str
    inherited: bool

    def fault(self, message: str) -> Fault:
        """A fault at this place."""
        return Fault(self.source, message, line=self.line, key=self.key)


@dataclass(frozen=True, slots=True)
class ComponentName:
    """A spaCy component as a file names it: ``module:attribute``, also looked for in ``folder``."""

    reference: str
    folder: Path
    place: Place


@dataclass(frozen=True, slots=True)
class CueExample:
    """A text in which a cue must work."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class TextExample:
    """A text and what must be read in it."""

    text: str
    expect: Mapping[str, Expectation]
    place: Place


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue after its files are merged.

    Attributes:
        prior: of P(finding | cue); None for a cue that makes a mention no evidence, and for pseudo and terminator.
        reach: most words to a mention in its scope, or None for as far as the scope goes.
    """

    id: str
    kind: Kind
    phrases: tuple[str, ...]
    scope: Scope
    prior: Beta | None
    family: str
    reach: int | None
    source: str | None
    examples: tuple[CueExample, ...]
    place: Place
    composed: tuple[Composed, ...] = ()

    @property
    def state(self) -> State:
        """The state of a finding that is mentioned under this cue."""
        return STATES[self.kind]


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding's phrases, as in :class:`glsmed.site_adapters.adapter.schema.FindingEntry`."""

    name: str
    terms: tuple[str, ...]
    exclude: tuple[str, ...]
    regions: tuple[str, ...]
    in_region: tuple[str, ...]
    worded: Mapping[str, tuple[str, ...]]
    place: Place
    several_things: bool = False


@dataclass(frozen=True, slots=True)
class SettledGrammar:
    """How the language is written; see :class:`glsmed.site_adapters.adapter.schema.Grammar`."""

    script: Script
    fold_accents: bool
    inflections: tuple[Inflection, ...]
    fillers: tuple[str, ...]
    conjunctions: tuple[str, ...]
    alternatives: tuple[str, ...]
    prepositions: tuple[str, ...]
    abbreviations: tuple[str, ...]
    spellings: Mapping[str, str] = field(default_factory=dict)
    compounds: tuple[Compound, ...] = ()
    compound_heads: bool = False
    answers: tuple[str, ...] = ()
    misheard: Mapping[str, str] = field(default_factory=dict)
    own_words: tuple[str, ...] = ()
    function_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adapter:
    """A site's way of reading reports.

    Attributes:
        digest: sha256 (hex) of everything that decides how a report is read.
        headers: section header → role; section_weights: role → weight, 0 for no evidence.
        findings: name → finding; iterating gives the names.
        phrasing: name of a list of :class:`glsmed.site_adapters.adapter.schema.Phrasing` → its words.
        header_words: role → words by which an unknown header has that role.
        languages: those whose sentences are read besides the adapter's own.
        cues: id → cue, always with ``affirmed`` and ``negated``.
        components: rules of the site's own; see :mod:`glsmed.site_adapters.adapter.components`.
    """

    name: str
    version: int
    digest: str
    language: str
    grammar: SettledGrammar
    headers: Mapping[str, str]
    section_weights: Mapping[str, float]
    findings: Mapping[str, Finding]
    cues: Mapping[str, Cue]
    examples: tuple[TextExample, ...] = field(repr=False)
    components: tuple[ComponentName, ...] = ()
    phrasing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    header_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    languages: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """``name@version``, as written into every label."""
        return f"{self.name}@{self.version}"
