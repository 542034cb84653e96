import pytest

from glsmed.site_adapters.lint import cue_rules
from glsmed.site_adapters.lint.lint_context import load_subject
from tests.site_adapters.lint.conftest import Found, RuleCheck, Writer, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (
        cue_rules.dead_phrase,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, phrases: ['mass; perhaps']}]",
        ["cues[0].phrases[0]"],
    ),
    (cue_rules.too_common, "cues: [{id: possible, phrases: [p]}]", ["cues[0].phrases[0]"]),
    (
        cue_rules.hedged_denial,
        "cues: [{id: never, kind: negation, scope: forward, phrases: [may not be]}]",
        ["cues[0].phrases[0]"],
    ),
    (
        cue_rules.hedged_affirmation,
        "cues: [{id: shows, kind: affirmation, certainty: 0.9, scope: forward, phrases: [possibly showing]}]",
        ["cues[0].phrases[0]"],
    ),
    (cue_rules.no_effect, "cues: [{id: hunch, kind: uncertainty, certainty: 0.4}]", ["cues[0]"]),
    (
        cue_rules.untested,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of]}]",
        ["cues[0]"],
    ),
    (cue_rules.failing_example, 'examples: [{text: "No effusion.", expect: {effusion: present}}]', ["examples[0]"]),
    (
        cue_rules.contradicting_examples,
        (
            'examples: [{text: "Possible mass.", expect: {mass: uncertain}}, {text: "Possible mass.", expect: '
            "{mass: present}}]"
        ),
        ["examples[1]"],
    ),
    (
        cue_rules.looks_the_wrong_way,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [is feared]}]",
        ["cues[0].phrases[0]"],
    ),
    (
        cue_rules.doubt_as_denial,
        "cues: [{id: never, kind: negation, scope: backward, phrases: [cannot with certainty be excluded]}]",
        ["cues[0].phrases[0]"],
    ),
    (
        cue_rules.denial_without_its_doubt,
        "cues: [{id: never, kind: negation, scope: backward, phrases: [disproved]}]",
        ["cues[0].phrases[0]"],
    ),
    (
        cue_rules.denied_doubt,
        (
            "cues: [{id: cannot_exclude, remove: [cannot be excluded, not be excluded]}, "
            "{id: not_seen, phrases: [cannot be excluded], scope: backward}]"
        ),
        ["cues"],
    ),
    (cue_rules.plain_misread, "cues: [{id: negated, scope: backward}]", ["cues", "cues", "cues"]),
    (
        cue_rules.near_parent_id,
        "cues: [{id: cannot_exlude, kind: uncertainty, certainty: 0.3, phrases: [resists exclusion]}]",
        ["cues[0].id"],
    ),
    (
        cue_rules.near_family,
        (
            "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, family: possibilty, "
            "phrases: [hunch of]}]"
        ),
        ["cues[0].family"],
    ),
    (
        cue_rules.named_as_finding,
        "cues: [{id: effusion, kind: uncertainty, certainty: 0.4, phrases: [hunch of]}]",
        ["cues[0].id"],
    ),
    (cue_rules.changed_kind, "cues: [{id: possible, kind: affirmation, certainty: 0.8}]", ["cues[0].kind"]),
    (cue_rules.idle_fields, "cues: [{id: no_change, scope: backward}]", ["cues[0]"]),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (
        cue_rules.dead_phrase,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of]}]",
    ),
    (cue_rules.too_common, "cues: [{id: possible, phrases: [pos]}]"),
    (cue_rules.hedged_denial, "cues: [{id: never, kind: negation, scope: forward, phrases: [never a]}]"),
    (
        cue_rules.hedged_affirmation,
        "cues: [{id: shows, kind: affirmation, certainty: 0.9, scope: forward, phrases: [clearly showing]}]",
    ),
    (
        cue_rules.no_effect,
        "findings: {effusion: {worded: {hunch: [wettish]}}}\ncues: [{id: hunch, kind: uncertainty, certainty: 0.4}]",
    ),
    (
        cue_rules.untested,
        (
            "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of], "
            "examples: [Hunch of mass.]}]"
        ),
    ),
    (cue_rules.failing_example, 'examples: [{text: "No effusion.", expect: {effusion: absent}}]'),
    (
        cue_rules.contradicting_examples,
        'examples: [{text: "Possible mass.", expect: {mass: uncertain}}, {text: "A mass.", expect: {mass: present}}]',
    ),
    (
        cue_rules.looks_the_wrong_way,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: backward, phrases: [is feared]}]",
    ),
    (
        cue_rules.doubt_as_denial,
        "cues: [{id: never, kind: negation, scope: backward, phrases: [is excluded with certainty]}]",
    ),
    (
        cue_rules.denial_without_its_doubt,
        (
            "cues: [{id: never, kind: negation, scope: backward, phrases: [disproved]}, "
            "{id: hunch, kind: uncertainty, certainty: 0.4, scope: backward, phrases: [cannot be disproved]}]"
        ),
    ),
    (cue_rules.denied_doubt, "findings: {effusion: {terms: [wet lung base]}}"),
    (cue_rules.plain_misread, "findings: {effusion: {terms: [wet lung base]}}"),
    (
        cue_rules.near_parent_id,
        "cues: [{id: resists, kind: uncertainty, certainty: 0.3, phrases: [resists exclusion]}]",
    ),
    (
        cue_rules.near_family,
        (
            "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, family: possibility, "
            "phrases: [hunch of]}]"
        ),
    ),
    (
        cue_rules.named_as_finding,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of]}]",
    ),
    (cue_rules.changed_kind, "cues: [{id: possible, kind: uncertainty, certainty: 0.3}]"),
    (cue_rules.idle_fields, "cues: [{id: possible, scope: backward}]"),
]
ALONE = {cue_rules.failing_parent_example, cue_rules.no_pseudo, cue_rules.swallowed_change}


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(cue_rules) - ALONE
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules


def test_a_parents_example_that_fails_is_told_with_the_parents_file(adapter_file: Writer) -> None:
    subject = load_subject(adapter_file("cues: [{id: borderline, remove: [borderline]}]"))
    (fault,) = cue_rules.failing_parent_example(subject)
    assert fault.source.endswith("en_radiology.yaml")


ROOT = """\
adapter: own
language: en
grammar: {script: words}
section_weights: {body: 1}
findings: {effusion: {terms: [effusion]}}
cues:
- {id: affirmed, kind: affirmation}
- {id: negated, kind: negation, scope: forward, phrases: ["no"]}
"""


@pytest.mark.parametrize(
    ("body", "keys"), [("", ["cues"]), ("- {id: no_change, kind: pseudo, phrases: [no change in]}", [])]
)
def test_denials_need_a_pseudo_cue_beside_them(found: Found, body: str, keys: list[str]) -> None:
    assert found(cue_rules.no_pseudo, body, head=ROOT) == keys


def test_a_denied_change_is_told_where_nothing_says_that_it_is_one(found: Found) -> None:
    assert set(found(cue_rules.swallowed_change, "", head=ROOT)) == {"cues"}
    assert found(cue_rules.swallowed_change, "findings: {effusion: {terms: [wet lung base]}}") == []
