import pytest

from glsmed.site_adapters.lint import phrasing_rules
from tests.site_adapters.lint.conftest import Found, RuleCheck, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (phrasing_rules.two_lists, "phrasing: {left: [rt]}", ["phrasing.left[0]"]),
    (phrasing_rules.two_lists, "phrasing: {now: [ok, previously]}", ["phrasing.now[1]"]),
    (phrasing_rules.nothing_to_find, 'phrasing: {asserting: ["--"]}', ["phrasing.asserting[0]"]),
    (phrasing_rules.nothing_to_find, 'phrasing: {verbs: ["show(s|n)"]}', ["phrasing.verbs[0]"]),
    (phrasing_rules.removes_nothing, "phrasing: {remove: [small, smal]}", ["phrasing.remove[1]"]),
    (phrasing_rules.header_word_two_roles, "header_words: {comparison: [clinical]}", ["header_words.comparison[0]"]),
    (phrasing_rules.header_word_never_matches, "header_words: {history: [past events]}", ["header_words.history[0]"]),
    (phrasing_rules.header_word_never_matches, "header_words: {history: [effusion]}", ["header_words.history[0]"]),
    (phrasing_rules.header_word_too_short, "header_words: {history: [x]}", ["header_words.history[0]"]),
    (phrasing_rules.unknown_language, "languages: [en, fr]", ["languages[1]"]),
    (phrasing_rules.misheard_is_known, "grammar: {misheard: {effusion: pump}}", ["grammar.misheard.effusion"]),
    (phrasing_rules.misheard_to_nothing, "grammar: {misheard: {fusion: telephone}}", ["grammar.misheard.fusion"]),
    (phrasing_rules.own_word_is_safe, "grammar: {own_words: [rib]}", ["grammar.own_words[0]"]),
    (
        phrasing_rules.dead_composed,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, composed: [{first: ['--'], then: [guess]}]}]",
        ["cues[0].composed[0]"],
    ),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (phrasing_rules.two_lists, "phrasing: {left: [sinister], right: [dexter], asserting: [worsening]}"),
    (phrasing_rules.nothing_to_find, "phrasing: {verbs: [depicts]}"),
    (phrasing_rules.removes_nothing, "phrasing: {remove: [Small]}"),
    (phrasing_rules.header_word_two_roles, "header_words: {indication: [clinical]}"),
    (phrasing_rules.header_word_never_matches, "header_words: {history: [anamn]}"),
    (phrasing_rules.header_word_too_short, "header_words: {history: [hx]}"),
    (phrasing_rules.unknown_language, "languages: [en, ja]"),
    (phrasing_rules.misheard_is_known, "grammar: {misheard: {a fusion: effusion}}"),
    (phrasing_rules.misheard_to_nothing, "grammar: {misheard: {a fusion: effusion}}"),
    (phrasing_rules.own_word_is_safe, "grammar: {own_words: [infusion]}"),
    (
        phrasing_rules.dead_composed,
        "cues: [{id: hunch, kind: uncertainty, certainty: 0.4, composed: [{first: [would], then: [guess]}]}]",
    ),
]


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(phrasing_rules)
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules
