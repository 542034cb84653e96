"""``study.yaml``: what the centre and every hospital agree on before the first round.

A hospital keeps its own approved copy; messages carry only its digest, and a round of another study is refused.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from glsmed.shared.files.documents import FalseIsOff, StrictModel, load
from glsmed.shared.protocol.choice_settings import ChoiceName, CompositeSection
from glsmed.shared.protocol.network_settings import FineTuningSection, ModelSection
from glsmed.shared.protocol.strategy_settings import (
    AggregationSection,
    LocalLayers,
    ServerOptimizerSection,
    strategy_faults,
)

NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
_PUBLIC_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_FINDING = re.compile(r"^[a-z][a-z0-9_]*$")
# Of 0.25, 0.5, 0.75 and 1 the highest mean AUROC in four simulations; docs/evidence.md says what it is worth.
DEFAULT_IMAGE_SHARE = 0.75
LEAST_DELTA, MOST_DELTA, MOST_EPSILON = 1e-9, 1e-3, 20.0
LEAST_METRICS_EPSILON = 0.05  # below it the noise of each count exceeds a large hospital


class LabelSection(StrictModel):
    """How words become training targets."""

    unmentioned: Annotated[
        Literal["masked", "absent"],
        Field(
            description="a finding that the report does not mention: masked (left out of the loss), or taken as absent"
        ),
    ] = "masked"
    unmentioned_probability: Annotated[
        float, Field(gt=0, lt=0.5, description="probability of an unmentioned finding, where it is taken as absent")
    ] = 0.02
    shared_calibration: Annotated[
        bool,
        Field(
            description="sites share counts per cue; the prior fitted to them is where every site's cue "
            "calibration starts; not with training.privacy",
        ),
    ] = False
    gold_as_labels: Annotated[
        bool,
        Field(
            description="train on the gold labels of a site's training patients as certain labels, whatever "
            "their reports say",
        ),
    ] = True
    spread_weights: Annotated[
        bool, Field(description="weight a cell by how certain the meaning of its words is (posterior spread)")
    ] = False
    image_share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="for a finding with too little gold for output calibration: how far a target between 0 and 1 "
            "moves from what the words say to what words and image say together; needs training.site_offset, and has "
            "no effect beside training.privacy",
        ),
    ] = DEFAULT_IMAGE_SHARE
    negative_rates: Annotated[
        Literal["off", "gated"],
        FalseIsOff,
        Field(
            description="smoothing rates below 0, which undo a labeller's errors: never, or where a site's "
            "held-out gold shows a gain",
        ),
    ] = "off"


class AugmentationSection(StrictModel):
    """Random changes of training images; 0 switches one off."""

    rotation_degrees: Annotated[
        float, Field(ge=0, le=45, description="largest rotation to either side, in degrees")
    ] = 5.0
    translation_fraction: Annotated[
        float, Field(ge=0, le=0.5, description="largest shift, as a fraction of the side")
    ] = 0.03
    scale_fraction: Annotated[float, Field(ge=0, lt=1, description="largest zoom in or out, as a fraction")] = 0.05
    contrast_fraction: Annotated[
        float, Field(ge=0, lt=1, description="largest change of brightness and contrast, as a fraction")
    ] = 0.1
    horizontal_flip: Annotated[bool, Field(description="mirror half of the images; the heart is then on the right")] = (
        False
    )


class PrivacySection(StrictModel):
    """Differential privacy of training, with the patient as the unit; see docs/privacy.md."""

    noise_multiplier: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            description="standard deviation of the noise in each step, in clipping norms; 0: no differential privacy",
        ),
    ] = 0.0
    clip_norm_l2: Annotated[float, Field(gt=0, description="largest L2 norm of one patient's gradient in a step")] = 1.0
    patient_images: Annotated[
        Literal["one", "all"],
        Field(
            description="a drawn patient's gradient comes from one of its images, or from the mean loss over all "
            "of them",
        ),
    ] = "one"
    delta: Annotated[
        float,
        Field(
            description="delta of (epsilon, delta) differential privacy: 1e-9 to 1e-3, and at no site more than 1 / "
            "patients"
        ),
    ] = 1e-5
    max_epsilon: Annotated[
        float,
        Field(
            description="most epsilon that a site spends in the study, up to 20; it refuses a round that would exceed "
            "this"
        ),
    ] = 8.0
    metrics_epsilon: Annotated[
        float,
        Field(
            ge=0,
            le=MOST_EPSILON,
            description="epsilon of validation and test patients for the metrics of the final evaluation, which then "
            "come from noisy counts; 0: no metric of a model leaves; rounds send none either way",
        ),
    ] = 0.0

    @field_validator("delta")
    @classmethod
    def _check_delta(cls, delta: float) -> float:
        if not LEAST_DELTA <= delta <= MOST_DELTA:
            raise ValueError(
                f"expected {LEAST_DELTA:g} to {MOST_DELTA:g}, got {delta:g}: with this probability the guarantee may "
                "fail for a patient altogether"
            )
        return delta

    @field_validator("metrics_epsilon")
    @classmethod
    def _check_metrics_epsilon(cls, metrics_epsilon: float) -> float:
        if 0 < metrics_epsilon < LEAST_METRICS_EPSILON:
            raise ValueError(f"expected 0 or {LEAST_METRICS_EPSILON:g} and more, got {metrics_epsilon:g}: all is noise")
        return metrics_epsilon

    @field_validator("max_epsilon")
    @classmethod
    def _check_epsilon(cls, max_epsilon: float) -> float:
        if not 0 < max_epsilon <= MOST_EPSILON:
            raise ValueError(
                f"expected more than 0 and up to {MOST_EPSILON:g}, got {max_epsilon:g}: beyond that an attacker may be "
                "nearly certain of a patient, so the number would promise nothing; noise_multiplier: 0 says so openly"
            )
        return max_epsilon

    @property
    def is_on(self) -> bool:
        """Whether training is private."""
        return self.noise_multiplier > 0


class TrainingSection(StrictModel):
    """Training at each site; every round takes the same number of steps at every site."""

    rounds: Annotated[int, Field(ge=1, le=10_000, description="rounds of the federation")] = 50
    steps_per_round: Annotated[int, Field(ge=1, le=100_000, description="gradient steps at each site in a round")] = 100
    batch_size: Annotated[
        int,
        Field(
            ge=1, le=4096, description="images in a step; with differential privacy, the expected number of patients"
        ),
    ] = 32
    optimizer: Annotated[
        Literal["adamw", "sgd"], Field(description="optimizer; starts each round with fresh state")
    ] = "adamw"
    learning_rate: Annotated[float, Field(gt=0, le=10, description="learning rate of the optimizer")] = 3e-4
    weight_decay: Annotated[float, Field(ge=0, le=1, description="weight decay of the optimizer")] = 1e-4
    momentum: Annotated[float, Field(ge=0, lt=1, description="momentum, for sgd")] = 0.9
    mixed_precision: Annotated[
        Literal["auto", "off"],
        FalseIsOff,
        Field(description="auto: bf16 autocast on a GPU that supports it; off: never"),
    ] = "auto"
    proximal_mu: Annotated[
        float,
        Field(
            ge=0,
            le=1000,
            description="FedProx: pulls each step's weights w to the round's model w0 by mu/2 times the squared "
            "distance; 0: no pull",
        ),
    ] = 0.0
    local_layers: Annotated[
        LocalLayers,
        Field(
            description="layers that each site keeps for itself: none, the normalisation layers, the last layer, or "
            "both; they are never sent"
        ),
    ] = "none"
    control_variates: Annotated[
        bool,
        Field(description="SCAFFOLD: correct each step for how the site's gradients differ from all sites'; needs sgd"),
    ] = False
    personal_model_mu: Annotated[
        float | None,
        Field(
            ge=0,
            le=1000,
            description="Ditto: train a model of the site's own too, pulled to the shared one as in proximal_mu, and "
            "ship the better of the two; null: none",
        ),
    ] = None
    fine_tuning: Annotated[
        FineTuningSection,
        Field(description="how the weights that the study starts from are tuned: docs/learning.md"),
    ] = FineTuningSection()
    site_offset: Annotated[
        bool,
        Field(
            description="base-rate offset: add the logit of each site's own base rate to the model's logits, at "
            "that site only; with privacy the base rate has noise, and costs one more step: docs/privacy.md",
        ),
    ] = True
    seed: Annotated[int, Field(ge=0, lt=2**31, description="seed of the initial weights")] = 0
    augmentation: Annotated[
        AugmentationSection, Field(description="random changes of training images; 0 or false switches one off")
    ] = AugmentationSection()
    privacy: Annotated[
        PrivacySection,
        Field(description="differential privacy of training, with the patient as the unit: docs/privacy.md"),
    ] = PrivacySection()


class FederationSection(StrictModel):
    """When a round counts and which updates are accepted."""

    quorum: Annotated[int, Field(ge=1, description="sites whose updates a round needs to count")] = 2
    round_deadline_minutes: Annotated[
        float, Field(gt=0, description="minutes after which a site that has not replied is late")
    ] = 60.0
    min_training_cells: Annotated[
        int, Field(ge=1, description="fewest labelled cells that an update may be trained on")
    ] = 1
    max_cells_per_site: Annotated[
        int, Field(ge=1, description="most labelled cells that an update may claim; one that claims more is refused")
    ] = 10_000_000
    precision: Annotated[
        Literal["fp32", "bf16", "int8"],
        Field(
            description="bits of each weight on the wire. fp32: whole models. bf16: half the bytes; the site sends its "
            "change. int8: a quarter of the bytes up, half down; rounding errors are added to the next change",
        ),
    ] = "fp32"
    late_updates: Annotated[
        Literal["refuse", "discount"],
        Field(description="an update that arrives s rounds late: refused, or its change counted (1 + s)^-1/2 times"),
    ] = "refuse"
    failures_before_pause: Annotated[
        int,
        Field(ge=1, description="rounds in a row without a counted update after which a site is set aside"),
    ] = 3
    pause_rounds: Annotated[int, Field(ge=1, description="rounds for which such a site is not asked")] = 3
    cross_site_evaluation: Annotated[
        bool,
        Field(
            description="at the end every site measures the others' last models, where egress.show_model_to_peers lets "
            "them be sent on, and says how the best model it trained alone does: docs/learning.md"
        ),
    ] = False
    max_update_norm: Annotated[
        float | None,
        Field(
            gt=0,
            description="largest L2 norm of a site's change to the weights; an update beyond it is refused, with "
            "secure aggregation cut to it at the site; null: no bound, with secure aggregation 100",
        ),
    ] = None
    max_norm_ratio: Annotated[
        float | None,
        Field(
            gt=1,
            description="from three updates on: one whose change is more than so many times as long (L2 norm) as the "
            "round's median is refused and named; null: no such bound",
        ),
    ] = 3.0
    max_round_change: Annotated[
        float,
        Field(
            ge=1,
            le=1000,
            description="how far a model may lie from the last one that a site trained, for each round in between, in "
            "lengths (L2 norm) of that site's own update; a single layer: twice as many of its own. The site refuses "
            "to measure or train a model beyond it",
        ),
    ] = 1.5
    secure_aggregation: Annotated[
        Literal["auto", "on", "off"],
        FalseIsOff,
        Field(
            description="the centre sees only the sum of three or more sites' changes: docs/secure-aggregation.md. "
            "auto: at sites that approved a roster of three or more, where rule and settings allow it; on: a site "
            "without a roster takes no part; off: never"
        ),
    ] = "auto"
    summed_metrics: Annotated[
        bool,
        Field(
            description="metrics of a model leave inside sums of secure aggregation only: the centre knows those of "
            "all sites together and of no single one; needs secure_aggregation: on: docs/secure-aggregation.md"
        ),
    ] = False
    choose_by: Annotated[
        ChoiceName,
        Field(
            description="by what the best round is chosen on the sites' validation patients: log_loss, or the study's "
            "own composite score, which needs false_alert_rate, miss_rate and ece in egress.metrics"
        ),
    ] = "log_loss"
    composite: Annotated[
        CompositeSection, Field(description="what the composite score weighs; lower is better: docs/learning.md")
    ] = CompositeSection()
    aggregation: Annotated[
        AggregationSection, Field(description="how the updates of a round become one model: docs/learning.md")
    ] = AggregationSection()
    server_optimizer: Annotated[
        ServerOptimizerSection, Field(description="what the centre does with the mean change of a round")
    ] = ServerOptimizerSection()

    @property
    def choosing_composite(self) -> CompositeSection | None:
        """The composite score by which rounds are chosen; None where log-loss chooses."""
        return self.composite if self.choose_by == "composite" else None


class CentreSection(StrictModel):
    """Where the centre listens; not part of what hospitals approve."""

    host: Annotated[str, Field(description="address that the public listener binds to")] = "0.0.0.0"  # noqa: S104  # a server for other hospitals
    port: Annotated[int, Field(ge=1, le=65535, description="public port, for hospitals")] = 8443
    loopback_port: Annotated[int, Field(ge=1, le=65535, description="port for the centre's own machine only")] = 8440
    public_names: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="DNS names or addresses at which hospitals reach the centre"),
    ] = ("localhost",)
    metrics_port: Annotated[
        int | None,
        Field(
            ge=1,
            le=65535,
            description="port for Prometheus metrics, for the centre's own machine only; null: no metrics are served",
        ),
    ] = None
    tensorboard: Annotated[
        bool, Field(description="write the curves of the run to run/tensorboard; needs the extra `tensorboard`")
    ] = False
    mlflow_tracking_uri: Annotated[
        str | None,
        Field(
            description="MLflow server that gets the curves of the run; needs the extra `mlflow`; who logs in is in "
            "MLflow's own environment variables; null: none",
        ),
    ] = None
    keep_every: Annotated[
        int, Field(ge=1, description="the checkpoint of every so many rounds is kept, beside the best and the last")
    ] = 10

    @field_validator("public_names")
    @classmethod
    def _check_public_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not _PUBLIC_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a DNS name (in ASCII) or an address")
        return names

    @field_validator("mlflow_tracking_uri")
    @classmethod
    def _check_no_password(cls, uri: str | None) -> str | None:
        if uri is not None and "@" in urlsplit(uri).netloc:
            raise ValueError(
                "hospitals get this file, so no user or password may stand in it: set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD where flwr-server runs"
            )
        return uri

    @model_validator(mode="after")
    def _different_ports(self) -> Self:
        if self.port == self.loopback_port:
            raise ValueError(f"port and loopback_port are both {self.port}: choose two ports")
        if self.metrics_port in (self.port, self.loopback_port):
            raise ValueError(f"metrics_port is {self.metrics_port}, as another port of the centre: choose another")
        return self


class Study(StrictModel):
    """One study; see docs/configuration.md for every key."""

    study: Annotated[str, Field(pattern=NAME, description="name of the study: small letters, digits and hyphens")]
    findings: Annotated[
        tuple[str, ...], Field(min_length=1, description="findings to learn, in the order of the model's outputs")
    ]
    intended_use: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="what the model is for, who uses it and on whom, in your own words, for the model card; null: "
            "not given",
        ),
    ] = None
    model: Annotated[ModelSection, Field(description="the image classifier")] = ModelSection()
    labels: Annotated[LabelSection, Field(description="how words become training targets")] = LabelSection()
    training: Annotated[TrainingSection, Field(description="training at each site")] = TrainingSection()
    federation: Annotated[
        FederationSection, Field(description="when a round counts, and which updates are accepted")
    ] = FederationSection()
    centre: Annotated[
        CentreSection, Field(description="where the centre listens; not part of the digest that hospitals approve")
    ] = CentreSection()

    @field_validator("findings")
    @classmethod
    def _check_findings(cls, findings: tuple[str, ...]) -> tuple[str, ...]:
        for finding in findings:
            if not _FINDING.match(finding):
                raise ValueError(
                    f"{finding!r} is not a name: use small letters, digits and underscores, a letter first"
                )
            if findings.count(finding) > 1:
                raise ValueError(f"{finding!r} is listed twice")
        return findings

    @model_validator(mode="after")
    def _no_gate_beside_privacy(self) -> Self:
        if self.training.privacy.is_on and self.labels.negative_rates != "off":
            raise ValueError(
                "training.privacy does not cover the models that negative_rates: gated trains: set it to off"
            )
        return self

    @model_validator(mode="after")
    def _no_cue_counts_beside_privacy(self) -> Self:
        if self.training.privacy.is_on and self.labels.shared_calibration:
            raise ValueError(
                "training.privacy does not cover labels.shared_calibration: its counts are exact, of training "
                "patients' gold, and its prior moves the targets of all others: set it to false"
            )
        return self

    @model_validator(mode="after")
    def _no_gold_quality_beside_privacy(self) -> Self:
        if self.training.privacy.is_on and self.federation.aggregation.weights == "gold_quality":
            raise ValueError(
                "training.privacy does not cover federation.aggregation.weights: gold_quality, an exact number of "
                "validation patients: set it to cells or patients"
            )
        return self

    @model_validator(mode="after")
    def _rare_findings_are_known(self) -> Self:
        unknown = [name for name in self.federation.composite.rare_findings if name not in self.findings]
        if unknown:
            raise ValueError(
                f"federation.composite.rare_findings: expected findings of the study, got {', '.join(unknown)}"
            )
        return self

    @model_validator(mode="after")
    def _strategy_is_possible(self) -> Self:
        faults = list(strategy_faults(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def digest(self) -> str:
        """SHA-256 of everything that hospitals approve (all but ``centre``), as 64 hexadecimal digits."""
        approved = self.model_dump(mode="json", exclude={"centre"})
        return hashlib.sha256(json.dumps(approved, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def load_study(path: Path) -> Study:
    """The study at ``path``.

    Raises:
        ConfigurationError: with every fault of the file.
    """
    return load(path, Study)
