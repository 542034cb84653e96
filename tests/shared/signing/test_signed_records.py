import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from flwr.app import ArrayRecord, ConfigRecord, MetricRecord, RecordDict

from glsmed.shared.signing.signed_records import (
    SIGNED,
    AnswerHeader,
    SignedRecord,
    TaskHeader,
    attach,
    content_digest,
    detach,
    header_bytes,
    parse_header,
)
from glsmed.shared.wire.packed_model import as_array, packed_digest

HEADER = TaskHeader(study="s", run="1", round="2", site="a", kind="train", serial=7, content="c")
SIGNATURE = SignedRecord(b"header", b"signature", b"certificate")


def _content() -> RecordDict:
    buffers = {"float32": as_array(np.array([1.0, 2.0], np.float32))}
    return RecordDict(
        {
            "head": ConfigRecord({"round": 1, "share": 0.5, "word": "胸水", "ok": True, "raw": b"\x00"}),
            "metrics": MetricRecord({"auroc/effusion": 0.75}),
            "control": ArrayRecord(buffers),
        }
    )


def test_a_header_comes_back_from_its_text() -> None:
    assert parse_header(header_bytes(HEADER), TaskHeader) == HEADER


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"serial": 7}',
        header_bytes(HEADER).replace(b":7", b":7.0"),
        header_bytes(HEADER).replace(b":7", b":true"),
        header_bytes(HEADER).replace(b",", b", "),
        header_bytes(HEADER).replace(b'{"', b'{"site":"b","', 1),
        header_bytes(dataclasses.replace(HEADER, round="r" * 5000)),
    ],
)
def test_another_text_is_no_header(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_header(text, TaskHeader)


def test_a_task_is_no_answer() -> None:
    with pytest.raises(ValueError, match="expected the fields"):
        parse_header(header_bytes(HEADER), AnswerHeader)


def test_a_signature_is_attached_to_a_copy_and_detached() -> None:
    content = _content()
    together = attach(content, SIGNATURE)
    assert SIGNED not in content
    rest, signed = detach(together)
    assert (rest, signed) == (content, SIGNATURE)
    assert content_digest(together) == content_digest(content)


@pytest.mark.parametrize(
    "record",
    [
        None,
        MetricRecord({"a": 1.0}),
        ConfigRecord({}),
        ConfigRecord({"header": b"", "signature": b""}),
        ConfigRecord({"header": "text", "signature": b"", "certificate": b""}),
        ConfigRecord({"header": b"", "signature": b"", "certificate": b"", "more": b""}),
    ],
)
def test_what_is_no_signature_is_refused(record: ConfigRecord | MetricRecord | None) -> None:
    content = _content()
    if record is not None:
        content[SIGNED] = record
    with pytest.raises(ValueError, match="signature"):
        detach(content)


def _head(**changed: int | float | str | bool | bytes) -> Callable[[RecordDict], None]:
    def change(content: RecordDict) -> None:
        content["head"] = ConfigRecord({**content.config_records["head"], **changed})

    return change


def _array(array: object) -> Callable[[RecordDict], None]:
    def change(content: RecordDict) -> None:
        content["control"] = ArrayRecord({"float32": array})

    return change


@pytest.mark.parametrize(
    "change",
    [
        _head(round=2),
        _head(round=1.0),
        _head(round="1"),
        _head(ok=1),
        _head(raw=b"\x01"),
        _head(more=1),
        lambda content: content.pop("metrics"),
        lambda content: content.update(more=ConfigRecord({})),
        lambda content: content.update(metrics=MetricRecord({"auroc/effusion": 0.751})),
        lambda content: content.update(metrics=ConfigRecord({"auroc/effusion": 0.75})),
        _array(as_array(np.array([1.0, 3.0], np.float32))),
        _array(as_array(np.array([1.0, 2.0], np.float32), dtype="int32")),
    ],
)
def test_every_change_changes_the_digest(change: Callable[[RecordDict], None]) -> None:
    content = _content()
    before = content_digest(content)
    change(content)
    assert content_digest(content) != before


def test_a_model_is_covered_by_the_digest_that_the_head_names_and_not_hashed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = {"float32": as_array(np.zeros(4, np.float32))}
    head = {"model_digest": "of the model before", "update_digest": packed_digest(packed)}
    content = RecordDict({"head": ConfigRecord(dict(head)), "model": ArrayRecord(packed)})
    monkeypatch.setattr("glsmed.shared.signing.signed_records.packed_digest", None)
    before = content_digest(content)
    content["head"] = ConfigRecord({**head, "update_digest": "another"})
    assert content_digest(content) != before
