from pathlib import Path

import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from glsmed.server.cli import app
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.readiness.model_check import check_model
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.study import load_study


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, " ".join(f"{done.output} {done.exception or ''}".split())


def converted(folder: Path, *options: str) -> Path:
    state = build_model("resnet10", n_findings=4, seed=7).state_dict()
    torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, folder / "w.pth")
    code, output = run("weights", "convert", folder / "w.pth", "--out", folder / "w.safetensors", *options)
    assert code == 0, output
    return folder / "w.safetensors"


def test_from_a_torch_file_to_the_first_model_of_a_study(tmp_path: Path) -> None:
    weights, folder = converted(tmp_path, "--licence", "MIT"), tmp_path / "chest"
    code, output = run("init", folder, "--architecture", "resnet10", "--weights", weights)
    assert code == 0, output
    study = load_study(folder / "study.yaml")
    assert study.model.initial_weights is not None
    assert study.model.initial_weights.licence == "MIT"
    assert (folder / "w.safetensors").read_bytes() == weights.read_bytes()
    make_first_model(RunFolder(folder / "run"), study, beside=folder)
    first = RunFolder(folder / "run").checkpoints.load(0, study_digests=[study.digest()]).model.arrays()
    assert torch.equal(torch.tensor(first["conv1.weight"]), load_file(weights)["module.conv1.weight"])


def test_a_study_starts_from_a_checkpoint_of_an_earlier_one(tmp_path: Path) -> None:
    earlier, later = tmp_path / "earlier", tmp_path / "later"
    code, output = run("init", earlier, "--architecture", "resnet10")
    assert code == 0, output
    first = load_study(earlier / "study.yaml")
    make_first_model(RunFolder(earlier / "run"), first)
    checkpoint = RunFolder(earlier / "run").checkpoints.path(0)
    code, output = run("init", later, "--architecture", "resnet10", "--weights", checkpoint, "--licence", "ours")
    assert code == 0, output
    [line] = check_model(later, load_study(later / "study.yaml")).lines
    assert line.startswith(f"model resnet10: 4.9 million weights, 224 px, {checkpoint.name} (ours, sha256 ")


def test_weights_that_do_not_fit_leave_no_folder(tmp_path: Path) -> None:
    weights = converted(tmp_path, "--licence", "MIT")
    code, output = run("init", tmp_path / "chest", "--architecture", "timm/test_convnext", "--weights", weights)
    assert code != 0
    assert "w.safetensors does not fit the study's network" in output or "not those of this network" in output
    assert not (tmp_path / "chest").exists()


def test_a_licence_must_be_known(tmp_path: Path) -> None:
    code, output = run("init", tmp_path / "chest", "--architecture", "resnet10", "--weights", converted(tmp_path))
    assert code != 0
    assert "under which licence are these weights? --licence NAME" in output


def test_a_network_that_cannot_be_trained_is_refused_at_once(tmp_path: Path) -> None:
    code, output = run("init", tmp_path / "chest", "--architecture", "timm/test_resnet")
    assert code != 0
    assert "timm/test_resnet has batch statistics" in output
    assert not (tmp_path / "chest").exists()
