"""Which findings an adapter, or any built-in vocabulary, knows."""

from collections.abc import Mapping
from dataclasses import dataclass

from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter

_FIRST = 4


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """A finding with its words.

    Attributes:
        name: as in study.yaml.
        terms: how many words for it there are.
        first_terms: the first of them, as in the file.
        languages: those whose built-in vocabulary knows it, with the number of words there.
    """

    name: str
    terms: int
    first_terms: tuple[str, ...]
    languages: Mapping[str, int]


def known_findings(reference: str | None = None) -> list[KnownFinding]:
    """The findings of an adapter; without one, those of all built-in vocabularies, in English where they can be.

    Raises:
        ConfigurationError: the adapter cannot be read.
    """
    built_in = _terms_by_language()
    own = built_in if reference is None else {"": _terms(reference)}
    words: dict[str, tuple[str, ...]] = {}
    for by_finding in own.values():
        for finding, terms in by_finding.items():
            words.setdefault(finding, terms)
    return [KnownFinding(name, len(terms), terms[:_FIRST], _languages(name, built_in)) for name, terms in words.items()]


def _terms_by_language() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Terms by finding by language, English first: its words are shown for what several languages know."""
    adapters = {name: load_adapter(name) for name in built_in_names()}
    ordered = sorted(adapters.values(), key=lambda adapter: (adapter.language != "en", adapter.language))
    return {adapter.language: _terms(adapter.name) for adapter in ordered}


def _terms(reference: str) -> Mapping[str, tuple[str, ...]]:
    return {name: finding.terms for name, finding in load_adapter(reference).findings.items()}


def _languages(finding: str, built_in: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Mapping[str, int]:
    return {language: len(terms[finding]) for language, terms in built_in.items() if finding in terms}
