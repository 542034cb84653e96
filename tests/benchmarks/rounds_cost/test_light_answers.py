"""A light site's answers pass the centre's own checks."""

import numpy as np
import pytest
from flwr.app import Message, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from glsmed.benchmarks.rounds_cost.light_answers import answer
from glsmed.benchmarks.rounds_cost.made_up_study import made_up_model
from glsmed.server.rounds.update_checks import ReplyChecks
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import (
    EvaluateTask,
    EvaluationReply,
    Hello,
    HelloReply,
    TrainTask,
    Update,
    WireMessage,
)
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import Study

STUDY = Study(study="rounds", findings=("effusion",))
MODEL = made_up_model(0.01)
MANIFEST = ModelManifest.of_arrays(MODEL)
CHECKS = ReplyChecks(STUDY, MANIFEST)
TASK = TrainTask(study_digest=STUDY.digest(), round=1, manifest_digest=MANIFEST.digest(), model=MODEL)


@pytest.fixture(autouse=True)
def _centre() -> None:
    TaskIdentity.run_id = TaskIdentity.node_id = TaskIdentity.task_id = 1


def _answered(task: WireMessage, kind: str, *, site: str = "site-01") -> RecordDict:
    message = Message(encode(task), 7, kind)
    return answer(message, site=site, findings=STUDY.findings)


def test_it_says_which_site_it_is() -> None:
    reply = decode(_answered(Hello(study_digest=STUDY.digest(), run="rounds"), "query"), HelloReply)
    assert (reply.site, reply.study_digest) == ("site-01", STUDY.digest())


def test_its_update_passes_the_checks_and_differs_from_the_model_a_little() -> None:
    update = decode(_answered(TASK, "train"), Update)
    CHECKS.check_update(update, TASK)
    for name, array in update.model.items():
        np.testing.assert_allclose(array, MODEL[name], rtol=1e-4)


def test_sites_send_different_updates_since_flower_stores_equal_arrays_once() -> None:
    first, second = (decode(_answered(TASK, "train", site=site), Update).model for site in ("site-01", "site-02"))
    assert all((first[name] != second[name]).any() for name in MODEL)


def test_its_evaluation_passes_the_checks() -> None:
    task = EvaluateTask(
        study_digest=STUDY.digest(), round=1, manifest_digest=MANIFEST.digest(), split="validation", model=MODEL
    )
    CHECKS.check_evaluation(decode(_answered(task, "evaluate"), EvaluationReply), task)
