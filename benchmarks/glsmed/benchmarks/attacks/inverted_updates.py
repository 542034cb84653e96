"""How much of its images each kind of update gives away to the attack of :mod:`glsmed.benchmarks.attacks.inversion`.

The updates are those of the project's own training on drawn radiographs. The attacker knows the model, the mean image
of other patients, from which the search begins, and the labels of the images it seeks. Each image that it finds is
compared with the image of the update that is most like it.

Beside the project's own small network there is the one that the literature inverts, so that what protects it is seen.
"""

import copy
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from glsmed.benchmarks.attacks.inversion import Search, inverted, labels_read
from glsmed.benchmarks.attacks.spread import mean_and_range
from glsmed.benchmarks.privacy_cost.planned_training import CPU
from glsmed.benchmarks.simulator.drawn_examples import drawn_examples
from glsmed.client.data.examples import Examples
from glsmed.client.settings.patient_account import PatientAccountFile
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.client.training.differential_privacy.private_training import train_privately
from glsmed.client.training.steps.training import train
from glsmed.shared.networks.building import build_model
from glsmed.shared.pixels import BLACK, PIXEL_MEAN, PIXEL_SCALE, to_pixels
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import AugmentationSection, PrivacySection, TrainingSection

_NETWORK = "resnet10_x0_25"
_CHANNELS, _FEATURES = 12, 588  # of the other network, and what 28 x 28 pixels become in it
_WHITE = (1 - PIXEL_MEAN) / PIXEL_SCALE
_KEY = b"only the site knows these bytes."
_OTHER_PATIENTS, _OTHER_SEED = 200, 10_000
_UNEVEN = 0.1  # deviation of the noise on the mean image, so that two images do not take the same way
_EPSILON, _NOISE = 8.0, 0.7  # the noise with which one step on one patient keeps to that epsilon

SEARCH = Search(steps=400, length=0.05, smoothness=1e-5, low=BLACK, high=_WHITE)
QUICK_SEARCH = replace(SEARCH, steps=150)

_PLAIN_STEP = TrainingSection(
    optimizer="sgd",
    momentum=0,
    weight_decay=0,
    batch_size=1,
    steps_per_round=1,
    site_offset=False,
    augmentation=AugmentationSection.model_validate(dict.fromkeys(AugmentationSection.model_fields, 0)),
)
_PRIVATE_STEP = _PLAIN_STEP.model_copy(
    update={"privacy": PrivacySection(noise_multiplier=_NOISE, max_epsilon=_EPSILON)},
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Whose update is attacked.

    Attributes:
        training: at each site.
        patients: of each site, with an image each.
        sites: whose updates are summed.
        sought: images that the attacker looks for.
        is_easy: of the network of the literature, not of the project's.
    """

    training: TrainingSection
    patients: int
    sites: int
    sought: int
    is_easy: bool = True


CONTROL, PRIVATE = "one image, one step (control)", "one image, one step, epsilon 8"
SETTINGS: Mapping[str, Setting] = {
    CONTROL: Setting(_PLAIN_STEP, 1, 1, 1),
    "the sum of three sites, one image and one step each": Setting(_PLAIN_STEP, 1, 3, 3),
    PRIVATE: Setting(_PRIVATE_STEP, 1, 1, 1),
    "default batch and steps": Setting(TrainingSection(), 100, 1, 3),
    "the sum of three sites, default batch and steps": Setting(TrainingSection(), 100, 3, 3),
    "the project's network: one image, one step": Setting(_PLAIN_STEP, 1, 1, 1, is_easy=False),
}


@dataclass(frozen=True, slots=True)
class Inverted:
    """What was found out of one update.

    Attributes:
        psnr: in dB, mean over the images that were sought; higher is more alike.
        guessed: the same of the mean image of other patients, beside the same originals; it needs no update.
        gain: of the image that was found best, dB above the mean image.
        labels: share of the labels of the update's images that the signs of the last layer give.
        absent: the same of always saying "absent".
        epsilon: that was spent, None without privacy.
        original: ``(S, S)`` grey values from 0 to 1, of the image with that gain, and ``found`` what was found of it.
    """

    setting: str
    seed: int
    psnr: float
    guessed: float
    gain: float
    labels: float
    absent: float
    epsilon: float | None
    original: Tensor
    found: Tensor

    def figures(self) -> dict[str, object]:
        """All but the images."""
        figures = ("setting", "seed", "psnr", "guessed", "gain", "labels", "absent", "epsilon")
        return {name: getattr(self, name) for name in figures}


def inversions(*, seeds: int, tell: Tell, is_quick: bool = False) -> Iterator[Inverted]:
    """Every setting, seed by seed; each draws other patients and other first weights. ``tell`` gets a line for each.

    A quick one shortens the search, and attacks one image and one step alone, without privacy and with it.
    """
    search, names = (QUICK_SEARCH, (CONTROL, PRIVATE)) if is_quick else (SEARCH, tuple(SETTINGS))
    known = to_pixels(drawn_examples(_OTHER_PATIENTS, seed=_OTHER_SEED).images).mean(0, keepdim=True)
    for seed in range(seeds):
        for name in names:
            done = _inverted(name, SETTINGS[name], seed, known=known, search=search)
            tell(f"{name}, seed {seed}: {done.psnr:.1f} dB, the mean image {done.guessed:.1f}, best {done.gain:+.1f}")
            yield done


def _inverted(name: str, setting: Setting, seed: int, *, known: Tensor, search: Search) -> Inverted:
    everyone = drawn_examples(setting.patients * setting.sites, seed=seed)
    make = easy_network if setting.is_easy else _own_network
    first = make(len(everyone.findings), seed=seed)
    sites = [slice(number * setting.patients, (number + 1) * setting.patients) for number in range(setting.sites)]
    updates, spent = zip(*(_update(first, everyone.rows(rows), setting.training) for rows in sites), strict=True)
    summed = [torch.stack(of_sites).sum(0) for of_sites in zip(*updates, strict=True)]
    sought = everyone.rows(torch.arange(setting.sought) * len(everyone) // setting.sought)
    noise = torch.randn(len(sought), *known.shape[1:], generator=torch.Generator().manual_seed(seed))
    found = inverted(first, summed, sought.targets, known + _UNEVEN * noise, search)
    originals = to_pixels(everyone.images)
    alike, matched = psnr(found, originals).max(1)
    guessed = psnr(known, originals)[0, matched]
    best = int((alike - guessed).argmax())
    return Inverted(
        name,
        seed,
        psnr=float(alike.mean()),
        guessed=float(guessed.mean()),
        gain=float((alike - guessed)[best]),
        labels=float((labels_read(summed) == (everyone.targets > 0)).float().mean()),
        absent=float((everyone.targets == 0).float().mean()),
        epsilon=max(spent) if setting.training.privacy.is_on else None,
        original=_grey(originals[matched[best]]),
        found=_grey(found[best]),
    )


def _update(first: nn.Module, examples: Examples, settings: TrainingSection) -> tuple[list[Tensor], float]:
    """Weights before less weights after a site's round, and the epsilon that it spent."""
    model, spent = copy.deepcopy(first), 0.0
    if settings.privacy.is_on:
        spent = _privately(model, examples, settings)
    else:
        train(model, examples, settings, round_number=1, device=CPU, key=_KEY)
    pairs = zip(first.parameters(), model.parameters(), strict=True)
    return [(before - after).detach() for before, after in pairs], spent


def _own_network(findings: int, *, seed: int) -> nn.Module:
    return build_model(_NETWORK, n_findings=findings, seed=seed)


def easy_network(findings: int, *, seed: int) -> nn.Module:
    """The network that Zhu et al. invert ("Deep leakage from gradients", NeurIPS 2019): smooth, and nothing is pooled.

    Its weights are drawn as there, between -0.5 and 0.5.
    """
    layers: list[nn.Module] = []
    for channels, stride in ((1, 2), (_CHANNELS, 2), (_CHANNELS, 1)):
        layers += [nn.Conv2d(channels, _CHANNELS, kernel_size=5, stride=stride, padding=2), nn.Sigmoid()]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(_FEATURES, findings))
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5, generator=generator)
    return model


def _privately(model: nn.Module, examples: Examples, settings: TrainingSection) -> float:
    with tempfile.TemporaryDirectory() as folder:
        ledger = PrivacyLedger(PatientAccountFile(Path(folder) / "privacy.json"), "inversion")
        train_privately(model, examples, settings, ledger, round_number=1, device=CPU)
        return ledger.spent(settings.privacy)


def psnr(found: Tensor, originals: Tensor) -> Tensor:
    """``(N, M)`` peak signal-to-noise ratio in dB of each found image ``(N, 1, S, S)`` beside each original."""
    squares = (found[:, None] - originals[None]).square().mean((2, 3, 4))
    return 10 * torch.log10((_WHITE - BLACK) ** 2 / squares)


def _grey(pixels: Tensor) -> Tensor:
    return (pixels[0] * PIXEL_SCALE + PIXEL_MEAN).clamp(0, 1)


def inversion_markdown(done: Sequence[Inverted]) -> str:
    """A line for each setting: mean over seeds (lowest to highest)."""
    lines = [
        "| update | found, dB | mean image, dB | the best, above it | labels read | always absent | epsilon spent |",
        "|---|---|---|---|---|---|---:|",
    ]
    for setting in SETTINGS:
        of = [one for one in done if one.setting == setting]
        if not of:
            continue
        spread = (
            mean_and_range([one.psnr for one in of], "{:.1f}"),
            mean_and_range([one.guessed for one in of], "{:.1f}"),
            mean_and_range([one.gain for one in of], "{:+.1f}"),
            mean_and_range([100 * one.labels for one in of], "{:.0f} %"),
            mean_and_range([100 * one.absent for one in of], "{:.0f} %"),
        )
        spent = max((one.epsilon for one in of if one.epsilon is not None), default=math.inf)
        lines.append(f"| {setting} | {' | '.join(spread)} | {'–' if math.isinf(spent) else f'{spent:.2f}'} |")
    return "\n".join(lines) + "\n"
