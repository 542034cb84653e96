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
    "unassessable",
    "pseudo",
    "terminator",
]
Scope = Literal["forward", "backward", "both", "own"]
State = Literal["present", "absent", "uncertain", "not assessable"]
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
        several_things: whether it stands for things that come and go by themselves (tubes and wires), so that its most
            probable mention decides.
        remove: phrases of the parent's entry that are taken away.
    """

    terms: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()
    regions: tuple[Text, ...] = ()
    in_region: tuple[Text, ...] = ()
    several_things: bool | None = None
    worded: dict[Name, tuple[Text, ...]] = Field(default_factory=dict)
    remove: tuple[Text, ...] = ()


class Composed(StrictModel):
    """A cue of two parts that need not stand side by side ("neither … can be excluded").

    Attributes:
        first: phrases of the one part; ``then`` those of the other.
        within: most words between the parts.
        either_order: whether the parts may also stand the other way round.
        at: where the cue then stands: at both parts, or only at the second, whose own meaning it takes.
    """

    first: Annotated[tuple[Text, ...], Field(min_length=1)]
    then: Annotated[tuple[Text, ...], Field(min_length=1)]
    within: Annotated[int, Field(ge=0, le=60)] = 8
    either_order: bool = False
    at: Literal["both", "second"] = "both"


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
        composed: the cue in two parts, added to the parent's.
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
    composed: tuple[Composed, ...] = ()
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
        answers: words that answer a question or fill in a field ("yes", "none").
        misheard: words as speech recognition or a keyboard writes them → the words that were meant.
        own_words: words that are no slip of the pen, though they are one letter off a word of the vocabulary.
        function_words: small words by which a sentence is known to be of this language.
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
    answers: tuple[Text, ...] = ()
    misheard: dict[Text, Text] = Field(default_factory=dict)
    own_words: tuple[Text, ...] = ()
    function_words: tuple[Text, ...] = ()


class Phrasing(StrictModel):
    """Words around findings and cues, by what they do to a statement.

    Attributes:
        asserting: words that open a statement of their own after a comma or "and" ("small", "stable", "several").
        articles: words before a noun that leave what it says open ("a"); ``definite`` those that presuppose it ("the").
        verbs: finite verbs, by which two statements in one sentence are told apart.
        relations: words that hang a finding on the noun before them ("increase *of* the effusion").
        carriers: nouns that carry a denial on to the finding ("evidence", "sign", "area").
        observing: words for what a reader sees or not; "not seen" denies the finding, "not calcified" does not.
        nots: words that deny what follows them.
        changes: nouns of change, which presuppose what changes ("growth").
        limits: words that limit a denial to some of its kind ("no *new* effusion").
        left, right, both_sides: words for a side.
        earlier: words for an earlier examination; ``now`` those for the present one.
        partial: words by which something is gone in part only.
        awaiting: words by which an end is still awaited ("until resolution").
        carried_on: words that stand for the finding named last ("a trace *amount* may be present").
        starts: words that a statement begins with ("there", "heart"), so that a text is known as findings.
        remove: words of the parent that are taken out of every list.
    """

    asserting: tuple[Text, ...] = ()
    articles: tuple[Text, ...] = ()
    definite: tuple[Text, ...] = ()
    verbs: tuple[Text, ...] = ()
    relations: tuple[Text, ...] = ()
    carriers: tuple[Text, ...] = ()
    observing: tuple[Text, ...] = ()
    nots: tuple[Text, ...] = ()
    changes: tuple[Text, ...] = ()
    limits: tuple[Text, ...] = ()
    left: tuple[Text, ...] = ()
    right: tuple[Text, ...] = ()
    both_sides: tuple[Text, ...] = ()
    earlier: tuple[Text, ...] = ()
    now: tuple[Text, ...] = ()
    partial: tuple[Text, ...] = ()
    awaiting: tuple[Text, ...] = ()
    carried_on: tuple[Text, ...] = ()
    starts: tuple[Text, ...] = ()
    remove: tuple[Text, ...] = ()


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
        languages: those whose sentences are read; one that is not the adapter's own is read with its built-in
            vocabulary. A sentence of any other language is no evidence.
        sections: role → headers as they stand in reports, added to the parent's.
        header_words: role → words or parts of words by which an unknown header has that role ("clinical").
        phrasing: words around findings and cues.
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
    languages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")], ...] = ()
    grammar: Grammar = Grammar()
    phrasing: Phrasing = Phrasing()
    header_words: dict[Name, tuple[Text, ...]] = Field(default_factory=dict)
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
