import pytest

from glsmed.site_adapters.lint import spelling_rules
from tests.site_adapters.lint.conftest import Found, RuleCheck, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (spelling_rules.empty, "cues: [{id: possible, phrases: ['_-_']}]", ["cues[0].phrases[0]"]),
    (
        spelling_rules.looks_like_pattern,
        "findings: {effusion: {terms: ['hydrothora*']}}",
        ["findings.effusion.terms[0]"],
    ),
    (spelling_rules.placeholder, "cues: [{id: possible, phrases: [TODO ask Dr. Lee]}]", ["cues[0].phrases[0]"]),
    (spelling_rules.invisible, 'cues: [{id: possible, phrases: ["conceiv\\u00adable"]}]', ["cues[0].phrases[0]"]),
    (
        spelling_rules.mixed_alphabets,
        'findings: {effusion: {terms: ["pleural effusi\\u043en"]}}',
        ["findings.effusion.terms[0]"],
    ),
    (
        spelling_rules.too_long,
        (
            "findings: {effusion: {terms: "
            "[there is a small amount of fluid that layers along the left lateral chest wall today]}}"
        ),
        ["findings.effusion.terms[0]"],
    ),
    (
        spelling_rules.crosses_sentences,
        "cues: [{id: possible, phrases: ['seen today. Could well be']}]",
        ["cues[0].phrases[0]"],
    ),
    (spelling_rules.looks_like_header_pattern, "sections: {findings: ['WHAT WE S(AW|EE)']}", ["sections.findings[0]"]),
    (
        spelling_rules.broken_encoding,
        'findings: {effusion: {terms: ["épanchement pleurÃ©tique"]}}',
        ["findings.effusion.terms[0]"],
    ),
    (spelling_rules.signs_around, "cues: [{id: possible, phrases: ['“maybe so”']}]", ["cues[0].phrases[0]"]),
    (spelling_rules.colon, "cues: [{id: possible, phrases: ['could it be:']}]", ["cues[0].phrases[0]"]),
    (spelling_rules.full_stop, "cues: [{id: possible, phrases: [conceivable.]}]", ["cues[0].phrases[0]"]),
    (
        spelling_rules.several_in_one,
        "cues: [{id: possible, phrases: ['thinkable, feasible, imaginable']}]",
        ["cues[0].phrases[0]"],
    ),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (spelling_rules.empty, "cues: [{id: possible, phrases: [maybe so]}]"),
    (spelling_rules.looks_like_pattern, "findings: {effusion: {terms: ['fluid (left)']}}"),
    (spelling_rules.placeholder, "cues: [{id: possible, phrases: [to do with]}]"),
    (spelling_rules.invisible, "cues: [{id: possible, phrases: [conceivable]}]"),
    (spelling_rules.mixed_alphabets, "findings: {effusion: {terms: [épanchement pleural]}}"),
    (spelling_rules.too_long, "findings: {effusion: {terms: [a small amount of fluid along the left wall]}}"),
    (spelling_rules.crosses_sentences, "cues: [{id: possible, phrases: ['acc. to Dr. Lee']}]"),
    (spelling_rules.looks_like_header_pattern, "sections: {findings: ['WHAT WE SAW (LEFT)']}"),
    (spelling_rules.broken_encoding, 'findings: {effusion: {terms: ["épanchement pleurétique"]}}'),
    (spelling_rules.signs_around, 'cues: [{id: possible, phrases: ["maybe it\'s so"]}]'),
    (spelling_rules.colon, "cues: [{id: possible, phrases: [could it be]}]"),
    (spelling_rules.full_stop, "cues: [{id: possible, phrases: [poss.]}]"),
    (spelling_rules.several_in_one, "cues: [{id: possible, phrases: ['thinkable, at best']}]"),
]


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(spelling_rules)
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules
