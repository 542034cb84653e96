import json
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Context, Message, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from glsmed.client.bundle_check import BundleCheck
from glsmed.client.config import EgressSection
from glsmed.client.egress import EgressPolicy
from glsmed.client.flower_node import Answering
from glsmed.shared.audit import AuditLog
from glsmed.shared.bundle import bundle_bytes
from glsmed.shared.model_manifest import ArraySpec, ModelManifest
from glsmed.shared.study import Study

CONTEXT = Context(run_id=1, node_id=7, node_config={}, state=RecordDict(), run_config={})
CANARY = "patient-4711"


@pytest.fixture
def task() -> Message:
    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, 7, 1
    message = Message(RecordDict(), 7, "query")
    message.metadata.__dict__["_message_id"] = "a"
    return message


def _fail(_message: Message, _context: Context) -> Message:
    raise np.exceptions.AxisError(f"column {CANARY}")


def _answering(folder: Path) -> Answering:
    manifest = ModelManifest((ArraySpec("w", (2,), "float32"),))
    study = Study(study="doubt", findings=("effusion",))
    egress = EgressPolicy(EgressSection(), study, manifest, site="st-mary", audit=AuditLog(folder / "audit.jsonl"))
    return Answering(_fail, BundleCheck(), egress.release_error)


@pytest.mark.parametrize(
    ("bundle", "code"), [(b"PK\3\4 of another release", "BundleRefusedError"), (bundle_bytes(), "UnexpectedError")]
)
def test_an_error_before_or_in_the_app_is_in_the_audit_log_and_its_words_stay(
    tmp_path: Path, task: Message, bundle: bytes, code: str
) -> None:
    reply = _answering(tmp_path).reply(task, CONTEXT, bundle)
    assert reply.error.reason == code
    entry = json.loads((tmp_path / "audit.jsonl").read_text())
    assert (entry["event"], entry["fields"]) == ("sent_error", {"code": code})


def test_nothing_is_sent_when_the_audit_log_cannot_be_written(tmp_path: Path, task: Message) -> None:
    answering = _answering(tmp_path)
    (tmp_path / "audit.jsonl").mkdir()
    with pytest.raises(IsADirectoryError):
        answering.reply(task, CONTEXT, bundle_bytes())
