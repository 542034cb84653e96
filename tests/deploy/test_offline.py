"""A folder made by deploy/offline.sh installs without a network, and a changed wheel is noticed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "deploy" / "offline.sh"
ONE = re.compile(r"^iniconfig==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def run(*command: str | Path, at: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    """The command's end and all it said; it takes nothing from a package index unless its arguments say so."""
    return subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script makes of a list of one package."""
    base = tmp_path_factory.mktemp("offline")
    listed = ONE.search((PROJECT / "requirements.lock").read_text(encoding="utf-8"))
    assert listed is not None
    (base / "one.lock").write_text(listed.group(), encoding="utf-8")
    made = run("bash", SCRIPT, base / "one.lock", base / "site")
    if "No matching distribution" in made.stderr or "NewConnectionError" in made.stderr:
        pytest.skip("no package index can be reached")
    assert made.returncode == 0, made.stderr
    assert "2 wheels" in made.stdout
    return base / "site"


def test_the_folder_installs_without_an_index(folder: Path, tmp_path: Path) -> None:
    assert run("sha256sum", "--check", "SHA256SUMS", at=folder).returncode == 0
    assert run(sys.executable, "-m", "venv", tmp_path / "venv").returncode == 0
    pip = tmp_path / "venv" / "bin" / "pip"
    listed = ("--find-links", "wheels", "--require-hashes", "-r", "requirements.lock")
    assert run(pip, "install", "--no-index", *listed, at=folder).returncode == 0
    own = next((folder / "wheels").glob("glsmed-*.whl"))
    assert run(pip, "install", "--no-index", "--no-deps", own, at=folder).returncode == 0
    assert "glsmed" in run(pip, "list", at=folder).stdout


def test_a_changed_wheel_is_noticed(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    assert run("cp", "-r", folder, copy).returncode == 0
    wheel = next((copy / "wheels").glob("iniconfig-*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    assert run("sha256sum", "--check", "SHA256SUMS", at=copy).returncode == 1
    assert run(sys.executable, "-m", "venv", tmp_path / "venv").returncode == 0
    pip = tmp_path / "venv" / "bin" / "pip"
    refused = run(
        pip, "install", "--no-index", "--find-links", "wheels", "--require-hashes", "-r", "requirements.lock", at=copy
    )
    assert refused.returncode == 1
    assert "DO NOT MATCH" in refused.stderr


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    refused = run("bash", SCRIPT, "deploy/requirements-site.lock", tmp_path / "kept")
    assert refused.returncode == 2
    assert "remove it" in refused.stderr
