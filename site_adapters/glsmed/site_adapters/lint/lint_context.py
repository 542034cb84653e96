"""What the rules of lint look at: an adapter, every phrase with its place, and a reader to try it with."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.adapter import BARE, NEGATED, Adapter, Cue, Place
from glsmed.site_adapters.adapter.layers import Layer, read_layers
from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.adapter.loader import load_adapter, merged
from glsmed.site_adapters.adapter.schema import CueEntry
from glsmed.site_adapters.reading.examples import check_examples
from glsmed.site_adapters.reading.reader import Reader

PhraseRole = Literal["term", "exclude", "worded", "cue", "filler", "conjunction", "alternative"]
_PROBE_TERMS = 3
ASSERTING = ("affirmation", "uncertainty", "differential", "negation", "resolved")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that is in force.

    Attributes:
        tokens: as they are compared, inflected forms as one.
        owner: finding, cue or grammar key that it belongs to; ``cue`` is the id of the cue of a worded phrase.
    """

    text: str
    tokens: tuple[str, ...]
    role: PhraseRole
    owner: str
    cue: str
    place: Place

    @property
    def own(self) -> bool:
        """Whether it stands in the file that was asked for, not in a parent."""
        return not self.place.inherited


@dataclass(frozen=True)
class Subject:
    """An adapter under inspection; ``layers`` are its files, the outermost parent first."""

    adapter: Adapter
    layers: Sequence[Layer]
    reader: Reader
    lexicon: Lexicon

    @property
    def own(self) -> Layer:
        """The file that was asked for."""
        return self.layers[-1]

    @cached_property
    def phrases(self) -> Sequence[Phrase]:
        """Every phrase in force, the outermost parent's first."""
        return [phrase for layer in self.layers for phrase in _phrases_of(layer, self.adapter, self.lexicon)]

    @cached_property
    def own_phrases(self) -> Sequence[Phrase]:
        """The phrases of the file that was asked for."""
        return [phrase for phrase in self.phrases if phrase.own]

    @cached_property
    def by_tokens(self) -> Mapping[tuple[str, ...], Sequence[Phrase]]:
        """The phrases that a reader cannot tell apart."""
        groups: dict[tuple[str, ...], list[Phrase]] = defaultdict(list)
        for phrase in self.phrases:
            groups[phrase.tokens].append(phrase)
        return groups

    @cached_property
    def own_cues(self) -> Sequence[tuple[int, CueEntry, Cue]]:
        """Each cue in the own file: its place in the file's list, what the file says, and the cue that results."""
        return [
            (at, entry, self.adapter.cues[entry.id])
            for at, entry in enumerate(self.own.file.cues)
            if entry.id in self.adapter.cues
        ]

    @cached_property
    def parent_cues(self) -> Mapping[str, Cue]:
        """The cues as the parent has them; none for a file without a parent."""
        parent = self.own.file.extends
        if parent is None:
            return {}
        beside = Path(self.own.document.source).parent / parent
        return load_adapter(beside if beside.is_file() else parent).cues

    @cached_property
    def failed_examples(self) -> Sequence[Fault]:
        """The faults of examples, of all its files, that do not hold."""
        return check_examples(self.adapter, inherited=True)

    @cached_property
    def probe_terms(self) -> Sequence[tuple[str, str]]:
        """A few plain terms with their findings, to try cues on: single words, unless there are none."""
        terms = [phrase for phrase in self.phrases if phrase.role == "term" and len(self.by_tokens[phrase.tokens]) == 1]
        firsts: dict[str, str] = {}
        for phrase in [*(term for term in terms if term.text.isalpha()), *terms]:
            firsts.setdefault(phrase.owner, phrase.text)
        return [(term, finding) for finding, term in firsts.items()][:_PROBE_TERMS]

    def sentence(self, *parts: str) -> str:
        """The parts as a sentence of the adapter's language."""
        if self.adapter.grammar.script == "characters":
            return "".join(parts) + "。"
        text = " ".join(parts) + "."
        return text[0].upper() + text[1:]


def load_subject(reference: str | Path, *, draft: str | None = None) -> Subject:
    """The adapter that ``reference`` names, ready for inspection.

    Args:
        reference: a built-in vocabulary or a file.
        draft: what the file would say, instead of what it says.

    Raises:
        ConfigurationError: with every fault that keeps it from being loaded.
    """
    layers = read_layers(reference, draft=draft)
    adapter = merged(layers)
    return Subject(adapter, layers, Reader(adapter), Lexicon(adapter))


def is_plain(cue: Cue) -> bool:
    """Whether it is one of the cues that need no phrases: plain denial, and the forms of a mention without a cue."""
    return cue.id in (*BARE, NEGATED)


def _phrases_of(layer: Layer, adapter: Adapter, lexicon: Lexicon) -> Iterator[Phrase]:
    def phrase(text: str, role: PhraseRole, owner: str, path: tuple[str | int, ...], cue: str = "") -> Phrase:
        return Phrase(text, compared(text, lexicon), role, owner, cue, layer.place(*path))

    for key, role in (("fillers", "filler"), ("conjunctions", "conjunction"), ("alternatives", "alternative")):
        for at, text in enumerate(getattr(layer.file.grammar, key)):
            yield phrase(text, _grammar_role(role), key, ("grammar", key, at))
    for name, entry in layer.file.findings.items():
        settled = adapter.findings[name]
        for at, text in enumerate(entry.terms):
            if text in settled.terms:
                yield phrase(text, "term", name, ("findings", name, "terms", at))
        for at, text in enumerate(entry.exclude):
            if text in settled.exclude:
                yield phrase(text, "exclude", name, ("findings", name, "exclude", at))
        for cue_id, texts in entry.worded.items():
            for at, text in enumerate(texts):
                if text in settled.worded.get(cue_id, ()):
                    yield phrase(text, "worded", name, ("findings", name, "worded", cue_id, at), cue_id)
    for index, cue in enumerate(layer.file.cues):
        for at, text in enumerate(cue.phrases):
            if text in adapter.cues[cue.id].phrases:
                yield phrase(text, "cue", cue.id, ("cues", index, "phrases", at), cue.id)


def _grammar_role(role: str) -> PhraseRole:
    roles: dict[str, PhraseRole] = {
        "filler": "filler",
        "conjunction": "conjunction",
        "alternative": "alternative",
    }
    return roles[role]


def compared(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The tokens of a phrase, inflected forms as one."""
    return tuple(min(lexicon.index.forms(token), key=lambda form: (len(form), form)) for token in lexicon.tokens(text))
