from pathlib import Path

import pytest

from glsmed.server.readiness.finding_check import check_findings
from glsmed.shared.findings import CANONICAL_FINDINGS


def _warnings(tmp_path: Path, *findings: str) -> list[str]:
    file = tmp_path / "study.yaml"
    file.write_text("study: doubt\nfindings:\n" + "".join(f"  - {finding}\n" for finding in findings))
    return check_findings(file, findings).warnings


def test_canonical_findings_are_known(tmp_path: Path) -> None:
    assert _warnings(tmp_path, *CANONICAL_FINDINGS) == []


@pytest.mark.parametrize(
    ("finding", "meant"),
    [("effusions", "effusion"), ("pleural_effusion", "effusion"), ("cardiomegalie", "cardiomegaly")],
)
def test_an_unknown_finding_is_named_with_its_line_and_the_nearest(tmp_path: Path, finding: str, meant: str) -> None:
    (warning,) = _warnings(tmp_path, "nodule", finding)
    assert warning.startswith(f"{tmp_path}/study.yaml:4: findings[1]: {finding!r} is in no built-in vocabulary")
    assert warning.endswith(f"did you mean {meant!r}?")


def test_a_finding_of_one_language_is_named_with_it(tmp_path: Path) -> None:
    (warning,) = _warnings(tmp_path, "primary_tumour")
    assert "is in the built-in vocabulary of ja only" in warning
