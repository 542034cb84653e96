"""Every number that may travel between a site and the centre: its name, its permission and its valid range."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from glsmed.shared.errors import WireError

Metrics = Mapping[str, float]

COUNT_PERMISSION = "counts"
COHORT_PERMISSION = "cohort"
CALIBRATION_PERMISSION = "calibration"
CALIBRATION_BINS = 10  # of equal width, over all findings together
MISSING = "missing"  # why a finding has no number, as one of MISSING_REASONS
MISSING_REASONS: Mapping[int, str] = {
    1: "the site's adapter does not know the finding",
    2: "no examination of the split has gold or a plain statement for it",
    3: "too few patients with it, or without it",
}
EVALUATION_METRICS = ("auroc", "auprc", "brier", "ece", "log_loss")
DECISION_METRICS = ("false_alert_rate", "miss_rate")  # what alerts would do; sites send them where they name them
_BILLION = 1e9
_CALIBRATION_CELLS = "calibration_cells_"
_ROUNDING = 1e-4  # sums in float32 may end a little outside the range


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that may travel.

    Attributes:
        permission: the name in a site's ``egress.metrics`` that lets it leave.
        low: smallest valid value; one outside the range would distort every mean of the study.
        high: largest valid value.
    """

    permission: str
    low: float
    high: float


METRICS: Mapping[str, Metric] = {
    **{name: Metric(name, 0, 1) for name in EVALUATION_METRICS[:-1]},
    "log_loss": Metric("log_loss", 0, 100),
    **{name: Metric(name, 0, 1) for name in DECISION_METRICS},
    "loss": Metric("loss", -_BILLION, _BILLION),
    **dict.fromkeys(("n", "positives", "patients", "training_cells"), Metric(COUNT_PERMISSION, 0, _BILLION)),
    **dict.fromkeys(("present_cells", "doubted_cells"), Metric(COHORT_PERMISSION, 0, _BILLION)),
    "gold_quality": Metric("gold_quality", 0, 1),
    MISSING: Metric("reasons", min(MISSING_REASONS), max(MISSING_REASONS)),
    **{
        f"calibration_{what}_{place}": Metric(CALIBRATION_PERMISSION, 0, most)
        for place in range(CALIBRATION_BINS)
        for what, most in (("cells", _BILLION), ("said", 1.0), ("true", 1.0))
    },
}

PERMISSIONS = tuple(dict.fromkeys(metric.permission for metric in METRICS.values()))


def metric_key(name: str, finding: str) -> str:
    """The name under which a site's number about one finding travels, for instance ``auroc/effusion``."""
    return f"{name}/{finding}"


def permission_of(key: str) -> str | None:
    """The name in ``egress.metrics`` that lets the number of this key leave; None where no name does."""
    metric = METRICS.get(key.partition("/")[0])
    return None if metric is None else metric.permission


def is_count(key: str) -> bool:
    """Whether the number of this key counts patients, examinations or cells."""
    return permission_of(key) in (COUNT_PERMISSION, COHORT_PERMISSION) or key.startswith(_CALIBRATION_CELLS)


def check_metrics(metrics: Metrics, findings: Collection[str]) -> None:
    """Raise if a number is not a metric, is outside its range, or is about a finding that the study does not have.

    Raises:
        WireError: naming the first of them.
    """
    for key, value in metrics.items():
        name, _, finding = key.partition("/")
        metric = METRICS.get(name)
        if metric is None or (finding and finding not in findings):
            raise WireError(f"record 'metrics': {key!r} is not a metric of this study")
        if not metric.low - _ROUNDING <= value <= metric.high + _ROUNDING:
            raise WireError(f"record 'metrics': {key!r}: expected {metric.low:g} to {metric.high:g}, got {value}")
