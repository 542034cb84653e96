"""Messages as Flower records, and back; what does not follow the protocol is refused by name.

record   kind           holds
head     ConfigRecord   ``protocol`` and every field that is a whole number, a number or a word
model    ArrayRecord    the whole state of the model, little-endian, C order, by name as in the model manifest
metrics  MetricRecord   finite numbers by name, see :mod:`~glsmed.shared.protocol.metric_names`
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from io import BytesIO
from typing import get_type_hints

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict
from numpy.typing import NDArray

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.messages import MessageT, WireMessage, require_same

PROTOCOL_VERSION = 1

_HEAD, _MODEL, _METRICS = "head", "model", "metrics"
_RECORD_TYPES: Mapping[str, type] = {_MODEL: ArrayRecord, _METRICS: MetricRecord}
_MOST_METRICS = 10_000
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
    """Raise if the version differs; checked before all else, since a newer release may have other records."""
    head = content.get(_HEAD)
    if not isinstance(head, ConfigRecord) or "protocol" not in head:
        raise WireError(f"{where}: no 'protocol' in a ConfigRecord 'head': this is not a message of glsmed")
    require_same("protocol", expected=PROTOCOL_VERSION, got=head["protocol"])


def _check_records(content: RecordDict, expected: set[str], where: str) -> None:
    _check_names(set(content), expected, where=where, what="record")
    for name in expected:
        kind = _RECORD_TYPES.get(name, ConfigRecord)
        if not isinstance(content[name], kind):
            raise WireError(f"{where}: record {name!r}: expected {kind.__name__}, got {type(content[name]).__name__}")


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
            raise WireError(f"{where}: record 'head': {name!r}: expected {kind.__name__}, got {type(value).__name__}")
        if isinstance(value, float) and not math.isfinite(value):
            raise WireError(f"{where}: record 'head': {name!r}: expected a finite number, got {value}")
    return {name: head[name] for name in expected}


def _checked_metrics(metrics: Mapping[str, object]) -> dict[str, float]:
    if len(metrics) > _MOST_METRICS:
        raise WireError(f"record 'metrics': expected at most {_MOST_METRICS} numbers, got {len(metrics)}")
    numbers = {}
    for key, value in metrics.items():
        if not _METRIC_KEY.fullmatch(key):
            raise WireError(f"record 'metrics': {key[:80]!r} is not the name of a metric")
        if type(value) not in (int, float):
            raise WireError(f"record 'metrics': {key!r}: expected a number, got {type(value).__name__}")
        numbers[key] = float(value)  # type: ignore[arg-type]  # int or float, see above
        if not math.isfinite(numbers[key]):
            raise WireError(f"record 'metrics': {key!r}: expected a finite number, got {numbers[key]}")
    return numbers


def _encode_array(name: str, values: NDArray[np.generic]) -> Array:
    array = Array(np.asarray(values, order="C"))
    _npy_header(name, array)
    return array


def _decode_arrays(content: RecordDict) -> dict[str, NDArray[np.generic]]:
    return {name: _decode_array(name, array) for name, array in content.array_records[_MODEL].items()}


def _decode_array(name: str, array: Array) -> NDArray[np.generic]:
    """A read-only view. The sender's npy header is compared with the only one that fits, and never parsed."""
    header = _npy_header(name, array)
    count = math.prod(array.shape)
    if len(array.data) != len(header) + count * np.dtype(array.dtype).itemsize or not array.data.startswith(header):
        raise WireError(
            f"record 'model': {name[:200]!r} is not {array.dtype} {tuple(array.shape)} in little-endian C order"
        )
    return np.frombuffer(array.data, dtype=array.dtype, offset=len(header), count=count).reshape(array.shape)


def _npy_header(name: str, array: Array) -> bytes:
    """The npy header of an array with this dtype and shape."""
    where = f"record 'model': {name[:200]!r}"
    if array.stype != _NUMPY:
        raise WireError(f"{where} is serialised as {array.stype[:40]!r}, expected {_NUMPY!r}")
    if array.dtype not in _DTYPES:
        raise WireError(f"{where} has dtype {array.dtype[:40]!r}, which may not travel")
    if len(array.shape) > _MOST_DIMENSIONS or any(side < 0 for side in array.shape):
        raise WireError(f"{where} has shape {str(array.shape)[:80]}")
    stream = BytesIO()
    form = {"descr": _DTYPES[array.dtype], "fortran_order": False, "shape": tuple(array.shape)}
    np.lib.format.write_array_header_1_0(stream, form)
    return stream.getvalue()
