"""Each kind of correction makes the adapter read its report as the person said."""

from pathlib import Path

import pytest

from glsmed.shared.errors import DataError
from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.workbench.corrections import Correction, corrected

FILE = "adapter: site\nextends: en_radiology\n"
CORRECTIONS = {
    "not this finding": (
        Correction("not_finding", "effusion catheter", finding="effusion"),
        "FINDINGS: Effusion catheter in place.",
        None,
    ),
    "never this finding": (Correction("not_finding", "effusion", finding="effusion"), "FINDINGS: Effusion.", None),
    "denied": (Correction("denied", "nowhere any", scope="forward"), "FINDINGS: Nowhere any effusion.", "absent"),
    "doubt": (Correction("doubt", "whiff of", scope="forward"), "FINDINGS: Whiff of effusion.", "uncertain"),
    "another section": (Correction("section", "Zebra lines:", role="history"), "ZEBRA LINES: Effusion.", None),
    "another word": (Correction("word", "wet  angle", finding="effusion"), "FINDINGS: Wet angle.", "present"),
}


@pytest.fixture(scope="module")
def subject() -> Subject:
    return load_subject("site.yaml", draft=FILE)


@pytest.mark.parametrize(("correction", "text", "state"), CORRECTIONS.values(), ids=CORRECTIONS.keys())
def test_a_correction_is_read(subject: Subject, correction: Correction, text: str, state: str | None) -> None:
    now = load_subject("site.yaml", draft=corrected(FILE, subject, correction))
    assert _state(now, text) == state
    assert _state(subject, text) != state


def _state(subject: Subject, text: str) -> str | None:
    cell = subject.reader.read(text).cells.get("effusion")
    return None if cell is None else cell.state


def test_how_likely_a_doubt_is_stands_in_the_file(subject: Subject) -> None:
    now = load_subject("site.yaml", draft=corrected(FILE, subject, Correction("doubt", "whiff of", certainty=0.7)))
    prior = now.adapter.cues["doubt_whiff_of"].prior
    assert prior is not None
    assert prior.mean == 0.7


@pytest.mark.parametrize(
    "correction",
    [
        Correction("word", "  ", finding="effusion"),
        Correction("word", "x" * 300, finding="effusion"),
        Correction("word", "wet", finding="zebra"),
        Correction("section", "WET", role="zebra"),
    ],
)
def test_what_cannot_be_corrected_is_told(subject: Subject, correction: Correction) -> None:
    with pytest.raises(DataError, match="expected"):
        corrected(FILE, subject, correction)


def test_a_draft_needs_no_file(tmp_path: Path) -> None:
    assert load_subject(tmp_path / "none.yaml", draft=FILE).adapter.name == "site"
