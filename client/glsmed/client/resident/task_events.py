"""What the ClientApp notes for the hospital's own console and metrics; it stays at the site."""

from flwr.app import Message, RecordDict

from glsmed.client.egress.policy import error_code
from glsmed.client.monitoring.site_events import Ended, Failed, Sent, Trained
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.training.devices import memory_used_bytes
from glsmed.client.training.steps.round_plan import TrainingSummary


def note_trained(site: SiteRuntime, round_number: int, summary: TrainingSummary, update: RecordDict) -> None:
    """Note a trained round whose update was released."""
    site.events.note(
        Trained(
            round=round_number,
            rounds=site.study.training.rounds,
            steps=summary.steps,
            images=summary.images,
            seconds=summary.seconds,
            loss=summary.loss,
            sent_bytes=bytes_of(update),
            epsilon=site.strategy.epsilon_spent(),
            gpu_bytes=memory_used_bytes(site.device),
        )
    )


def note_sent(site: SiteRuntime, message: Message, answer: RecordDict) -> None:
    """Note an answer that was released."""
    site.events.note(Sent(task=message.metadata.message_type, bytes=bytes_of(answer)))


def note_failed(site: SiteRuntime, message: Message, error: Exception) -> None:
    """Note a task that failed, by what the centre learns of it."""
    # the group is the centre's own word: escaped, so that it cannot change a terminal
    group = ascii(message.metadata.group_id[:20]).strip("'")
    site.events.note(Failed(task=message.metadata.message_type, group=group, code=error_code(error)))


def note_ended(site: SiteRuntime, beside_local: str) -> None:
    """Note that the final evaluation was answered, with what it says of the site's own model in words."""
    site.events.note(Ended(model_folder=str(site.config.state.shipped_model), beside_local=beside_local))


def bytes_of(content: RecordDict) -> int:
    """The bytes of all arrays, and of all words and numbers as text; Flower's own frame is not counted."""
    arrays = sum(record.count_bytes() for record in content.array_records.values())
    words = sum(len(str(item)) for record in content.config_records.values() for item in record.items())
    numbers = sum(len(str(item)) for record in content.metric_records.values() for item in record.items())
    return arrays + words + numbers
