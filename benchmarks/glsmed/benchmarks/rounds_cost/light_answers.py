"""What a light site answers: valid messages of glsmed, at once, without data or training.

The only module here that knows the messages.
"""

import time

import numpy as np
from flwr.app import Message, RecordDict
from numpy.typing import NDArray

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

_CELLS = 10
_AUROC = 0.75
_LARGEST_CHANGE = 1e-4  # of a weight, relative


def answer(message: Message, *, site: str, findings: tuple[str, ...]) -> RecordDict:
    """The site's answer to a query, a task of training, or one of evaluation."""
    kind, _, _ = message.metadata.message_type.partition(".")
    if kind == "train":
        return encode(_trained(decode(message.content, TrainTask), site))
    if kind == "evaluate":
        return encode(_evaluated(decode(message.content, EvaluateTask), findings))
    return encode(_greeted(decode(message.content, Hello), site))


def _greeted(task: Hello, site: str) -> WireMessage:
    return HelloReply(study_digest=task.study_digest, site=site, release=RELEASE, metrics={})


def _trained(task: TrainTask, site: str) -> WireMessage:
    """The model with a change that is this site's own, since Flower stores equal arrays only once."""
    started = time.monotonic()
    model = {name: _changed(array, site, task.round) for name, array in task.model.items()}
    return Update(
        study_digest=task.study_digest,
        round=task.round,
        manifest_digest=task.manifest_digest,
        training_cells=_CELLS,
        steps=1,
        seconds=time.monotonic() - started,
        metrics={},
        model=model,
    )


def _changed(array: NDArray[np.generic], site: str, round_number: int) -> NDArray[np.generic]:
    if array.dtype != np.float32:
        return array
    share = (int.from_bytes(site.encode(), "big") * 31 + round_number) % 1009 / 1009
    changed: NDArray[np.float32] = np.multiply(array, np.float32(1 + _LARGEST_CHANGE * (share - 0.5)))
    return changed


def _evaluated(task: EvaluateTask, findings: tuple[str, ...]) -> WireMessage:
    return EvaluationReply(
        study_digest=task.study_digest,
        round=task.round,
        manifest_digest=task.manifest_digest,
        split=task.split,
        reference="gold",
        metrics={metric_key("auroc", finding): _AUROC for finding in findings},
    )
