"""One site in this process, asked as a centre asks it, by whoever has the centre."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from flwr.app import Context, Message, RecordDict

from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.server.flower.in_process import RUN_ID, come_from_centre, give_message_id
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import TrainTask, Update
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.packed_model import Arrays, packed_digest

_NODE = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site says of a model: validation metrics by name, and its own model after training; or why not.

    Attributes:
        refused: the error's code; empty where it answered.
    """

    validation: Mapping[str, float]
    trained: Arrays
    refused: str = ""


class AskedSite:
    """A site and whoever asks it.

    Args:
        site: loaded.
    """

    def __init__(self, site: SiteRuntime) -> None:
        self.site = site
        self._app = build_client_app(site)
        self._ids = itertools.count(1)
        self._form = ModelForm.down(site.models.layout, site.study.federation.precision)
        arrays = site.model_manifest.part_of(state_arrays(site.model))
        self.first: Arrays = {name: np.array(array) for name, array in arrays.items()}

    def train(self, model: Arrays, *, round_number: int) -> Answer:
        """The answer to a request to measure a model and to train it in a round."""
        packed = self._form.encode(self.site.models.layout.pack(model))
        task = TrainTask(
            study_digest=self.site.study.digest(),
            round=round_number,
            manifest_digest=self.site.model_manifest.digest(),
            model_digest=packed_digest(packed),
            keep_digest="",
            validate=True,
            model=packed,
            control={},
        )
        message = come_from_centre(Message(encode(task), _NODE, "train", ttl=60.0, group_id=str(round_number)))
        give_message_id(message, f"request-{next(self._ids)}")
        reply = self._app(message, Context(RUN_ID, _NODE, {}, RecordDict(), {}))
        if reply.has_error():
            return Answer({}, {}, reply.error.reason or "refused")
        update = decode(reply.content, Update)
        layout = self.site.models.layout
        return Answer(update.validation, layout.unpack(self._form.decode(update.model)))
