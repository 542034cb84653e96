"""A federation small enough to calculate by hand: a model of three numbers, sites that add to it, time that is told."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Context, Error, Message
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode

from glsmed.server.admission.registry import admit
from glsmed.server.admission.site_certificates import SiteCertificates
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.errors import UnknownModelError
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.processes.children import free_port
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.enrolment import generate_private_key, make_request
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, HelloReply, TrainTask, Update
from glsmed.shared.protocol.study import FederationSection, Study, TrainingSection
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import Arrays, ModelLayout, packed_digest
from glsmed.shared.wire.precision import Precision

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


FIRST_MODEL: Arrays = {"weight": np.zeros(2, dtype=np.float32), "batches": np.zeros(1, dtype=np.int64)}
LAYOUT = ModelLayout(ModelManifest.of_arrays(FIRST_MODEL))


def train_task(
    study: Study, number: int, model: Arrays | None = None, *, digest_of: Arrays = FIRST_MODEL, validate: bool = False
) -> TrainTask:
    """A request to train a model in a round, which is in it only if it is given."""
    down = ModelForm.down(LAYOUT, study.federation.precision)
    return TrainTask(
        study_digest=study.digest(),
        round=number,
        manifest_digest=LAYOUT.manifest.digest(),
        model_digest=packed_digest(down.encode(LAYOUT.pack(digest_of))),
        keep_digest="",
        validate=validate,
        model={} if model is None else down.encode(LAYOUT.pack(model)),
        control={},
    )


class HeldModels:
    """The models that a site in a test has: the first, and all that came."""

    def __init__(self, precision: Precision = "fp32") -> None:
        self._down = ModelForm.down(LAYOUT, precision)
        first = self._down.encode(LAYOUT.pack(FIRST_MODEL))
        self._held = {packed_digest(first): first}

    def take(self, task: TrainTask | EvaluateTask) -> Arrays:
        if task.model:
            self._held[task.model_digest] = task.model
        if task.model_digest not in self._held:
            raise UnknownModelError("not here")
        return LAYOUT.unpack(self._down.decode(self._held[task.model_digest]))


@pytest.fixture
def make_site(study: Study) -> MakeSite:
    """A site that adds ``step`` to the weight and whose log-loss is the weight's distance from ``best``.

    Its calibration error, where it sends one, is a tenth of the distance from ``calibrated_at``.
    """

    def make(
        name: str,
        *,
        step: float = 1.0,
        cells: int = 10,
        best: float = 2.0,
        study_digest: str = "",
        measures: bool = True,
        precision: Precision = "fp32",
        shows: bool = False,
        local: Mapping[str, float] | None = None,
        calibrated_at: float | None = None,
    ) -> ClientApp:
        app = ClientApp()
        digest = study_digest or study.digest()
        held, up = HeldModels(precision), ModelForm.up(LAYOUT, precision)

        def numbers(model: Arrays) -> dict[str, float]:
            weight = float(model["weight"].ravel()[0])
            told = {"log_loss/effusion": abs(weight - best), "auroc/effusion": 0.75, "patients": 12.0}
            return told if calibrated_at is None else {**told, "ece/effusion": abs(weight - calibrated_at) / 10}

        @app.query()
        def hello(message: Message, _: Context) -> Message:
            reply = HelloReply(
                study_digest=digest, site=name, release="0.1.0", sends_metrics=measures, metrics={"patients": 12.0}
            )
            return Message(encode(reply), reply_to=message)

        @app.train()
        def train(message: Message, _: Context) -> Message:
            task = decode(message.content, TrainTask)
            try:
                before = held.take(task)
            except UnknownModelError as error:
                return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, error.code), reply_to=message)
            trained = {
                "weight": np.add(before["weight"], step, dtype=np.float32),
                "batches": np.add(before["batches"], 1, dtype=np.int64),
            }
            sent = trained if up.kind == "model" else {**trained, "weight": trained["weight"] - before["weight"]}
            packed = up.encode(LAYOUT.pack(sent))
            update = Update(
                study_digest=digest,
                round=task.round,
                manifest_digest=task.manifest_digest,
                model_digest=task.model_digest,
                update_digest=packed_digest(packed),
                training_cells=cells,
                training_patients=cells,
                steps=10,
                seconds=1.0,
                reference="gold" if task.validate else "",
                metrics={"loss": 0.5},
                validation=numbers(before) if task.validate else {},
                model=packed,
                show_to_peers=shows,
            )
            return Message(encode(update), reply_to=message)

        @app.evaluate()
        def evaluate(message: Message, _: Context) -> Message:
            task = decode(message.content, EvaluateTask)
            try:
                model = held.take(task)
            except UnknownModelError as error:
                return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, error.code), reply_to=message)
            reply = EvaluationReply(
                study_digest=digest,
                round=task.round,
                manifest_digest=task.manifest_digest,
                model_digest=task.model_digest,
                split=task.split,
                reference="gold",
                metrics=numbers(model) if measures else {},
                local=local or {},
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
        admitted = admit(file, sites=new_folder.sites, study="doubt", study_digest=digest)
        SiteCertificates(new_folder.site_certificates, new_folder.certificates).issue([admitted])
        return file

    return make
