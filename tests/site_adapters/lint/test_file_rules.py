import pytest

from glsmed.site_adapters.lint import file_rules
from glsmed.site_adapters.lint.lint_context import load_subject
from tests.site_adapters.lint.conftest import Found, RuleCheck, Writer, rules_of

FAULTY: list[tuple[RuleCheck, str, list[str]]] = [
    (file_rules.other_language, "language: de", ["language"]),
    (file_rules.foreign_phrase, "findings: {effusion: {terms: [胸水]}}", ["findings.effusion.terms[0]"]),
    (file_rules.idle_grammar, "grammar: {abbreviations: [approx]}", ["grammar.abbreviations[0]"]),
    (file_rules.says_nothing, "version: 2", ["extends"]),
]
CLEAN: list[tuple[RuleCheck, str]] = [
    (file_rules.other_language, "language: en"),
    (file_rules.foreign_phrase, "findings: {effusion: {terms: [épanchement]}}"),
    (file_rules.idle_grammar, "grammar: {abbreviations: [approx.]}"),
    (file_rules.says_nothing, "section_weights: {findings: 1}"),
]
ALONE = {file_rules.name_taken}


@pytest.mark.parametrize(("rule", "body", "keys"), FAULTY)
def test_a_rule_finds_its_fault_where_it_stands(found: Found, rule: RuleCheck, body: str, keys: list[str]) -> None:
    assert found(rule, body) == keys


@pytest.mark.parametrize(("rule", "body"), CLEAN)
def test_a_rule_leaves_alone_what_only_looks_alike(found: Found, rule: RuleCheck, body: str) -> None:
    assert found(rule, body) == []


def test_every_rule_is_tried_both_ways() -> None:
    rules = rules_of(file_rules) - ALONE
    assert {case[0] for case in FAULTY} == rules
    assert {case[0] for case in CLEAN} == rules


@pytest.mark.parametrize(
    ("head", "keys"),
    [
        ("adapter: en_radiology\nextends: en_radiology\n", ["version"]),
        ("adapter: en_radiology\nversion: 99\nextends: en_radiology\n", ["adapter"]),
        ("adapter: site\nextends: en_radiology\n", []),
    ],
)
def test_a_site_uses_a_name_of_its_own(found: Found, head: str, keys: list[str]) -> None:
    assert found(file_rules.name_taken, "section_weights: {findings: 1}", head=head) == keys


@pytest.mark.parametrize(("version", "keys"), [(1, ["version"]), (2, [])])
def test_a_changed_adapter_needs_a_higher_version(adapter_file: Writer, version: int, keys: list[str]) -> None:
    former = load_subject(adapter_file("section_weights: {findings: 1}", name="former.yaml"))
    changed = load_subject(adapter_file(f"version: {version}\nsection_weights: {{findings: 2}}"))
    assert [fault.key for fault in file_rules.version_not_raised(changed, former)] == keys
