"""The file as a whole: name, version, language, grammar."""

import re
from collections.abc import Iterator
from itertools import pairwise

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.lint.lint_context import Subject

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def name_taken(subject: Subject) -> Iterator[Fault]:
    """A site's file under the name of a vocabulary, or of its parent at no higher version."""
    for parent, child in pairwise(subject.layers):
        if child.inherited or parent.file.adapter != child.file.adapter:
            continue
        if child.file.version <= parent.file.version:
            message = f"has the parent's name and version {child.file.version} — raise it, or use a name of the site's"
            yield child.place("version").fault(message)
        elif parent.file.adapter in built_in_names():
            yield child.place("adapter").fault("is the name of a built-in vocabulary — use a name of the site's")


def other_language(subject: Subject) -> Iterator[Fault]:
    """A language or script that is not the parent's."""
    for parent, child in pairwise(subject.layers):
        for field in ("language",):
            before, now = getattr(parent.file, field), getattr(child.file, field)
            if not child.inherited and before and now and before != now:
                message = f"is {now!r}, but the parent's is {before!r} — extend the vocabulary of that language"
                yield child.place(field).fault(message)
        before, now = parent.file.grammar.script, child.file.grammar.script
        if not child.inherited and before and now and before != now:
            yield child.place("grammar", "script").fault(
                f"is {now}, and the parent's phrases are written for {before} — leave it out"
            )


def foreign_phrase(subject: Subject) -> Iterator[Fault]:
    """Japanese phrases in an adapter that compares words, where they are found only between spaces."""
    if subject.adapter.grammar.script == "words":
        for phrase in subject.own_phrases:
            if _JAPANESE.search(phrase.text):
                yield phrase.place.fault(
                    f"{phrase.text!r} is Japanese, and this adapter compares words — extend ja_radiology"
                )


def idle_grammar(subject: Subject) -> Iterator[Fault]:
    """Grammar that has no effect: abbreviations without a stop, inflections that change nothing."""
    grammar = subject.own.file.grammar
    for at, text in enumerate(grammar.abbreviations):
        if "." not in text:
            message = f"{text!r} has no full stop, so it ends no sentence anyway — write it with its stop"
            yield subject.own.place("grammar", "abbreviations", at).fault(message)
    for at, inflection in enumerate(grammar.inflections):
        if inflection.ending in inflection.becomes:
            message = f"{inflection.ending!r} becomes itself — remove it"
            yield subject.own.place("grammar", "inflections", at).fault(message)


def says_nothing(subject: Subject) -> Iterator[Fault]:
    """A file that changes nothing of its parent."""
    file = subject.own.file
    said = (file.findings, file.cues, file.sections, file.section_weights, file.components, file.header_words)
    lists = (file.languages, file.grammar.model_fields_set, file.phrasing.model_fields_set)
    if file.extends is not None and not any((*said, *lists)):
        yield subject.own.place("extends").fault(
            "the file changes nothing of its parent — add what the site says differently"
        )


def version_not_raised(subject: Subject, before: Subject) -> Iterator[Fault]:
    """An adapter that reads differently from its former release under the same version."""
    now, then = subject.adapter, before.adapter
    if now.name == then.name and now.digest != then.digest and now.version <= then.version:
        message = (
            f"is {now.version}, and {before.own.document.source} is {then.version} and reads differently — raise it"
        )
        yield subject.own.place("version").fault(message)
