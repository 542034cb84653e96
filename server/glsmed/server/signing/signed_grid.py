"""Flower's Grid with every task signed and every answer checked, so that no other part needs to know of signatures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from glsmed.server.flower.refused_answers import refused
from glsmed.server.signing.audit_heads import AuditHeads, Record
from glsmed.server.signing.serials import Serials
from glsmed.shared.errors import AnswerRefusedError
from glsmed.shared.signing.answer_signature import opened_answer
from glsmed.shared.signing.signed_records import AnswerHeader, TaskHeader
from glsmed.shared.signing.task_signature import TaskKey

REFUSED = "answer_refused"
_MOST_OPEN = 10_000  # tasks whose answers are still understood
SiteDirectory = Callable[[], Mapping[int, str]]


class SiteKeys(Protocol):
    """The key of each admitted site."""

    def __call__(self, site: str) -> ec.EllipticCurvePublicKey | None:
        """The site's key; None if there is no such site."""

    def read_again(self) -> None:
        """Take up what changed."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What is needed to sign tasks and to believe answers.

    Attributes:
        study: digest of the study.
        key: the centre's.
        serials: the numbers of tasks.
        site_keys: of the admitted sites.
        heads: of their audit logs.
        record: appends an event with its fields to the run's audit log.
    """

    study: str
    key: TaskKey
    serials: Serials
    site_keys: SiteKeys
    heads: AuditHeads
    record: Record


class SignedGrid(Grid):
    """A Grid over another; an answer that is not believed becomes an error with a code.

    Args:
        grid: Flower's.
        sites: the site of each node id, as admitted now.
        signing: keys and numbers.
    """

    def __init__(self, grid: Grid, sites: SiteDirectory, signing: Signing) -> None:
        self._grid = grid
        self._sites = sites
        self._signing = signing
        self._open: dict[str, TaskHeader] = {}  # by message id

    def set_run(self, run: Any) -> None:  # flwr's Run, which is private to it
        """Hand Flower's run on."""
        self._grid.set_run(run)

    @property
    def run(self) -> Any:
        """Flower's run."""
        return self._grid.run

    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Message:
        """A message from the centre (upstream's older way to make one)."""
        return self._grid.create_message(content, message_type, dst_node_id, group_id, ttl)

    def get_node_ids(self) -> Iterable[int]:
        """The nodes that are online."""
        return self._grid.get_node_ids()

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Sign the messages and send them; returns their ids, empty for one that could not be sent.

        Raises:
            FederationError: the disk is full.
        """
        outgoing, sites = list(messages), self._sites()
        headers = [self._signed(message, sites.get(message.metadata.dst_node_id, "")) for message in outgoing]
        ids = list(self._grid.push_messages(outgoing))
        self._open.update({identity: header for identity, header in zip(ids, headers, strict=True) if identity})
        for old in list(self._open)[:-_MOST_OPEN]:
            del self._open[old]
        return ids

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The answers that are there, each checked.

        Raises:
            FederationError: the disk is full.
        """
        return [self._believed(answer) for answer in self._grid.pull_messages(message_ids)]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Not for signed messages.

        Raises:
            NotImplementedError: always; the round loop waits by itself.
        """
        raise NotImplementedError("push the messages, then pull their answers")

    def _signed(self, message: Message, site: str) -> TaskHeader:
        metadata = message.metadata
        header = TaskHeader(
            study=self._signing.study,
            run=str(metadata.run_id),
            round=metadata.group_id,
            site=site,
            kind=metadata.message_type,
            serial=self._signing.serials.next(),
            content="",
        )
        message.content, signed = self._signing.key.signed(message.content, header)
        return signed

    def _believed(self, answer: Message) -> Message:
        """The answer without its signature, or an error in its place."""
        task = self._open.pop(answer.metadata.reply_to_message_id, None)
        if answer.has_error():
            return answer
        try:
            answer.content, header = self._opened(answer.content, task)
        except AnswerRefusedError as error:
            self._signing.record(REFUSED, {"site": "" if task is None else task.site, "reason": str(error)})
            return refused(answer, error.code)
        self._signing.heads.keep(header)
        return answer

    def _opened(self, content: RecordDict, task: TaskHeader | None) -> tuple[RecordDict, AnswerHeader]:
        if task is None:
            raise AnswerRefusedError("task", "it answers no task of this run")
        try:
            return opened_answer(content, task, self._key(task.site))
        except AnswerRefusedError:  # the site may have joined again with another key
            self._signing.site_keys.read_again()
            return opened_answer(content, task, self._key(task.site))

    def _key(self, site: str) -> ec.EllipticCurvePublicKey:
        key = self._signing.site_keys(site)
        if key is None:
            raise AnswerRefusedError("signature", "the site is not admitted any more")
        return key
