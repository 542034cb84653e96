import pytest

from glsmed.site_adapters.lint import section_rules
from tests.site_adapters.lint.conftest import Found, RuleCheck, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (section_rules.two_roles, "sections: {history: [PREAMBLE], findings: [PREAMBLE]}", ["sections.findings[0]"]),
    (section_rules.moved, "sections: {history: [IMPRESSION]}", ["sections.history[0]"]),
    (section_rules.twice, "sections: {findings: [OVERALL, Overall]}", ["sections.findings[1]"]),
    (section_rules.header_is_phrase, "sections: {findings: [EFFUSION]}", ["sections.findings[0]"]),
    (section_rules.unrecognised, f'sections: {{findings: ["{"SEEN " * 20}"]}}', ["sections.findings[0]"]),
    (section_rules.no_evidence_anywhere, "section_weights: {body: 0}", ["section_weights"]),
    (section_rules.question_as_evidence, "section_weights: {indication: 1}", ["section_weights.indication"]),
    (section_rules.impression_outranked, "section_weights: {findings: 5}", ["section_weights"]),
    (section_rules.weight_without_header, "section_weights: {epicrisis: 2}", ["section_weights.epicrisis"]),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (section_rules.two_roles, "sections: {history: [PREAMBLE], findings: [OVERALL]}"),
    (section_rules.moved, "sections: {history: [PREAMBLE]}"),
    (section_rules.twice, "sections: {findings: [OVERALL, IN ALL]}"),
    (section_rules.header_is_phrase, "sections: {findings: [OVERALL]}"),
    (section_rules.unrecognised, 'sections: {findings: ["WHAT WE SAW"]}'),
    (section_rules.no_evidence_anywhere, "section_weights: {findings: 0}"),
    (section_rules.question_as_evidence, "section_weights: {findings: 1}"),
    (section_rules.impression_outranked, "section_weights: {findings: 1}"),
    (section_rules.weight_without_header, "sections: {epicrisis: [EPICRISIS]}\nsection_weights: {epicrisis: 2}"),
]


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(section_rules)
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules
