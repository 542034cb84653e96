"""What is read again after a change is enough: the cells are those of reading every report anew."""

import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from glsmed.site_adapters.calibration.comparison import Change, compare
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.workbench.adapter_file import open_adapter_file
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.corpus import Corpus
from tests.site_adapters.workbench.drawn_bench import drawn_reports

_WORDS = (
    *("whiff", "hint", "pleural", "effusion", "effussion", "efusion", "cardiomegaly", "small", "no", "possible", "of"),
    *("fluid", "angle", "wet", "noangle"),
)
_JAPANESE = (
    "両側胸水を認める。",
    "胸水は認めない。",
    "肺炎の疑い。",
    "心拡大を否定できない。",
    "影あり。",
    "淡い影を認める。",
)
CHANGES = {
    "a new cue": "cues: [{id: w, kind: uncertainty, certainty: 0.4, phrases: [whiff of]}]",
    "a cue of known words": "cues: [{id: w, kind: uncertainty, certainty: 0.4, phrases: [small pleural]}]",
    "a word that slips can be of": "findings: {effusion: {terms: [effusine]}}",
    "a word run together": "findings: {effusion: {terms: [fluidity, angleline]}}",
    "a term": "findings: {cardiomegaly: {terms: [wet angle]}}",
    "an exclusion": "findings: {effusion: {exclude: [pleural effusion of]}}",
    "a term removed": "findings: {effusion: {remove: [pleural effusion]}}",
    "a cue's certainty": "cues: [{id: possible, certainty: 0.9}]",
    "a cue of two parts": "cues: [{id: w, kind: negation, composed: [{first: [no], then: [hint]}]}]",
    "a plain denial": "cues: [{id: negated, certainty: 0.2}]",
    "a section": "sections: {history: [FINDINGS]}",
    "the grammar": "grammar: {fillers: [wet]}",
    "a new finding": "findings: {angle: {terms: [angle]}}",
    "a kind": "cues: [{id: w, kind: pseudo, phrases: [no possible]}]",
}
JAPANESE_CHANGES = {
    "a new term": "findings: {nodule: {terms: [淡い影]}}",
    "a new cue": "cues: [{id: w, kind: negation, scope: backward, phrases: [あり]}]",
    "a cue's certainty": "cues: [{id: negated, certainty: 0.3}]",
}


def _scrambled(count: int) -> Mapping[str, str]:
    """Drawn reports, and others of words in any order, with slips and words that a line parts."""
    rng = random.Random(5)  # noqa: S311  # no secret
    texts = dict(drawn_reports(count)[0])
    for number in range(count):
        said = [" ".join(rng.choices(_WORDS, k=rng.randint(2, 9))).capitalize() for _ in range(4)]
        texts[f"s{number}"] = f"FINDINGS: {'. '.join(said)}. Small effu-\nsine, angle-\nline.\n"
    return texts


def _bench(folder: Path, parent: str, texts: Mapping[str, str]) -> Workbench:
    path = folder / "site.yaml"
    path.write_text(f"adapter: site\nversion: 1\nextends: {parent}\n", encoding="utf-8")
    return Workbench(Corpus(texts), open_adapter_file(path, folder=folder))


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return _bench(tmp_path_factory.mktemp("en"), "en_radiology", _scrambled(60))


@pytest.fixture(scope="module")
def japanese(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    rng = random.Random(5)  # noqa: S311  # no secret
    texts = {f"r{number}": "所見：" + "".join(rng.choices(_JAPANESE, k=3)) for number in range(40)}
    return _bench(tmp_path_factory.mktemp("ja"), "ja_radiology", texts)


def _with(change: str, text: str, _: Subject) -> str:
    return f"{text}{change}\n"


def _check(bench: Workbench, change: str) -> int:
    """How many reports were read again; fails where that was too few."""
    proposal = bench.propose(partial(_with, change))
    assert proposal.subject is not None, [str(problem) for problem, _ in proposal.problems]
    assert proposal.effect is not None
    whole = compare(bench.subject.reader, proposal.subject.reader, bench.corpus.texts)
    again = proposal.effect.readings
    seen = {(one.report_id, one.finding) for one in whole.changes}
    assert {name for name, _ in seen} <= again.keys()
    assert proposal.effect.cells == len(whole.changes)
    for one in whole.changes:
        assert isinstance(one, Change)
        assert again[one.report_id].cells.get(one.finding) == one.after
    return proposal.effect.read_again


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_report_that_changes_is_missed(english: Workbench, change: str) -> None:
    _check(english, change)


@pytest.mark.parametrize("change", JAPANESE_CHANGES.values(), ids=JAPANESE_CHANGES.keys())
def test_nor_in_a_script_without_spaces(japanese: Workbench, change: str) -> None:
    _check(japanese, change)


def test_reports_without_the_words_are_left_alone(english: Workbench) -> None:
    assert 0 < _check(english, CHANGES["a term"]) < len(english.corpus.texts)
    assert _check(english, CHANGES["a section"]) == len(english.corpus.texts)


def test_what_is_adopted_reads_as_a_fresh_start_does(tmp_path: Path) -> None:
    bench = _bench(tmp_path, "en_radiology", _scrambled(20))
    for name in ("a new cue", "a term"):
        outcome = bench.accept(bench.propose(partial(_with, CHANGES[name])).key)
        assert outcome is not None
        assert outcome.saved is not None
    fresh = Workbench(bench.corpus, open_adapter_file(bench.file.path, folder=tmp_path))
    assert {name: one.cells for name, one in fresh.readings.items()} == {
        name: one.cells for name, one in bench.readings.items()
    }
