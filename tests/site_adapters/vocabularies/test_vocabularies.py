"""What holds for every built-in vocabulary."""

import pytest

from glsmed.shared.findings import CANONICAL_FINDINGS, FINDINGS_OF_SOME_LANGUAGES
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.examples import check_examples
from glsmed.site_adapters.text.bodies import BODY

LANGUAGES = {"en": "en_radiology", "ja": "ja_radiology", "es": "es_radiology", "de": "de_radiology"}
_HEDGES = ("uncertainty", "differential")


@pytest.fixture(scope="module", params=sorted(built_in_names()))
def adapter(request: pytest.FixtureRequest) -> Adapter:
    return load_adapter(str(request.param))


def test_there_is_one_for_each_language() -> None:
    assert {load_adapter(name).language: name for name in built_in_names()} == LANGUAGES


def test_the_findings_that_the_centre_knows_are_those_of_the_vocabularies(adapter: Adapter) -> None:
    own = {name for name, languages in FINDINGS_OF_SOME_LANGUAGES.items() if adapter.language in languages}
    assert set(adapter.findings) == {*CANONICAL_FINDINGS, *own}


def test_every_cue_has_an_example(adapter: Adapter) -> None:
    assert [cue.id for cue in adapter.cues.values() if not cue.examples] == []


def test_every_example_holds(adapter: Adapter) -> None:
    assert [str(fault) for fault in check_examples(adapter)] == []


def test_every_number_names_its_source(adapter: Adapter) -> None:
    weighed = [cue for cue in adapter.cues.values() if cue.kind in (*_HEDGES, "affirmation", "resolved")]
    assert [cue.id for cue in weighed if cue.source is None] == []


def test_doubt_lies_between_denial_and_affirmation(adapter: Adapter) -> None:
    def mean(cue_id: str) -> float:
        prior = adapter.cues[cue_id].prior
        assert prior is not None
        return prior.mean

    for cue in adapter.cues.values():
        if cue.kind in _HEDGES:
            assert mean("negated") < mean(cue.id) < mean("affirmed"), cue.id


def test_what_is_no_evidence_weighs_nothing_and_later_words_most(adapter: Adapter) -> None:
    weights = adapter.section_weights
    assert weights["indication"] == weights["history"] == weights["comparison"] == 0
    assert max(weights.values()) == weights["addendum"] > weights["impression"] > weights["findings"]
    assert weights["findings"] > weights["preliminary"] > 0
    assert weights[BODY] > 0


@pytest.mark.parametrize(
    "kind", ["negation", "pseudo", "resolved", "historical", "conditional", "terminator", *_HEDGES]
)
def test_every_kind_of_cue_is_known(adapter: Adapter, kind: str) -> None:
    assert any(cue.kind == kind for cue in adapter.cues.values())


def test_no_phrase_means_two_cues(adapter: Adapter) -> None:
    owners: dict[str, set[str]] = {}
    for cue in adapter.cues.values():
        for phrase in cue.phrases:
            owners.setdefault(" ".join(phrase.casefold().split()), set()).add(cue.id)
    assert {phrase: ids for phrase, ids in owners.items() if len(ids) > 1} == {}
