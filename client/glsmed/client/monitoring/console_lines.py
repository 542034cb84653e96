"""Events of a site in words, for its console and its page."""

from glsmed.client.monitoring.site_events import Ended, Failed, Sent, SiteEvent, Trained
from glsmed.shared.pages.spoken import say
from glsmed.shared.quantities import bytes_in_words, seconds_in_words


def console_line(event: SiteEvent) -> str:
    """One line for people; empty for an event that they need not see."""
    match event:
        case Trained():
            return _trained(event)
        case Failed():
            failed = (
                "round {round}: the centre's request ({task}) failed here with {code}; the reason is in "
                "logs/resident.log of the state folder"
            )
            return say(failed, round=event.group, task=event.task, code=event.code)
        case Ended():
            alone = say("`glsmed-client train-local` would show what this site reaches alone")
            own = event.beside_local or alone
            ended = "the study has ended, your model is in {folder}, with its model card. {own}"
            return say(ended, folder=event.model_folder, own=own)
        case Sent():
            return ""


def _trained(event: Trained) -> str:
    spent = "" if event.epsilon is None else say("; epsilon {epsilon} spent", epsilon=f"{event.epsilon:.2f}")
    return say(
        "round {round} of {rounds}: trained {steps} steps in {time}, loss {loss}; update sent ({size}){spent}",
        round=event.round,
        rounds=event.rounds,
        steps=event.steps,
        time=seconds_in_words(event.seconds),
        loss=f"{event.loss:.2f}",
        size=bytes_in_words(event.sent_bytes),
        spent=spent,
    )
