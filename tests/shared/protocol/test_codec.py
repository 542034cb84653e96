import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict
from hypothesis import given
from hypothesis import strategies as st

from glsmed.shared.errors import MismatchError, WireError
from glsmed.shared.protocol.codec import PROTOCOL_VERSION, decode, encode
from glsmed.shared.protocol.messages import (
    EvaluateTask,
    EvaluationReply,
    Hello,
    HelloReply,
    TrainTask,
    Update,
    WireMessage,
)

MODEL = {
    "weight": np.array([[1.5, -2.0], [0.0, 3.0]], dtype=np.float32),
    "empty": np.zeros((0, 3), dtype=np.float16),
    "steps": np.array(7),
    "on": np.array([True, False]),
}
ECHO = {"study_digest": "ab" * 32, "round": 3, "manifest_digest": "cd" * 32}


def an_update() -> Update:
    return Update(training_cells=40, steps=5, seconds=1.5, metrics={"loss": 0.25}, model=MODEL, **ECHO)  # type: ignore[arg-type]  # a dict of mixed values


MESSAGES: list[WireMessage] = [
    Hello(study_digest="ab", run="12"),
    HelloReply(study_digest="ab", site="st-mary", release="0.1.0", metrics={"patients": 30.0}),
    TrainTask(model=MODEL, **ECHO),  # type: ignore[arg-type]  # a dict of mixed values
    an_update(),
    EvaluateTask(split="test", model=MODEL, **ECHO),  # type: ignore[arg-type]  # a dict of mixed values
    EvaluationReply(split="test", reference="gold", metrics={"auroc/effusion": 0.8}, **ECHO),  # type: ignore[arg-type]  # a dict of mixed values
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was_sent(message: WireMessage) -> None:
    received = decode(encode(message), type(message))
    for name in message.__slots__:
        if name == "model":
            sent, got = getattr(message, name), getattr(received, name)
            assert list(got) == list(sent)
            assert all(np.array_equal(got[key], sent[key]) for key in sent)
            assert [(a.dtype, a.shape) for a in got.values()] == [(a.dtype, a.shape) for a in sent.values()]
        else:
            assert getattr(received, name) == getattr(message, name)


def test_an_array_that_is_not_contiguous_arrives_in_order() -> None:
    columns_first = np.arange(6.0).reshape(2, 3).T
    task = TrainTask(study_digest="a", round=1, manifest_digest="b", model={"w": columns_first})
    assert np.array_equal(decode(encode(task), TrainTask).model["w"], columns_first)


def test_another_protocol_is_named_before_anything_else_is_looked_at() -> None:
    content = RecordDict({"head": ConfigRecord({"protocol": PROTOCOL_VERSION + 1}), "future": ConfigRecord()})
    with pytest.raises(MismatchError, match="protocol: expected 1, got 2") as caught:
        decode(content, Hello)
    assert caught.value.code == "MismatchError.protocol"


def test_records_of_a_stranger_are_refused() -> None:
    with pytest.raises(WireError, match="not a message of glsmed"):
        decode(RecordDict({"config": ConfigRecord({"lr": 0.1})}), Hello)


@pytest.mark.parametrize(
    ("record", "key", "value", "said"),
    [
        ("head", "round", "3", "'round': expected int, got str"),
        ("head", "round", True, "'round': expected int, got bool"),
        ("head", "round", [3], "'round': expected int, got list"),
        ("head", "study_digest", b"ab", "'study_digest': expected str, got bytes"),
        ("head", "seconds", float("nan"), "'seconds': expected a finite number, got nan"),
        ("head", "note", "a sentence of a report", "unknown key 'note'"),
        ("metrics", "loss", float("inf"), "'loss': expected a finite number, got inf"),
        ("metrics", "loss", [0.1, 0.2], "'loss': expected a number, got list"),
        ("metrics", "Patient Smith", 1.0, "is not the name of a metric"),
    ],
)
def test_a_wrong_value_is_refused_by_name(record: str, key: str, value: object, said: str) -> None:
    content = encode(an_update())
    content[record][key] = value  # type: ignore[assignment]  # any record, any value
    with pytest.raises(WireError, match=said):
        decode(content, Update)


def test_a_missing_key_and_a_missing_or_further_record_are_refused() -> None:
    content = encode(an_update())
    del content.config_records["head"]["steps"]
    with pytest.raises(WireError, match="key 'steps' is missing"):
        decode(content, Update)
    content = encode(an_update())
    del content["metrics"]
    with pytest.raises(WireError, match="record 'metrics' is missing"):
        decode(content, Update)
    content = encode(an_update())
    content["notes"] = MetricRecord()
    with pytest.raises(WireError, match="unknown record 'notes'"):
        decode(content, Update)


def test_a_record_of_another_kind_is_refused() -> None:
    content = encode(an_update())
    del content["metrics"]
    content["metrics"] = ConfigRecord({"loss": "low"})
    with pytest.raises(WireError, match="record 'metrics': expected MetricRecord, got ConfigRecord"):
        decode(content, Update)


def _forged(array: Array) -> RecordDict:
    content = encode(an_update())
    del content["model"]
    content["model"] = ArrayRecord({"weight": array})
    return content


FLOATS = Array(np.ones((2, 2), dtype=np.float32))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (Array("float32", (2, 2), "pickle", FLOATS.data), "serialised as 'pickle'"),
        (Array("object", (2, 2), FLOATS.stype, FLOATS.data), "dtype 'object', which may not travel"),
        (Array("float64", (2, 2), FLOATS.stype, FLOATS.data), "is not float64"),
        (Array("float32", (4,), FLOATS.stype, FLOATS.data), "is not float32"),
        (Array("float32", (-2, -2), FLOATS.stype, FLOATS.data), "has shape"),
        (Array("float32", (1,) * 40_000, FLOATS.stype, FLOATS.data), "has shape"),
        (Array("float32", (10**6, 10**9), FLOATS.stype, FLOATS.data), "is not float32"),
        (Array("float32", (2, 2), FLOATS.stype, FLOATS.data[:-1]), "is not float32"),
        (Array("float32", (2, 2), FLOATS.stype, FLOATS.data + b"\0"), "is not float32"),
        (Array(np.asfortranarray(np.arange(4, dtype=np.float32).reshape(2, 2))), "is not float32"),
        (Array(np.ones(2, dtype=">f4")), "dtype '>f4', which may not travel"),
    ],
)
def test_an_array_that_is_not_what_it_says_is_refused(array: Array, said: str) -> None:
    with pytest.raises(WireError, match=said):
        decode(_forged(array), Update)


@given(st.binary(max_size=300))
def test_no_bytes_of_an_array_get_past_the_wire_error(data: bytes) -> None:
    with pytest.raises(WireError):
        decode(_forged(Array("float32", (2, 2), FLOATS.stype, data)), Update)


def test_an_array_of_objects_does_not_leave() -> None:
    task = TrainTask(study_digest="a", round=1, manifest_digest="b", model={"w": np.ones(2, dtype=np.complex64)})
    with pytest.raises(WireError, match="'w' has dtype 'complex64', which may not travel"):
        encode(task)
