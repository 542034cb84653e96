"""``glsmed-client`` as typed, in this process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from glsmed.client.cli import main
from tests.client.shipped_hospital import hospital_data, shipped_state, site_file

__all__ = ["hospital_data", "shipped_state", "site_file"]

STUDY = """\
study: chest-doubt
findings: [effusion, nodule]
model: {architecture: resnet10, image_size_px: 32}
training: {rounds: 2, steps_per_round: 2, batch_size: 4}
centre: {public_names: [centre.example.org]}
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a command did."""

    code: int
    out: str
    err: str


Type = Callable[..., Typed]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """A function from the command's words to what it did."""

    def run(*words: object) -> Typed:
        monkeypatch.setattr(sys, "argv", ["glsmed-client", *map(str, words)])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        assert isinstance(code, int)
        return Typed(code, captured.out, captured.err)

    return run


@pytest.fixture
def from_the_centre(tmp_path: Path) -> Path:
    """A folder with study.yaml and ca.crt."""
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY)
    (folder / "ca.crt").write_text("certificate")
    return folder
