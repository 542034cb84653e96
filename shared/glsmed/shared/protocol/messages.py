"""What centre and site say to each other: one dataclass for each message, and nothing else is sent or read.

A message carries no hyper-parameter: both ends hold ``study.yaml`` and compare its digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from glsmed.shared.errors import MismatchError, Subject
from glsmed.shared.protocol.metric_names import Metrics

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Centre to site (query): the study that is about to run."""

    study_digest: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloReply:
    """Site to centre: which site this is; ``metrics`` are counts, where its policy lets them leave."""

    study_digest: str
    site: str
    release: str
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainTask:
    """Centre to site (train): train this model for one round."""

    study_digest: str
    round: int
    manifest_digest: str
    model: Arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Site to centre: the model after ``steps`` gradient steps in ``seconds``, on ``training_cells`` labelled cells."""

    study_digest: str
    round: int
    manifest_digest: str
    training_cells: int
    steps: int
    seconds: float
    metrics: Metrics
    model: Arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateTask:
    """Centre to site (evaluate): measure the model of a round on one of the site's own splits."""

    study_digest: str
    round: int
    manifest_digest: str
    split: str
    model: Arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReply:
    """Site to centre: metrics by ``metric_key`` against ``reference`` (gold or reports), where its policy allows."""

    study_digest: str
    round: int
    manifest_digest: str
    split: str
    reference: str
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsTask:
    """Centre to site (query ``cue_counts``): send the counts of gold labels per cue."""

    study_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsReply:
    """Site to centre: trials and successes by cue, as ``counts_to_json`` writes them."""

    study_digest: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorTask:
    """Centre to site (query ``shared_prior``): start from this prior, a ``SharedPrior`` as JSON."""

    study_digest: str
    prior: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorReply:
    """Site to centre: the prior is in use."""

    study_digest: str


WireMessage = (
    Hello
    | HelloReply
    | TrainTask
    | Update
    | EvaluateTask
    | EvaluationReply
    | CountsTask
    | CountsReply
    | PriorTask
    | PriorReply
)
MessageT = TypeVar("MessageT", bound=WireMessage)


def require_same(subject: Subject, *, expected: object, got: object) -> None:
    """Raise if centre and site do not mean the same thing.

    Raises:
        MismatchError: the two are not equal.
    """
    if expected != got:
        raise MismatchError(subject, expected=expected, got=got)
