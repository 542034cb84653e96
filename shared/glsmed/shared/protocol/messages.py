"""What centre and site say to each other: one dataclass for each message, and nothing else is sent or read.

A message carries no hyper-parameter: both ends hold ``study.yaml`` and compare its digest.
"""

from dataclasses import dataclass, field
from typing import TypeVar

from glsmed.shared.errors import MismatchError, Subject
from glsmed.shared.protocol.metric_names import Metrics
from glsmed.shared.wire.packed_model import Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Centre to site (query): the study that is about to run."""

    study_digest: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloReply:
    """Site to centre: which site this is; ``metrics`` are counts, where its policy lets them leave.

    Attributes:
        sends_metrics: whether its policy lets any metric of a model leave; if not, it is not asked for one.
    """

    study_digest: str
    site: str
    release: str
    sends_metrics: bool
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainTask:
    """Centre to site (train): measure this model on your validation split, then train it for one round.

    Attributes:
        model_digest: SHA-256 of the model's buffers.
        keep_digest: the best model so far, which a site keeps if it has it; empty if there is none.
        validate: whether the model is to be measured; false before the first round.
        model: the buffers; none if the centre believes that the site has them.
        control: the centre's control variate, where the study uses them.
    """

    study_digest: str
    round: int
    manifest_digest: str
    model_digest: str
    keep_digest: str
    validate: bool
    model: Packed
    control: Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Site to centre: what ``steps`` gradient steps in ``seconds`` on ``training_cells`` cells made of a model.

    Attributes:
        model_digest: of the model that it began with.
        update_digest: SHA-256 of the buffers in ``model``.
        training_patients: patients with a labelled cell; in a private study this and ``training_cells`` are the
            expected draws, and ``seconds`` is 0.
        reference: what ``validation`` was measured against: gold, reports, or empty where it was not.
        metrics: of training.
        validation: of the model that it began with, on the site's validation split.
        model: the trained model, or its change, in the study's form.
        show_to_peers: whether the site's policy lets the other sites measure the trained model.
    """

    study_digest: str
    round: int
    manifest_digest: str
    model_digest: str
    update_digest: str
    training_cells: int
    training_patients: int
    steps: int
    seconds: float
    reference: str
    metrics: Metrics
    validation: Metrics
    model: Packed
    show_to_peers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateTask:
    """Centre to site (evaluate): measure the model of a round on one of the site's own splits; as in a TrainTask.

    Attributes:
        of_site: whose own model of the last round this is; empty for the model of all. A site does not keep it.
    """

    study_digest: str
    round: int
    manifest_digest: str
    model_digest: str
    keep_digest: str
    split: str
    model: Packed
    of_site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReply:
    """Site to centre: metrics by ``metric_key`` against ``reference`` (gold or reports), where its policy allows.

    Attributes:
        local: the same of the best model that the site trained alone, on the same split, where the study compares.
    """

    study_digest: str
    round: int
    manifest_digest: str
    model_digest: str
    split: str
    reference: str
    metrics: Metrics
    local: Metrics = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsTask:
    """Centre to site (query ``cue_counts``): send the counts of gold labels per cue.

    Attributes:
        cues: where metrics are summed: names of the cues, in the order of the sum that was agreed on, as JSON. Empty
            asks such a site only which cues it knows.
    """

    study_digest: str
    cues: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsReply:
    """Site to centre: trials and successes by cue, as ``counts_to_json`` writes them; 0 where metrics are summed."""

    study_digest: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedCounts:
    """Site to centre, in the place of a CountsReply: counts per cue, hidden by masks.

    Attributes:
        counts_digest: SHA-256 of the buffer in ``model``.
        model: trials and successes of each cue, in the form of masked numbers.
    """

    study_digest: str
    counts_digest: str
    model: Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorTask:
    """Centre to site (query ``shared_prior``): start from this prior, a ``SharedPrior`` as JSON."""

    study_digest: str
    prior: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorReply:
    """Site to centre: the prior is in use."""

    study_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysTask:
    """Centre to site (query ``secure_keys``): make keys for a sum about this model in this round.

    Attributes:
        about: what is summed, see :class:`glsmed.shared.secure_aggregation.signed_keys.Subject`.
        cues: names of the cues of a sum of their counts, in its order, as JSON; else empty.
    """

    study_digest: str
    round: int
    model_digest: str
    roster_digest: str
    about: str = "update"
    cues: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysReply:
    """Site to centre: ``SignedKeys`` as JSON."""

    study_digest: str
    round: int
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesTask:
    """Centre to site (query ``secure_shares``): the keys of all sites of the sum, as JSON; share your secrets out."""

    study_digest: str
    round: int
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesReply:
    """Site to centre: a box for each site of the sum, by its name, as JSON; only that site can open it."""

    study_digest: str
    round: int
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedUpdate:
    """Site to centre, in the place of an Update: its change and its counts, hidden by masks.

    Attributes:
        update_digest: SHA-256 of the buffer in ``model``.
        metrics: of training.
        validation: of the model that it began with, against ``reference``.
    """

    study_digest: str
    round: int
    manifest_digest: str
    model_digest: str
    update_digest: str
    seconds: float
    reference: str
    metrics: Metrics
    validation: Metrics
    model: Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedEvaluation:
    """Site to centre, in the place of an EvaluationReply: counts of the model's scores, hidden by masks.

    Attributes:
        counts_digest: SHA-256 of the buffer in ``model``.
        model: the counts, in the form of masked numbers.
    """

    study_digest: str
    round: int
    manifest_digest: str
    model_digest: str
    counts_digest: str
    split: str
    reference: str
    model: Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskTask:
    """Centre to site (query ``secure_unmask``): whose masked updates came, and the boxes for this site, as JSON."""

    study_digest: str
    round: int
    survivors: str
    boxes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmaskReply:
    """Site to centre: for each site of the sum one share, of its own mask if it survived, else of its mask key."""

    study_digest: str
    round: int
    sealed: str


WireMessage = (
    Hello
    | HelloReply
    | TrainTask
    | Update
    | EvaluateTask
    | EvaluationReply
    | CountsTask
    | CountsReply
    | MaskedCounts
    | PriorTask
    | PriorReply
    | KeysTask
    | KeysReply
    | SharesTask
    | SharesReply
    | MaskedUpdate
    | MaskedEvaluation
    | UnmaskTask
    | UnmaskReply
)
MessageT = TypeVar("MessageT", bound=WireMessage)


def require_same(subject: Subject, *, expected: object, got: object) -> None:
    """Raise if centre and site do not mean the same thing.

    Raises:
        MismatchError: the two are not equal.
    """
    if expected != got:
        raise MismatchError(subject, expected=expected, got=got)
