from pathlib import Path

import pytest

from glsmed.site_adapters.workbench.adapter_file import ChangedElsewhereError
from tests.site_adapters.workbench.drawn_bench import HEAD, drawn_bench

TERM = "findings: {effusion: {terms: [wet angle]}}\n"


def test_a_file_that_an_editor_changed_is_read_again_and_told(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path, count=10)
    proposal = bench.propose(lambda text, _: text + TERM)
    theirs = HEAD.replace("version: 3", "version: 7") + "# theirs\n"
    bench.file.path.write_text(theirs)
    outcome = bench.accept(proposal.key)
    assert outcome is not None
    assert outcome.saved is None
    assert outcome.again is not None
    assert bench.file.path.read_text() == theirs
    assert bench.subject.adapter.version == 7
    again = bench.accept(outcome.again.key)
    assert again is not None
    assert again.saved is not None
    assert bench.file.path.read_text() == theirs.replace("version: 7", "version: 8") + TERM


def test_undo_does_not_overwrite_what_an_editor_wrote(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path, count=10)
    bench.accept(bench.propose(lambda text, _: text + TERM).key)
    bench.file.path.write_text(HEAD)
    with pytest.raises(ChangedElsewhereError):
        bench.undo(bench.file.revision)
    assert bench.file.path.read_text() == HEAD
    assert not bench.undo(bench.file.revision)


def test_what_cannot_be_loaded_is_told_and_not_written(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path, count=10)
    proposal = bench.propose(lambda text, _: text + "cues: [{id: w, kind: uncertainty, phrases: [w]}]\n")
    assert proposal.effect is None
    assert "needs a certainty" in str(proposal.problems[0][0])
    assert not proposal.is_acceptable
    bench.accept(proposal.key)
    assert bench.file.path.read_text() == HEAD
