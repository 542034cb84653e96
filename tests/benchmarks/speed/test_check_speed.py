from pathlib import Path

import pytest

from glsmed.benchmarks.speed.check_speed import check_seconds, write_large_site
from glsmed.client.data.manifest import read_manifest
from glsmed.shared.errors import GlsmedError


def test_every_examination_of_the_large_site_is_its_own(tmp_path: Path) -> None:
    config = write_large_site(tmp_path / "site", rows=250)
    manifest = read_manifest(config.parent / "data" / "manifest.csv")
    assert len(manifest.images) == len(manifest.reports) == len(set(manifest.patients.values())) == 250
    assert len({entry.image.read_bytes() for entry in manifest.images}) == 250


@pytest.mark.slow
def test_a_first_check_and_a_repeated_one_are_timed(tmp_path: Path) -> None:
    config = write_large_site(tmp_path / "site", rows=200)
    cold, warm = check_seconds(config, repeats=1)
    assert (cold["check"], warm["check"]) == ("cold", "warm")
    assert float(warm["peak_gb"]) > 0


@pytest.mark.slow
def test_a_check_that_finds_a_fault_ends_the_measurement(tmp_path: Path) -> None:
    config = write_large_site(tmp_path / "site", rows=200)
    next((tmp_path / "site" / "data" / "images").iterdir()).unlink()
    with pytest.raises(GlsmedError, match="no such file"):
        list(check_seconds(config, repeats=1))
