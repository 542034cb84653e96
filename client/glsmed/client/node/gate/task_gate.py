"""Which tasks a site obeys: those that its centre has signed for this study, run, round and site, each only once."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import ConfigRecord, Message

from glsmed.client.node.gate.task_account import TASK, TaskAccount
from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.enrolment import read_authority, read_private_key
from glsmed.shared.errors import TaskRefusedError
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.signing.answer_signature import LogEnd, signed_answer
from glsmed.shared.signing.task_signature import CentreOfStudy, SignedTask, require

REFUSED = "task_refused"  # event of the audit log
_SHOWN = 60  # characters of a sender's own words
_NAMED = ("model_digest", "keep_digest", "split", "of_site")  # words of a task that the log repeats


@dataclass(frozen=True, slots=True)
class TaskGate:
    """Opens tasks and seals answers.

    Attributes:
        centre: the one that is obeyed.
        site: the site's name.
        study: digest of its study.
        account: of the tasks that were taken.
        audit: the site's log.
        key: signs answers.
    """

    centre: CentreOfStudy
    site: str
    study: str
    account: TaskAccount
    audit: AuditLog
    key: ec.EllipticCurvePrivateKey

    def open(self, message: Message) -> SignedTask:
        """The task that a message brings, once it is in the audit log; the message keeps no signature.

        Raises:
            TaskRefusedError: it is not to be obeyed; that is in the audit log too.
            OSError: the audit log cannot be written.
        """
        try:
            task = self._checked(message)
        except TaskRefusedError as error:
            self.audit.append(REFUSED, {"code": error.code, "reason": str(error), **_envelope(message)})
            raise
        message.content = task.content
        self.audit.append(TASK, _described(task))
        return task

    def _checked(self, message: Message) -> SignedTask:
        task, metadata = self.centre.opened(message.content), message.metadata
        require("study", expected=self.study, got=task.header.study)
        require("site", expected=self.site, got=task.header.site)
        require("run", expected=str(metadata.run_id), got=task.header.run)
        require("round", expected=metadata.group_id, got=task.header.round)
        require("kind", expected=metadata.message_type, got=task.header.kind)
        self.account.take(task)
        return task

    def seal(self, answer: Message, task: SignedTask) -> Message:
        """The answer with the site's signature, which names the task and the end of the audit log."""
        if not answer.has_error():
            end = self.audit.end
            answer.content = signed_answer(
                answer.content, task.header, self.key, audit=LogEnd(entries=end.entries, head=end.head)
            )
        return answer


def task_gate(config: SiteConfig, *, study_digest: str, audit: AuditLog) -> TaskGate:
    """The gate of a site.

    Raises:
        DataError: the authority's certificate, the site's key or the account of tasks is missing or damaged.
    """
    return TaskGate(
        centre=CentreOfStudy(read_authority(config.centre.ca_certificate)),
        site=config.site,
        study=study_digest,
        account=TaskAccount(config.state, study_digest),
        audit=audit,
        key=read_private_key(config.key),
    )


def _described(task: SignedTask) -> dict[str, object]:
    """What the audit log says of a task: who signed what, and the digest of its model."""
    head = task.content.get("head")
    words = head if isinstance(head, ConfigRecord) else {}
    named = {name: str(words[name])[: _SHOWN + 4] for name in _NAMED if words.get(name)}
    header = task.header
    return {
        "study": header.study,
        "run": header.run,
        "round": header.round,
        "kind": header.kind,
        "serial": header.serial,
        "content": header.content,
        **named,
    }


def _envelope(message: Message) -> dict[str, object]:
    """Flower's words on a message that nobody has signed; escaped, since they are a stranger's."""
    metadata = message.metadata
    kind, group = ascii(metadata.message_type[:_SHOWN]), ascii(metadata.group_id[:_SHOWN])
    return {"kind": kind.strip("'"), "round": group.strip("'"), "from_node": str(metadata.src_node_id)}
