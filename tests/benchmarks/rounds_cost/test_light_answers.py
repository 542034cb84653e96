"""A light site's answers pass the centre's own checks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Message, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from glsmed.benchmarks.rounds_cost.light_answers import LightAnswers
from glsmed.benchmarks.rounds_cost.made_up_model import made_up_model
from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.model_file import ModelFile
from glsmed.server.updates.update_checks import ReplyChecks, TrainRequest
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
from glsmed.shared.protocol.packed_model import FLOAT, Packed, as_values
from glsmed.shared.protocol.study import FederationSection, Study

STUDY = Study(study="rounds", findings=("effusion",))


@dataclass(frozen=True)
class Centre:
    """The model that the study begins with, and the answers of the light sites."""

    model: ModelFile
    answers: LightAnswers

    def task(self, packed: Packed) -> TrainTask:
        return TrainTask(
            study_digest=STUDY.digest(),
            round=1,
            manifest_digest=self.model.layout.manifest.digest(),
            model_digest=self.model.digest,
            keep_digest="",
            validate=True,
            model=packed,
            control={},
        )

    def ask(self, task: WireMessage, kind: str, *, site: str = "site-01") -> RecordDict:
        return self.answers.answer(Message(encode(task), 7, kind), site=site)


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    TaskIdentity.run_id = TaskIdentity.node_id = TaskIdentity.task_id = 1
    model = CheckpointFolder(tmp_path).begin(made_up_model(0.01), study_digest=STUDY.digest()).model
    return Centre(model, LightAnswers(STUDY, model.path))


def test_it_says_which_site_it_is(centre: Centre) -> None:
    reply = decode(centre.ask(Hello(study_digest=STUDY.digest(), run="rounds"), "query"), HelloReply)
    assert (reply.site, reply.study_digest, reply.sends_metrics) == ("site-01", STUDY.digest(), True)


@pytest.mark.parametrize("sends_model", [True, False])
def test_its_update_passes_the_checks_and_differs_from_the_model_a_little(centre: Centre, sends_model: bool) -> None:
    task = centre.task(centre.model.packed() if sends_model else {})
    update = decode(centre.ask(task, "train"), Update)
    request = TrainRequest(task, centre.model, centre.model.floats())
    checked = ReplyChecks(STUDY, centre.model.layout).checked("site-01", update, request, staleness=0)
    assert 0 < checked.facts.norm < 0.01
    before = centre.model.floats().read(0, centre.model.floats().count)
    np.testing.assert_allclose(as_values(update.model[FLOAT]).astype(np.float64), before.astype(np.float64), rtol=1e-4)


def test_sites_send_different_updates_since_flower_stores_equal_bytes_once(centre: Centre) -> None:
    task = centre.task({})
    sent = {decode(centre.ask(task, "train", site=site), Update).update_digest for site in ("site-01", "site-02")}
    assert len(sent) == 2


def test_its_evaluation_passes_the_checks(centre: Centre) -> None:
    task = EvaluateTask(
        study_digest=STUDY.digest(),
        round=1,
        manifest_digest=centre.model.layout.manifest.digest(),
        model_digest=centre.model.digest,
        keep_digest="",
        split="validation",
        model={},
    )
    checks = ReplyChecks(STUDY, centre.model.layout)
    checks.check_evaluation(decode(centre.ask(task, "evaluate"), EvaluationReply), task)


def test_in_a_study_of_less_precision_it_sends_the_change(tmp_path: Path) -> None:
    TaskIdentity.run_id = TaskIdentity.node_id = TaskIdentity.task_id = 1
    study = STUDY.model_copy(update={"federation": FederationSection(precision="bf16")})
    model = CheckpointFolder(tmp_path).begin(made_up_model(0.01), study_digest=study.digest()).model
    answers = LightAnswers(study, model.path)
    first = next(iter(answers._held))
    task = TrainTask(
        study_digest=study.digest(),
        round=1,
        manifest_digest=model.layout.manifest.digest(),
        model_digest=first,
        keep_digest="",
        validate=False,
        model={},
        control={},
    )
    update = decode(answers.answer(Message(encode(task), 7, "train"), site="site-01"), Update)
    assert update.model[FLOAT].dtype == "bfloat16"
