"""Every method by name."""

from collections.abc import Callable, Mapping
from functools import partial

from glsmed.benchmarks.methods.co_teaching import CoTeaching
from glsmed.benchmarks.methods.dividemix import CIFAR, REAL, DivideMix
from glsmed.benchmarks.methods.fednoro import FedNoRo
from glsmed.benchmarks.methods.gls import (
    GatedGls,
    ImageInformedGls,
    LexiconGls,
    LexiconGlsEnsemble,
    NegativeGls,
    SiteGls,
    SiteGlsSpread,
)
from glsmed.benchmarks.methods.losses import (
    ELR_ASYMMETRIC,
    ELR_SYMMETRIC,
    SCE_CIFAR_10,
    SCE_CIFAR_100,
    EarlyLearning,
    ForwardCorrection,
    GeneralizedCrossEntropy,
    NegativeLabelSmoothing,
    Nvum,
    SymmetricCrossEntropy,
)
from glsmed.benchmarks.methods.method import Method
from glsmed.benchmarks.methods.mixup import Mixup
from glsmed.benchmarks.methods.policies import (
    OTHER_RATE,
    LabelSmoothing,
    UIgnore,
    UIgnoreEnsemble,
    UMultiClass,
    UOnes,
    UOnesEnsemble,
    UOnesLabelSmoothing,
    UOnesLsr,
    USelfTrained,
    UZeros,
)
from glsmed.benchmarks.methods.refined.beta_targets import BetaWithOnes
from glsmed.benchmarks.methods.refined.gold_only import GoldOnly
from glsmed.benchmarks.methods.refined.nf_net import NfNet
from glsmed.benchmarks.methods.refined.second_looks import (
    CertainFirst,
    Distilled,
    GradeHead,
    JointHabits,
    JointInformed,
    SharedInformed,
    SiteGlsEnsemble,
    SiteImageInformed,
)
from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean

Make = Callable[[], Method]


def _with_and_without_doubt(make: Callable[..., Method]) -> tuple[Make, ...]:
    """The method with doubt counted as present, and with doubt masked."""
    return tuple(partial(make, doubted=doubted) for doubted in (1.0, None))


# By method: what may be chosen on validation data; the first is taken where nothing was.
CANDIDATES: Mapping[str, tuple[Make, ...]] = {
    "gls-lexicon": (LexiconGls,),
    "gls-image-informed": (ImageInformedGls,),
    "gls-site": (SiteGls,),
    "u-ones": (UOnes,),
    "u-zeros": (UZeros,),
    "u-ignore": (UIgnore,),
    "u-ones-lsr": (UOnesLsr,),
    "u-ones-ls": (UOnesLabelSmoothing,),
    "ls": (
        *_with_and_without_doubt(LabelSmoothing),
        *_with_and_without_doubt(partial(LabelSmoothing, rate=OTHER_RATE)),
    ),
    "u-multiclass": (UMultiClass,),
    "u-self-trained": (USelfTrained,),
    "nls": _with_and_without_doubt(NegativeLabelSmoothing),
    "sce": (
        *_with_and_without_doubt(partial(SymmetricCrossEntropy, alpha_beta=SCE_CIFAR_10)),
        *_with_and_without_doubt(partial(SymmetricCrossEntropy, alpha_beta=SCE_CIFAR_100)),
    ),
    "gce": _with_and_without_doubt(GeneralizedCrossEntropy),
    "elr": (
        *_with_and_without_doubt(partial(EarlyLearning, beta_lambda=ELR_SYMMETRIC)),
        *_with_and_without_doubt(partial(EarlyLearning, beta_lambda=ELR_ASYMMETRIC)),
    ),
    "nvum": _with_and_without_doubt(Nvum),
    "forward": _with_and_without_doubt(ForwardCorrection),
    "co-teaching": _with_and_without_doubt(CoTeaching),
    "dividemix": (
        *_with_and_without_doubt(partial(DivideMix, alpha_lambda=REAL)),
        *_with_and_without_doubt(partial(DivideMix, alpha_lambda=CIFAR)),
    ),
    "mixup": _with_and_without_doubt(Mixup),
    "gls-site-spread": (SiteGlsSpread,),
    "gls-negative": (NegativeGls,),
    "gls-gated": (GatedGls,),
    "fednoro": _with_and_without_doubt(FedNoRo),
    "gls-lexicon-ensemble": (LexiconGlsEnsemble,),
    "u-ones-ensemble": (UOnesEnsemble,),
    "u-ignore-ensemble": (UIgnoreEnsemble,),
}

# Methods that are asked about where there is a truth beside the reports; the simulations do not run them.
REFINED: Mapping[str, tuple[Make, ...]] = {
    "gold-only": (GoldOnly,),
    "nf-net": (NfNet,),
    "gls-site-ensemble": (SiteGlsEnsemble,),
    "gls-site-informed": (SiteImageInformed,),
    "gls-shared-informed": (SharedInformed,),
    "gls-beta-ones": (BetaWithOnes,),
    "gls-grade-head": (GradeHead,),
    "gls-certain-first": (CertainFirst,),
    "gls-distilled": (Distilled,),
    "gls-joint-habits": (JointHabits,),
    "gls-joint-informed": (JointInformed,),
}
ALL_METHODS: Mapping[str, tuple[Make, ...]] = {**CANDIDATES, **REFINED}

# By method that trains two networks: the ensemble of two plain ones, by what doubt counts as.
_CONTROLS: Mapping[str, Mapping[float | None, str]] = {
    "co-teaching": {1.0: "u-ones-ensemble", None: "u-ignore-ensemble"},
    "dividemix": {1.0: "u-ones-ensemble", None: "u-ignore-ensemble"},
    "u-self-trained": {1.0: "u-ignore-ensemble"},  # it has no choice: its first network ignores doubt
}


def check_method(name: str) -> str:
    """The name itself.

    Raises:
        UsageError: there is no method of this name.
    """
    if name not in ALL_METHODS:
        raise UsageError(
            f"no method {name!r}{did_you_mean(name, list(ALL_METHODS))}; there are {', '.join(ALL_METHODS)}"
        )
    return name


def make_method(name: str, *, candidate: int = 0) -> Method:
    """A fresh method."""
    return ALL_METHODS[check_method(name)][candidate]()


def needs_federation(name: str) -> bool:
    """Whether the method is only of interest in a federation."""
    return make_method(name).federated_only


def control_of(name: str, chosen: str) -> str | None:
    """The ensemble that costs as much training as the method and learns from the same labels; None for one network.

    Args:
        name: of the method.
        chosen: its candidate, as :func:`describe` says it.
    """
    if name not in _CONTROLS:
        return None
    place = next(place for place in range(len(CANDIDATES[name])) if describe(name, place) == chosen)
    return _CONTROLS[name][make_method(name, candidate=place).doubted]


def describe(name: str, candidate: int) -> str:
    """What a candidate has set, for the report."""
    make = ALL_METHODS[name][candidate]
    return ", ".join(f"{key} {value}" for key, value in getattr(make, "keywords", {}).items()) or "as published"
