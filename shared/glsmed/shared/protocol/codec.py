"""Messages as Flower records, and back; what does not follow the protocol is refused by name.

record      kind           holds
head        ConfigRecord   ``protocol`` and every field that is a whole number, a number, a word or yes/no
model       ArrayRecord    one buffer for each dtype, see :mod:`~glsmed.shared.wire.model_form`
control     ArrayRecord    the centre's control variate, of that layout
metrics     MetricRecord   finite numbers by name, see :mod:`~glsmed.shared.protocol.metric_names`
validation  MetricRecord   the same, of the model as it came
local       MetricRecord   the same, of a model that the site trained alone
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import get_type_hints

from flwr.app import ArrayRecord, ConfigRecord, MetricRecord, RecordDict

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.messages import MessageT, WireMessage, require_same
from glsmed.shared.wire.packed_model import Packed

PROTOCOL_VERSION = 3

_HEAD = "head"
_RECORD_TYPES: Mapping[str, type] = {
    "model": ArrayRecord,
    "control": ArrayRecord,
    "metrics": MetricRecord,
    "validation": MetricRecord,
    "local": MetricRecord,
}
_MOST_METRICS = 10_000
_METRIC_KEY = re.compile(r"[a-z0-9_]{1,80}(/[a-z0-9_]{1,80})?")


def encode(message: WireMessage) -> RecordDict:
    """The message as Flower records.

    Raises:
        WireError: a number cannot travel.
    """
    head: dict[str, int | float | str] = {"protocol": PROTOCOL_VERSION}
    content = RecordDict()
    for field in dataclasses.fields(message):
        value = getattr(message, field.name)
        kind = _RECORD_TYPES.get(field.name)
        if kind is ArrayRecord:
            content[field.name] = _record_of(value)
        elif kind is MetricRecord:
            content[field.name] = MetricRecord(dict(_checked_metrics(field.name, value)))
        else:
            head[field.name] = value
    content[_HEAD] = ConfigRecord(head)  # type: ignore[arg-type]  # dict is invariant in flwr's signature
    return content


def _record_of(packed: Packed) -> ArrayRecord:
    """A record of the arrays themselves; ``ArrayRecord(packed)`` would read those that lie in files into memory."""
    record = ArrayRecord()
    for name, array in packed.items():
        record[name] = array
    return record


def decode(content: RecordDict, kind: type[MessageT]) -> MessageT:
    """The message of this kind that the records hold; the buffers of a model are still to be checked by its form.

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
        is_model = _RECORD_TYPES[name] is ArrayRecord
        values[name] = dict(content[name]) if is_model else _checked_metrics(name, content.metric_records[name])
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


def _checked_metrics(record: str, metrics: Mapping[str, object]) -> dict[str, float]:
    if len(metrics) > _MOST_METRICS:
        raise WireError(f"record {record!r}: expected at most {_MOST_METRICS} numbers, got {len(metrics)}")
    numbers = {}
    for key, value in metrics.items():
        if not _METRIC_KEY.fullmatch(key):
            raise WireError(f"record {record!r}: {key[:80]!r} is not the name of a metric")
        if type(value) not in (int, float):
            raise WireError(f"record {record!r}: {key!r}: expected a number, got {type(value).__name__}")
        numbers[key] = float(value)  # type: ignore[arg-type]  # int or float, see above
        if not math.isfinite(numbers[key]):
            raise WireError(f"record {record!r}: {key!r}: expected a finite number, got {numbers[key]}")
    return numbers
