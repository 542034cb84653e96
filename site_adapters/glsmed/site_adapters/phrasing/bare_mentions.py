"""What a finding that is named without any cue means, by the form in which it is named.

A noun phrase alone ("Small left effusion.") is surer than a mention among others, and one of several alternatives
("effusion or atelectasis") is less sure. Each form is a cue without phrases, so that an adapter can change its prior,
calibration learns it, and an explanation names it.
"""

from collections.abc import Mapping

from glsmed.site_adapters.adapter.adapter import AFFIRMED, AFFIRMED_ALONE, AFFIRMED_ALTERNATIVE, Cue
from glsmed.site_adapters.adapter.lexicon import lists
from glsmed.site_adapters.phrasing.around import Around

_VERBS = lists("verbs")


def is_noun_phrase(around: Around | None, *, mentions: int, has_cues: bool) -> bool:
    """Whether a sentence names one finding and says nothing of it in words that are known: no verb, no cue."""
    return around is not None and mentions == 1 and not has_cues and not around.has(_VERBS)


def bare_cue(cues: Mapping[str, Cue], *, alone: bool, alternatives: int) -> Cue:
    """The cue of a mention that no cue reaches.

    Args:
        cues: of the adapter; a form that it lacks means what a plain mention does.
        alone: whether the mention is a noun phrase alone, as :func:`is_noun_phrase`.
        alternatives: how many findings are joined to it by "or", itself among them.
    """
    form = AFFIRMED_ALTERNATIVE if alternatives > 1 else AFFIRMED_ALONE if alone else AFFIRMED
    return cues.get(form, cues[AFFIRMED])
