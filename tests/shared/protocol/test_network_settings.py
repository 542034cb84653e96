import pytest
from pydantic import ValidationError

from glsmed.shared.protocol.network_settings import FineTuningSection, InitialWeights, ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection

DIGEST = "0" * 64


@pytest.mark.parametrize("name", ["resnet10", "timm/resnet50_gn", "timm/vit_base_patch16_224"])
def test_networks_of_ours_and_of_timm_can_be_named(name: str) -> None:
    assert ModelSection(architecture=name).architecture == name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("resnet81", r"did you mean 'resnet18'\?"),
        ("convnext_tiny", "or timm/NAME for a network of timm"),
        ("timm/vit_base_patch16_224.augreg_in21k", "without the tag of its weights"),
        ("timm/hf-hub:someone/net", "is not the name of a network of timm"),
        ("timm/", "is not the name of a network of timm"),
    ],
)
def test_other_names_are_refused(name: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ModelSection(architecture=name)


@pytest.mark.parametrize("file", ["../w.safetensors", "a/w.safetensors", "w.pth", ".safetensors", "w.safetensors\n"])
def test_a_file_of_weights_is_a_name_beside_the_study(file: str) -> None:
    with pytest.raises(ValidationError, match="file"):
        InitialWeights(file=file, sha256=DIGEST, licence="MIT")


def study(**training: object) -> Study:
    return Study(study="s", findings=("effusion",), training=TrainingSection.model_validate({"rounds": 3, **training}))


def test_a_network_is_trained_in_some_round() -> None:
    assert study(fine_tuning=FineTuningSection(frozen_rounds=2))
    with pytest.raises(ValidationError, match="frozen_rounds is 3 of 3 rounds: the network would never be trained"):
        study(fine_tuning=FineTuningSection(frozen_rounds=3))


@pytest.mark.parametrize(
    "tuning", [{"layer_decay": 0.5}, {"schedule": "cosine"}, {"average_decay": 0.5}, {"frozen_rounds": 1}]
)
def test_control_variates_need_plain_steps(tuning: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"they need training\.fine_tuning at its defaults"):
        study(fine_tuning=tuning, control_variates=True, optimizer="sgd", momentum=0)
