"""From what was asked for to the plan of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import FitSettings
from glsmed.benchmarks.comparison.jobs import Plan
from glsmed.benchmarks.comparison.trial import Sizes
from glsmed.benchmarks.methods.catalogue import CANDIDATES, check_method, needs_federation
from glsmed.benchmarks.simulator.scenarios import scenario_named
from glsmed.benchmarks.simulator.sources import label_of
from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean

QUICK_METHODS = ("gls-lexicon", "gls-site", "u-ones", "u-zeros", "u-ones-lsr", "u-ones-ls")
QUICK_SIZES = Sizes(train=200, validation=40, test=110, gold=50)
QUICK_FIT = FitSettings(epochs=8)
_QUICK_SEEDS = 2


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What was asked for on the command line.

    Attributes:
        pixels: name of the source of pictures, or a folder.
        methods: none for all.
        gold: labels of each hospital; ``test`` examinations of each hospital.
        epochs: None for the usual number.
        folds: 1 holds out one test set.
        quick: small and short.
    """

    pixels: str
    scenarios: Sequence[str]
    arms: Sequence[str]
    methods: Sequence[str] = ()
    seeds: int = 5
    gold: int = 100
    test: int = 270
    epochs: int | None = None
    folds: int = 1
    quick: bool = False


def make_plan(options: PlanOptions) -> Plan:
    """The plan that the options ask for.

    Raises:
        UsageError: a scenario, arm or method is unknown, or a method needs a federation and there is no such arm.
    """
    _check_arms(options.arms)
    _check_federated(options.methods, options.arms)
    quick, usual = options.quick, QUICK_FIT if options.quick else FitSettings()
    methods = options.methods or (QUICK_METHODS if quick else CANDIDATES)
    return Plan(
        pixels=label_of(options.pixels),
        scenarios=tuple(scenario_named(name).name for name in options.scenarios),
        arms=tuple(options.arms),
        methods=tuple(check_method(name) for name in methods),
        seeds=min(options.seeds, _QUICK_SEEDS) if quick else options.seeds,
        sizes=QUICK_SIZES if quick else Sizes(gold=options.gold, test=options.test),
        settings=replace(usual, epochs=options.epochs or usual.epochs),
        tuned=not quick,
        folds=options.folds,
    )


def _check_arms(arms: Sequence[str]) -> None:
    for arm in arms:
        if arm not in ARMS:
            raise UsageError(f"no arm {arm!r}{did_you_mean(arm, list(ARMS))}; there are {', '.join(ARMS)}")


def _check_federated(methods: Sequence[str], arms: Sequence[str]) -> None:
    """Raise if a method about federations is asked for in no federated arm."""
    for name in methods:
        if needs_federation(name) and not any(ARMS[arm].federated for arm in arms):
            federated = ", ".join(arm for arm in ARMS if ARMS[arm].federated)
            raise UsageError(f"method {name!r} is about federations: add one of the arms {federated}")
