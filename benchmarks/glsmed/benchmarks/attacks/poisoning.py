"""One of three hospitals is dishonest: what each way of averaging makes of its updates."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from glsmed.benchmarks.attacks.curve import hospital_data
from glsmed.benchmarks.attacks.poisoned_training import POISONS, Poison, dishonest, marked
from glsmed.benchmarks.attacks.spread import mean_and_range
from glsmed.benchmarks.federation.built_federation import RunSettings, load_hospital, study_of
from glsmed.benchmarks.federation.local_grid import run_in_process
from glsmed.benchmarks.simulator.drawn_examples import drawn_examples
from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.training.steps.training import predict_logits
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.networks.initial_model import study_network
from glsmed.shared.networks.model_arrays import load_arrays
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.strategy_settings import ROBUST_RULES
from glsmed.shared.protocol.study import Study

Changes = Mapping[str, object]
_NO_CAP: Changes = {"max_site_share": 1.0}

# changes of `federation`; under `aggregation` those of that section
STRATEGIES: Mapping[str, Changes] = {
    "mean without bounds": {"max_norm_ratio": None, "aggregation": _NO_CAP},
    "mean (default)": {},
    "norm_bounded_mean": {"aggregation": {"rule": "norm_bounded_mean"}},
    "trimmed_mean": {"aggregation": {"rule": "trimmed_mean"}},
    "median": {"aggregation": {"rule": "median"}},
}
_QUORUM = 2  # of three: the study goes on without the one whose update is refused
_QUORUM_OF_ORDER = 3  # what a median or a trimmed mean needs
_TEST_PATIENTS = 1000
_TEST_SEED = 10_000
_CALLED = 0.9  # of the images without the finding, how many lie below the bar when they bear no mark
_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Poisoned:
    """What a study came to.

    Attributes:
        auroc: mean over findings of the model that would be shipped, on patients of no hospital.
        called: share of images without the first finding that are called with it once they bear the backdoor's mark;
            without the mark it is .1.
        has_ended: whether the study came to its end; else the model is the last that there was.
    """

    strategy: str
    poison: Poison
    seed: int
    auroc: float
    called: float
    has_ended: bool


def poisoned_markdown(studies: Sequence[Poisoned]) -> str:
    """A line for each strategy: AUROC under each poison, and what the backdoor calls; mean (lowest to highest)."""
    lines = [
        f"| | {' | '.join(POISONS)} | called with the mark: none | backdoor | ended early |",
        "|---|" + "---|" * (len(POISONS) + 3),
    ]
    for strategy in STRATEGIES:
        of = [one for one in studies if one.strategy == strategy]
        under = {poison: [one for one in of if one.poison == poison] for poison in POISONS}
        aurocs = [mean_and_range([one.auroc for one in under[poison]], "{:.2f}") for poison in POISONS]
        called = [mean_and_range([one.called for one in under[poison]], "{:.2f}") for poison in ("none", "backdoor")]
        early = sum(not one.has_ended for one in of)
        lines.append(f"| {strategy} | {' | '.join([*aurocs, *called])} | {early} of {len(of)} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Size:
    """How much a study trains: examinations of each hospital, rounds, and gradient steps in a round."""

    studies: int = 300
    rounds: int = 8
    steps: int = 20


def poisoned_studies(out: Path, *, seeds: int, size: Size, tell: Tell) -> Iterator[Poisoned]:
    """Every poison against every strategy, seed by seed.

    Args:
        out: for the hospitals' files.
        seeds: how many; each draws other patients.
        size: of each study.
        tell: gets a line for each study.

    A study that ``out`` holds already is not trained again.
    """
    for seed in range(seeds):
        data = out / f"seed-{seed}"
        hospital_data(data, studies=size.studies, seed=seed)
        for strategy in STRATEGIES:
            for poison in POISONS:
                kept = data / "done" / f"{strategy}-{poison}.json"
                if not kept.is_file():
                    write_text(kept, json.dumps(asdict(_study(data, strategy, poison, size=size, seed=seed))) + "\n")
                done = Poisoned(**json.loads(kept.read_text(encoding="utf-8")))
                tell(f"{strategy}, {poison}, seed {seed}: AUROC {done.auroc:.3f}, called {done.called:.2f}")
                yield done


def _study(data: Path, strategy: str, poison: Poison, *, size: Size, seed: int) -> Poisoned:
    """Train the hospitals together, the last of them poisoned."""
    run = RunSettings(rounds=size.rounds, steps_per_round=size.steps, seed=seed, gold=0, architecture="resnet10_x0_25")
    study, adapters = study_of(data / "data", run)
    study, work = _with(study, STRATEGIES[strategy]), data / "work"
    shutil.rmtree(work, ignore_errors=True)
    sites = {name: load_hospital(data / "data" / name, work, study, adapter, run) for name, adapter in adapters.items()}
    last = list(sites)[-1]
    sites[last] = dishonest(sites[last], poison)
    folder, has_ended = RunFolder(work / "run"), True
    try:
        best = int(str(run_in_process(study, sites, folder)["best_round"]))
    except FederationError:  # the others refuse such models, or none can be used
        best, has_ended = folder.checkpoints.latest() or 0, False
    model = study_network(study)
    load_arrays(model, folder.checkpoints.load(best, study_digests=[study.digest()]).model.arrays())
    test = _test_examples(study)
    return Poisoned(strategy, poison, seed, _auroc(model, test), _called(model, test), has_ended)


def _with(study: Study, changes: Changes) -> Study:
    aggregation = changes.get("aggregation", {})
    if not isinstance(aggregation, Mapping):
        raise TypeError(f"aggregation: expected a mapping, got {aggregation!r}")
    section = study.federation.aggregation.model_copy(update=dict(aggregation))
    quorum = _QUORUM_OF_ORDER if section.rule in ROBUST_RULES else _QUORUM
    federation = study.federation.model_copy(update={**changes, "quorum": quorum, "aggregation": section})
    return study.model_copy(update={"federation": federation})


def _test_examples(study: Study) -> Examples:
    drawn, side = drawn_examples(_TEST_PATIENTS, seed=_TEST_SEED), study.model.image_size_px
    larger = interpolate(drawn.images.float(), size=(side, side), mode="bilinear", antialias=True)
    return replace(drawn, images=larger.round().clamp(0, 255).to(torch.uint8))


def _auroc(model: nn.Module, test: Examples) -> float:
    """Chance where the model gives no usable number."""
    return evaluate(model, test, device=_CPU).macro.get("auroc", 0.5)


def _called(model: nn.Module, test: Examples) -> float:
    without = test.rows((test.gold[:, 0] == 0).nonzero().squeeze(1))
    bar = _scores(model, without).quantile(_CALLED)
    return float((_scores(model, replace(without, images=marked(without.images))) > bar).float().mean())


def _scores(model: nn.Module, examples: Examples) -> Tensor:
    return predict_logits(model, examples, device=_CPU)[:, 0]
