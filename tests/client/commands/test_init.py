import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.commands.init import centre_address
from glsmed.client.settings.config import load_site
from glsmed.shared.protocol.study import CentreSection, load_study

Typed = Callable[..., Any]


def test_a_new_sites_folder_can_be_loaded(tmp_path: Path, typed: Typed, from_the_centre: Path) -> None:
    done = typed(
        "init", tmp_path / "st-mary", "--study", from_the_centre / "study.yaml", "--ca", from_the_centre / "ca.crt"
    )
    assert done.code == 0
    config = load_site(tmp_path / "st-mary" / "config.yaml")
    assert config.site == "st-mary"
    assert config.centre.address == "centre.example.org:8443"
    assert load_study(config.study) == load_study(from_the_centre / "study.yaml")
    assert config.centre.ca_certificate.read_text() == "certificate"
    assert f"glsmed-client --site {tmp_path}/st-mary/config.yaml check" in done.out


@pytest.mark.parametrize(
    ("public_name", "address"),
    [("centre.example.org", "centre.example.org:8443"), ("10.0.0.1", "10.0.0.1:8443"), ("fd00::1", "[fd00::1]:8443")],
)
def test_the_address_is_the_centres_first_public_name(public_name: str, address: str) -> None:
    assert centre_address(CentreSection(public_names=(public_name, "other"))) == address


@pytest.mark.parametrize("name", ["St Mary", "a: b", "x\ny", "-st"])
def test_a_name_that_is_none_for_a_site_is_refused_and_nothing_is_written(
    tmp_path: Path, typed: Typed, from_the_centre: Path, name: str
) -> None:
    files = ("--study", from_the_centre / "study.yaml", "--ca", from_the_centre / "ca.crt")
    done = typed("init", tmp_path / "new", *files, f"--name={name}")
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert not (tmp_path / "new").exists()


def test_an_existing_site_is_not_overwritten(tmp_path: Path, typed: Typed, from_the_centre: Path) -> None:
    (tmp_path / "st-mary").mkdir()
    (tmp_path / "st-mary" / "config.yaml").write_text("mine")
    done = typed(
        "init", tmp_path / "st-mary", "--study", from_the_centre / "study.yaml", "--ca", from_the_centre / "ca.crt"
    )
    assert (done.code, (tmp_path / "st-mary" / "config.yaml").read_text()) == (2, "mine")
    assert "exists already" in done.err


@pytest.mark.parametrize(("missing", "message"), [("study.yaml", "cannot be read"), ("ca.crt", "no such file")])
def test_a_missing_file_is_named(
    tmp_path: Path, typed: Typed, from_the_centre: Path, missing: str, message: str
) -> None:
    (from_the_centre / missing).unlink()
    done = typed(
        "init", tmp_path / "st-mary", "--study", from_the_centre / "study.yaml", "--ca", from_the_centre / "ca.crt"
    )
    assert done.code == 2
    assert f"{missing}: {message}" in done.err


def test_weights_beside_the_study_come_along(tmp_path: Path, typed: Typed, from_the_centre: Path) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    sent = from_the_centre / "study.yaml"
    weights = f"initial_weights: {{file: w.safetensors, sha256: {digest}, licence: MIT}}"
    sent.write_text(sent.read_text().replace("image_size_px: 32", f"image_size_px: 32, {weights}"))
    files = ("--study", sent, "--ca", from_the_centre / "ca.crt")
    assert typed("init", tmp_path / "without", *files).code == 0
    assert not (tmp_path / "without" / "w.safetensors").exists()
    (from_the_centre / "w.safetensors").write_bytes(b"others")
    refused = typed("init", tmp_path / "with", *files)
    assert refused.code == 2
    assert "this is another file than the study names" in refused.err
    (from_the_centre / "w.safetensors").write_bytes(b"weights")
    assert typed("init", tmp_path / "with", *files).code == 0
    assert (tmp_path / "with" / "w.safetensors").read_bytes() == b"weights"
