"""Events of a site in words, for its console."""

from glsmed.client.monitoring.site_events import Ended, Failed, Sent, SiteEvent, Trained
from glsmed.shared.quantities import bytes_in_words, seconds_in_words


def console_line(event: SiteEvent) -> str:
    """One line for people; empty for an event that they need not see."""
    match event:
        case Trained():
            return (
                f"round {event.round} of {event.rounds}: trained {event.steps} steps in "
                f"{seconds_in_words(event.seconds)}, loss {event.loss:.2f}; "
                f"update sent ({bytes_in_words(event.sent_bytes)}){_privacy(event)}"
            )
        case Failed():
            return (
                f"round {event.group}: the centre's request ({event.task}) failed here with {event.code}; "
                "the reason is in logs/resident.log of the state folder"
            )
        case Ended():
            own = event.beside_local or "`glsmed-client train-local` would show what this site reaches alone"
            return f"the study has ended, your model is in {event.model_folder}, with its model card. {own}"
        case Sent():
            return ""


def _privacy(event: Trained) -> str:
    return "" if event.epsilon is None else f"; epsilon {event.epsilon:.2f} spent"
