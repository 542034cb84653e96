from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.cli import app
from glsmed.shared.protocol.study import load_study


def test_the_study_has_the_folders_name_and_what_was_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "chest"
    done = CliRunner().invoke(app, ["init", str(folder), "--public-name", "centre.example.org", "--port", "9443"])
    assert done.exit_code == 0, done.output
    study = load_study(folder / "study.yaml")
    assert (study.study, study.centre.public_names, study.centre.port) == ("chest", ("centre.example.org",), 9443)
    assert f"made {folder}/study.yaml" in done.output.replace("\n", " ")


def test_a_private_study_is_planned_for_the_patients_of_its_smallest_site(tmp_path: Path) -> None:
    folder = tmp_path / "chest"
    done = CliRunner().invoke(app, ["init", str(folder), "--private", "4", "--patients", "5000"])
    assert done.exit_code == 0, done.output
    training = load_study(folder / "study.yaml").training
    assert (training.rounds, training.steps_per_round, training.batch_size) == (20, 20, 256)
    assert (training.privacy.noise_multiplier, training.privacy.max_epsilon) == (1.37, 4)
    assert training.privacy.metrics_epsilon == 1
    assert "20 rounds of 20 steps on 256 patients with noise 1.37" in " ".join(done.output.split())


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["init", str(tmp_path / "chest"), "--port", "70000"])
    assert done.exit_code == 2
    assert not (tmp_path / "chest").exists()


@pytest.mark.parametrize("is_before", [False, True], ids=["after init", "before init"])
def test_the_authoritys_key_can_be_encrypted_from_the_beginning(tmp_path: Path, is_before: bool) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("four words of a poem")
    secret.chmod(0o600)
    made, option = ["init", str(tmp_path / "chest")], ["--ca-passphrase-file", str(secret)]
    done = CliRunner().invoke(app, [*option, *made] if is_before else [*made, *option])
    assert done.exit_code == 0, done.output
    assert "ENCRYPTED" in (tmp_path / "chest" / "pki" / "ca.key").read_text()
    assert "poem" not in done.output
