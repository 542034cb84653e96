"""What a finding that is named without any cue means, by the form in which it is named.

A noun phrase alone ("Small left effusion.") is surer than a mention among others. The form is a cue without phrases,
so that an adapter can change its prior, calibration learns it, and an explanation names it.
"""

from collections.abc import Mapping

from glsmed.site_adapters.adapter.adapter import AFFIRMED, AFFIRMED_ALONE, Cue
from glsmed.site_adapters.adapter.lexicon import lists
from glsmed.site_adapters.phrasing.around import Around

_VERBS = lists("verbs")


def bare_cue(cues: Mapping[str, Cue], around: Around | None, *, alone: bool) -> Cue:
    """The cue of a mention that no cue reaches; in an adapter without that form, the one of a plain mention.

    Args:
        cues: of the adapter.
        around: the words of the sentence.
        alone: whether the sentence names one finding once, and has no cue.
    """
    if alone and around is not None and not around.has(_VERBS):
        return cues.get(AFFIRMED_ALONE, cues[AFFIRMED])
    return cues[AFFIRMED]
