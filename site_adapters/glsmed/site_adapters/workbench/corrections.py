"""What a person says is wrong with a reading, as a change of the adapter's file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from glsmed.shared.errors import DataError
from glsmed.shared.files.yaml_edits import with_item
from glsmed.site_adapters.adapter.schema import Scope
from glsmed.site_adapters.lint.lint_context import Subject
from glsmed.site_adapters.suggesting.suggestion_yaml import cue_example, new_cue_id

Wrong = Literal["not_finding", "denied", "doubt", "section", "word"]
WRONGS: Final[tuple[Wrong, ...]] = ("not_finding", "denied", "doubt", "section", "word")
SCOPES: Final[tuple[Scope, ...]] = ("forward", "backward", "both")
LONGEST_PHRASE: Final = 200
_STRENGTH = 4
_LEAST, _MOST = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class Correction:
    """What is wrong.

    Attributes:
        wrong: ``not_finding``: the phrase does not mention the finding; ``denied`` and ``doubt``: the phrase denies or
            doubts what stands near it; ``section``: it is the header of a section with this role; ``word``: it is
            another word for the finding.
        certainty: P(finding | phrase), of a doubt.
        scope: where the mentions stand that a denial or doubt is about.
        role: of the section.
    """

    wrong: Wrong
    phrase: str
    finding: str = ""
    certainty: float = 0.4
    scope: Scope = "both"
    role: str = ""


def corrected(text: str, subject: Subject, correction: Correction) -> str:
    """The adapter's file with the correction in it, at the end of the list where it belongs.

    Args:
        text: of the file.
        subject: the adapter as it is.
        correction: what is wrong.

    Raises:
        DataError: the correction lacks something, or names what the adapter does not have.
        UneditableError: the file is written in a way that cannot be changed without touching more.
    """
    phrase = " ".join(correction.phrase.split())
    if not phrase:
        raise DataError("expected words of the report, got none: mark them in the text, or type them")
    if len(phrase) > LONGEST_PHRASE:
        raise DataError(f"expected a phrase of at most {LONGEST_PHRASE} characters, got {len(phrase)}")
    if correction.wrong == "section":
        _must_be_one_of("section", correction.role, subject.adapter.section_weights)
        return with_item(text, ("sections", correction.role), phrase.rstrip(" :："))
    if correction.wrong in ("denied", "doubt"):
        return with_item(text, ("cues",), _cue(subject, correction, phrase))
    _must_be_one_of("finding", correction.finding, subject.adapter.findings)
    if correction.wrong == "word":
        return with_item(text, ("findings", correction.finding, "terms"), phrase)
    return with_item(text, ("findings", correction.finding, _kept_out_by(subject, correction.finding, phrase)), phrase)


def _kept_out_by(subject: Subject, finding: str, phrase: str) -> str:
    """``remove`` for a phrase that is itself one of the finding's, else ``exclude``."""
    own = subject.adapter.findings[finding]
    known = (*own.terms, *own.in_region, *(words for phrases in own.worded.values() for words in phrases))
    return "remove" if phrase.casefold() in {" ".join(one.casefold().split()) for one in known} else "exclude"


def _cue(subject: Subject, correction: Correction, phrase: str) -> dict[str, object]:
    kind = "negation" if correction.wrong == "denied" else "uncertainty"
    certainty = {"certainty": round(min(max(correction.certainty, _LEAST), _MOST), 2), "strength": _STRENGTH}
    return {
        "id": new_cue_id(correction.wrong, phrase, {*subject.adapter.cues, *subject.adapter.findings}),
        "kind": kind,
        "scope": correction.scope,
        **(certainty if kind == "uncertainty" else {}),
        "source": "a reader of this site",
        "phrases": [phrase],
        "examples": [cue_example(subject, phrase, correction.scope)],
    }


def _must_be_one_of(what: str, given: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if given not in names:
        raise DataError(f"{what}: expected one of {', '.join(names)}, got {given!r}")
