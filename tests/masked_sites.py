"""Sites that mask given changes, and the centre that adds them: all of secure aggregation but the training."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import LocalGrid, Misbehaviour
from glsmed.client.egress.masking.answered_sums import AnsweredSums
from glsmed.client.egress.masking.masking_tasks import MaskingTasks
from glsmed.client.egress.masking.site_masking import SiteMasking, SumRules
from glsmed.client.egress.policy import EgressPolicy
from glsmed.client.egress.released_counts import ReleasedCounts
from glsmed.client.settings.config import EgressSection
from glsmed.client.settings.state_folder import StateFolder
from glsmed.server.folders.model_file import write_arrays
from glsmed.server.rounds.requests import RoundOutcome
from glsmed.server.rounds.secure_sum.secure_sum import SecureSum
from glsmed.server.rounds.site_messenger import Clock, Request, SiteMessenger
from glsmed.server.updates.update_checks import TrainRequest
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.enrolment import public_line
from glsmed.shared.protocol.messages import KeysTask, MaskedUpdate, TrainTask
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.decision import norm_of
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import Floats
from glsmed.shared.secure_aggregation.masked_form import MASKED, Counts, MaskedForm
from glsmed.shared.secure_aggregation.roster import Roster
from glsmed.shared.secure_aggregation.signed_keys import SignedKeys, Subject
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ModelManifest
from glsmed.shared.wire.packed_model import ModelLayout, as_values, packed_digest

NAMES = ("ash", "birch", "cedar", "dogwood", "elm", "fir")
MODEL = "ab" * 32


@lru_cache
def identity(site: str) -> ec.EllipticCurvePrivateKey:
    """The site's own key; the same in a whole run of tests, since making one takes time."""
    del site
    return ec.generate_private_key(ec.SECP384R1())


def roster_of(names: Sequence[str] = NAMES) -> Roster:
    return Roster(study="doubt", sites={name: public_line(identity(name).public_key()) for name in names})


def study_of(**federation: object) -> Study:
    return Study.model_validate({"study": "doubt", "findings": ["effusion"], "federation": dict(federation)})


def layout_of(size: int) -> ModelLayout:
    return ModelLayout(ModelManifest.of_arrays({"weight": np.zeros(size, np.float32)}))


def masking_of(site: str, root: Path, *, study: Study, roster: Roster, size: int) -> SiteMasking:
    """A site's masks with its files below ``root``."""
    state = StateFolder(root / site)
    state.prepare()
    rules = SumRules(roster, norm_of(study), by_patients=study.federation.aggregation.weights == "patients")
    form, answered = MaskedForm.of_updates(study, layout_of(size)), AnsweredSums(state, study.digest())
    return SiteMasking(site, identity(site), rules, form=form, answered=answered)


def subject_of(study: Study, roster: Roster, *, round_number: int = 1, model: str = MODEL) -> Subject:
    return Subject(study_digest=study.digest(), round=round_number, model_digest=model, roster_digest=roster.digest())


@dataclass
class MaskedRound:
    """One round over sites with given changes.

    Attributes:
        changes: and counts of each site.
        grid: holds every message that a site sent.
    """

    root: Path
    study: Study
    changes: Mapping[str, tuple[Floats, Counts]]
    roster: Roster
    misbehaviours: Mapping[str, Misbehaviour] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.size = len(next(iter(self.changes.values()))[0])
        self.layout = layout_of(self.size)
        self.maskings = {
            site: masking_of(site, self.root, study=self.study, roster=self.roster, size=self.size)
            for site in self.changes
        }
        apps = {site: self._app(site) for site in self.changes}
        self.grid = LocalGrid(apps, misbehaviours=self.misbehaviours, clock=_told_clock())
        self.base = write_arrays(
            self.root / "base.safetensors", {"weight": np.zeros(self.size, np.float32)}, self.layout, {}
        )

    def run(self, number: int = 1, *, model: str = MODEL, sites: Sequence[str] | None = None) -> RoundOutcome:
        messenger = SiteMessenger(self.grid, lambda: self.grid.nodes, clock=_told_clock(), on_wait=lambda: None)
        nodes = {site: node for node, site in self.grid.nodes.items() if sites is None or site in sites}
        task = self._task(number, model)
        request = Request.of(encode(task), kind="train", group=str(number), deadline_seconds=5)
        outcome = RoundOutcome()
        train = TrainRequest(task, self.base, self.base.floats())
        SecureSum(messenger, self.study, self.layout, self.roster).collect(
            train, nodes, lambda asked: messenger.ask(request, asked), outcome
        )
        return outcome

    def mean(self, outcome: RoundOutcome) -> Floats:
        (update,) = outcome.updates
        return update.floats.change(0, self.size)

    def sent(self, site: str) -> np.ndarray:
        """The masked vector that a site sent last."""
        vectors = [
            as_values(message.content.array_records["model"][MASKED])
            for message in self.grid.sent
            if message.metadata.src_node_id == self._node(site) and "model" in message.content
        ]
        return vectors[-1]

    def _node(self, site: str) -> int:
        return next(node for node, name in self.grid.nodes.items() if name == site)

    def _task(self, number: int, model: str) -> TrainTask:
        return TrainTask(
            study_digest=self.study.digest(),
            round=number,
            manifest_digest=self.layout.manifest.digest(),
            model_digest=model,
            keep_digest="",
            validate=False,
            model={},
            control={},
        )

    def _app(self, site: str) -> ClientApp:
        change, counts = self.changes[site]
        masking, egress = self.maskings[site], self._egress(site)
        tasks = MaskingTasks(masking, egress, study_digest=self.study.digest(), counts=lambda: counts)
        app = ClientApp()

        def train(message: Message, _context: Context) -> Message:
            task = decode(message.content, TrainTask)
            masking.require_ready(task.round, task.model_digest)
            packed = MaskedForm(self.layout).packed(masking.masked(change, counts))
            update = MaskedUpdate(
                study_digest=task.study_digest,
                round=task.round,
                manifest_digest=task.manifest_digest,
                model_digest=task.model_digest,
                update_digest=packed_digest(packed),
                seconds=0.0,
                reference="",
                metrics={},
                validation={},
                model=packed,
            )
            return Message(egress.release(update, echo=task.model_digest), reply_to=message)

        for name, handle in (("keys", tasks.keys), ("shares", tasks.shares), ("unmask", tasks.unmask)):
            app.query(f"secure_{name}")(_answering(handle))
        app.train()(train)
        return app

    def _egress(self, site: str) -> EgressPolicy:
        audit = AuditLog(StateFolder(self.root / site).audit_log)
        settings = EgressSection(model_updates=True, min_patients=1)
        form = ModelForm.up(self.layout, self.study.federation.precision)
        counts = ReleasedCounts(StateFolder(self.root / site), self.study.digest(), step=settings.min_patients)
        return EgressPolicy(settings, self.study, form, site=site, audit=audit, counts=counts, masks_updates=True)


def _answering(handle: Callable[[RecordDict], RecordDict]) -> Callable[[Message, Context], Message]:
    return lambda message, _context: Message(handle(message.content), reply_to=message)


def keys_of(maskings: Mapping[str, SiteMasking], subject: Subject, counts: Counts) -> Exchange:
    """The exchange of keys that all these sites made."""
    task = KeysTask(
        study_digest=subject.study_digest,
        round=subject.round,
        model_digest=subject.model_digest,
        roster_digest=subject.roster_digest,
    )
    texts = [masking.new_keys(task, counts) for masking in maskings.values()]
    return Exchange(tuple(SignedKeys.model_validate_json(text) for text in texts))


def _told_clock() -> Clock:
    seconds = [0.0]

    def sleep(duration: float) -> None:
        seconds[0] += duration

    return Clock(now=lambda: seconds[0], sleep=sleep)
