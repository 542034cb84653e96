"""What a report in an HL7 v2 message is joined by: numbers of its order, study and patient."""

import re
from collections.abc import Iterable, Sequence

from glsmed.client.imports.reports.hl7.messages import Message, Segment
from glsmed.client.imports.reports.hl7.observations import is_study_uid

_UID = re.compile(r"[0-9]+(?:\.[0-9]+){3,}")


Places = Iterable[tuple[Segment | None, int]]  # segments and fields of a message


def order_numbers(message: Message, likely: Places, *, seldom: Places = ()) -> tuple[str, tuple[str, ...]]:
    """The accession number, and what else may be it: systems put it into one of several fields.

    Args:
        message: that the segments are of.
        likely: where it mostly stands, the likeliest first.
        seldom: where some systems put it; what stands there is never called the accession number itself.
    """
    first, second = (
        [message.part(each, field) for each, field in places if each is not None] for places in (likely, seldom)
    )
    distinct = list(dict.fromkeys(filter(None, first)))
    others = dict.fromkeys(number for number in (*distinct[1:], *filter(None, second)) if number not in distinct[:1])
    return (distinct[0] if distinct else ""), tuple(others)


def study_uid(message: Message, below: Sequence[Segment]) -> str:
    """From IPC-3 or the segment ZDS of IHE, else from an observation that holds it; blank where none does.

    Raises:
        ValueError: there are several.
    """
    own = [segment for segment in below if segment.name in ("ZDS", "IPC")]
    others = own or [segment for segment in message.segments if segment.name in ("ZDS", "IPC")]
    found = [message.part(segment, 3 if segment.name == "IPC" else 1) for segment in others]
    found += [message.part(each, 5) for each in below if each.name == "OBX" and is_study_uid(message, each)]
    uids = {uid for uid in found if _UID.fullmatch(uid)}
    if len(uids) > 1:
        raise ValueError(f"names several studies: {', '.join(sorted(uids))}")
    return next(iter(uids), "")


def patient_id(message: Message, patient: Segment | None) -> str:
    """The hospital's own number (type MR) of PID-3, else its first, else PID-2."""
    if patient is None:
        return ""
    listed = [repetition for repetition in message.repetitions(patient, 3) if message.component(repetition, 1)]
    own = [repetition for repetition in listed if message.component(repetition, 5).upper() in ("MR", "PI")]
    for repetition in (*own, *listed):
        return message.component(repetition, 1)
    return message.part(patient, 2)
