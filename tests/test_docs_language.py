"""The table of docs/language.md is what the checks of wording say."""

from pathlib import Path

from glsmed.benchmarks.language.wording.wording_score import read_checks, wording_table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "language.md"


def test_the_table_of_wording_is_what_the_checks_say() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in wording_table(read_checks()) if line not in lines] == []
