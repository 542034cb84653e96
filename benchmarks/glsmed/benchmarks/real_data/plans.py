"""What a comparison on real data has to run."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.comparison.fitting import FitSettings
from glsmed.benchmarks.comparison.network import PLACED
from glsmed.benchmarks.real_data.dealing import ALL
from glsmed.shared.errors import UsageError

BESIDE = ("u-ones", "u-zeros", "u-ignore", "u-multiclass", "u-ones-lsr", "u-ones-ls", "ls", "sce", "elr")  # of others
NO_GOLD = ("gls-lexicon", "gls-image-informed", *BESIDE)
WITH_GOLD = (
    "gls-site",
    "gls-lexicon",
    "gold-only",
    *BESIDE,
    "u-ones-ensemble",
    "nf-net",
    "gls-site-informed",
    "gls-shared-informed",
    "gls-beta-ones",
    "gls-joint-informed",
    "gls-site-spread",
    "gls-negative",
    "gls-gated",
)
TRIALS = ("gls-site-ensemble", "gls-grade-head", "gls-certain-first", "gls-distilled", "gls-joint-habits")
LEFT_OUT_NO_GOLD = ("gls-lexicon", "u-ones")
LEFT_OUT_WITH_GOLD = ("gls-site", "u-ones", "gls-beta-ones")
HELD_BACK = ("gls-site", "gold-only", "u-ones")
CEILING = "gold-only"  # with gold for every examination
GOLD = (25, 50, 100)
MOST_GOLD_FOR_TRIALS = 50
MORE_FOR_THE_CURVE = 200
QUICK = ("gls-site", "gold-only", "u-ones", "gls-lexicon")
QUICK_SEEDS, QUICK_EPOCHS = 2, 8
RECIPE, _NO_GOLD_REFERENCE = "gls-site", "gls-lexicon"
METHODS, TOGETHER, POLICIES = "methods", "federations", "policies"
PARTS = (METHODS, TOGETHER, POLICIES)
FEDERATIONS = ("federated", "local", "pooled")
BY_POLICY = ("federated-u-ones", "federated-u-zeros", "federated-u-ignore")  # federations whose doubt is made 0 or 1
FEDERATION_GOLD = 50
FEDERATION_ROUNDS, FEDERATION_STEPS = 20, 20
QUICK_ROUNDS, QUICK_STEPS = 2, 4
LEARNING_RATE, FEDERATION_RATE = 2e-3, 1e-3  # of small networks

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class RealJob:
    """One training.

    Attributes:
        gold: labels of each hospital; 0 for none, :data:`ALL` for all.
        left_out: a hospital that takes no part and is asked about; blank for none.
        held_back: half of the gold is kept out of training, for output calibration.
    """

    method: str
    gold: int
    seed: int
    left_out: str = ""
    held_back: bool = False

    @property
    def name(self) -> str:
        """Name of its file."""
        gold = "all" if self.gold == ALL else str(self.gold)
        parts = [self.method, f"gold-{gold}", f"seed-{self.seed}"]
        parts += [f"without-{self.left_out}"] if self.left_out else []
        return ".".join([*parts, *["held-back"] * self.held_back])


@dataclass(frozen=True, slots=True)
class RealPlan:
    """A comparison on one data set.

    Attributes:
        data: its folder; ``elsewhere`` that of hospitals that no model has seen, None without any.
        size_px: side of the pictures.
        gold: labels of each hospital, beside none and all.
        methods: those asked for; none for all.
        left_out: hospitals that are left out, one at a time, and asked about.
        parts: of :data:`PARTS`: the methods in one training of all hospitals' data; federations: the hospitals in the
            round code of a real study, alone, and pooled; policies: the same federation with doubt made 0 or 1.
        device: of federations, as in config.yaml; ``federation_rate`` their learning rate.
        reference: the method that the others are compared with; blank for ours.
        bare: without the label curve's other points, and without gold that is kept out of training.
    """

    data: Path
    elsewhere: Path | None
    size_px: int
    seeds: int
    gold: tuple[int, ...] = GOLD
    methods: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    parts: tuple[str, ...] = (METHODS,)
    device: str = "cpu"
    federation_rate: float = FEDERATION_RATE
    quick: bool = False
    bare: bool = False
    reference: str = ""
    settings: FitSettings = field(default_factory=FitSettings)

    def shortened(self) -> "RealPlan":
        """The same for ``--quick``: it shows that everything works, and proves nothing."""
        settings = replace(self.settings, epochs=QUICK_EPOCHS)
        return replace(self, seeds=min(self.seeds, QUICK_SEEDS), quick=True, settings=settings)

    def methods_at(self, gold: int) -> tuple[str, ...]:
        """The methods that are compared with so much gold."""
        if gold in (ALL, MORE_FOR_THE_CURVE):
            return (CEILING,) if self.bare else (CEILING, RECIPE)
        known = (*NO_GOLD,) if gold == 0 else (*WITH_GOLD, *(TRIALS if gold <= MOST_GOLD_FOR_TRIALS else ()))
        chosen = self.methods or (QUICK if self.quick else known)
        return tuple(name for name in known if name in chosen)

    def reference_at(self, gold: int) -> str:
        """The method that the others with so much gold are compared with: priors without gold, the recipe with any."""
        return self.reference or (RECIPE if gold else _NO_GOLD_REFERENCE)

    @property
    def amounts(self) -> tuple[int, ...]:
        """Of gold: none, what was asked for, all."""
        return (0, *self.gold, *(() if self.quick or self.bare else (MORE_FOR_THE_CURVE,)), ALL)

    def jobs(self) -> Iterator[RealJob]:
        """Every training, seed by seed, so that a stopped comparison has whole seeds."""
        for seed in range(self.seeds):
            if METHODS in self.parts:
                yield from (RealJob(method, gold, seed) for gold in self.amounts for method in self.methods_at(gold))
                yield from self._held_back(seed)
                yield from self._unseen(seed)
            if TOGETHER in self.parts:
                yield from (RealJob(name, gold, seed) for name in FEDERATIONS for gold in self._federation_gold)
            if POLICIES in self.parts:
                together = BY_POLICY if TOGETHER in self.parts else (FEDERATIONS[0], *BY_POLICY)
                yield from (RealJob(name, gold, seed) for name in together for gold in self._federation_gold)

    @property
    def _federation_gold(self) -> tuple[int, ...]:
        return (FEDERATION_GOLD,) if self.quick else (0, FEDERATION_GOLD)

    def _held_back(self, seed: int) -> Iterator[RealJob]:
        for gold in () if self.quick or self.bare else self.gold:
            for method in HELD_BACK:
                if method in self.methods_at(gold):
                    yield RealJob(method, gold, seed, held_back=True)

    def _unseen(self, seed: int) -> Iterator[RealJob]:
        gold = self.gold[len(self.gold) // 2]
        for site in self.left_out:
            yield from (RealJob(method, 0, seed, left_out=site) for method in LEFT_OUT_NO_GOLD)
            yield from (RealJob(method, gold, seed, left_out=site) for method in LEFT_OUT_WITH_GOLD)
            yield RealJob(CEILING, ALL, seed, left_out=site)


def check_part(name: str) -> str:
    """The name itself.

    Raises:
        UsageError: a comparison has no part of this name.
    """
    if name not in PARTS:
        raise UsageError(f"--part {name}: expected {', '.join(PARTS[:-1])} or {PARTS[-1]}")
    return name


def settings_for(
    size_px: int,
    *,
    network: str = PLACED,
    epochs: int = 25,
    learning_rate: float = LEARNING_RATE,
    mixed_precision: bool = False,
) -> FitSettings:
    """How every method is trained on pictures of this size: shifts of a sixteenth, mirrored by chance."""
    return FitSettings(
        epochs=epochs,
        learning_rate=learning_rate,
        shift_px=max(1, size_px // 16),
        flip=True,
        network=network,
        mixed_precision=mixed_precision,
    )
