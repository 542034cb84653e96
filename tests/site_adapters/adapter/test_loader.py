from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.adapter.adapter import Adapter, Beta
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

Writer = Callable[..., Path]

ROOT = """\
adapter: root
version: 2
language: en
grammar: {script: words}
section_weights: {impression: 3, body: 1}
sections: {impression: [IMPRESSION]}
findings:
  effusion: {terms: [effusion, pleural fluid], exclude: [joint effusion]}
  mass: {terms: [mass]}
cues:
  - {id: affirmed, kind: affirmation, certainty: 0.9, strength: 20}
  - {id: negated, kind: negation, phrases: ["no"], scope: forward, certainty: 0.01, strength: 30}
  - {id: unseen, kind: negation, phrases: [not seen], scope: backward}
  - {id: possible, kind: uncertainty, phrases: [possible, perhaps], certainty: 0.4, strength: 6, family: doubt}
"""


@pytest.fixture
def load(adapter_file: Writer) -> Callable[[str], Adapter]:
    """A function from the body of a site's file to the adapter; the site extends :data:`ROOT`."""

    def loaded(body: str) -> Adapter:
        adapter_file(ROOT, name="root.yaml", head="")
        return load_adapter(adapter_file(body, head="adapter: site\nversion: 7\nextends: root.yaml\n"))

    return loaded


def _faults(load: Callable[[str], Adapter], body: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(body)
    return [f"{fault.line}: {fault.key}: {fault.message}" for fault in caught.value.faults]


def test_a_site_that_changes_nothing_reads_like_its_parent(load: Callable[[str], Adapter]) -> None:
    adapter = load("")
    assert adapter.label == "site@7"
    assert adapter.language == "en"
    assert set(adapter.findings) == {"effusion", "mass"}
    assert adapter.cues["possible"].prior == Beta(0.4, 6)


def test_terms_are_added_and_taken_away(load: Callable[[str], Adapter]) -> None:
    adapter = load("findings:\n  effusion: {terms: [hydrothorax, EFFUSION], remove: [Pleural  fluid]}\n")
    assert adapter.findings["effusion"].terms == ("effusion", "hydrothorax")
    assert adapter.findings["effusion"].exclude == ("joint effusion",)


def test_a_cue_keeps_what_the_site_leaves_out(load: Callable[[str], Adapter]) -> None:
    cue = load("cues:\n  - {id: possible, certainty: 0.7, phrases: [query], remove: [perhaps]}\n").cues["possible"]
    assert cue.phrases == ("possible", "query")
    assert cue.prior == Beta(0.7, 6)
    assert (cue.kind, cue.family) == ("uncertainty", "doubt")


def test_a_phrase_belongs_to_the_cue_of_the_nearest_file(adapter_file: Writer) -> None:
    adapter = load_adapter(adapter_file("cues: [{id: possible, phrases: [May]}]\n"))
    assert "may" not in adapter.cues["may_represent"].phrases
    assert Reader(adapter).read("This may, I think, be effusion.").cells["effusion"].cue == "possible"


def test_a_cue_may_lose_all_its_phrases_to_a_nearer_file(adapter_file: Writer) -> None:
    adapter_file("cues: [{id: ages_ago, kind: historical, phrases: [ages ago]}]\n", name="group.yaml")
    body = "cues: [{id: lately, kind: uncertainty, certainty: 0.4, phrases: [ages ago]}]\n"
    adapter = load_adapter(adapter_file(body, head="adapter: site\nextends: group.yaml\n"))
    assert adapter.cues["ages_ago"].phrases == ()
    assert Reader(adapter).read("Effusion ages ago.").cells["effusion"].cue == "lately"


def test_a_denial_without_a_prior_takes_that_of_plain_denial(load: Callable[[str], Adapter]) -> None:
    assert load("").cues["unseen"].prior == Beta(0.01, 30)


def test_a_new_finding_is_read(load: Callable[[str], Adapter]) -> None:
    reader = Reader(load("findings:\n  bar_sign: {terms: [bar sign]}\n"))
    assert reader.read("Possible bar sign.").cells["bar_sign"].state == "uncertain"


def test_the_nearest_file_decides_on_weights_and_sections(load: Callable[[str], Adapter]) -> None:
    adapter = load("sections: {opinion: [Opinion, IMPRESSION]}\nsection_weights: {opinion: 5}\n")
    assert adapter.headers == {"impression": "opinion", "opinion": "opinion"}
    assert adapter.section_weights == {"impression": 3, "body": 1, "opinion": 5}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ("cues: [{id: posible, phrases: [x]}]", ["cues[0]: cue 'posible' is new here, so it needs a kind"]),
        ("cues: [{id: new, kind: uncertainty, phrases: [x]}]", ["kind uncertainty needs a certainty"]),
        ("cues: [{id: new, kind: pseudo, phrases: [x], certainty: 0.4}]", ["takes no certainty"]),
        ("cues: [{id: new, kind: terminator}]", ["has no phrases"]),
        (
            "cues: [{id: possible, remove: [posible]}]",
            ["'posible' is not a phrase of the parent; did you mean 'possible'?"],
        ),
        ("findings: {mass: {remove: [mass]}}", ["'mass' has no terms left"]),
        ("findings: {mass: {worded: {negatd: [x]}}}", ["'negatd' is not the id of a cue; did you mean 'negated'?"]),
        ("sections: {oppinion: [X]}", ["sections.oppinion: section 'oppinion' has no weight"]),
        ("examples: [{text: x, expect: {efusion: absent}}]", ["'efusion' is not a finding of this adapter"]),
        (
            "cues: [{id: new, phrases: [x]}]\nfindings: {other: {}}",
            ["cue 'new' is new here", "'other' has no terms left"],
        ),
    ],
)
def test_what_does_not_fit_together_is_a_fault(load: Callable[[str], Adapter], body: str, faults: list[str]) -> None:
    found = _faults(load, body)
    assert len(found) == len(faults)
    assert all(part in fault for part, fault in zip(faults, found, strict=True)), found


def test_a_root_needs_its_language_its_script_and_the_plain_cues(adapter_file: Writer) -> None:
    path = adapter_file("findings: {mass: {terms: [mass]}}\n", head="adapter: root\n")
    with pytest.raises(ConfigurationError) as caught:
        load_adapter(path)
    messages = "\n".join(fault.message for fault in caught.value.faults)
    for part in ("a cue 'affirmed' is needed", "a cue 'negated' is needed", "is missing", "script is missing"):
        assert part in messages


@pytest.mark.parametrize(
    ("body", "same"),
    [
        ("", True),
        ("examples: [{text: A mass., expect: {mass: present}}]", True),
        ("cues: [{id: possible, certainty: 0.5}]", False),
        ("findings: {mass: {terms: [lump]}}", False),
    ],
)
def test_the_digest_changes_with_what_decides(load: Callable[[str], Adapter], body: str, same: bool) -> None:
    assert (load(body).digest == load("").digest) is same


@pytest.mark.parametrize("phrase", ["a.c", "x*", "[abc]", "(?P<n>", "a|b", "\\d+", "^$"])
def test_phrases_are_literal(load: Callable[[str], Adapter], phrase: str) -> None:
    reader = Reader(load(f"findings:\n  odd: {{terms: ['{phrase}']}}\n"))
    assert "odd" in reader.read(f"There is {phrase} here").cells
    assert "odd" not in reader.read("There is abc, xxx, a, b, 12 here").cells
