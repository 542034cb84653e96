"""Training a round on several devices: one worker process for each, started once and kept for the next round.

The resident makes every batch as it does with one device, and gives each worker its share. The shares' losses are
divided by the weight of the whole batch, so that the step is the same for any number of devices. No worker holds any of
the site's data for longer than a step. The resident itself never waits in a collective operation: it notices at once
when a worker ends, and then ends the others.
"""

import multiprocessing.connection
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection

import structlog
import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.learning.negative_rates import LogitMonitor
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.steps.batches import Batch
from glsmed.client.training.steps.round_plan import RoundPlan, TrainingSummary
from glsmed.client.training.steps.stepper import half_of
from glsmed.client.training.steps.training import OnStep
from glsmed.client.training.worker_pool.worker import WorkerSetup
from glsmed.client.training.worker_pool.worker_failures import (
    Failure,
    RunningWorker,
    WorkerError,
    WorkerMemoryError,
    first_failure,
)
from glsmed.client.training.worker_pool.worker_messages import (
    MONITOR_SUMS,
    EndRound,
    Failed,
    Head,
    RoundResult,
    StartRound,
    TakeStep,
    batch_tensors,
    receive,
    send,
)
from glsmed.shared.errors import UsageError
from glsmed.shared.processes.children import start_child, stop_children
from glsmed.shared.protocol.study import Study

PROGRAM = ("-m", "glsmed.client.training.worker_pool.worker")

WorkerReply = tuple[Head, dict[str, Tensor]]
WorkerRequest = tuple[Head, Mapping[str, Tensor]]


class WorkerPool:
    """The workers of one site; they end with :meth:`close`, with an error, and with the process that made the pool.

    Args:
        devices: one for each worker, at least two.
        state: the site's state folder, where the workers find each other and log.
    """

    def __init__(self, study: Study, *, devices: Sequence[torch.device], state: StateFolder) -> None:
        self._study = study
        self._devices = tuple(devices)
        self._state = state
        self._workers: list[RunningWorker] = []
        self._micro_batch_size: int | None = None

    def start(self) -> None:
        """Start all workers and wait until they are ready; a round does so too where it must.

        Raises:
            WorkerError: a worker failed or ended.
        """
        if self._workers and all(worker.child.is_running() for worker in self._workers):
            return
        self.close()
        self._state.worker_store.unlink(missing_ok=True)
        try:
            for rank, device in enumerate(self._devices):
                self._workers.append(self._started(rank, device))
            self._replies()
        except BaseException:  # Ctrl-C too
            self.close()
            raise
        structlog.get_logger().info("training_workers_ready", devices=[str(device) for device in self._devices])

    def train(
        self,
        model: nn.Module,
        examples: Examples,
        *,
        round_number: int,
        on_step: OnStep | None = None,
        key: bytes | None = None,
    ) -> TrainingSummary:
        """Train ``model`` in place on all devices, as ``train`` does on one, with the study's settings.

        Raises:
            UsageError: a step has fewer images than there are devices.
            WorkerError: a worker failed or ended; the model is as it was.
            GlsmedError: whatever training on one device raises.
        """
        plan = RoundPlan.of(examples, self._study.training, round_number=round_number, key=key)
        self._require_work_for_all(plan)
        started = time.perf_counter()
        try:
            loss, monitor = self._trained(model, plan, on_step)
        except BaseException:  # Ctrl-C too: workers that are left in the middle of a round cannot begin another
            self.close()
            raise
        return plan.summary(summed_loss=loss, monitor=monitor, seconds=time.perf_counter() - started)

    def close(self) -> None:
        """End the workers; the next round starts them again."""
        for worker in self._workers:
            worker.channel.close()
        stop_children([worker.child for worker in self._workers], grace_seconds=0)
        self._workers = []

    def _require_work_for_all(self, plan: RoundPlan) -> None:
        if plan.images_in_step < len(self._devices):
            raise UsageError(
                f"devices is {len(self._devices)}, but a step has only {plan.images_in_step} images: set devices in "
                f"config.yaml to {plan.images_in_step} or fewer"
            )

    def _trained(self, model: nn.Module, plan: RoundPlan, on_step: OnStep | None) -> tuple[float, LogitMonitor | None]:
        """Train the model; returns the loss summed over the steps, and the monitor of all workers."""
        told = -1
        while True:
            try:
                for number in self._steps(model, plan):
                    if on_step is not None and number > told:
                        on_step(number)
                        told = number
                return self._end(model, plan)
            except WorkerMemoryError:
                self._halve_micro_batch(plan)

    def _steps(self, model: nn.Module, plan: RoundPlan) -> Iterator[int]:
        """Take the round's steps; yields the number of each when all workers have taken it."""
        self.start()
        if self._devices[0].type == "cuda":
            torch.cuda.empty_cache()  # the first worker shares its device with this process
        weights = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
        self._ask([(self._opening(plan), weights)] * len(self._devices))
        requests = (self._shares(batch) for batch in plan.batches())
        upcoming = next(requests)
        for number in range(plan.settings.steps_per_round):
            self._send(upcoming)
            upcoming = next(requests, [])  # made while the workers compute
            self._replies()
            yield number

    def _opening(self, plan: RoundPlan) -> StartRound:
        return StartRound(
            settings=plan.settings,
            findings=plan.examples.findings,
            logit_limit=plan.logit_limit,
            micro_batch_size=self._micro_batch_size or plan.settings.batch_size,
            round_number=plan.round_number,
        )

    def _shares(self, batch: Batch) -> list[WorkerRequest]:
        """Each worker's share of a batch. The workers average what they sum, hence their part of the total weight."""
        count = len(self._devices)
        return [(TakeStep(), batch_tensors(share, batch.total_weight() / count)) for share in batch.shares(count)]

    def _end(self, model: nn.Module, plan: RoundPlan) -> tuple[float, LogitMonitor | None]:
        replies = self._ask([(EndRound(), {})] * len(self._devices))
        monitor, losses = plan.monitor(torch.device("cpu")), []
        for head, tensors in replies:
            if not isinstance(head, RoundResult):
                raise WorkerError(f"expected RoundResult from a worker, got {type(head).__name__}")
            losses.append(head.summed_loss)
            if monitor is not None:
                monitor.sums += tensors.pop(MONITOR_SUMS)
        model.load_state_dict(replies[0][1])
        return sum(losses) / len(losses), monitor

    def _halve_micro_batch(self, plan: RoundPlan) -> None:
        """Halve what a device gets at a time; the round starts again, since one worker missed a common step."""
        self.close()
        share = -(-plan.images_in_step // len(self._devices))
        self._micro_batch_size = half_of(min(self._micro_batch_size or share, share))

    def _started(self, rank: int, device: torch.device) -> RunningWorker:
        ours, theirs = socket.socketpair()
        count, model = len(self._devices), self._study.model
        with theirs:
            setup = WorkerSetup(
                channel=theirs.fileno(),
                rank=rank,
                count=count,
                device=str(device),
                store=str(self._state.worker_store),
                architecture=model.architecture,
                n_findings=len(self._study.findings),
                image_size_px=model.image_size_px,
            )
            name = f"training-worker-{rank + 1}"
            child = start_child(
                name,
                [sys.executable, *PROGRAM, setup.model_dump_json()],
                log=self._state.process_log(name),
                environment={"OMP_NUM_THREADS": str(max(1, torch.get_num_threads() // count))},
                descriptors=[theirs.fileno()],
            )
        return RunningWorker(f"training worker {rank + 1} of {count} ({device})", child, Connection(ours.detach()))

    def _ask(self, requests: Sequence[WorkerRequest]) -> list[WorkerReply]:
        self._send(requests)
        return self._replies()

    def _send(self, requests: Sequence[WorkerRequest]) -> None:
        """Send each worker its request; all of them are waiting for one, so this does not block."""
        for worker, (head, tensors) in zip(self._workers, requests, strict=True):
            try:
                send(worker.channel, head, tensors)
            except OSError:
                raise first_failure(Failure(worker, None), self._workers) from None

    def _replies(self) -> list[WorkerReply]:
        """The reply of every worker, in their order."""
        waiting: dict[object, RunningWorker] = {worker.channel: worker for worker in self._workers}
        replies: dict[str, WorkerReply] = {}
        while waiting:
            for channel in multiprocessing.connection.wait([worker.channel for worker in waiting.values()]):
                worker = waiting.pop(channel)
                replies[worker.name] = self._reply(worker)
        return [replies[worker.name] for worker in self._workers]

    def _reply(self, worker: RunningWorker) -> WorkerReply:
        try:
            head, tensors = receive(worker.channel)
        except (EOFError, OSError):
            raise first_failure(Failure(worker, None), self._workers) from None
        if isinstance(head, Failed):
            raise first_failure(Failure(worker, head), self._workers)
        return head, tensors
