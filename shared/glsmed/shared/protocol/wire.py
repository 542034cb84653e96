"""What centre and site say to each other: one dataclass a message, and nothing else is read or written.

    record   kind           holds
    head     ConfigRecord   ``protocol`` and every field that is a whole number, a number or a word
    model    ArrayRecord    the whole state of the model, little-endian, C order, by name as in the manifest
    metrics  MetricRecord   finite numbers by name, see :func:`metric_key`

A message carries no hyper-parameter: both ends hold ``study.yaml`` and compare its digest.
"""

import dataclasses
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, TypeVar, get_type_hints

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict
from numpy.typing import NDArray

from glsmed.shared.errors import WireError

PROTOCOL_VERSION = 1

Arrays = Mapping[str, NDArray[np.generic]]
Metrics = Mapping[str, float]
Subject = Literal["protocol", "study", "round", "manifest", "split", "site"]

# Every number that may travel, and the name in a site's `egress.metrics` that lets it go.
METRIC_PERMISSIONS: Mapping[str, str] = {
    **{name: name for name in ("auroc", "auprc", "brier", "ece", "log_loss", "loss")},
    **dict.fromkeys(("n", "positives", "patients", "training_cells"), "counts"),
}

# Between what a number lies: one far away would pull every mean of the study with it.
_BILLION = 1e9
_ROUNDING = 1e-4  # sums in float32 may end a little above 1
_RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("auroc", "auprc", "brier", "ece"), (0.0, 1.0)),
    **dict.fromkeys(("n", "positives", "patients", "training_cells"), (0.0, _BILLION)),
    "log_loss": (0.0, 100.0),
    "loss": (-_BILLION, _BILLION),
}

_HEAD, _MODEL, _METRICS = "head", "model", "metrics"
_RECORD_TYPES: Mapping[str, type] = {_MODEL: ArrayRecord, _METRICS: MetricRecord}
_MOST_METRICS = 10_000
_MOST_SHOWN = 80  # characters of a sender's own words in an error
_METRIC_KEY = re.compile(r"[a-z0-9_]{1,80}(/[a-z0-9_]{1,80})?")
_DTYPES = {
    "float16": "<f2",
    "float32": "<f4",
    "float64": "<f8",
    "bool": "|b1",
    "uint8": "|u1",
    "int8": "|i1",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
}
_MOST_DIMENSIONS = 8
_NUMPY = "numpy.ndarray"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Centre to site (query): this is the study that is about to run."""

    study_digest: str
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelloReply:
    """Site to centre: who is there; ``metrics`` are counts, where the site lets them go."""

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
    """Site to centre: metrics by :func:`metric_key` against gold labels or reports, where the site lets them go."""

    study_digest: str
    round: int
    manifest_digest: str
    split: str
    reference: str
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsTask:
    """Centre to site (query ``cue_counts``): what do gold labels say of each cue?"""

    study_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsReply:
    """Site to centre: trials and successes by cue, as ``counts_to_json`` writes them."""

    study_digest: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorTask:
    """Centre to site (query ``shared_prior``): start from this, a ``SharedPrior`` as JSON."""

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


class MismatchError(WireError):
    """Centre and site do not mean the same thing; ``subject`` says what and may leave the site."""

    def __init__(self, subject: Subject, *, expected: object, got: object) -> None:
        self.subject = subject
        super().__init__(f"{subject}: expected {expected!r}, the message says {repr(got)[:_MOST_SHOWN]}")

    @property
    def code(self) -> str:
        """The class and what does not match, for instance ``MismatchError.study``."""
        return f"{type(self).__name__}.{self.subject}"


def require_same(subject: Subject, *, expected: object, got: object) -> None:
    """Return if both are equal.

    Raises:
        MismatchError: they are not.
    """
    if expected != got:
        raise MismatchError(subject, expected=expected, got=got)


def metric_key(name: str, finding: str) -> str:
    """The name under which a site's number about one finding travels, for instance ``auroc/effusion``."""
    return f"{name}/{finding}"


def check_metrics(metrics: Metrics, findings: Collection[str]) -> None:
    """Return if every number can be what its name says and, where it is about a finding, is about one of the study.

    Raises:
        WireError: naming the first that cannot.
    """
    for key in metrics:
        name, _, finding = key.partition("/")
        if name not in METRIC_PERMISSIONS or (finding and finding not in findings):
            raise WireError(f"record 'metrics': {key!r} is no metric of this study")
        least, most = _RANGES[name]
        if not least - _ROUNDING <= metrics[key] <= most + _ROUNDING:
            raise WireError(f"record 'metrics': {key!r} is {metrics[key]}, not {least:g} to {most:g}")


def encode(message: WireMessage) -> RecordDict:
    """The message as Flower records.

    Raises:
        WireError: an array or number cannot travel.
    """
    head: dict[str, int | float | str] = {"protocol": PROTOCOL_VERSION}
    content = RecordDict()
    for field in dataclasses.fields(message):
        value = getattr(message, field.name)
        if field.name == _MODEL:
            content[_MODEL] = ArrayRecord({name: _encode_array(name, array) for name, array in value.items()})
        elif field.name == _METRICS:
            content[_METRICS] = MetricRecord(dict(_checked_metrics(value)))
        else:
            head[field.name] = value
    content[_HEAD] = ConfigRecord(head)  # type: ignore[arg-type]  # dict is invariant in flwr's signature
    return content


def decode(content: RecordDict, kind: type[MessageT]) -> MessageT:
    """The message of this kind that the records hold.

    Raises:
        MismatchError: the sender speaks another version of the protocol.
        WireError: a record, key or type is missing, wrong, or one too many; names it.
    """
    types = get_type_hints(kind)
    where = kind.__name__
    _check_protocol(content, where)
    _check_records(content, {_HEAD} | (set(types) & set(_RECORD_TYPES)), where)
    values = _decode_head(content.config_records[_HEAD], types, where=where)
    for name in set(types) & set(_RECORD_TYPES):
        values[name] = _decode_arrays(content) if name == _MODEL else _checked_metrics(content.metric_records[_METRICS])
    return kind(**values)  # type: ignore[arg-type]  # every value was checked against the field's type


def _check_protocol(content: RecordDict, where: str) -> None:
    """Look at the version before anything else: a newer release may have other records."""
    head = content.get(_HEAD)
    if not isinstance(head, ConfigRecord) or "protocol" not in head:
        raise WireError(f"{where}: no 'protocol' in a ConfigRecord 'head': this is no message of glsmed")
    require_same("protocol", expected=PROTOCOL_VERSION, got=head["protocol"])


def _check_records(content: RecordDict, expected: set[str], where: str) -> None:
    _check_names(set(content), expected, where=where, what="record")
    for name in expected:
        if not isinstance(content[name], _RECORD_TYPES.get(name, ConfigRecord)):
            raise WireError(f"{where}: record {name!r} is a {type(content[name]).__name__}")


def _check_names(got: set[str], expected: set[str], *, where: str, what: str) -> None:
    for name in sorted(expected - got):
        raise WireError(f"{where}: {what} {name!r} is missing")
    for name in sorted(got - expected):
        raise WireError(f"{where}: unknown {what} {name[:80]!r}")


def _decode_head(head: ConfigRecord, types: Mapping[str, type], *, where: str) -> dict[str, object]:
    expected = {name: kind for name, kind in types.items() if name not in _RECORD_TYPES}
    _check_names(set(head) - {"protocol"}, set(expected), where=f"{where}: record 'head'", what="key")
    for name, kind in expected.items():
        value = head[name]
        if type(value) is not kind:
            raise WireError(f"{where}: record 'head': {name!r} is {type(value).__name__}, not {kind.__name__}")
        if isinstance(value, float) and not math.isfinite(value):
            raise WireError(f"{where}: record 'head': {name!r} is {value}")
    return {name: head[name] for name in expected}


def _checked_metrics(metrics: Mapping[str, object]) -> dict[str, float]:
    if len(metrics) > _MOST_METRICS:
        raise WireError(f"record 'metrics': {len(metrics)} numbers, at most {_MOST_METRICS} may travel")
    numbers = {}
    for key, value in metrics.items():
        if not _METRIC_KEY.fullmatch(key):
            raise WireError(f"record 'metrics': {key[:80]!r} is not a metric's name")
        if type(value) not in (int, float):
            raise WireError(f"record 'metrics': {key!r} is {type(value).__name__}, not a number")
        numbers[key] = float(value)  # type: ignore[arg-type]  # int or float, see above
        if not math.isfinite(numbers[key]):
            raise WireError(f"record 'metrics': {key!r} is {numbers[key]}")
    return numbers


def _encode_array(name: str, values: NDArray[np.generic]) -> Array:
    array = Array(np.asarray(values, order="C"))
    _npy_header(name, array)
    return array


def _decode_arrays(content: RecordDict) -> dict[str, NDArray[np.generic]]:
    return {name: _decode_array(name, array) for name, array in content.array_records[_MODEL].items()}


def _decode_array(name: str, array: Array) -> NDArray[np.generic]:
    """A read-only view. What the sender wrote is compared with the only header that fits, never parsed."""
    header = _npy_header(name, array)
    count = math.prod(array.shape)
    if len(array.data) != len(header) + count * np.dtype(array.dtype).itemsize or not array.data.startswith(header):
        raise WireError(
            f"record 'model': {name[:200]!r} is not {array.dtype} {tuple(array.shape)} in little-endian C order"
        )
    return np.frombuffer(array.data, dtype=array.dtype, offset=len(header), count=count).reshape(array.shape)


def _npy_header(name: str, array: Array) -> bytes:
    """What the npy file of an array of this declared form begins with."""
    where = f"record 'model': {name[:200]!r}"
    if array.stype != _NUMPY:
        raise WireError(f"{where} is serialised as {array.stype[:40]!r}, not {_NUMPY!r}")
    if array.dtype not in _DTYPES:
        raise WireError(f"{where} has dtype {array.dtype[:40]!r}, which may not travel")
    if len(array.shape) > _MOST_DIMENSIONS or any(side < 0 for side in array.shape):
        raise WireError(f"{where} has shape {str(array.shape)[:80]}")
    stream = BytesIO()
    form = {"descr": _DTYPES[array.dtype], "fortran_order": False, "shape": tuple(array.shape)}
    np.lib.format.write_array_header_1_0(stream, form)
    return stream.getvalue()
