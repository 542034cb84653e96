"""Where a statement ends though no listed word ends it: "No pneumothorax, small effusion", "… and the lung shows …".

A comma or "and" continues a list, unless what follows opens a statement of its own: a size, number or word of change
("small", "two", "stable"), an article before an "and" list's last item, or a verb before or in the next mention. A list
that an "or" closes goes on in spite of sizes ("no mass, large effusion, or pneumothorax").
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from glsmed.site_adapters.adapter.adapter import Cue
from glsmed.site_adapters.adapter.lexicon import lists
from glsmed.site_adapters.adapter.meaning import DENIES, ENDS, LISTS, Boundary, Meaning, traits_in
from glsmed.site_adapters.phrasing.around import Around
from glsmed.site_adapters.text.phrases import Hit

_VERBS, _ASSERTING = lists("verbs"), lists("asserting")
_OPENED = lists("asserting", "articles", "both_sides")
_SIZES = lists("asserting", "limits", "articles")
_NOTS, _OBSERVING, _CARRIERS = lists("nots"), lists("observing"), lists("carriers")
_SEEN = lists("observing", "verbs", "carriers", "definite", "articles", "limits", "left", "right", "both_sides", "now")
_SIGNS = frozenset(",;.:()!?")
_LONGEST_ABBREVIATION = 5
_LONGEST_PARENTHESIS = 12
_BUT = "が"  # behind a predicate it ends the clause
_NEVERTHELESS_LETTER = "ん"  # … unless it is the "が" of "がん", cancer
_OPENING = frozenset("(")
_CLOSING = frozenset(")")


def with_statements(hits: list[Hit[Meaning]], around: Around, known: Container[str] = ()) -> list[Hit[Meaning]]:
    """The hits, with a boundary wherever a new statement begins.

    Args:
        hits: of the sentence.
        around: its words.
        known: words that are no abbreviation, so that a full stop behind one ends a statement.
    """
    hits = _without_empty_parentheses(hits, around)
    if "." in around.tokens[1:-1]:
        hits = _without_abbreviating_stops(hits, around, known)
    traits = traits_in(hits)
    if traits & ENDS and traits & DENIES:
        hits = list(_without_early_commas(hits, around))
        traits = traits_in(hits)
    if not traits & LISTS:
        return hits
    found: list[Hit[Meaning]] = []
    closes = False
    following: Hit[Meaning] | None = None  # the next mention, before any joiner or cue
    for hit in reversed(hits):
        meaning = hit.payload
        if meaning.joiner == "and" and following is not None and not _is_end(hit):
            boundary = _boundary(hit, following, around, closes=closes)
            found.append(hit if boundary is None else Hit(hit.start, hit.end, Meaning(boundary=boundary)))
            closes &= boundary is None
        else:
            closes = meaning.joiner == "or" or (closes and not _acts(hit))
            found.append(hit)
        following = hit if meaning.mentions else None if _parts(hit) else following
    return found[::-1]


def with_predicates_parted(hits: list[Hit[Meaning]], around: Around) -> list[Hit[Meaning]]:
    """The hits of a language whose predicates come last, with a boundary where a clause ends behind one.

    Such a place is a "が" right behind a cue, or a comma behind a cue if nouns and a cue follow, but no finding
    ("胸水を認め、縦隔偏位はありません").
    """
    found: list[Hit[Meaning]] = []
    for place, hit in enumerate(hits):
        after = next((other for other in hits[place + 1 : place + 4] if _speaks(other) or other.payload.mentions), None)
        if hit.payload.sign and place and _speaks(hits[place - 1]) and after is not None and not after.payload.mentions:
            nouns = sum(not "ぁ" <= token[0] <= "ん" for token in around.tokens[hit.end : after.start])
            found.append(parted(hit) if nouns > 1 else hit)
            continue
        found.append(hit)
        behind = around.tokens[hit.end : hit.end + 2]
        if _speaks(hit) and behind[:1] == [_BUT] and behind[1:] != [_NEVERTHELESS_LETTER]:
            found.append(Hit(hit.end, hit.end + 1, Meaning(boundary="both")))
    return found


def with_denials_behind(hits: list[Hit[Meaning]], around: Around, plain: Cue) -> list[Hit[Meaning]]:
    """The hits, in which a denial that has nothing ahead looks back ("Nódulos no se identifican").

    Args:
        hits: of the sentence, at least one.
        around: its words.
        plain: the cue of a denial by a joiner that opens the sentence ("Ni derrame ni neumotórax").
    """
    found = list(hits)
    if hits[0].payload.joiner == "or" and hits[0].start == 0 and around.at(0) & _NOTS:
        found[0] = Hit(0, hits[0].end, replace(hits[0].payload, joiner=None, cue=plain))
    for place, hit in enumerate(found):
        cue = hit.payload.cue
        if cue is None or cue.kind != "negation" or cue.scope != "forward" or not place:
            continue
        if found[place - 1].payload.mentions and _has_nothing_ahead(found, place, around):
            found[place] = Hit(hit.start, hit.end, replace(hit.payload, cue=replace(cue, scope="backward")))
    return found


def _has_nothing_ahead(hits: Sequence[Hit[Meaning]], place: int, around: Around) -> bool:
    """Whether behind a denial stand only words for seeing, or none behind one that names evidence, up to a sign."""
    hit = hits[place]
    stop = min(len(around.tokens), hit.end + _LONGEST_PARENTHESIS)
    end = next((at for at in range(hit.end, stop) if around.tokens[at] in _SIGNS), stop)
    if (place + 1 < len(hits) and hits[place + 1].start < end) or around.content(hit.end, end, _SEEN):
        return False
    return around.any(hit.end, end, _OBSERVING) or around.any(hit.start, end, _CARRIERS)


def _without_abbreviating_stops(hits: list[Hit[Meaning]], around: Around, known: Container[str]) -> list[Hit[Meaning]]:
    """The hits without full stops that end an unknown short word inside the sentence ("no se obs. derrame")."""
    last = len(around.tokens) - 1
    return [
        hit
        for hit in hits
        if not (around.tokens[hit.start] == "." and 0 < hit.start < last and _is_short(around, hit.start - 1, known))
    ]


def _without_early_commas(hits: Sequence[Hit[Meaning]], around: Around) -> Iterator[Hit[Meaning]]:
    """The hits, in which a comma between the sizes that a denial begins with ends nothing ("no large, small or …")."""
    denied: int | None = None
    for hit in hits:
        if _is_end(hit) and around.tokens[hit.start] == "," and denied is not None:
            early = not around.content(denied, hit.start, _SIZES)
            yield Hit(hit.start, hit.end, Meaning(joiner="and", sign=True)) if early else hit
            continue
        if _speaks(hit) or hit.payload.mentions:
            denied = hit.end if hit.payload.cue is not None and hit.payload.cue.kind == "negation" else None
        yield hit


def _is_short(around: Around, place: int, known: Container[str]) -> bool:
    word = around.tokens[place]
    return word.isalpha() and len(word) <= _LONGEST_ABBREVIATION and word not in known and not around.at(place)


def _is_end(hit: Hit[Meaning]) -> bool:
    return hit.payload.cue is not None and hit.payload.cue.kind == "terminator"


def _acts(hit: Hit[Meaning]) -> bool:
    return hit.payload.cue is not None and hit.payload.cue.kind != "pseudo"


def _parts(hit: Hit[Meaning]) -> bool:
    return hit.payload.joiner is not None or _acts(hit)


def _boundary(joiner: Hit[Meaning], mention: Hit[Meaning], around: Around, *, closes: bool) -> Boundary | None:
    """The boundary at a joiner before a mention, if a statement of its own follows."""
    if around.any(joiner.end, mention.end, _VERBS):
        return "both"
    opened = around.any(joiner.end, mention.start, _OPENED)
    if mention.end - mention.start > 1:  # "heart enlarged" is a statement by itself
        opened |= around.any(mention.end - 1, mention.end, _ASSERTING)
    numbered = any(token.isdigit() for token in around.tokens[joiner.end : mention.start])
    return "denial" if not closes and (opened or numbered) else None


def _without_empty_parentheses(hits: list[Hit[Meaning]], around: Around) -> list[Hit[Meaning]]:
    """The hits without the signs around words that say nothing of a finding ("(right more than left)")."""
    if _OPENING.isdisjoint(around.tokens):
        return hits
    dropped: set[int] = set()
    for place, hit in enumerate(hits):
        if around.tokens[hit.start] in _OPENING and (close := _closing(around.tokens, hit.end)) is not None:
            inside = [other for other in range(place + 1, len(hits)) if hits[other].start <= close]
            if not any(hits[other].payload.mentions or _speaks(hits[other]) for other in inside):
                dropped.update((place, *inside))
    return [hit for place, hit in enumerate(hits) if place not in dropped]


def _speaks(hit: Hit[Meaning]) -> bool:
    return _acts(hit) and not _is_end(hit)


def _closing(tokens: Sequence[str], start: int) -> int | None:
    for place in range(start, min(len(tokens), start + _LONGEST_PARENTHESIS)):
        if tokens[place] in _CLOSING:
            return place
    return None


def parted(hit: Hit[Meaning]) -> Hit[Meaning]:
    """The hit as a boundary between two statements."""
    return Hit(hit.start, hit.end, replace(hit.payload, boundary="both", joiner=None, cue=None))
