"""Keys that only one site can make."""

import stat
from pathlib import Path

import pytest

from glsmed.benchmarks.federation.known_secret import write_known_secret
from glsmed.client.settings.site_secret import SECRET_BYTES, SiteSecret
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import DataError


def secret(folder: Path) -> SiteSecret:
    return SiteSecret.of(StateFolder(folder))


def test_the_same_words_give_the_same_key_after_a_restart(tmp_path: Path) -> None:
    key = secret(tmp_path).key("study", 3, "training")
    assert secret(tmp_path).key("study", 3, "training") == key
    assert len(key) == SECRET_BYTES


@pytest.mark.parametrize("other", [("study", 4, "training"), ("study", 3, "gate"), ("study3", "", "training")])
def test_other_words_give_another_key(tmp_path: Path, other: tuple[str | int, ...]) -> None:
    assert secret(tmp_path).key("study", 3, "training") != secret(tmp_path).key(*other)


def test_words_cannot_run_into_each_other(tmp_path: Path) -> None:
    assert secret(tmp_path).key("a", "bc") != secret(tmp_path).key("ab", "c")


def test_two_sites_make_different_keys(tmp_path: Path) -> None:
    assert secret(tmp_path / "a").key("study") != secret(tmp_path / "b").key("study")


def test_only_its_owner_reads_the_secret(tmp_path: Path) -> None:
    secret(tmp_path).key("study")
    path = StateFolder(tmp_path).site_secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == SECRET_BYTES


def test_a_damaged_secret_is_named(tmp_path: Path) -> None:
    path = StateFolder(tmp_path).site_secret
    path.parent.mkdir(parents=True)
    path.write_bytes(b"short")
    with pytest.raises(DataError, match=r"site\.secret: expected 32 random bytes, got 5: restore it"):
        secret(tmp_path).key("study")


def test_an_experiment_can_be_repeated(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_known_secret(StateFolder(tmp_path / name), 7)
    assert secret(tmp_path / "a").key("study") == secret(tmp_path / "b").key("study")
