from pathlib import Path
from typing import Any

import pytest

from glsmed.benchmarks.language.seeded_faults import CLEAN
from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters import contract
from glsmed.site_adapters.contract import check_site_adapter
from glsmed.site_adapters.lint.lint_context import load_subject
from glsmed.site_adapters.reading.cells import Reading
from glsmed.site_adapters.reading.reader import Reader


def test_a_sound_adapter_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CLEAN)
    assert check_site_adapter(tmp_path / "a.yaml").label == "st-mary@2"


def test_an_error_of_lint_breaks_the_contract(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CLEAN.replace("0.4", "0.99"))
    with pytest.raises(ConfigurationError, match=r"a\.yaml:10: cues\[0\]\.certainty: 'hunch' is doubt"):
        check_site_adapter(tmp_path / "a.yaml")


def test_a_reader_that_reads_in_two_ways_breaks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.yaml").write_text(CLEAN)
    subject = load_subject(tmp_path / "a.yaml")
    answers = iter([subject.reader.read("Wet lung base."), Reading({})])
    monkeypatch.setattr(contract, "lint", lambda _: [])
    monkeypatch.setattr(Reader, "read", lambda *_: next(answers))
    with pytest.raises(AssertionError, match="is read in two ways"):
        check_site_adapter(tmp_path / "a.yaml")


@pytest.mark.parametrize("broken", [{"probability": 1.0}, {"spread": 0.0}, {"cue": ""}, {"evidence": ()}])
def test_a_cell_that_no_report_can_give_breaks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any]
) -> None:
    (tmp_path / "a.yaml").write_text(CLEAN)
    cells = load_subject(tmp_path / "a.yaml").reader.read("Wet lung base.").cells
    reading = Reading({finding: cell._replace(**broken) for finding, cell in cells.items()})
    monkeypatch.setattr(contract, "lint", lambda _: [])
    monkeypatch.setattr(Reader, "read", lambda *_: reading)
    with pytest.raises(AssertionError, match="breaks the contract"):
        check_site_adapter(tmp_path / "a.yaml")
