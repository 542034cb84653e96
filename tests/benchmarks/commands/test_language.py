import json
from pathlib import Path

import pytest

from glsmed.benchmarks.commands.language import default_work, language
from glsmed.benchmarks.language.requirements import at_least


def test_rows_are_printed_and_written_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "glsmed.benchmarks.language.measure.measure_language", lambda *_, **__: [at_least("x", 0.5, 0.4)]
    )
    language(out=tmp_path / "out.json", work=tmp_path / "work")
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out.json").read_text())
    assert printed["rows"] == [{"what": "x", "value": 0.5, "at_least": 0.4, "met": True, "numbers": {}}]
    assert {"python", "processors", "system"} <= set(printed["machine"])


def test_the_rivals_environment_is_kept_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_work() == tmp_path / "glsmed" / "language"
