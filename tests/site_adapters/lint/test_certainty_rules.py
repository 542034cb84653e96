import pytest

from glsmed.site_adapters.lint import certainty_rules
from tests.site_adapters.lint.conftest import Found, RuleCheck, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (certainty_rules.sure_doubt, "cues: [{id: probable, certainty: 0.99}]", ["cues[0].certainty"]),
    (certainty_rules.likely_denial, "cues: [{id: negated, certainty: 0.6}]", ["cues[0].certainty"]),
    (certainty_rules.unlikely_affirmation, "cues: [{id: consistent_with, certainty: 0.2}]", ["cues[0].certainty"]),
    (certainty_rules.graded_no_evidence, "cues: [{id: history_of, certainty: 0.5}]", ["cues[0].certainty"]),
    (certainty_rules.odd_strength, "cues: [{id: possible, certainty: 0.3, strength: 5000}]", ["cues[0].strength"]),
    (certainty_rules.far_from_parent, "cues: [{id: suspected, certainty: 0.96}]", ["cues[0].certainty"]),
    (certainty_rules.not_monotone, "cues: [{id: most_likely, certainty: 0.5}]", ["cues[0].certainty"]),
    (certainty_rules.out_of_ladder, "cues: [{id: possible, certainty: 0.82}]", ["cues[0].certainty"]),
    (certainty_rules.one_bare_form, "cues: [{id: affirmed, certainty: 0.8}]", ["cues[0].certainty"]),
    (certainty_rules.mixed_family, "cues: [{id: possible, family: negation}]", ["cues[0].family"]),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (certainty_rules.sure_doubt, "cues: [{id: probable, certainty: 0.9}]"),
    (certainty_rules.likely_denial, "cues: [{id: negated, certainty: 0.05}]"),
    (certainty_rules.unlikely_affirmation, "cues: [{id: consistent_with, certainty: 0.8}]"),
    (certainty_rules.graded_no_evidence, "cues: [{id: possible, certainty: 0.5}]"),
    (certainty_rules.odd_strength, "cues: [{id: possible, certainty: 0.3, strength: 50}]"),
    (certainty_rules.far_from_parent, "cues: [{id: suspected, certainty: 0.6}]"),
    (certainty_rules.not_monotone, "cues: [{id: most_likely, certainty: 0.9}]"),
    (certainty_rules.out_of_ladder, "cues: [{id: possible, certainty: 0.35}]"),
    (
        certainty_rules.one_bare_form,
        "cues: [{id: affirmed, certainty: 0.8}, {id: affirmed_alone, certainty: 0.85}]",
    ),
    (certainty_rules.mixed_family, "cues: [{id: possible, family: possibility}]"),
]


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(certainty_rules)
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules
