import pytest

from glsmed.site_adapters.lint import finding_rules
from tests.site_adapters.lint.conftest import Found, RuleCheck, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (finding_rules.near_canonical, "findings: {pneumothorx: {terms: [collapsed apex]}}", ["findings.pneumothorx"]),
    (
        finding_rules.holds_canonical,
        "findings: {pleural_effusion: {terms: [pleural wetness]}}",
        ["findings.pleural_effusion"],
    ),
    (
        finding_rules.unreachable_term,
        "findings: {effusion: {terms: ['fluid; layering']}}",
        ["findings.effusion.terms[0]"],
    ),
    (
        finding_rules.excluded_term,
        "findings: {effusion: {exclude: [pleural effusion]}}",
        ["findings.effusion.exclude[0]"],
    ),
    (
        finding_rules.idle_exclusion,
        "findings: {effusion: {exclude: [gallbladder sludge]}}",
        ["findings.effusion.exclude[0]"],
    ),
    (
        finding_rules.swallowing_exclusion,
        "findings: {effusion: {exclude: [pleural thickening of old]}}",
        ["findings.effusion.exclude[0]"],
    ),
    (
        finding_rules.swallowing_exclusion,
        "findings: {effusion: {exclude: [effusion nodule]}}",
        ["findings.effusion.exclude[0]"],
    ),
    (finding_rules.cue_in_term, "findings: {effusion: {terms: [no effusion]}}", ["findings.effusion.terms[0]"]),
    (
        finding_rules.doubt_in_term,
        "findings: {effusion: {terms: [questionable effusion]}}",
        ["findings.effusion.terms[0]"],
    ),
    (
        finding_rules.contradicting_words,
        "findings: {effusion: {worded: {affirmed: [no pleural effusion at all]}}}",
        ["findings.effusion.worded.affirmed[0]"],
    ),
    (
        finding_rules.term_in_cue,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [small effusion or]}]",
        ["cues[0].phrases[0]"],
    ),
    (
        finding_rules.term_in_silent_cue,
        "cues: [{id: no_change, phrases: [no change in effusion size]}]",
        ["cues[0].phrases[0]"],
    ),
    (finding_rules.too_short, "findings: {effusion: {terms: [f]}}", ["findings.effusion.terms[0]"]),
    (
        finding_rules.worded_twice,
        "findings: {effusion: {worded: {negated: [hydrothorax]}}}",
        ["findings.effusion.worded.negated[0]"],
    ),
    (finding_rules.untested, "findings: {scoliosis: {terms: [scoliosis]}}", ["findings.scoliosis"]),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (finding_rules.near_canonical, "findings: {scoliosis: {terms: [scoliosis]}}"),
    (
        finding_rules.holds_canonical,
        (
            "findings: {pleural_effusion: {terms: [pleural wetness]}}\n"
            "examples: [{text: Pleural wetness., expect: {pleural_effusion: present, effusion: unmentioned}}]"
        ),
    ),
    (finding_rules.unreachable_term, "findings: {effusion: {terms: [wet lung base]}}"),
    (finding_rules.excluded_term, "findings: {effusion: {exclude: [effusion cytology]}}"),
    (finding_rules.idle_exclusion, "findings: {effusion: {exclude: [effusion cytology]}}"),
    (finding_rules.swallowing_exclusion, "findings: {effusion: {exclude: [effusion cytology]}}"),
    (finding_rules.cue_in_term, "findings: {effusion: {terms: [wet lung base]}}"),
    (finding_rules.doubt_in_term, "findings: {effusion: {terms: [wet lung base]}}"),
    (finding_rules.contradicting_words, "findings: {effusion: {worded: {negated: [no pleural effusion at all]}}}"),
    (finding_rules.term_in_cue, "cues: [{id: no_change, phrases: [no change in effusion size]}]"),
    (
        finding_rules.term_in_silent_cue,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [small effusion or]}]",
    ),
    (finding_rules.too_short, "findings: {effusion: {terms: [fl]}}"),
    (finding_rules.worded_twice, "findings: {effusion: {worded: {negated: [dry pleura]}}}"),
    (
        finding_rules.untested,
        "findings: {scoliosis: {terms: [scoliosis]}}\nexamples: [{text: Scoliosis., expect: {scoliosis: present}}]",
    ),
]


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(finding_rules)
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules
