"""The adapter file as pydantic models: what one YAML file may contain, before it is merged with its parents."""

from typing import Annotated, Literal, Self

import pydantic
from pydantic import Field, StringConstraints

from glsmed.shared.files.documents import StrictModel

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
AdapterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
Probability = Annotated[float, Field(gt=0, lt=1)]
Kind = Literal[
    "affirmation",
    "uncertainty",
    "differential",
    "negation",
    "resolved",
    "historical",
    "conditional",
    "pseudo",
    "terminator",
]
Scope = Literal["forward", "backward", "both", "own"]
State = Literal["present", "absent", "uncertain"]
Expectation = Literal["present", "absent", "uncertain", "unmentioned"]


class FindingEntry(StrictModel):
    """What one file says of a finding; added to what its parent says.

    Attributes:
        terms: phrases that mention the finding.
        exclude: phrases that contain a term and are no mention ("pneumothorax tube").
        worded: cue id → phrases that name the finding and that cue at once ("heart size is normal"); under a
            conditional cue, general words that deny it ("no abnormality in the lungs") and else say nothing.
        regions: parts of the body where it can be, in several at once, so that its most probable mention decides.
        in_region: phrases that mention it where one of its regions was named last ("metastasis", after "the liver").
        remove: phrases of the parent's entry that are taken away.
    """

    terms: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()
    regions: tuple[Text, ...] = ()
    in_region: tuple[Text, ...] = ()
    worded: dict[Name, tuple[Text, ...]] = Field(default_factory=dict)
    remove: tuple[Text, ...] = ()


class CueEntry(StrictModel):
    """What one file says of a cue; fields that are left out come from the parent's cue of this id.

    Attributes:
        phrases: literal phrases, added to the parent's.
        remove: the parent's phrases that are taken away.
        certainty: mean of the Beta prior on P(finding | cue).
        strength: weight of that prior in labels.
        source: where the number comes from.
        family: the group that shares calibration; the kind where it is left out.
        scope: where the mentions stand that it governs; ``own`` where it denies or doubts only what it says itself
            ("afebrile").
        reach: most words between the cue and a mention in its scope.
        examples: texts in which this cue must decide a finding (or, for pseudo and terminator, be found).
    """

    id: Name
    kind: Kind | None = None
    phrases: tuple[Text, ...] = ()
    remove: tuple[Text, ...] = ()
    scope: Scope | None = None
    certainty: Probability | None = None
    strength: Annotated[float, Field(gt=0, le=10_000)] | None = None
    source: Text | None = None
    family: Name | None = None
    reach: Annotated[int, Field(ge=1, le=1000)] | None = None
    examples: tuple[Text, ...] = ()


class Inflection(StrictModel):
    """Words of the vocabulary that end in ``ending`` may also end in one of ``becomes``."""

    ending: str
    becomes: Annotated[tuple[str, ...], Field(min_length=1)]


class Compound(StrictModel):
    """Words that are a finding's term with ``ending`` attached ("Ergussbildung").

    Attributes:
        link: letters that may stand between ("Stauung-s-zeichen").
        cue: id of the cue that the ending words ("Ergussverdacht", "ergussfrei"), or none.
    """

    ending: Text
    link: tuple[str, ...] = ("",)
    cue: Name | None = None


class Grammar(StrictModel):
    """How the language is written.

    Attributes:
        script: match word by word, or character by character (Japanese).
        fold_accents: whether "efusión" and "efusion" are one word.
        spellings: letters → how else they are written in the same word ("ue" for "ü"); both are read as one.
        inflections: endings that the words of phrases may also have.
        compounds: endings that can be attached to the terms of findings.
        compound_heads: whether an unknown word that ends in a term is that term ("Oberlappenatelektase").
        fillers: words that may stand inside a phrase of several words ("left", "entirely"); where the script is
            characters, between the items of a list.
        conjunctions: words that join a list ("and"); the comma is always one.
        alternatives: words that join alternatives ("or").
        prepositions: words that a cue of scope both can end in, and then looks forward ("suspicious for"); where the
            script is characters, endings of a cue that describes the next mention, and so shares what is said of that.
        abbreviations: words whose full stop does not end a sentence.
    """

    script: Literal["words", "characters"] | None = None
    fold_accents: bool | None = None
    spellings: dict[Text, str] = Field(default_factory=dict)
    inflections: tuple[Inflection, ...] = ()
    compounds: tuple[Compound, ...] = ()
    compound_heads: bool | None = None
    fillers: tuple[Text, ...] = ()
    conjunctions: tuple[Text, ...] = ()
    alternatives: tuple[Text, ...] = ()
    prepositions: tuple[Text, ...] = ()
    abbreviations: tuple[Text, ...] = ()


class Example(StrictModel):
    """A text and what the adapter must read in it."""

    text: Text
    expect: Annotated[dict[Name, Expectation], Field(min_length=1)]


class AdapterFile(StrictModel):
    """One adapter file.

    Attributes:
        adapter: its name; ``version`` counts its releases.
        extends: name of a built-in vocabulary or path of another file, relative to this one.
        language: ISO 639-1 code.
        sections: role → headers as they stand in reports, added to the parent's.
        section_weights: role → weight of its evidence; 0 is no evidence. Text before any header has role ``body``.
        findings: name of the finding → its phrases.
        cues: merged by id.
        examples: run by lint, bench and check.
        components: spaCy components of the site's own, ``module:attribute``; see ``components.py``.
    """

    adapter: AdapterName
    version: Annotated[int, Field(ge=1)] = 1
    extends: Text | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] | None = None
    grammar: Grammar = Grammar()
    sections: dict[Name, tuple[Text, ...]] = Field(default_factory=dict)
    section_weights: dict[Name, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)
    findings: dict[Name, FindingEntry] = Field(default_factory=dict)
    cues: tuple[CueEntry, ...] = ()
    examples: tuple[Example, ...] = ()
    components: tuple[Reference, ...] = ()

    @pydantic.model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.extends is None and not self.findings:
            raise ValueError("without `extends` an adapter needs findings of its own")
        return self
