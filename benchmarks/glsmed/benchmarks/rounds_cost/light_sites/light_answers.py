"""What light sites answer: valid messages of glsmed, at once, without data or training.

The only module here that knows the messages.
"""

import threading
import time
from pathlib import Path

import numpy as np
from flwr.app import Message, RecordDict

from glsmed.server.folders.model_file import ModelFile
from glsmed.shared.protocol.bundle import RELEASE
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
from glsmed.shared.protocol.metric_names import metric_key
from glsmed.shared.protocol.model_form import ModelForm
from glsmed.shared.protocol.packed_model import FLOAT, Buffers, Packed, packed_digest
from glsmed.shared.protocol.study import Study

_CELLS = 10
_PATIENTS = 5
_AUROC = 0.75
_LARGEST_CHANGE = 1e-4  # of a weight, relative


class LightAnswers:
    """The answers of all light sites of a study, which hold each model once, together.

    Args:
        study: the study.
        first_model: the checkpoint that it begins with; a hospital makes that model itself.
    """

    def __init__(self, study: Study, first_model: Path) -> None:
        first, precision = ModelFile.open(first_model), study.federation.precision
        self._findings = study.findings
        self._down = ModelForm.down(first.layout, precision)
        self._up = ModelForm.up(first.layout, precision)
        packed = self._down.encode({FLOAT: first.floats().read(0, first.floats().count)})
        self._held = {packed_digest(packed): packed}
        self._lock = threading.Lock()

    def answer(self, message: Message, *, site: str) -> RecordDict:
        """The site's answer to a query, a task of training, or one of evaluation."""
        kind, _, _ = message.metadata.message_type.partition(".")
        if kind == "train":
            return encode(self._trained(decode(message.content, TrainTask), site))
        if kind == "evaluate":
            return encode(self._evaluated(decode(message.content, EvaluateTask)))
        return encode(_greeted(decode(message.content, Hello), site))

    def _trained(self, task: TrainTask, site: str) -> WireMessage:
        started = time.monotonic()
        packed = self._up.encode(self._changed(self._take(task), site, task.round))
        return Update(
            study_digest=task.study_digest,
            round=task.round,
            manifest_digest=task.manifest_digest,
            model_digest=task.model_digest,
            update_digest=packed_digest(packed),
            training_cells=_CELLS,
            training_patients=_PATIENTS,
            steps=1,
            seconds=time.monotonic() - started,
            reference="gold" if task.validate else "",
            metrics={},
            validation=self._metrics() if task.validate else {},
            model=packed,
        )

    def _evaluated(self, task: EvaluateTask) -> WireMessage:
        self._take(task)
        return EvaluationReply(
            study_digest=task.study_digest,
            round=task.round,
            manifest_digest=task.manifest_digest,
            model_digest=task.model_digest,
            split=task.split,
            reference="gold",
            metrics=self._metrics(),
        )

    def _metrics(self) -> dict[str, float]:
        return {metric_key("auroc", finding): _AUROC for finding in self._findings}

    def _take(self, task: TrainTask | EvaluateTask) -> Packed:
        """The model of a task, which came with it or is held."""
        with self._lock:
            if task.model:
                kept = {task.model_digest, task.keep_digest}
                self._held = {digest: packed for digest, packed in self._held.items() if digest in kept}
                self._held[task.model_digest] = task.model
            return self._held[task.model_digest]

    def _changed(self, packed: Packed, site: str, round_number: int) -> Buffers:
        """The model or a change with a factor that is this site's own, since Flower stores equal bytes only once."""
        buffers = dict(self._down.decode(packed))
        share = (int.from_bytes(site.encode(), "big") * 31 + round_number) % 1009 / 1009 - 0.5
        factor = np.float32(_LARGEST_CHANGE * share + (1 if self._up.kind == "model" else 0))
        return {**buffers, FLOAT: np.multiply(buffers[FLOAT], factor, dtype=np.float32)}


def _greeted(task: Hello, site: str) -> WireMessage:
    return HelloReply(study_digest=task.study_digest, site=site, release=RELEASE, sends_metrics=True, metrics={})
