"""Which finding a table may mean by a name that is none: other case, more words, a term of the reports, a slip."""

import re
import unicodedata
from collections.abc import Collection, Mapping

from glsmed.shared.files.documents import did_you_mean
from glsmed.shared.findings import CANONICAL_FINDINGS

Terms = Mapping[str, Collection[str]]

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def meant_finding(name: str, findings: Collection[str], terms: Terms | None = None) -> str:
    """``; did you mean 'effusion'?``, or nothing where no finding is near.

    Args:
        name: what a table calls a finding.
        findings: the names that count.
        terms: what reports call each finding, as an adapter has it.
    """
    plain = _plain(name)
    by_name = {_plain(finding): finding for finding in findings}
    by_term = {_plain(term): finding for finding in findings for term in (terms or {}).get(finding, ())}
    found = by_name.get(plain) or by_term.get(plain)
    if not found and plain in _CANONICAL:
        return ""  # it says what it means: a finding that does not count here
    found = found or _within(plain, by_name) or _within(plain, by_term)
    return f"; did you mean {found!r}?" if found else did_you_mean(name, sorted(findings))


def _plain(name: str) -> str:
    return " ".join(_BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).split())


_CANONICAL = frozenset(map(_plain, CANONICAL_FINDINGS))


def _within(plain: str, findings: Mapping[str, str]) -> str:
    """The finding of most words whose words all stand in the name, or the only one that holds all the name's words."""
    words = set(plain.split())
    inside = [known for known in findings if known and set(known.split()) <= words]
    if inside:
        return findings[max(inside, key=lambda known: len(known.split()))]
    around = {findings[known] for known in findings if words and words <= set(known.split())}
    return around.pop() if len(around) == 1 else ""
