"""Tasks in the centre's name: a site obeys what its centre has signed for it, now, and each task once.

Each forgery is given to the same site twice: behind its gate, and as a positive control without one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flwr.app import ArrayRecord, ConfigRecord, Context, Error, Message, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID, ErrorCode

from glsmed.benchmarks.federation.local_grid import Delayed, LocalGrid, Misbehaviour
from glsmed.client.egress.policy import error_code
from glsmed.client.node.flower.task_queue import Answering
from glsmed.client.node.gate.signed_app import ClientAppCall, SignedApp
from glsmed.client.node.gate.task_account import TASK, TaskAccount
from glsmed.client.node.gate.task_gate import REFUSED as TASK_REFUSED
from glsmed.client.node.gate.task_gate import TaskGate
from glsmed.client.settings.state_folder import StateFolder
from glsmed.server.flower.in_process import RUN_ID
from glsmed.server.folders.authority import issuing
from glsmed.server.folders.pki import CertificateFolder
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.rounds.site_messenger import _MEANINGS, Clock, Request, SiteMessenger
from glsmed.server.signing.audit_heads import WENT_BACK, AuditHeads
from glsmed.server.signing.serials import Serials
from glsmed.server.signing.signed_grid import REFUSED as ANSWER_REFUSED
from glsmed.server.signing.signed_grid import SignedGrid, Signing
from glsmed.shared.errors import AnswerRefusedError, AnswerSubject, TaskRefusedError, TaskSubject
from glsmed.shared.files.audit import Anchor, AuditLog, compare, read_anchors, recorded, verify
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import EvaluateTask, Hello
from glsmed.shared.protocol.study import Study
from glsmed.shared.signing.signed_records import SIGNED, TaskHeader, header_bytes, parse_header
from glsmed.shared.signing.task_signature import CentreOfStudy, TaskKey
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.packed_model import as_array
from tests.server.conftest import FIRST_MODEL, LAYOUT, MakeSite
from tests.signed_sites import new_site_key

SITES = ("a", "b")
ROUNDS = 3
HELLO = "query"


class Keys:
    """The admitted sites' keys, as the centre knows them."""

    def __init__(self, keys: dict[str, ec.EllipticCurvePrivateKey]) -> None:
        self.keys = keys

    def __call__(self, site: str) -> ec.EllipticCurvePublicKey | None:
        return self.keys[site].public_key() if site in self.keys else None

    def read_again(self) -> None:
        """Nothing is read."""


@dataclass
class Party:
    """A centre with its sites, each behind its gate."""

    root: Path
    study: Study
    certificates: CertificateFolder
    keys: Keys
    make_site: MakeSite
    clock: Clock

    @property
    def digest(self) -> str:
        return self.study.digest()

    def site_folder(self, site: str) -> StateFolder:
        return StateFolder(self.root / site)

    def gate(self, site: str) -> TaskGate:
        state = self.site_folder(site)
        state.prepare()
        audit = AuditLog(state.audit_log, self.keys.keys[site])
        return TaskGate(
            centre=CentreOfStudy(self.certificates.ca_certificate.read_bytes()),
            site=site,
            study=self.digest,
            account=TaskAccount(state, self.digest),
            audit=audit,
            key=self.keys.keys[site],
        )

    def app(self, site: str) -> ClientAppCall:
        """The site as its resident process runs it."""
        gate = self.gate(site)
        app = self.make_site(site, study_digest=self.digest)

        def audited(message: Message, context: Context) -> Message:
            gate.audit.append("sent", {"message": message.metadata.message_type})
            return app(message, context)

        return SignedApp(audited, gate, on_refusal=lambda *_: None)

    def signing(self, folder: RunFolder, key: TaskKey | None = None) -> Signing:
        return Signing(
            study=self.digest,
            key=key or self.certificates.task_key(),
            serials=Serials(self.root / "task-serial"),
            site_keys=self.keys,
            heads=AuditHeads(folder.root / "audit-heads", record=folder.record),
            record=folder.record,
        )

    def run(self, misbehaviours: dict[str, Misbehaviour] | None = None, *, name: str = "run") -> RunFolder:
        """The study from its first round to its end."""
        folder = RunFolder(self.root / name)
        folder.checkpoints.begin(FIRST_MODEL, study_digest=self.digest)
        apps = {site: self.app(site) for site in SITES}
        grid = LocalGrid(apps, misbehaviours=misbehaviours, clock=self.clock)  # type: ignore[arg-type]  # called alike
        signed = SignedGrid(grid, lambda: grid.nodes, self.signing(folder))
        run_study(signed, self.study, folder, sites=lambda: grid.nodes, plan=StudyPlan(clock=self.clock))
        return folder

    def header(self, **changed: object) -> TaskHeader:
        fields = {
            "study": self.digest,
            "run": str(RUN_ID),
            "round": "1",
            "site": "a",
            "kind": HELLO,
            "serial": 1_000,
            "content": "",
        }
        return TaskHeader(**{**fields, **changed})  # type: ignore[arg-type]  # as the fields are

    def hello(self, header: TaskHeader | None = None, key: TaskKey | None = None) -> Message:
        """A signed greeting of the centre."""
        content, _ = (key or self.certificates.task_key()).signed(self.greeting(), header or self.header())
        return _message(content)

    def greeting(self) -> RecordDict:
        return encode(Hello(study_digest=self.digest, run="run"))


def _message(content: RecordDict, kind: str = HELLO, group: str = "1") -> Message:
    message = Message(content, 7, kind, ttl=300.0, group_id=group)
    message.metadata.__dict__.update(_src_node_id=SUPERLINK_NODE_ID, _run_id=RUN_ID, _message_id="m")
    return message


def _context() -> Context:
    return Context(RUN_ID, 7, {}, RecordDict(), {})


@pytest.fixture
def party(tmp_path: Path, study: Study, make_site: MakeSite, clock: Clock) -> Party:
    LocalGrid({})  # this process is the centre
    certificates = CertificateFolder(tmp_path / "pki")
    certificates.create(study="doubt", public_names=["localhost"])
    federation = study.federation.model_copy(update={"quorum": 2})
    study = study.model_copy(
        update={"federation": federation, "training": study.training.model_copy(update={"rounds": ROUNDS})}
    )
    keys = Keys({site: new_site_key()[1] for site in SITES})
    return Party(tmp_path, study, certificates, keys, make_site, clock)


def test_a_signed_study_runs_to_its_end_and_anchors_every_log(party: Party) -> None:
    folder = party.run()
    assert [sorted(one.counted) for one in folder.rounds()] == [["a", "b"]] * ROUNDS
    for site in SITES:
        log = party.site_folder(site).audit_log
        anchors = read_anchors(folder.root / "audit-heads" / f"{site}.jsonl")
        assert len(anchors) == len(list(recorded(log, TASK))) > ROUNDS
        assert compare(log, anchors) == []
        assert verify(log).key


def test_a_second_run_of_the_centre_goes_on(party: Party) -> None:
    party.run()
    folder = party.run(name="again")
    assert [sorted(one.counted) for one in folder.rounds()] == [["a", "b"]] * ROUNDS


def test_a_centre_that_lost_its_numbers_goes_on_by_its_clock(party: Party) -> None:
    party.run()
    (party.root / "task-serial").unlink()
    folder = party.run(name="again")
    assert folder.rounds()[0].not_counted == {}


def _unsigned(party: Party) -> Message:
    return _message(party.greeting())


def _by_a_peers_own_key(party: Party) -> Message:
    """Signed well, by a key that the peer has made, under the centre's true certificate."""
    true = party.certificates.task_key()
    return party.hello(key=TaskKey(Ed25519PrivateKey.generate(), true.certificate))


def _by_another_authority(party: Party) -> Message:
    other = CertificateFolder(party.root / "other")
    other.create(study="doubt", public_names=["localhost"])
    return party.hello(key=other.task_key())


def _altered(party: Party) -> Message:
    message = party.hello()
    message.content["head"] = ConfigRecord({**message.content.config_records["head"], "run": "another"})
    return message


def _with_one_record_more(party: Party) -> Message:
    message = party.hello()
    message.content["more"] = ConfigRecord({"a": 1})
    return message


def _of_another_kind(party: Party) -> Message:
    signed = party.hello()
    return _message(signed.content, kind="query.cue_counts")


def _of_another_round(party: Party) -> Message:
    return _message(party.hello().content, group="2")


def _of_another_run(party: Party) -> Message:
    message = party.hello()
    message.metadata.__dict__["_run_id"] = RUN_ID + 1
    return message


def _of(**changed: object) -> Callable[[Party], Message]:
    return lambda party: party.hello(party.header(**changed))


FORGERIES: dict[str, tuple[Callable[[Party], Message], str]] = {
    "unsigned": (_unsigned, "TaskRefusedError.signature"),
    "by a peer's own key": (_by_a_peers_own_key, "TaskRefusedError.signature"),
    "by another authority": (_by_another_authority, "TaskRefusedError.certificate"),
    "altered": (_altered, "TaskRefusedError.content"),
    "with one record more": (_with_one_record_more, "TaskRefusedError.content"),
    "for another site": (_of(site="b"), "TaskRefusedError.site"),
    "of another study": (_of(study="0" * 64), "TaskRefusedError.study"),
    "of another kind": (_of_another_kind, "TaskRefusedError.kind"),
    "of another round": (_of_another_round, "TaskRefusedError.round"),
    "of another run": (_of_another_run, "TaskRefusedError.run"),
}


@pytest.mark.parametrize(("forge", "code"), FORGERIES.values(), ids=FORGERIES)
def test_a_forged_task_is_refused_and_that_is_in_the_audit_log(
    party: Party, forge: Callable[[Party], Message], code: str
) -> None:
    app = party.app("a")
    with pytest.raises(TaskRefusedError) as refused:
        app(forge(party), _context())
    assert refused.value.code == code
    log = party.site_folder("a").audit_log
    assert [entry["code"] for entry in recorded(log, TASK_REFUSED)] == [code]
    assert list(recorded(log, TASK)) == list(recorded(log, "sent")) == []
    assert not app(party.hello(), _context()).has_error()  # the centre's own is obeyed after it


@pytest.mark.parametrize("forge", [forge for name, (forge, _) in FORGERIES.items() if name != "with one record more"])
def test_control_without_the_gate_a_forged_task_is_obeyed(party: Party, forge: Callable[[Party], Message]) -> None:
    message = forge(party)
    message.content.pop(SIGNED, None)
    message.metadata.__dict__["_message_type"] = HELLO
    answer = party.make_site("a", study_digest=party.digest)(message, _context())
    assert answer.content.config_records["head"]["site"] == "a"


def test_control_a_peers_evaluation_costs_the_hospital_its_answer(party: Party) -> None:
    task = EvaluateTask(
        study_digest=party.digest,
        round=1,
        manifest_digest="m",
        model_digest="d",
        keep_digest="",
        split="test",
        model=ModelForm.down(LAYOUT, "fp32").encode(LAYOUT.pack(FIRST_MODEL)),
    )
    message = _message(encode(task), kind="evaluate")
    with pytest.raises(TaskRefusedError):
        party.app("a")(message, _context())
    answer = party.make_site("a", study_digest=party.digest)(message, _context())
    assert answer.content.metric_records["metrics"]


@pytest.mark.parametrize("serial", [1_000, 999, 0])
def test_a_task_again_or_an_older_one_is_refused_also_after_a_restart(party: Party, serial: int) -> None:
    party.app("a")(party.hello(), _context())
    for _ in range(2):
        app = party.app("a")
        with pytest.raises(TaskRefusedError) as refused:
            app(party.hello(party.header(serial=serial)), _context())
        assert refused.value.code == "TaskRefusedError.serial"
    assert not party.app("a")(party.hello(party.header(serial=1_001)), _context()).has_error()


def test_the_audit_log_knows_the_last_task_where_the_account_was_deleted(party: Party) -> None:
    party.app("a")(party.hello(), _context())
    party.site_folder("a").task_account(party.digest).unlink()
    with pytest.raises(TaskRefusedError) as refused:
        party.app("a")(party.hello(), _context())
    assert refused.value.code == "TaskRefusedError.serial"


def test_a_key_that_the_centre_has_replaced_is_refused_once_the_new_one_was_seen(
    party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    stolen = party.certificates.task_key()
    monkeypatch.setattr(issuing, "_CLOCK_SKEW", timedelta(seconds=-2))  # made two seconds later
    party.certificates.issue_task_key()
    monkeypatch.undo()
    app = party.app("a")
    app(party.hello(), _context())
    with pytest.raises(TaskRefusedError) as refused:
        app(party.hello(party.header(serial=2_000), key=stolen), _context())
    assert refused.value.code == "TaskRefusedError.certificate"


def _with_buffer(message: Message, name: str, values: list[float]) -> None:
    message.content[name] = ArrayRecord({"float32": as_array(np.array(values, np.float32))})


def test_buffers_that_no_word_names_are_covered_themselves(party: Party) -> None:
    content = party.greeting()
    content["control"] = ArrayRecord({"float32": as_array(np.array([1.0], np.float32))})
    signed, _ = party.certificates.task_key().signed(content, party.header())
    message = _message(signed)
    _with_buffer(message, "control", [2.0])
    with pytest.raises(TaskRefusedError) as refused:
        party.gate("a").open(message)
    assert refused.value.code == "TaskRefusedError.content"


def _answers(change: Callable[[Message], None]) -> Misbehaviour:
    """A site, or whoever sits between, that changes answers in training."""

    def misbehave(task: Message, ask: Callable[[Message], Message]) -> Message | Delayed:
        answer = ask(task)
        if task.metadata.message_type == "train":
            change(answer)
        return answer

    return misbehave


def _claim_more(answer: Message) -> None:
    answer.content["head"] = ConfigRecord({**answer.content.config_records["head"], "training_cells": 10_000})


def _drop_signature(answer: Message) -> None:
    del answer.content[SIGNED]


def _another_signature(answer: Message) -> None:
    signed = answer.content.config_records[SIGNED]
    answer.content[SIGNED] = ConfigRecord({**signed, "signature": bytes(96)})


@pytest.mark.parametrize(
    ("change", "code"),
    [(_claim_more, "content"), (_drop_signature, "signature"), (_another_signature, "signature")],
)
def test_an_answer_that_is_not_the_sites_own_does_not_count(
    party: Party, change: Callable[[Message], None], code: str
) -> None:
    party.study = party.study.model_copy(update={"federation": party.study.federation.model_copy(update={"quorum": 1})})
    folder = party.run({"b": _answers(change)})
    for one in folder.rounds():
        assert list(one.counted) == ["a"]
        assert one.not_counted["b"].startswith(f"AnswerRefusedError.{code} (the answer ")
    assert {entry["site"] for entry in folder.recorded(ANSWER_REFUSED)} == {"b"}


class _Repeats:
    """Answers each training task with the answer to the first, which the site has truly signed."""

    def __init__(self) -> None:
        self.first: RecordDict | None = None

    def __call__(self, task: Message, ask: Callable[[Message], Message]) -> Message:
        answer = ask(task)
        if task.metadata.message_type != "train":
            return answer
        self.first = self.first or answer.content
        return Message(self.first, reply_to=task)


def test_an_answer_to_another_task_does_not_count(party: Party) -> None:
    party.study = party.study.model_copy(update={"federation": party.study.federation.model_copy(update={"quorum": 1})})
    rounds = party.run({"b": _Repeats()}).rounds()
    assert [list(one.counted) for one in rounds] == [["a", "b"], ["a"], ["a"]]
    assert rounds[1].not_counted["b"].startswith("AnswerRefusedError.task (the answer is to another task")


def test_a_log_that_was_taken_back_is_noticed_at_the_centre_and_by_comparing(party: Party) -> None:
    first = party.run()
    heads = read_anchors(first.root / "audit-heads" / "a.jsonl")
    party.site_folder("a").audit_log.unlink()
    (first.root / "audit-heads").rename(party.root / "kept")
    (party.root / "again").mkdir()
    (party.root / "kept").rename(party.root / "again" / "audit-heads")
    again = party.run(name="again")
    assert [entry["site"] for entry in again.recorded(WENT_BACK)] == ["a"]
    found = compare(party.site_folder("a").audit_log, heads)
    assert len(found) == len(heads)


def _release(error: Exception) -> Error:
    return Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, error_code(error))


def test_the_centre_reads_in_plain_words_why_a_site_refused(party: Party) -> None:
    other = CertificateFolder(party.root / "other")
    other.create(study="doubt", public_names=["localhost"])
    app = party.app("a")

    def answers(message: Message, context: Context) -> Message:
        return Answering(app, lambda _: None, _release).reply(message, context, b"")

    grid = LocalGrid({"a": answers})  # type: ignore[dict-item]  # called alike
    signed = SignedGrid(grid, lambda: grid.nodes, party.signing(RunFolder(party.root / "run"), other.task_key()))
    messenger = SiteMessenger(signed, lambda: grid.nodes, clock=party.clock, on_wait=lambda: None)
    request = Request.of(party.greeting(), kind=HELLO, group="0", deadline_seconds=1.0)
    [reply] = messenger.ask(request, {"a": next(iter(grid.nodes))})
    assert reply.failure.startswith("TaskRefusedError.certificate (the site's ca.crt is of another authority, or ")


def test_every_refusal_has_plain_words() -> None:
    for subject in get_args(TaskSubject):
        assert TaskRefusedError(subject, "").code in _MEANINGS
    for subject in get_args(AnswerSubject):
        assert AnswerRefusedError(subject, "").code in _MEANINGS


def test_an_anchor_is_the_end_of_the_log_that_holds_the_answer(party: Party) -> None:
    app, log = party.app("a"), party.site_folder("a").audit_log
    answer = app(party.hello(), _context())
    report = verify(log)
    header = answer.content.config_records[SIGNED]["header"]
    assert isinstance(header, bytes)
    assert f'"audit_entries":{report.entries},"audit_head":"{report.head}"'.encode() in header
    assert compare(log, [Anchor(report.entries, report.head)]) == []


def test_a_replaced_header_shows(party: Party) -> None:
    """The header alone says whom a task is for: another one does not fit the signature."""
    message = party.hello()
    signed = message.content.config_records[SIGNED]
    header = parse_header(signed["header"], TaskHeader)  # type: ignore[arg-type]  # bytes, as it was written
    message.content[SIGNED] = ConfigRecord({**signed, "header": header_bytes(replace(header, serial=9_999))})
    with pytest.raises(TaskRefusedError) as refused:
        party.app("a")(message, _context())
    assert refused.value.code == "TaskRefusedError.signature"
