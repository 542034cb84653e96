"""A site's ClientApp with a drawn site behind it, asked in this process."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import Context, Message, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.supercore.task_identity import TaskIdentity

from glsmed.benchmarks.federation.known_secret import write_known_secret
from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.egress.query_budget import RecordedAnswer
from glsmed.client.egress.site_numbers import Number
from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import load_site_runtime
from glsmed.client.settings.config import load_site
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, TrainTask
from glsmed.shared.wire.packed_model import FLOAT, Arrays, Buffers, as_array, packed_digest

STUDY = """\
study: chest-doubt
findings: [effusion, nodule]
model: {architecture: resnet10, image_size_px: 32}
training: {rounds: 2, steps_per_round: 2, batch_size: 4}
"""
EGRESS = """cpu_threads: 1
egress: {metrics: [auroc, brier, log_loss, counts], min_patients: 2, max_runs: 1, model_updates: true}
"""
ROUNDS = 2


def packed_buffers(model: Arrays) -> Buffers:
    """The model as it would be packed, whatever is wrong with it."""
    dtypes = dict.fromkeys(str(array.dtype) for array in model.values())
    own = {dtype: [array.ravel() for array in model.values() if str(array.dtype) == dtype] for dtype in dtypes}
    return {dtype: np.concatenate(arrays) for dtype, arrays in own.items()}


class Asked:
    """A site that was just started on its state folder."""

    def __init__(self, config_file: Path) -> None:
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, SUPERLINK_NODE_ID, 1
        config = load_site(config_file)
        self.state = config.state_folder
        write_known_secret(config.state, 0)  # the order of studies and who is drawn are the same in every run
        self._site = load_site_runtime(config)
        self._app = build_client_app(self._site)

    def model(self, change: float) -> Arrays:
        """Another model for every number."""
        first, *rest = state_arrays(self._site.model).items()
        kept = {name: array.copy() for name, array in rest}  # training changes the model in place
        return {first[0]: np.full(first[1].shape, change, dtype=np.float32), **kept}

    def _named(self, model: Arrays | str) -> dict[str, Any]:
        """A model with its digest, or the digest alone."""
        if isinstance(model, str):
            return {"model": {}, "model_digest": model, "keep_digest": ""}
        packed = {name: as_array(values) for name, values in packed_buffers(model).items()}
        return {"model": packed, "model_digest": packed_digest(packed), "keep_digest": ""}

    def digest(self, model: Arrays) -> str:
        return str(self._named(model)["model_digest"])

    def keep_local(self, **numbers: float) -> None:
        """What ``train-local`` would leave behind."""
        answer = RecordedAnswer("gold", {f"{name}/effusion": Number(value, 9) for name, value in numbers.items()})
        record = LocalRecord(self._site.config.state, self._site.study)
        record.keep_if_best(answer, self._site.splits["test"], validation_score=0.5)

    def reply(self, model: Arrays | str, *, of_site: str = "") -> EvaluationReply:
        return decode(self.evaluate(model, of_site=of_site).content, EvaluationReply)

    def held(self) -> dict[str, bytes]:
        """The models on the site's disk."""
        files = [*self.state.glob("models/models-*/*"), *self.state.glob("models/shipped/*")]
        return {str(file.relative_to(self.state)): file.read_bytes() for file in files}

    def evaluate(
        self, model: Arrays | str, *, split: str = "test", round_number: int = 1, of_site: str = ""
    ) -> Message:
        task = EvaluateTask(
            study_digest=self._site.study.digest(),
            round=round_number,
            manifest_digest=self._site.model_manifest.digest(),
            split=split,
            of_site=of_site,
            **self._named(model),
        )
        message = Message(encode(task), 1, "evaluate", ttl=60.0, group_id="1")
        message.metadata.__dict__["_message_id"] = "request"
        return self._app(message, Context(1, 1, {}, RecordDict(), {}))

    def train(
        self, model: Arrays | str, *, round_number: int = 1, validate: bool = False, control: float | None = None
    ) -> Message:
        count = self._site.models.layout.lengths[FLOAT]
        task = TrainTask(
            study_digest=self._site.study.digest(),
            round=round_number,
            manifest_digest=self._site.model_manifest.digest(),
            validate=validate,
            control={} if control is None else {FLOAT: as_array(np.full(count, control, np.float32))},
            **self._named(model),
        )
        message = Message(encode(task), 1, "train", ttl=60.0, group_id="1")
        message.metadata.__dict__["_message_id"] = "request"
        return self._app(message, Context(1, 1, {}, RecordDict(), {}))

    def metrics(self, model: Arrays | str, *, split: str = "test", round_number: int = 1) -> Mapping[str, float]:
        reply = decode(self.evaluate(model, split=split, round_number=round_number).content, EvaluationReply)
        assert (reply.split, reply.round) == (split, round_number)
        return reply.metrics

    def audit(self) -> list[dict[str, object]]:
        lines = (self.state / "audit" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["fields"] for line in lines]
