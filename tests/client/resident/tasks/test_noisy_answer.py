"""What leaves a private study of a model's quality: nothing in its rounds, and at its end what was paid for once."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch
from structlog.testing import capture_logs
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.egress import noisy_counts
from glsmed.client.resident.tasks import noisy_answer
from glsmed.client.training.steps.training import predict_logits
from glsmed.shared.networks import group_norm_networks
from tests.client.resident.tasks.asked_site import EGRESS, STUDY, Asked
from tests.federation.small_hospitals import TinyNetwork

pytestmark = pytest.mark.usefixtures("answers_about_any_model")
PRIVATE = STUDY.replace(
    "batch_size: 4", "batch_size: 4, site_offset: false, privacy: {noise_multiplier: 4, metrics_epsilon: EPSILON}"
)
Start = Callable[[str], Asked]


class Silence:
    """Stands for the generator of noise, so that what is left is known."""

    def normal(self, shape: Sequence[int], *, device: torch.device) -> Tensor:
        return torch.zeros(tuple(shape), dtype=torch.float64, device=device)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def started(write_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Start:
    """A function that starts a site of ten test patients, few as they are, anew or as it was left."""
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)
    monkeypatch.setattr(noisy_counts, "_CLEAR", 0.1)
    monkeypatch.setattr(noisy_answer, "SecretRandom", Silence)
    config = write_config(replace={"cpu_threads: 1\n": EGRESS.replace("max_runs: 1", "max_runs: 3")})
    shutil.rmtree(config.parent / "state", ignore_errors=True)

    def run(epsilon: str) -> Asked:
        (config.parent / "study.yaml").write_text(PRIVATE.replace("EPSILON", epsilon))
        return Asked(config)

    return run


def payments(site: Asked) -> int:
    return sum(str(entry.get("study", "")).endswith("/metrics") for entry in site.audit())


def test_a_round_has_no_metric_and_the_end_one_set_that_is_paid_for_once(started: Start) -> None:
    site = started("8")
    model = site.model(0.1)
    assert site.metrics(model, split="validation") == {}
    assert payments(site) == 0
    final = site.metrics(model)
    assert {"n/effusion", "auroc/effusion"} <= final.keys()
    assert payments(site) == 1
    assert site.metrics(model) == final
    again = started("8")
    assert again.metrics(again.model(0.1)) == final
    assert again.metrics(again.model(0.2)) == {}  # another model is not paid for
    assert payments(again) == 1


def test_without_an_epsilon_for_metrics_none_leaves_and_the_site_keeps_its_model(started: Start) -> None:
    site = started("0")
    assert site.metrics(site.model(0.1)) == {}
    assert payments(site) == 0
    assert (site.state / "models/shipped/model-card.md").exists()


def test_an_image_that_the_model_fails_with_is_no_error_and_no_missing_number(
    started: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(model: nn.Module, examples: Examples, *, device: torch.device) -> Tensor:
        assert len(examples) == 1  # or its last digits follow from the others
        if len(seen) == 5:
            raise ArithmeticError("this image is here")
        seen.append(0)
        return predict_logits(model, examples, device=device)

    seen: list[int] = []
    site = started("8")
    monkeypatch.setattr(noisy_answer, "predict_logits", breaks)
    assert "n/effusion" in site.metrics(site.model(0.1))
    assert len(seen) == 5
