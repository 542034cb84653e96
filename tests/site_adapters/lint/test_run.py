from pathlib import Path
from textwrap import dedent

import pytest

from glsmed.benchmarks.language.fault_files import SeededFault
from glsmed.benchmarks.language.seeded_faults import CLEAN, SEEDED_FAULTS
from glsmed.site_adapters.lint.rules import RULES
from glsmed.site_adapters.lint.run import FILE, VERSION, has_errors, lint


def written(folder: Path, text: str, name: str = "st-mary.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_site_file_without_fault_has_no_problem(tmp_path: Path) -> None:
    assert lint(written(tmp_path, CLEAN)) == []


@pytest.mark.parametrize("seeded", SEEDED_FAULTS, ids=lambda seeded: seeded.kind)
def test_a_seeded_fault_is_found_in_its_file(tmp_path: Path, seeded: SeededFault) -> None:
    problems = [problem for problem in lint(written(tmp_path, seeded.text)) if problem.rule == seeded.rule]
    assert problems, seeded.kind
    assert all(problem.fault.source for problem in problems)


def test_every_rule_has_a_seeded_fault_and_a_name_of_its_own() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert set(ids) | {FILE} == {seeded.rule for seeded in SEEDED_FAULTS}
    assert len({seeded.kind for seeded in SEEDED_FAULTS}) == len(SEEDED_FAULTS) >= 30


def test_a_site_may_change_what_its_parent_says(tmp_path: Path) -> None:
    text = """\
        adapter: st-mary
        extends: en_radiology
        sections: {impression: [IMPRESSION, ASSESSMENT], findings: [SUMMARY]}
        findings: {effusion: {terms: [pleural fluid]}}
        cues:
          - {id: firm_denial, phrases: ["no evidence of"], kind: negation, scope: forward}
          - {id: no_growth, phrases: ["no increase in"], kind: pseudo}
          - {id: possible, phrases: [may]}
        """
    problems = lint(written(tmp_path, dedent(text)))
    assert not has_errors(problems)
    assert [problem.rule for problem in problems if problem.rule.endswith(("over", "moved"))] == [
        "section-moved",
        "phrase-taken-over",
        "phrase-taken-over",
        "phrase-taken-over",
    ]


def test_a_problem_says_where_what_and_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, "adapter: st-mary\nextends: en_radiology\nfindings:\n  effusion:\n    terms: [f]\n")
    (problem,) = lint(path)
    assert str(problem) == (
        f"{path}:5: findings.effusion.terms[0]: 'f' matches almost any report — give more of its words "
        "[error: finding-short-term]"
    )


def test_a_parents_problems_are_not_the_sites(tmp_path: Path) -> None:
    written(tmp_path, "adapter: parent\nextends: en_radiology\nfindings: {effusion: {terms: [f]}}\n", "parent.yaml")
    child = written(tmp_path, "adapter: st-mary\nextends: parent.yaml\nsection_weights: {findings: 2}\n")
    assert lint(child) == []


@pytest.mark.parametrize(("version", "found"), [(1, True), (2, True), (3, False)])
def test_a_version_that_was_not_raised_is_found_against_the_former_file(
    tmp_path: Path, version: int, found: bool
) -> None:
    former = written(tmp_path, CLEAN, "former.yaml")
    now = written(tmp_path, CLEAN.replace("version: 2", f"version: {version}").replace("0.4", "0.45"))
    assert ([problem.rule for problem in lint(now, against=former)] == [VERSION]) is found


def test_the_same_adapter_needs_no_new_version(tmp_path: Path) -> None:
    assert lint(written(tmp_path, CLEAN), against=written(tmp_path, CLEAN, "former.yaml")) == []


def test_only_an_error_counts_as_one(tmp_path: Path) -> None:
    warned = lint(written(tmp_path, "adapter: st-mary\nextends: en_radiology\n"))
    assert [problem.rule for problem in warned] == ["file-says-nothing"]
    assert not has_errors(warned)
