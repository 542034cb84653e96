import pytest
from flwr.app import Array, ConfigRecord, MetricRecord, RecordDict

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
from glsmed.shared.wire.packed_model import PACKED

MODEL = {"float32": Array("float32", (3,), PACKED, bytes(12)), "int64": Array("int64", (1,), PACKED, bytes(8))}
ECHO = {"study_digest": "ab" * 32, "round": 3, "manifest_digest": "cd" * 32, "model_digest": "ef" * 32}


def an_update() -> Update:
    return Update(
        update_digest="12" * 32,
        training_cells=40,
        training_patients=20,
        steps=5,
        seconds=1.5,
        reference="gold",
        metrics={"loss": 0.25},
        validation={"auroc/effusion": 0.75},
        model=MODEL,
        **ECHO,  # type: ignore[arg-type]  # a dict of mixed values
    )


MESSAGES: list[WireMessage] = [
    Hello(study_digest="ab", run="12"),
    HelloReply(study_digest="ab", site="st-mary", release="0.1.0", sends_metrics=True, metrics={"patients": 30.0}),
    TrainTask(keep_digest="", validate=False, model=MODEL, control={}, **ECHO),  # type: ignore[arg-type]  # mixed values
    an_update(),
    EvaluateTask(keep_digest="", split="test", model={}, **ECHO),  # type: ignore[arg-type]  # a dict of mixed values
    EvaluateTask(keep_digest="", split="test", model=MODEL, of_site="sakura", **ECHO),  # type: ignore[arg-type]  # likewise
    EvaluationReply(split="test", reference="gold", metrics={}, local={"auroc/effusion": 0.7}, **ECHO),  # type: ignore[arg-type]  # likewise
    EvaluationReply(split="test", reference="gold", metrics={"auroc/effusion": 0.8}, **ECHO),  # type: ignore[arg-type]  # a dict of mixed values
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was_sent(message: WireMessage) -> None:
    assert decode(encode(message), type(message)) == message


def test_another_protocol_is_named_before_anything_else_is_looked_at() -> None:
    content = RecordDict({"head": ConfigRecord({"protocol": PROTOCOL_VERSION + 1}), "future": ConfigRecord()})
    with pytest.raises(
        MismatchError, match=f"protocol: expected {PROTOCOL_VERSION}, got {PROTOCOL_VERSION + 1}"
    ) as caught:
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
