"""The plug point for rules that words cannot express: a spaCy component of the hospital's own.

An adapter file names it::

    components: ["my_hospital.rules:mark_rules"]

and the module stands beside that file or in the site's environment. A component is what spaCy means by one: a callable
that takes a :class:`spacy.tokens.Doc` and gives it back. It gets the report's whole text as a Doc of
``spacy.blank(language)`` (one token a character where the script is ``characters``) and marks what it found::

    def mark_rules(doc: Doc) -> Doc:
        doc.spans["glsmed"] = [Span(doc, 3, 5, label="effusion"), Span(doc, 7, 9, label="possible")]
        return doc

The Doc already tells what the adapter's phrases alone say (``doc._.findings``, ``doc.spans["glsmed_findings"]``, … as
:mod:`glsmed.site_adapters.reading.spacy_annotations` lists them), so a rule can build on it. The same function works as
a component of a pipeline: before ``glsmed_reader`` its marks are read, after it it finds what was read.

A span's label is the name of a finding (a mention of it), the id of a cue, or ``finding/cue`` for words that say both
at once. A span belongs to the sentence in which it begins and takes the place of the phrases that it overlaps; from
there on it is read as they are, so a pseudo cue swallows words. spaCy is imported only for an adapter that names a
component; the code runs at the site and never travels.
"""

import hashlib
import importlib
import inspect
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glsmed.shared.errors import ConfigurationError, DataError
from glsmed.shared.files.documents import did_you_mean
from glsmed.site_adapters.adapter.adapter import Adapter, ComponentName, Place
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.text.phrases import Hit

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

SPANS_KEY = "glsmed"
Component = Callable[["Doc"], "Doc"]


class Marked(NamedTuple):
    """What a component marked: ``text[start:end]`` of the report, and what it means."""

    start: int
    end: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Components:
    """The components of an adapter, ready to mark reports."""

    adapter: Adapter
    functions: Sequence[tuple[str, Component]]
    language: "Language"

    def marked(self, text: str, annotate: Callable[["Doc"], None]) -> list[Marked]:
        """What the components mark in a report, from left to right.

        Args:
            text: the report.
            annotate: writes onto a Doc what a component may build on.

        Raises:
            DataError: a component failed, or marked something that the adapter does not know.
        """
        found: list[Marked] = []
        for name, function in self.functions:
            doc = self._doc(text)
            annotate(doc)
            found += marks_on(_processed(name, function, doc), self.adapter, component=name)
        return sorted(found, key=lambda marked: (marked.start, -marked.end))

    def _doc(self, text: str) -> "Doc":
        from spacy.tokens import Doc

        if self.adapter.grammar.script == "words":
            return self.language.make_doc(text)
        return Doc(self.language.vocab, words=list(text), spaces=[False] * len(text))


def load_components(adapter: Adapter) -> Components | None:
    """The components that the adapter names, imported; None where it names none.

    Raises:
        ConfigurationError: one cannot be imported or is not callable.
    """
    if not adapter.components:
        return None
    import spacy

    functions = [(named.reference, load_component(named)) for named in adapter.components]
    code = adapter.language if adapter.grammar.script == "words" else "xx"
    language = spacy.blank(code)
    return Components(adapter, functions, language)


def load_component(named: ComponentName) -> Component:
    """The callable that an adapter file names, ``module:attribute``.

    Raises:
        ConfigurationError: with the line of the file that names it.
    """
    module_name, _, attribute = named.reference.partition(":")
    with _importable_from(named.folder):
        try:
            module = importlib.import_module(module_name)
        except Exception as error:  # the hospital's own module may raise anything; it is told as a fault of the file
            remedy = "install it in the site's environment, or put it beside this file"
            message = f"{module_name!r} cannot be imported ({type(error).__name__}: {error}); {remedy}"
            raise _unusable(named.place, message) from error
    function = getattr(module, attribute, None)
    if not callable(function):
        names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise _unusable(named.place, f"{module_name!r} has no callable {attribute!r}{did_you_mean(attribute, names)}")
    loaded: Component = function
    return loaded


def source_digest(component: Component) -> str:
    """sha256 (hex) of the file that a component is written in; of nothing where it has no file."""
    try:
        path = inspect.getsourcefile(inspect.unwrap(component)) or inspect.getsourcefile(type(component))
    except TypeError:
        path = inspect.getsourcefile(type(component))
    return hashlib.sha256(Path(path).read_bytes() if path else b"").hexdigest()


def _unusable(place: Place, message: str) -> ConfigurationError:
    return ConfigurationError([place.fault(message)])


def overlaid(
    hits: Sequence[Hit[Meaning]], marked: Iterable[Marked], bounds: Sequence[tuple[int, int]]
) -> list[Hit[Meaning]]:
    """The hits of a sentence with what components marked in their place.

    Args:
        hits: what the adapter's phrases found, from left to right.
        marked: from left to right, in characters of the sentence.
        bounds: first and last character of each token of the sentence.
    """
    own: list[Hit[Meaning]] = []
    for start, end, meaning in marked:
        first = bisect_right(bounds, start, key=lambda bound: bound[1])
        last = bisect_left(bounds, end, key=lambda bound: bound[0])
        if first < last and (not own or first >= own[-1].end):
            own.append(Hit(first, last, meaning))
    taken = {token for hit in own for token in range(hit.start, hit.end)}
    kept = [hit for hit in hits if taken.isdisjoint(range(hit.start, hit.end))]
    return sorted([*kept, *own], key=lambda hit: hit.start)


@contextmanager
def _importable_from(folder: Path) -> Iterator[None]:
    """Let modules beside the adapter file be found, after all others so that they shadow none."""
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _processed(name: str, function: Component, doc: "Doc") -> "Doc":
    try:
        processed = function(doc)
        processed.spans.get(SPANS_KEY)  # a component that gives nothing back fails here, under its own name
    except Exception as error:  # one report that a hospital's rule cannot take must not cost the others
        raise DataError(f"component {name} failed: {type(error).__name__}: {error}") from error
    return processed


def marks_on(doc: "Doc", adapter: Adapter, *, component: str) -> list[Marked]:
    """What a component marked under ``doc.spans["glsmed"]``.

    Raises:
        DataError: a label is not a finding or cue of the adapter; says which, and the name of the ``component``.
    """
    spans = doc.spans.get(SPANS_KEY, [])
    return [Marked(span.start_char, span.end_char, _meaning(span.label_, adapter, component)) for span in spans]


def _meaning(label: str, adapter: Adapter, component: str) -> Meaning:
    finding, _, cue_id = label.partition("/")
    known: Mapping[str, object] = {**adapter.findings, **adapter.cues}
    for part in filter(None, (finding, cue_id)):
        if part not in known:
            raise DataError(
                f"component {component}: label {label!r}: {part!r} is neither a finding nor a cue of this adapter"
                + did_you_mean(part, list(known))
            )
    if finding in adapter.findings:
        return Meaning(mentions=((finding, adapter.cues.get(cue_id)),))
    return Meaning(cue=adapter.cues[finding])
