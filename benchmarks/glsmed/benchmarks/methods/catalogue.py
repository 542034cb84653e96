"""Every method by name."""

from collections.abc import Callable, Mapping

from glsmed.benchmarks.methods.co_teaching import CoTeaching
from glsmed.benchmarks.methods.early_learning import EarlyLearning
from glsmed.benchmarks.methods.forward_correction import ForwardCorrection
from glsmed.benchmarks.methods.generalized_ce import GeneralizedCrossEntropy
from glsmed.benchmarks.methods.label_smoothing import LabelSmoothing
from glsmed.benchmarks.methods.lexicon_gls import LexiconGls, LexiconGlsEnsemble
from glsmed.benchmarks.methods.method import Method
from glsmed.benchmarks.methods.mixup import Mixup
from glsmed.benchmarks.methods.negative_gls import NegativeGls
from glsmed.benchmarks.methods.negative_label_smoothing import NegativeLabelSmoothing
from glsmed.benchmarks.methods.nvum import Nvum
from glsmed.benchmarks.methods.site_gls import SiteGls, SiteGlsSpread
from glsmed.benchmarks.methods.symmetric_ce import SymmetricCrossEntropy
from glsmed.benchmarks.methods.u_ignore import UIgnore
from glsmed.benchmarks.methods.u_multiclass import UMultiClass
from glsmed.benchmarks.methods.u_ones import UOnes
from glsmed.benchmarks.methods.u_ones_lsr import UOnesLsr
from glsmed.benchmarks.methods.u_self_trained import USelfTrained
from glsmed.benchmarks.methods.u_zeros import UZeros
from glsmed.shared.documents import did_you_mean
from glsmed.shared.errors import UsageError

_ALL: tuple[Callable[[], Method], ...] = (
    LexiconGls,
    SiteGls,
    UOnes,
    UZeros,
    UIgnore,
    UOnesLsr,
    LabelSmoothing,
    UMultiClass,
    USelfTrained,
    NegativeLabelSmoothing,
    SymmetricCrossEntropy,
    GeneralizedCrossEntropy,
    EarlyLearning,
    Nvum,
    ForwardCorrection,
    CoTeaching,
    Mixup,
    SiteGlsSpread,
    NegativeGls,
    LexiconGlsEnsemble,
)
METHODS: Mapping[str, Callable[[], Method]] = {make().name: make for make in _ALL}


def method_named(name: str) -> Method:
    """A fresh method.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in METHODS:
        raise UsageError(f"no method {name!r}{did_you_mean(name, list(METHODS))}; there are {', '.join(METHODS)}")
    return METHODS[name]()
