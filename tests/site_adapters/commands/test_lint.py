from pathlib import Path

import pytest

from glsmed.benchmarks.language.seeded_faults import CLEAN
from glsmed.site_adapters.commands.lint import lint_command


def test_a_clean_adapter_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(CLEAN)
    lint_command(str(tmp_path / "a.yaml"), against=None)
    told = capsys.readouterr()
    assert told.out == ""
    assert "0 error(s), 0 warning(s)" in told.err


def test_warnings_are_printed_and_end_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("adapter: st-mary\nextends: en_radiology\n")
    lint_command(str(tmp_path / "a.yaml"), against=None)
    assert "[warning: file-says-nothing]" in capsys.readouterr().out


def test_an_error_ends_with_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("adapter: st-mary\n")
    with pytest.raises(SystemExit) as ended:
        lint_command(str(tmp_path / "a.yaml"), against=None)
    assert ended.value.code == 1
    assert "without `extends` an adapter needs findings" in capsys.readouterr().out
