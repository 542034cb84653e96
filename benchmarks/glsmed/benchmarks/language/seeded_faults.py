"""Adapter files with one fault each, of many kinds: what lint must find."""

from dataclasses import dataclass
from textwrap import dedent

_SITE = "adapter: st-mary\nversion: 2\nextends: en_radiology\n"
_ROOT = """\
adapter: own-words
language: en
grammar: {script: words}
sections: {impression: [IMPRESSION], findings: [FINDINGS]}
section_weights: {impression: 3, findings: 1, body: 1}
findings: {effusion: {terms: [effusion]}, mass: {terms: [mass]}, nodule: {terms: [nodule]}}
"""
_ROOT_CUES = """\
cues:
  - {id: affirmed, kind: affirmation, examples: [An effusion.]}
  - {id: negated, kind: negation, scope: forward, phrases: ["no"], examples: [No effusion.]}
"""


@dataclass(frozen=True, slots=True)
class SeededFault:
    """One faulty file.

    Attributes:
        rule: id of the rule that must find it.
        text: the file's content.
    """

    kind: str
    rule: str
    text: str


def _site(kind: str, rule: str, body: str) -> SeededFault:
    return SeededFault(kind, rule, _SITE + dedent(body))


def _cue(kind: str, rule: str, fields: str, *, example: str = "") -> SeededFault:
    examples = f', examples: ["{example}"]' if example else ""
    return _site(kind, rule, f"cues:\n  - {{{fields}{examples}}}\n")


def _term(kind: str, rule: str, term: str) -> SeededFault:
    return _site(kind, rule, f"findings: {{effusion: {{terms: [{term}]}}}}\n")


CLEAN = _SITE + dedent(
    """\
    findings:
      effusion: {terms: [wet lung base], exclude: [effusion cytology]}
    cues:
      - id: hunch
        kind: uncertainty
        scope: forward
        certainty: 0.4
        strength: 4
        source: our radiologists
        phrases: [hunch of]
        examples: ["Hunch of pneumonia."]
    examples:
      - {text: "Wet lung base on the left.", expect: {effusion: present}}
    """
)

SEEDED_FAULTS: tuple[SeededFault, ...] = (
    _site("unknown key", "file", "sectoins: {impression: [RESULT OF READING]}\n"),
    _site("key twice", "file", "cues: []\ncues: []\n"),
    _cue("kind unknown", "file", "id: hunch, kind: doubt, phrases: [hunch of], certainty: 0.4"),
    _cue("certainty over 1", "file", "id: possible, certainty: 40"),
    _cue("doubt without certainty", "file", "id: hunch, kind: uncertainty, phrases: [hunch of]"),
    _site("two cues of one id", "file", "cues:\n  - {id: possible, strength: 5}\n  - {id: possible, strength: 6}\n"),
    SeededFault("parent unknown", "file", "adapter: x\nextends: en_radiolgy\n"),
    _site("removes what is not there", "file", "cues: [{id: possible, remove: [posible]}]\n"),
    _site("worded under no cue", "file", "findings: {effusion: {worded: {negatd: [dry pleura]}}}\n"),
    _site("example about no finding", "file", "examples: [{text: A mass., expect: {masss: present}}]\n"),
    _cue("phrase of signs only", "phrase-empty", "id: possible, phrases: [possible, '_-_']"),
    _cue(
        "regular expression", "phrase-pattern", "id: possible, phrases: ['possib(le|ly).*']", example="Possible mass."
    ),
    _term("wildcard", "phrase-pattern", "'hydrothora*'"),
    _cue(
        "unfinished phrase", "phrase-placeholder", "id: possible, phrases: [TODO ask Dr. Lee]", example="Possible mass."
    ),
    _cue(
        "invisible character",
        "phrase-invisible",
        'id: possible, phrases: ["conceiv\\u00adable"]',
        example="Possible mass.",
    ),
    _term("letter of another alphabet", "phrase-alphabets", "pleural effusi\u043en"),
    _term(
        "whole sentence",
        "phrase-long",
        "there is a small amount of fluid that layers along the left lateral chest wall today",
    ),
    _cue(
        "over the end of a sentence",
        "phrase-sentences",
        "id: possible, phrases: ['seen today. Could well be']",
        example="Possible mass.",
    ),
    _site(
        "phrase of two cues",
        "phrase-two-cues",
        """\
        cues:
          - {id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch of], examples: [Hunch of mass.]}
          - {id: guess, kind: uncertainty, certainty: 0.3, phrases: [guess of, hunch of], examples: [Guess of mass.]}
        """,
    ),
    _site(
        "phrase of two cues by inflection",
        "phrase-two-cues",
        """\
        cues:
          - {id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch], examples: [Hunch mass.]}
          - {id: guess, kind: uncertainty, certainty: 0.3, phrases: [guess of, hunches], examples: [Guess of mass.]}
        """,
    ),
    _cue(
        "phrase of the parent's other cue",
        "phrase-taken-over",
        "id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch of, possible]",
        example="Hunch of mass.",
    ),
    _cue(
        "phrase of the parent's other cue by inflection",
        "phrase-taken-over",
        "id: hunch, kind: uncertainty, certainty: 0.4, phrases: [possibilities]",
    ),
    _site(
        "spelled twice",
        "phrase-twice",
        """\
        findings: {effusion: {terms: [wet lung base, wet lung-base]}}
        """,
    ),
    _term("term that the parent has", "phrase-repeated", "Pleural Effusion"),
    _cue(
        "phrase that the parent has",
        "phrase-repeated",
        "id: possible, phrases: [is possible]",
        example="Possible mass.",
    ),
    _cue(
        "removed and added",
        "phrase-removed-added",
        "id: possible, phrases: [is possible], remove: [is possible]",
        example="Possible mass.",
    ),
    _term("term that is a cue", "phrase-term-and-cue", "questionable"),
    _cue("cue that is a term", "phrase-term-and-cue", "id: possible, phrases: [pneumonia]", example="Possible mass."),
    _site(
        "term of two findings",
        "phrase-two-findings",
        "findings: {pneumothorax: {terms: [fluid in the fissure]}}\n",
    ),
    _site("conjunction that is a cue", "phrase-joiner", "grammar: {conjunctions: [possible]}\n"),
    _site("alternative that is a conjunction", "phrase-joiner", "grammar: {alternatives: [and]}\n"),
    _site("filler that denies", "phrase-filler", "grammar: {fillers: ['no']}\n"),
    _site("filler that is a term", "phrase-filler", "grammar: {fillers: [effusion]}\n"),
    _site("filler that doubts", "phrase-mild-filler", "grammar: {fillers: [presumably]}\n"),
    _site("filler that ends a scope", "phrase-mild-filler", "grammar: {fillers: [however]}\n"),
    _cue(
        "backward cue that needs a finding behind",
        "cue-scope",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: backward, phrases: [in fear of]",
    ),
    _cue(
        "forward cue that needs a finding before",
        "cue-scope",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [is feared]",
        example="Mass is feared.",
    ),
    _cue(
        "swallowed cue",
        "cue-dead",
        "id: hunch, kind: uncertainty, certainty: 0.4, phrases: ['mass; perhaps']",
    ),
    _cue("cue that nothing triggers", "cue-no-effect", "id: hunch, kind: uncertainty, certainty: 0.4"),
    _cue(
        "cue without example",
        "cue-untested",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of]",
    ),
    _cue(
        "doubt listed as denial",
        "cue-doubt-as-denial",
        "id: never, kind: negation, scope: backward, phrases: [cannot with certainty be excluded]",
    ),
    _cue(
        "denial whose doubt denies too",
        "cue-denial-without-doubt",
        "id: never, kind: negation, scope: backward, phrases: [disproved]",
        example="Mass disproved.",
    ),
    _site("pseudo cue taken away", "cue-change-denied", "cues: [{id: no_change, remove: [no change in, no change]}]\n"),
    _site(
        "doubt taken away",
        "cue-doubt-denied",
        """\
        cues:
          - {id: cannot_exclude, remove: [cannot be excluded, not be excluded]}
          - {id: not_seen, phrases: [cannot be excluded], scope: backward}
        """,
    ),
    SeededFault("no pseudo cue", "cue-no-pseudo", _ROOT + _ROOT_CUES),
    _cue(
        "misspelled id of the parent's cue",
        "cue-near-id",
        "id: cannot_exlude, kind: uncertainty, certainty: 0.3, scope: backward, phrases: [resists exclusion]",
        example="Mass resists exclusion.",
    ),
    _cue("kind changed", "cue-kind-changed", "id: possible, kind: affirmation, certainty: 0.8"),
    _cue("scope of a pseudo cue", "cue-idle-field", "id: no_change, scope: backward"),
    _cue("strength without certainty", "cue-idle-field", "id: history_of, strength: 8"),
    _site("failing example", "example-fails", 'examples: [{text: "No effusion.", expect: {effusion: present}}]\n'),
    _cue("failing example of a cue", "example-fails", "id: possible", example="There is a mass."),
    _site(
        "parent's example that fails",
        "example-parent-fails",
        "cues: [{id: borderline, remove: [borderline]}]\n",
    ),
    _site(
        "examples that contradict each other",
        "example-contradiction",
        """\
        examples:
          - {text: "Possible mass.", expect: {mass: uncertain}}
          - {text: "Possible mass.", expect: {mass: present}}
        """,
    ),
    _cue("doubt that is sure", "certainty-sure-doubt", "id: probable, certainty: 0.99"),
    _cue("doubt that denies", "certainty-sure-doubt", "id: unlikely, certainty: 0.01"),
    _cue("denial that leaves it likely", "certainty-likely-denial", "id: negated, certainty: 0.6"),
    _cue(
        "affirmation that leaves it unlikely", "certainty-unlikely-affirmation", "id: consistent_with, certainty: 0.2"
    ),
    _cue("history with certainty", "certainty-no-evidence", "id: history_of, certainty: 0.5"),
    _cue("strength that nothing moves", "certainty-strength", "id: possible, certainty: 0.3, strength: 5000"),
    _cue("strength below one label", "certainty-strength", "id: possible, certainty: 0.3, strength: 0.1"),
    _cue("far from the parent", "certainty-far-from-parent", "id: suspected, certainty: 0.96"),
    _cue("stronger word that means less", "certainty-not-monotone", "id: most_likely, certainty: 0.5"),
    _cue("weaker word that means more", "certainty-not-monotone", "id: less_likely, certainty: 0.9"),
    _cue("stronger improbability that leaves more", "certainty-not-monotone", "id: very_unlikely, certainty: 0.4"),
    _cue("family of denials and doubts", "certainty-family", "id: possible, family: negation"),
    _cue("family far apart", "certainty-family", "id: most_likely, family: improbability"),
    _site(
        "nearly a canonical finding",
        "finding-near-name",
        """\
        findings: {pneumothorx: {terms: [collapsed apex]}}
        examples: [{text: "Collapsed apex.", expect: {pneumothorx: present}}]
        """,
    ),
    _site(
        "plural of a canonical finding",
        "finding-near-name",
        """\
        findings: {effusions: {terms: [wet base]}}
        examples: [{text: "Wet base.", expect: {effusions: present}}]
        """,
    ),
    _term("term over the end of a sentence", "finding-unreachable-term", "'fluid; layering'"),
    _site(
        "excluded term",
        "finding-excluded-term",
        "findings: {effusion: {exclude: [pleural effusion]}}\n",
    ),
    _site("exclusion of nothing", "finding-idle-exclude", "findings: {effusion: {exclude: [gallbladder sludge]}}\n"),
    _site(
        "exclusion of another finding",
        "finding-swallowing-exclude",
        "findings: {effusion: {exclude: [pleural thickening of old]}}\n",
    ),
    _term("denial as a term", "finding-cue-in-term", "no effusion"),
    _cue(
        "cue that holds a term",
        "finding-term-in-cue",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [small effusion or]",
        example="Small effusion or mass.",
    ),
    _term("term of one letter", "finding-short-term", "f"),
    _term("term that is a common word", "finding-short-term", "chest"),
    _site(
        "worded and a term",
        "finding-worded-twice",
        "findings: {effusion: {worded: {negated: [hydrothorax]}}}\n",
    ),
    _site(
        "worded under a pseudo cue",
        "file",
        "findings: {effusion: {worded: {no_change: [pleura as before]}}}\n",
    ),
    _site("new finding without example", "finding-untested", "findings: {scoliosis: {terms: [scoliosis]}}\n"),
    _site("header of another role in the parent", "section-moved", "sections: {history: [IMPRESSION]}\n"),
    _site(
        "header of two roles",
        "section-two-roles",
        "sections: {history: [PREAMBLE], findings: [PREAMBLE]}\n",
    ),
    _site("header with a colon", "section-unrecognised", 'sections: {findings: ["WHAT WE SAW:"]}\n'),
    _site(
        "header of a whole line",
        "section-unrecognised",
        "sections: {findings: [WHAT WE SAW ON ALL THE IMAGES THAT WERE TAKEN IN THE EARLY MORNING HOURS]}\n",
    ),
    _site("body without weight", "section-no-evidence", "section_weights: {body: 0}\n"),
    _site("indication as evidence", "section-question", "section_weights: {indication: 1}\n"),
    _site("findings outrank the impression", "section-impression", "section_weights: {findings: 5}\n"),
    _site("weight without header", "section-idle-weight", "section_weights: {epicrisis: 2}\n"),
    SeededFault(
        "name of the parent",
        "file-name",
        "adapter: en_radiology\nextends: en_radiology\nsection_weights: {findings: 2}\n",
    ),
    SeededFault(
        "another language",
        "file-language",
        "adapter: st-mary\nextends: en_radiology\nlanguage: de\nsection_weights: {findings: 2}\n",
    ),
    _site("another script", "file-language", "grammar: {script: characters}\n"),
    _term("phrase of another language", "file-foreign-phrase", "胸水"),
    _site("abbreviation without stop", "file-idle-grammar", "grammar: {abbreviations: [approx]}\n"),
    _site(
        "inflection that changes nothing", "file-idle-grammar", "grammar: {inflections: [{ending: s, becomes: [s]}]}\n"
    ),
    _site("nothing said", "file-says-nothing", ""),
    SeededFault(
        "Japanese doubt listed as denial",
        "cue-doubt-as-denial",
        "adapter: sakura\nextends: ja_radiology\ncues: [{id: negated, phrases: [絶対に否定できない]}]\n",
    ),
    _term("letters of a wrong encoding", "phrase-encoding", '"épanchement pleurÃ©tique"'),
    _term("markup", "phrase-encoding", "pleural &amp; fissural fluid"),
    _cue(
        "quotation marks", "phrase-signs", "id: possible, phrases: ['\u201cmaybe so\u201d']", example="Possible mass."
    ),
    _cue("colon", "phrase-colon", "id: possible, phrases: ['could it be:']", example="Possible mass."),
    _cue("full stop", "phrase-stop", "id: possible, phrases: [conceivable.]", example="Possible mass."),
    _cue("several phrases in one", "phrase-several", "id: possible, phrases: ['thinkable, feasible, imaginable']"),
    _term("two terms in one", "phrase-several", "'hydrothorax, empyema'"),
    _site("header as a pattern", "section-pattern", "sections: {findings: ['WHAT WE S(AW|EE)']}\n"),
    _cue(
        "cue named as a finding",
        "cue-named-as-finding",
        "id: effusion, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of]",
        example="Hunch of mass.",
    ),
    _cue("possible above probable", "certainty-ladder", "id: possible, certainty: 0.82"),
    _cue("unlikely above possible", "certainty-ladder", "id: unlikely, certainty: 0.5"),
    _cue(
        "pseudo cue that holds a term",
        "finding-term-in-pseudo",
        "id: no_change, phrases: [no change in effusion size]",
        example="No change in effusion size.",
    ),
    _term("slashes around a pattern", "phrase-pattern", "'/hydrothorax/i'"),
    _term("gap to be filled", "phrase-pattern", "'fluid in the {side} base'"),
    _cue("plain denial that looks back", "cue-plain-misread", "id: negated, scope: backward"),
    _cue(
        "plain presence that is denied",
        "cue-plain-misread",
        "id: never, kind: negation, scope: forward, phrases: [there is]",
        example="There is mass.",
    ),
    _cue("unchanged as a denial", "cue-change-denied", "id: not_seen, phrases: [unchanged], scope: both"),
    _cue(
        "nearly another family",
        "cue-near-family",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, family: possibilty, phrases: [hunch of]",
        example="Hunch of mass.",
    ),
    _cue("less sure denial that leaves more", "certainty-ladder", "id: cannot_entirely_exclude, certainty: 0.7"),
    _site(
        "canonical finding under a longer name",
        "finding-holds-name",
        """\
        findings: {pleural_effusion: {terms: [pleural wetness]}}
        examples: [{text: "Pleural wetness.", expect: {pleural_effusion: present}}]
        """,
    ),
    _site("exclusion that is a cue", "finding-excluded-term", "findings: {effusion: {exclude: [possible]}}\n"),
    _site("filler that is a word of denial", "phrase-denying-filler", "grammar: {fillers: [not]}\n"),
    _cue(
        "cue of fillers alone",
        "cue-common-words",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [mild small]",
        example="Mild small mass.",
    ),
    _cue("cue of one letter", "cue-common-words", "id: possible, phrases: [p]", example="Possible mass."),
    _cue(
        "denial that begins with doubt",
        "cue-hedged-denial",
        "id: never, kind: negation, scope: forward, phrases: [may not be]",
        example="May not be mass.",
    ),
    _term("doubt as a term", "finding-doubt-in-term", "questionable effusion"),
    _site(
        "denial worded as presence",
        "finding-worded-contradiction",
        "findings: {effusion: {worded: {affirmed: [no pleural effusion at all]}}}\n",
    ),
)
