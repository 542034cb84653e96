"""Where a comma or an "and" continues a list, in languages in which they may also end a statement.

In Spanish "no fiebre, tos ni disnea" denies all three, and "no fiebre, ritmo normal" only the fever. An adapter whose
language is like that calls the comma a terminator; here those inside lists get their plain meaning back.
"""

from collections.abc import Sequence
from dataclasses import replace

from glsmed.site_adapters.adapter.meaning import ENDS_LIST, Meaning, traits_in
from glsmed.site_adapters.reading.scopes import acts
from glsmed.site_adapters.text.phrases import Hit


def with_comma_scopes(hits: list[Hit[Meaning]], length: int) -> list[Hit[Meaning]]:
    """The hits of a sentence of ``length`` tokens, in which a comma or "and" that continues a list ends no scope.

    It does if an "or" or "nor" follows before anything else that ends a scope or begins one, or a bare mention at once:
    one that says where or how large begins a statement of its own ("no neumotórax, derrame pleural izquierdo"). A comma
    does not part what it follows from a cue that ends the sentence, either ("neumonía, no se descarta").
    """
    if not traits_in(hits) & ENDS_LIST:
        return hits
    found: list[Hit[Meaning]] = []
    closes = False
    for hit in reversed(hits):
        if not _ends(hit):
            closes = hit.payload.joiner == "or" or (closes and not _begins_or_ends(hit))
            found.append(hit)
        elif closes or _goes_on(found[:-3:-1], hit, length):
            found.append(Hit(hit.start, hit.end, replace(hit.payload, cue=None)))
        else:
            found.append(hit)
    return found[::-1]


def _ends(hit: Hit[Meaning]) -> bool:
    """Whether the hit is a comma or "and" that may end a scope."""
    return bool(hit.payload.traits & ENDS_LIST)


def _begins_or_ends(hit: Hit[Meaning]) -> bool:
    cue = hit.payload.cue
    return acts(hit) or (cue is not None and cue.kind == "terminator")


def _goes_on(following: Sequence[Hit[Meaning]], joiner: Hit[Meaning], length: int) -> bool:
    """Whether the next one or two hits continue the list before the joiner."""
    if not following or following[0].start != joiner.end:
        return False
    first = following[0]
    if first.end == length:
        return acts(first) or bool(first.payload.mentions)
    bare = len(following) > 1 and following[1].start == first.end and _parts(following[1])
    return bare and bool(first.payload.mentions)


def _parts(hit: Hit[Meaning]) -> bool:
    return hit.payload.joiner is not None or _begins_or_ends(hit)
