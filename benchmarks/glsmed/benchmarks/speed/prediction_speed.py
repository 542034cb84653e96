"""How fast ``glsmed-client predict`` uses a network, beside the shortest loop that does."""

import torch
from torch import Tensor, nn

from glsmed.benchmarks.speed.bench import FINDINGS, Bench
from glsmed.client.evaluation.familiarity import learn_familiarity
from glsmed.client.evaluation.model_features import FeatureReader
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.learning.calibration_interval import FindingInterval
from glsmed.client.learning.operating_point import choose_operation
from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration
from glsmed.client.model_use.predictor import BATCH_SIZE, Predictor
from glsmed.client.training.steps.memory_format import in_fastest_format
from glsmed.shared.pixels import to_pixels

_BAND = ((-9.0, 0.01, 0.1), (0.0, 0.3, 0.7), (9.0, 0.9, 0.99))


def prediction_over_plain(bench: Bench) -> float:
    """Images per second of predictions with intervals, alerts and distances, over those of bare probabilities.

    Both take the same tensors, already in memory, in batches of the same size.
    """
    model, plain, images = bench.model().eval(), bench.model().eval(), bench.examples.images
    with Predictor(_shipped(model, bench), device=bench.device, sensitivity=0.9) as predictor:
        return 1 / bench.ratio(lambda: predictor.scores(images), lambda: _plain(plain, images, bench.device))


@torch.no_grad()
def _plain(model: nn.Module, images: Tensor, device: torch.device) -> Tensor:
    parts = [
        model(in_fastest_format(to_pixels(part.to(device)))).sigmoid().cpu() for part in torch.split(images, BATCH_SIZE)
    ]
    return torch.cat(parts)


def _shipped(model: nn.Module, bench: Bench) -> ShippedModel:
    """The network as a site would have shipped it, with everything that predictions are read by."""
    with FeatureReader(model, n_findings=len(FINDINGS), device=bench.device) as reader:
        familiarity = learn_familiarity(reader, bench.examples, bench.examples)
    scores, names = torch.linspace(-3, 3, 40), [f"p{number}" for number in range(40)]
    operation = choose_operation(scores, (scores > 0).float(), names, reference="gold")
    return ShippedModel(
        model,
        FINDINGS,
        torch.zeros(len(FINDINGS)),
        OutputCalibration(findings=FINDINGS, curves={name: FindingCalibration(slope=0.9) for name in FINDINGS}),
        image_size_px=bench.settings.image_size_px,
        architecture=bench.settings.architecture,
        study="speed",
        round=1,
        weights_sha256="",
        intervals={name: FindingInterval(band=_BAND, gold_cells=40) for name in FINDINGS},
        operation=dict.fromkeys(FINDINGS, operation),
        familiarity=familiarity,
    )
