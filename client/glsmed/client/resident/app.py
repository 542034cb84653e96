"""The site's ClientApp: installed here, never taken from the centre. It answers only through the egress policy."""

from collections.abc import Callable

import structlog
from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from glsmed.client.egress.masking.masking_tasks import MaskingTasks
from glsmed.client.egress.policy import error_code
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.resident.task_events import note_failed, note_sent
from glsmed.client.resident.tasks.evaluation_task import answer_evaluation
from glsmed.client.resident.tasks.site_facts import (
    adding_to_sum,
    answer_cue_counts,
    answer_hello,
    confirmed_prior,
    taken_prior,
    training_counts,
)
from glsmed.client.resident.tasks.training_task import answer_training
from glsmed.shared.errors import UnknownModelError
from glsmed.shared.protocol.messages import KeysTask
from glsmed.shared.secure_aggregation.masked_form import Counts
from glsmed.shared.secure_aggregation.signed_keys import Adding

Handler = Callable[[RecordDict], RecordDict]
Answer = Callable[[SiteRuntime, RecordDict], RecordDict]


def build_client_app(site: SiteRuntime) -> ClientApp:
    """The ClientApp that serves one site; of any error only its code goes back."""
    app = ClientApp()
    current = _CurrentSite(site)
    masking = MaskingTasks(
        site.masking,
        site.egress,
        study_digest=site.study.digest(),
        counts=current.counts,
        adding=current.adding,
    )
    app.query()(_guarded(current.by(answer_hello), site))
    app.query("cue_counts")(_guarded(current.by(answer_cue_counts), site))
    app.query("shared_prior")(_guarded(current.take_prior, site))
    app.query("secure_keys")(_guarded(masking.keys, site))
    app.query("secure_shares")(_guarded(masking.shares, site))
    app.query("secure_unmask")(_guarded(masking.unmask, site))
    app.train()(_guarded(current.by(answer_training), site))
    app.evaluate()(_guarded(current.by(answer_evaluation), site))
    return app


def _guarded(handle: Handler, site: SiteRuntime) -> Callable[[Message, Context], Message]:
    def answer(message: Message, _context: Context) -> Message:
        # the group is the centre's own word: only its first letters, escaped so that they cannot change a terminal
        group = ascii(message.metadata.group_id[:20])
        log = structlog.get_logger().bind(task=message.metadata.message_type, round=group)
        try:
            content = handle(message.content)
        except UnknownModelError as error:  # no fault: the centre sends the model then, not its digest alone
            log.info("model_asked_for", detail=str(error))
            return Message(site.egress.release_error(error), reply_to=message)
        except Exception as error:
            log.exception("task_failed", code=error_code(error))
            note_failed(site, message, error)
            return Message(site.egress.release_error(error), reply_to=message)
        log.info("task_done")
        note_sent(site, message, content)
        return Message(content, reply_to=message)

    return answer


class _CurrentSite:
    """The site as it stands: the shared prior replaces its labels while it runs."""

    def __init__(self, site: SiteRuntime) -> None:
        self._site = site

    def by(self, answer: Answer) -> Handler:
        """What answers tasks of one kind for the site as it then stands."""
        return lambda content: answer(self._site, content)

    def take_prior(self, content: RecordDict) -> RecordDict:
        """Confirm the prior that all sites share, once this site's labels follow it."""
        self._site = taken_prior(self._site, content)
        return confirmed_prior(self._site)

    def counts(self) -> Counts:
        """What the site has to train on."""
        return training_counts(self._site)

    def adding(self, task: KeysTask) -> Adding:
        """To which counts of a sum the site adds."""
        return adding_to_sum(self._site, task)
