from pathlib import Path

import pytest

from glsmed.shared.errors import GlsmedError, UsageError
from glsmed.site_adapters.commands.explain import explain_command
from glsmed.site_adapters.inputs.jsonl import STREAM


def run(**changed: object) -> None:
    options = {"text": None, "source": None, "calibration": None, "target": STREAM, "html": False, **changed}
    explain_command("en_radiology", **options)  # type: ignore[arg-type]  # the options come from the test's table


def test_one_text_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    run(text="Possible effusion.")
    assert capsys.readouterr().out.startswith("# text\neffusion: uncertain, decides\n")


def test_every_report_is_explained_and_a_broken_line_fails_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.jsonl").write_text('{"id": "a", "text": "No mass."}\n{\n{"id": "b", "text": "Effusion."}\n')
    with pytest.raises(GlsmedError, match="1 broken line") as caught:
        run(source=tmp_path / "r.jsonl")
    assert caught.value.exit_code == 1
    told = capsys.readouterr()
    assert "# a\n" in told.out
    assert "# b\n" in told.out
    assert "r.jsonl:2: is not JSON" in told.err


def test_a_page_is_written_whole(tmp_path: Path) -> None:
    run(text="Possible effusion.", html=True, target=tmp_path / "why.html")
    assert (tmp_path / "why.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("given", [{}, {"text": "x", "source": Path("r.jsonl")}])
def test_text_or_file_is_needed(given: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="either --text or --in"):
        run(**given)
