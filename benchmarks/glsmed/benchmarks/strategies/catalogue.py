"""The strategies that are compared, each as changes of one study."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glsmed.shared.errors import UsageError
from glsmed.shared.files.documents import did_you_mean
from glsmed.shared.protocol.study import Study

Changes = Mapping[str, object]

REFERENCE, REFERENCE_SGD = "mean", "mean-sgd"
PRETRAINED = "pretrained"
LOCAL, POOLED = "local", "pooled"
_SGD: Changes = {"optimizer": "sgd", "momentum": 0, "learning_rate": 0.05}


@dataclass(frozen=True, slots=True)
class Strategy:
    """Changes of study.yaml, by section.

    Attributes:
        is_pretrained: whether the study starts from the weights of an earlier one.
        reference: the strategy that it is compared with: the same but for what it is about.
    """

    training: Changes = field(default_factory=dict)
    aggregation: Changes = field(default_factory=dict)
    server_optimizer: Changes = field(default_factory=dict)
    is_pretrained: bool = False
    reference: str = REFERENCE


STRATEGIES: Mapping[str, Strategy] = {
    REFERENCE: Strategy(),
    "patients": Strategy(aggregation={"weights": "patients"}),
    "gold-quality": Strategy(aggregation={"weights": "gold_quality"}),
    "proximal-0.01": Strategy(training={"proximal_mu": 0.01}),
    "proximal-0.1": Strategy(training={"proximal_mu": 0.1}),
    "proximal-1": Strategy(training={"proximal_mu": 1.0}),
    "norm-bounded": Strategy(aggregation={"rule": "norm_bounded_mean"}),
    "median": Strategy(aggregation={"rule": "median"}),
    "momentum-0.5": Strategy(server_optimizer={"kind": "momentum", "momentum": 0.5}),
    "momentum-0.9": Strategy(server_optimizer={"kind": "momentum"}),
    "adam": Strategy(server_optimizer={"kind": "adam"}),
    "adam-0.003": Strategy(server_optimizer={"kind": "adam", "learning_rate": 0.003}),
    "yogi": Strategy(server_optimizer={"kind": "yogi"}),
    "local-norm": Strategy(training={"local_layers": "norm"}),
    "local-head": Strategy(training={"local_layers": "head"}),
    "local-norm-and-head": Strategy(training={"local_layers": "norm_and_head"}),
    "personal-0.01": Strategy(training={"personal_model_mu": 0.01}),
    "personal-0.1": Strategy(training={"personal_model_mu": 0.1}),
    "personal-1": Strategy(training={"personal_model_mu": 1.0}),
    REFERENCE_SGD: Strategy(training=_SGD),
    "control-variates": Strategy(training={**_SGD, "control_variates": True}, reference=REFERENCE_SGD),
}
BASELINES = (LOCAL, POOLED)


def _tuned(**switches: object) -> Strategy:
    return Strategy(training={"fine_tuning": switches}, is_pretrained=True, reference=PRETRAINED)


FINE_TUNING: Mapping[str, Strategy] = {
    REFERENCE: Strategy(),
    PRETRAINED: Strategy(is_pretrained=True),
    "frozen-1": _tuned(frozen_rounds=1),
    "layer-decay-0.7": _tuned(layer_decay=0.7),
    "cosine": _tuned(schedule="cosine"),
    "average-0.9": _tuned(average_decay=0.9),
}
KNOWN: Mapping[str, Strategy] = {**STRATEGIES, **FINE_TUNING}


def study_with(study: Study, name: str) -> Study:
    """The study with a strategy of the catalogue, but for the weights of an earlier study.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in KNOWN:
        raise UsageError(f"no strategy {name!r}{did_you_mean(name, list(KNOWN))}; there are {', '.join(KNOWN)}")
    chosen, content = KNOWN[name], study.model_dump()
    federation = content["federation"]
    content["training"] |= chosen.training
    federation["aggregation"] |= chosen.aggregation
    federation["server_optimizer"] |= chosen.server_optimizer
    return Study.model_validate(content)
