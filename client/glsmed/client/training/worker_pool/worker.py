"""One of several processes that train a round together, each on a device of its own (DistributedDataParallel).

``python -m glsmed.client.training.worker_pool.worker SETUP`` is started by
:mod:`glsmed.client.training.worker_pool.worker_pool` and serves it until it has gone. A worker holds no data: its share
of each batch comes with the request to take the step.
"""

import os
import sys
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection

import torch
from torch import Tensor, distributed
from torch.nn.parallel import DistributedDataParallel

from glsmed.client.learning.negative_rates import LogitMonitor, NegativeRateGuard
from glsmed.client.training.steps.fine_tuning import WeightAverage, choose_trainable, trainable
from glsmed.client.training.steps.gradient_correction import GradientCorrection, Steering
from glsmed.client.training.steps.memory_format import placed
from glsmed.client.training.steps.stepper import Stepper, make_optimizer, uses_autocast
from glsmed.client.training.worker_pool.worker_messages import (
    MONITOR_SUMS,
    TOTAL_WEIGHT,
    Done,
    EndRound,
    Failed,
    Head,
    RoundResult,
    StartRound,
    TakeStep,
    batch_of,
    receive,
    send,
)
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.networks.building import build_model
from glsmed.shared.processes.children import end_with_parent

_LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}


class WorkerSetup(StrictModel):
    """What a worker is started with.

    Attributes:
        channel: descriptor of its socket to the resident.
        rank: its place among ``count`` workers; the first one returns the weights.
        store: file through which the workers find each other.
    """

    channel: int
    rank: int
    count: int
    device: str
    store: str
    architecture: str
    n_findings: int
    image_size_px: int


class TrainingWorker:
    """Handles the resident's requests with its replica of the model."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._is_first = setup.rank == 0
        self._device = device = torch.device(setup.device)
        model = build_model(setup.architecture, n_findings=setup.n_findings, seed=0, image_size_px=setup.image_size_px)
        self._model = placed(model, device).train()
        _join(setup, device)
        self._replica = self._replicated()
        self._round: _Round | None = None

    def _replicated(self) -> DistributedDataParallel:
        """The model that adds up its gradients with the other workers'; made for those that are trainable now."""
        self._trained = len(trainable(self._model))
        ids = [self._device] if self._device.type == "cuda" else None
        return DistributedDataParallel(self._model, device_ids=ids, gradient_as_bucket_view=True)

    def handle(self, head: Head, tensors: Mapping[str, Tensor]) -> tuple[Head, dict[str, Tensor]]:
        """The reply to a request.

        Raises:
            ValueError: it is not a request, or comes at the wrong time.
        """
        if isinstance(head, StartRound):
            self._model.load_state_dict(tensors)
            choose_trainable(self._model, head.settings, round_number=head.round_number)
            if self._trained != len(trainable(self._model)):
                self._replica = self._replicated()
            self._round = _Round(self._replica, head, self._device)
            return Done(), {}
        if self._round is None or not isinstance(head, TakeStep | EndRound):
            raise ValueError(f"expected StartRound before any step, got {type(head).__name__}")
        if isinstance(head, TakeStep):
            self._round.step(tensors)
            return Done(), {}
        return self._end(self._round)

    def _end(self, ended: "_Round") -> tuple[Head, dict[str, Tensor]]:
        ended.end()
        weights = self._model.state_dict() if self._is_first else {}
        sums = {} if ended.monitor is None else {MONITOR_SUMS: ended.monitor.sums}
        self._round = None
        return RoundResult(summed_loss=float(ended.loss)), {
            name: value.cpu().contiguous() for name, value in {**weights, **sums}.items()
        }


class _Round:
    """The steps of one round; their gradients are averaged over the workers, so losses are too."""

    def __init__(self, replica: DistributedDataParallel, start: StartRound, device: torch.device) -> None:
        limit = start.logit_limit
        self.loss = torch.zeros((), device=device)
        self.monitor = None if limit is None else LogitMonitor(start.findings, NegativeRateGuard(), device=device)
        self._average = WeightAverage.of(replica, start.settings)
        self._stepper = Stepper(
            network=replica,
            optimizer=make_optimizer(replica.module, start.settings, round_number=start.round_number),
            device=device,
            autocast=uses_autocast(start.settings, device),
            logit_limit=limit,
            monitor=self.monitor,
            micro_batch_size=start.micro_batch_size,
            correction=GradientCorrection.of(replica, Steering(pull=start.settings.proximal_mu)),
            no_sync=replica.no_sync,
        )

    def step(self, tensors: Mapping[str, Tensor]) -> None:
        """One step with this worker's share; the pool deals with short memory, since all must take the step again."""
        self.loss += self._stepper.attempt(batch_of(tensors), tensors[TOTAL_WEIGHT])
        if self._average is not None:
            self._average.see()

    def end(self) -> None:
        """Make the round's result the model's weights."""
        if self._average is not None:
            self._average.put_in_place()


def _join(setup: WorkerSetup, device: torch.device) -> None:
    os.environ.update(_LOOPBACK)
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        store=distributed.FileStore(setup.store, setup.count),  # type: ignore[attr-defined]  # exported where mypy does not look
        rank=setup.rank,
        world_size=setup.count,
    )


def serve(setup: WorkerSetup) -> None:
    """Handle requests until the resident has gone; an error is reported to it, and ends this process."""
    channel = Connection(setup.channel)
    try:
        worker = TrainingWorker(setup)
        send(channel, Done())
        while True:
            send(channel, *worker.handle(*receive(channel)))
    except (EOFError, ConnectionError):
        return
    except Exception as error:
        send(channel, Failed(error=type(error).__name__, message=str(error), at=time.monotonic()))
        raise


def main() -> None:
    """Serve with the setup given as JSON."""
    end_with_parent()
    serve(WorkerSetup.model_validate_json(sys.argv[1]))


if __name__ == "__main__":
    main()
