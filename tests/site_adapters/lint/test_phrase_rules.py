import pytest

from glsmed.site_adapters.lint import phrase_rules
from tests.site_adapters.lint.conftest import Found, RuleCheck, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (
        phrase_rules.two_cues,
        (
            "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch of]}, "
            "{id: guess, kind: uncertainty, certainty: 0.3, phrases: [hunch of]}]"
        ),
        ["cues[1].phrases[0]"],
    ),
    (
        phrase_rules.taken_over,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [possible]}]",
        ["cues[0].phrases[0]"],
    ),
    (
        phrase_rules.twice_in_one,
        "findings: {effusion: {terms: [wet lung base, wet lung-base]}}",
        ["findings.effusion.terms[1]"],
    ),
    (phrase_rules.repeats_parent, "findings: {effusion: {terms: [Pleural Effusion]}}", ["findings.effusion.terms[0]"]),
    (
        phrase_rules.removed_and_added,
        "cues: [{id: possible, phrases: [is possible], remove: [is possible]}]",
        ["cues[0].remove[0]"],
    ),
    (phrase_rules.term_is_cue, "findings: {effusion: {terms: [questionable]}}", ["findings.effusion.terms[0]"]),
    (
        phrase_rules.two_findings,
        "findings: {pneumothorax: {terms: [fluid in the fissure]}}",
        ["findings.pneumothorax.terms[0]"],
    ),
    (phrase_rules.joiner_is_phrase, "grammar: {conjunctions: [possible]}", ["grammar.conjunctions[0]"]),
    (phrase_rules.filler_is_phrase, "grammar: {fillers: [effusion]}", ["grammar.fillers[0]"]),
    (phrase_rules.filler_denies, "grammar: {fillers: [not]}", ["grammar.fillers[0]"]),
    (phrase_rules.filler_is_mild_phrase, "grammar: {fillers: [presumably]}", ["grammar.fillers[0]"]),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (
        phrase_rules.two_cues,
        (
            "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch of]}, "
            "{id: guess, kind: uncertainty, certainty: 0.3, phrases: [guess of]}]"
        ),
    ),
    (phrase_rules.taken_over, "cues: [{id: possible, phrases: [hunch of]}]"),
    (phrase_rules.twice_in_one, "findings: {effusion: {terms: [wet lung base, wet lung apex]}}"),
    (phrase_rules.repeats_parent, "findings: {effusion: {terms: [wet lung base]}}"),
    (phrase_rules.removed_and_added, "cues: [{id: possible, phrases: [hunch of], remove: [is possible]}]"),
    (phrase_rules.term_is_cue, "findings: {effusion: {terms: [questionable wetness]}}"),
    (phrase_rules.two_findings, "findings: {lung_opacity: {terms: [pneumonia]}}"),
    (phrase_rules.joiner_is_phrase, "grammar: {conjunctions: [plus]}"),
    (phrase_rules.filler_is_phrase, "grammar: {fillers: [presumably]}"),
    (phrase_rules.filler_denies, "grammar: {fillers: [presumably]}"),
    (phrase_rules.filler_is_mild_phrase, "grammar: {fillers: [sideways]}"),
]


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(phrase_rules)
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules
