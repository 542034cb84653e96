"""A federation small enough to calculate by hand: a model of three numbers, sites that add to it, time that is told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from flwr.app import Context, Message
from flwr.clientapp import ClientApp
from torch import nn

from glsmed.server.admission.registry import admit
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.processes.children import free_port
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.enrolment import generate_private_key, make_request
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, HelloReply, TrainTask, Update
from glsmed.shared.protocol.study import FederationSection, Study, TrainingSection

MakeSite = Callable[..., ClientApp]
AdmitSite = Callable[[str], Path]


@pytest.fixture
def study() -> Study:
    return Study(
        study="doubt",
        findings=("effusion",),
        training=TrainingSection(rounds=3, steps_per_round=10),
        federation=FederationSection(quorum=2, round_deadline_minutes=1, max_update_norm=50, max_cells_per_site=1000),
    )


@pytest.fixture
def clock() -> Clock:
    """A clock that only moves when someone sleeps."""
    seconds = [0.0]

    def sleep(duration: float) -> None:
        seconds[0] += duration

    return Clock(now=lambda: seconds[0], sleep=sleep)


@pytest.fixture
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The study's model becomes a weight of two zeros and a counter."""

    def build(study: Study) -> nn.Module:
        model = nn.Module()
        model.register_parameter("weight", nn.Parameter(torch.zeros(2)))
        model.register_buffer("batches", torch.tensor([0]))
        return model

    monkeypatch.setattr("glsmed.server.rounds.rounds.initial_model", build)


@pytest.fixture
def make_site(study: Study) -> MakeSite:
    """A site that adds ``step`` to the weight and whose log-loss is the weight's distance from ``best``."""

    def make(name: str, *, step: float = 1.0, cells: int = 10, best: float = 2.0, study_digest: str = "") -> ClientApp:
        app = ClientApp()
        digest = study_digest or study.digest()

        @app.query()
        def hello(message: Message, _: Context) -> Message:
            reply = HelloReply(study_digest=digest, site=name, release="0.1.0", metrics={"patients": 12.0})
            return Message(encode(reply), reply_to=message)

        @app.train()
        def train(message: Message, _: Context) -> Message:
            task = decode(message.content, TrainTask)
            model = {
                "weight": np.add(task.model["weight"], step, dtype=np.float32),
                "batches": np.add(task.model["batches"], 1, dtype=np.int64),
            }
            update = Update(
                study_digest=digest,
                round=task.round,
                manifest_digest=task.manifest_digest,
                training_cells=cells,
                steps=10,
                seconds=1.0,
                metrics={"loss": 0.5},
                model=model,
            )
            return Message(encode(update), reply_to=message)

        @app.evaluate()
        def evaluate(message: Message, _: Context) -> Message:
            task = decode(message.content, EvaluateTask)
            distance = abs(float(task.model["weight"][0]) - best)
            reply = EvaluationReply(
                study_digest=digest,
                round=task.round,
                manifest_digest=task.manifest_digest,
                split=task.split,
                reference="gold",
                metrics={"log_loss/effusion": distance, "auroc/effusion": 0.75, "patients": 12.0},
            )
            return Message(encode(reply), reply_to=message)

        return app

    return make


@pytest.fixture
def new_folder(tmp_path: Path) -> StudyFolder:
    """A new study folder on free ports; its quorum is two."""
    return make_study_folder(
        tmp_path / "study",
        name="doubt",
        public_names=["centre.example.org"],
        port=free_port(),
        loopback_port=free_port(),
    )


@pytest.fixture
def admit_site(new_folder: StudyFolder) -> AdmitSite:
    """Admits a site of this name with a new key; returns its request."""

    def make(site: str) -> Path:
        digest = new_folder.study().digest()
        request = make_request(generate_private_key(), site=site, study="doubt", study_digest=digest)
        file = new_folder.root / f"request-{site}.yaml"
        file.write_text(dump_yaml(request.model_dump()))
        admit(file, sites=new_folder.sites, study="doubt", study_digest=digest)
        return file

    return make
