"""Adapter files with one fault each, of many kinds: what lint must find."""

from textwrap import dedent

from glsmed.benchmarks.language.fault_files import SITE, SeededFault, cue_fault, site_fault, term_fault

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


CLEAN = SITE + dedent(
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
    site_fault("unknown key", "file", "sectoins: {impression: [RESULT OF READING]}\n"),
    site_fault("key twice", "file", "cues: []\ncues: []\n"),
    cue_fault("kind unknown", "file", "id: hunch, kind: doubt, phrases: [hunch of], certainty: 0.4"),
    cue_fault("certainty over 1", "file", "id: possible, certainty: 40"),
    cue_fault("doubt without certainty", "file", "id: hunch, kind: uncertainty, phrases: [hunch of]"),
    site_fault(
        "two cues of one id", "file", "cues:\n  - {id: possible, strength: 5}\n  - {id: possible, strength: 6}\n"
    ),
    SeededFault("parent unknown", "file", "adapter: x\nextends: en_radiolgy\n"),
    site_fault("removes what is not there", "file", "cues: [{id: possible, remove: [posible]}]\n"),
    site_fault("worded under no cue", "file", "findings: {effusion: {worded: {negatd: [dry pleura]}}}\n"),
    site_fault("example about no finding", "file", "examples: [{text: A mass., expect: {masss: present}}]\n"),
    cue_fault("phrase of signs only", "phrase-empty", "id: possible, phrases: [possible, '_-_']"),
    cue_fault(
        "regular expression", "phrase-pattern", "id: possible, phrases: ['possib(le|ly).*']", example="Possible mass."
    ),
    term_fault("wildcard", "phrase-pattern", "'hydrothora*'"),
    cue_fault(
        "unfinished phrase", "phrase-placeholder", "id: possible, phrases: [TODO ask Dr. Lee]", example="Possible mass."
    ),
    cue_fault(
        "invisible character",
        "phrase-invisible",
        'id: possible, phrases: ["conceiv\\u00adable"]',
        example="Possible mass.",
    ),
    term_fault("letter of another alphabet", "phrase-alphabets", "pleural effusi\u043en"),
    term_fault(
        "whole sentence",
        "phrase-long",
        "there is a small amount of fluid that layers along the left lateral chest wall today",
    ),
    cue_fault(
        "over the end of a sentence",
        "phrase-sentences",
        "id: possible, phrases: ['seen today. Could well be']",
        example="Possible mass.",
    ),
    site_fault(
        "phrase of two cues",
        "phrase-two-cues",
        """\
        cues:
          - {id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch of], examples: [Hunch of mass.]}
          - {id: guess, kind: uncertainty, certainty: 0.3, phrases: [guess of, hunch of], examples: [Guess of mass.]}
        """,
    ),
    site_fault(
        "phrase of two cues by inflection",
        "phrase-two-cues",
        """\
        cues:
          - {id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch], examples: [Hunch mass.]}
          - {id: guess, kind: uncertainty, certainty: 0.3, phrases: [guess of, hunches], examples: [Guess of mass.]}
        """,
    ),
    cue_fault(
        "phrase of the parent's other cue",
        "phrase-taken-over",
        "id: hunch, kind: uncertainty, certainty: 0.4, phrases: [hunch of, possible]",
        example="Hunch of mass.",
    ),
    cue_fault(
        "phrase of the parent's other cue by inflection",
        "phrase-taken-over",
        "id: hunch, kind: uncertainty, certainty: 0.4, phrases: [possibilities]",
    ),
    site_fault(
        "spelled twice",
        "phrase-twice",
        """\
        findings: {effusion: {terms: [wet lung base, wet lung-base]}}
        """,
    ),
    term_fault("term that the parent has", "phrase-repeated", "Pleural Effusion"),
    cue_fault(
        "phrase that the parent has",
        "phrase-repeated",
        "id: possible, phrases: [is possible]",
        example="Possible mass.",
    ),
    cue_fault(
        "removed and added",
        "phrase-removed-added",
        "id: possible, phrases: [is possible], remove: [is possible]",
        example="Possible mass.",
    ),
    term_fault("term that is a cue", "phrase-term-and-cue", "questionable"),
    cue_fault(
        "cue that is a term", "phrase-term-and-cue", "id: possible, phrases: [pneumonia]", example="Possible mass."
    ),
    site_fault(
        "term of two findings",
        "phrase-two-findings",
        "findings: {pneumothorax: {terms: [fluid in the fissure]}}\n",
    ),
    site_fault("conjunction that is a cue", "phrase-joiner", "grammar: {conjunctions: [possible]}\n"),
    site_fault("alternative that is a conjunction", "phrase-joiner", "grammar: {alternatives: [and]}\n"),
    site_fault("filler that denies", "phrase-filler", "grammar: {fillers: ['no']}\n"),
    site_fault("filler that is a term", "phrase-filler", "grammar: {fillers: [effusion]}\n"),
    site_fault("filler that doubts", "phrase-mild-filler", "grammar: {fillers: [presumably]}\n"),
    site_fault("filler that ends a scope", "phrase-mild-filler", "grammar: {fillers: [however]}\n"),
    cue_fault(
        "backward cue that needs a finding behind",
        "cue-scope",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: backward, phrases: [in fear of]",
    ),
    cue_fault(
        "forward cue that needs a finding before",
        "cue-scope",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [is feared]",
        example="Mass is feared.",
    ),
    cue_fault(
        "swallowed cue",
        "cue-dead",
        "id: hunch, kind: uncertainty, certainty: 0.4, phrases: ['mass; perhaps']",
    ),
    cue_fault("cue that nothing triggers", "cue-no-effect", "id: hunch, kind: uncertainty, certainty: 0.4"),
    cue_fault(
        "cue without example",
        "cue-untested",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of]",
    ),
    cue_fault(
        "doubt listed as denial",
        "cue-doubt-as-denial",
        "id: never, kind: negation, scope: backward, phrases: [cannot with certainty be excluded]",
    ),
    cue_fault(
        "denial whose doubt denies too",
        "cue-denial-without-doubt",
        "id: never, kind: negation, scope: backward, phrases: [disproved]",
        example="Mass disproved.",
    ),
    site_fault(
        "doubt taken away",
        "cue-doubt-denied",
        """\
        cues:
          - {id: cannot_exclude, remove: [cannot be excluded, not be excluded]}
          - {id: not_seen, phrases: [cannot be excluded], scope: backward}
        """,
    ),
    SeededFault("no pseudo cue", "cue-no-pseudo", _ROOT + _ROOT_CUES),
    cue_fault(
        "misspelled id of the parent's cue",
        "cue-near-id",
        "id: cannot_exlude, kind: uncertainty, certainty: 0.3, scope: backward, phrases: [resists exclusion]",
        example="Mass resists exclusion.",
    ),
    cue_fault("kind changed", "cue-kind-changed", "id: possible, kind: affirmation, certainty: 0.8"),
    cue_fault("scope of a pseudo cue", "cue-idle-field", "id: no_change, scope: backward"),
    cue_fault("strength without certainty", "cue-idle-field", "id: history_of, strength: 8"),
    site_fault("failing example", "example-fails", 'examples: [{text: "No effusion.", expect: {effusion: present}}]\n'),
    cue_fault("failing example of a cue", "example-fails", "id: possible", example="There is a mass."),
    site_fault(
        "parent's example that fails",
        "example-parent-fails",
        "cues: [{id: borderline, remove: [borderline]}]\n",
    ),
    site_fault(
        "examples that contradict each other",
        "example-contradiction",
        """\
        examples:
          - {text: "Possible mass.", expect: {mass: uncertain}}
          - {text: "Possible mass.", expect: {mass: present}}
        """,
    ),
    cue_fault("doubt that is sure", "certainty-sure-doubt", "id: probable, certainty: 0.99"),
    cue_fault("doubt that denies", "certainty-sure-doubt", "id: unlikely, certainty: 0.01"),
    cue_fault("denial that leaves it likely", "certainty-likely-denial", "id: negated, certainty: 0.6"),
    cue_fault(
        "affirmation that leaves it unlikely", "certainty-unlikely-affirmation", "id: consistent_with, certainty: 0.2"
    ),
    cue_fault("history with certainty", "certainty-no-evidence", "id: history_of, certainty: 0.5"),
    cue_fault("strength that nothing moves", "certainty-strength", "id: possible, certainty: 0.3, strength: 5000"),
    cue_fault("strength below one label", "certainty-strength", "id: possible, certainty: 0.3, strength: 0.1"),
    cue_fault("far from the parent", "certainty-far-from-parent", "id: suspected, certainty: 0.96"),
    cue_fault("stronger word that means less", "certainty-not-monotone", "id: most_likely, certainty: 0.5"),
    cue_fault("weaker word that means more", "certainty-not-monotone", "id: less_likely, certainty: 0.9"),
    cue_fault("stronger improbability that leaves more", "certainty-not-monotone", "id: very_unlikely, certainty: 0.4"),
    cue_fault("family of denials and doubts", "certainty-family", "id: possible, family: negation"),
    cue_fault("family far apart", "certainty-family", "id: most_likely, family: improbability"),
    site_fault(
        "nearly a canonical finding",
        "finding-near-name",
        """\
        findings: {pneumothorx: {terms: [collapsed apex]}}
        examples: [{text: "Collapsed apex.", expect: {pneumothorx: present}}]
        """,
    ),
    site_fault(
        "plural of a canonical finding",
        "finding-near-name",
        """\
        findings: {effusions: {terms: [wet base]}}
        examples: [{text: "Wet base.", expect: {effusions: present}}]
        """,
    ),
    term_fault("term over the end of a sentence", "finding-unreachable-term", "'fluid; layering'"),
    site_fault(
        "excluded term",
        "finding-excluded-term",
        "findings: {effusion: {exclude: [pleural effusion]}}\n",
    ),
    site_fault(
        "exclusion of nothing", "finding-idle-exclude", "findings: {effusion: {exclude: [gallbladder sludge]}}\n"
    ),
    site_fault(
        "exclusion of another finding",
        "finding-swallowing-exclude",
        "findings: {effusion: {exclude: [pleural thickening of old]}}\n",
    ),
    term_fault("denial as a term", "finding-cue-in-term", "no effusion"),
    cue_fault(
        "cue that holds a term",
        "finding-term-in-cue",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [small effusion or]",
        example="Small effusion or mass.",
    ),
    term_fault("term of one letter", "finding-short-term", "f"),
    term_fault("term that is a common word", "finding-short-term", "chest"),
    site_fault(
        "worded and a term",
        "finding-worded-twice",
        "findings: {effusion: {worded: {negated: [hydrothorax]}}}\n",
    ),
    site_fault(
        "worded under a pseudo cue",
        "file",
        "findings: {effusion: {worded: {no_change: [pleura as before]}}}\n",
    ),
    site_fault("new finding without example", "finding-untested", "findings: {scoliosis: {terms: [scoliosis]}}\n"),
    site_fault("header of another role in the parent", "section-moved", "sections: {history: [IMPRESSION]}\n"),
    site_fault(
        "header of two roles",
        "section-two-roles",
        "sections: {history: [PREAMBLE], findings: [PREAMBLE]}\n",
    ),
    site_fault(
        "header of a whole line",
        "section-unrecognised",
        "sections: {findings: [WHAT WE SAW ON ALL THE IMAGES THAT WERE TAKEN IN THE EARLY MORNING HOURS]}\n",
    ),
    site_fault("body without weight", "section-no-evidence", "section_weights: {body: 0}\n"),
    site_fault("indication as evidence", "section-question", "section_weights: {indication: 1}\n"),
    site_fault("findings outrank the impression", "section-impression", "section_weights: {findings: 5}\n"),
    site_fault("weight without header", "section-idle-weight", "section_weights: {epicrisis: 2}\n"),
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
    site_fault("another script", "file-language", "grammar: {script: characters}\n"),
    term_fault("phrase of another language", "file-foreign-phrase", "胸水"),
    site_fault("abbreviation without stop", "file-idle-grammar", "grammar: {abbreviations: [approx]}\n"),
    site_fault(
        "inflection that changes nothing", "file-idle-grammar", "grammar: {inflections: [{ending: s, becomes: [s]}]}\n"
    ),
    site_fault("nothing said", "file-says-nothing", ""),
    SeededFault(
        "Japanese doubt listed as denial",
        "cue-doubt-as-denial",
        "adapter: sakura\nextends: ja_radiology\ncues: [{id: negated, phrases: [絶対に否定できない]}]\n",
    ),
    term_fault("letters of a wrong encoding", "phrase-encoding", '"épanchement pleurÃ©tique"'),
    term_fault("markup", "phrase-encoding", "pleural &amp; fissural fluid"),
    cue_fault(
        "quotation marks", "phrase-signs", "id: possible, phrases: ['\u201cmaybe so\u201d']", example="Possible mass."
    ),
    cue_fault("colon", "phrase-colon", "id: possible, phrases: ['could it be:']", example="Possible mass."),
    cue_fault("full stop", "phrase-stop", "id: possible, phrases: [conceivable.]", example="Possible mass."),
    cue_fault("several phrases in one", "phrase-several", "id: possible, phrases: ['thinkable, feasible, imaginable']"),
    term_fault("two terms in one", "phrase-several", "'hydrothorax, empyema'"),
    site_fault("header as a pattern", "section-pattern", "sections: {findings: ['WHAT WE S(AW|EE)']}\n"),
    cue_fault(
        "cue named as a finding",
        "cue-named-as-finding",
        "id: effusion, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [hunch of]",
        example="Hunch of mass.",
    ),
    cue_fault("possible above probable", "certainty-ladder", "id: possible, certainty: 0.82"),
    cue_fault("unlikely above possible", "certainty-ladder", "id: unlikely, certainty: 0.5"),
    cue_fault(
        "pseudo cue that holds a term",
        "finding-term-in-pseudo",
        "id: no_change, phrases: [no change in effusion size]",
        example="No change in effusion size.",
    ),
    term_fault("slashes around a pattern", "phrase-pattern", "'/hydrothorax/i'"),
    term_fault("gap to be filled", "phrase-pattern", "'fluid in the {side} base'"),
    cue_fault("plain denial that looks back", "cue-plain-misread", "id: negated, scope: backward"),
    cue_fault(
        "plain presence that is denied",
        "cue-plain-misread",
        "id: never, kind: negation, scope: forward, phrases: [there is]",
        example="There is mass.",
    ),
    cue_fault("unchanged as a denial", "cue-change-denied", "id: not_seen, phrases: [unchanged], scope: both"),
    cue_fault(
        "nearly another family",
        "cue-near-family",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, family: possibilty, phrases: [hunch of]",
        example="Hunch of mass.",
    ),
    cue_fault("less sure denial that leaves more", "certainty-ladder", "id: cannot_entirely_exclude, certainty: 0.7"),
    site_fault(
        "canonical finding under a longer name",
        "finding-holds-name",
        """\
        findings: {pleural_effusion: {terms: [pleural wetness]}}
        examples: [{text: "Pleural wetness.", expect: {pleural_effusion: present}}]
        """,
    ),
    site_fault("exclusion that is a cue", "finding-excluded-term", "findings: {effusion: {exclude: [possible]}}\n"),
    site_fault("filler that is a word of denial", "phrase-denying-filler", "grammar: {fillers: [not]}\n"),
    cue_fault(
        "cue of fillers alone",
        "cue-common-words",
        "id: hunch, kind: uncertainty, certainty: 0.4, scope: forward, phrases: [mild small]",
        example="Mild small mass.",
    ),
    cue_fault("cue of one letter", "cue-common-words", "id: possible, phrases: [p]", example="Possible mass."),
    cue_fault(
        "denial that begins with doubt",
        "cue-hedged-denial",
        "id: never, kind: negation, scope: forward, phrases: [may not be]",
        example="May not be mass.",
    ),
    term_fault("doubt as a term", "finding-doubt-in-term", "questionable effusion"),
    site_fault(
        "denial worded as presence",
        "finding-worded-contradiction",
        "findings: {effusion: {worded: {affirmed: [no pleural effusion at all]}}}\n",
    ),
    site_fault("header twice", "section-twice", "sections: {findings: [OVERALL, Overall]}\n"),
    site_fault("header that is a term", "section-is-phrase", "sections: {findings: [EFFUSION]}\n"),
    site_fault("header that is a denial", "section-is-phrase", "sections: {findings: [NONE]}\n"),
    site_fault("role without weight", "file", "sections: {impresion: [OVERALL]}\n"),
    cue_fault(
        "affirmation that doubts",
        "cue-hedged-affirmation",
        "id: shows, kind: affirmation, certainty: 0.9, scope: forward, phrases: [possibly showing]",
        example="Possibly showing mass.",
    ),
    cue_fault("history that is a common word", "cue-common-words", "id: ago, kind: historical, phrases: [the]"),
    site_fault("bare mentions by half", "certainty-bare-form", "cues: [{id: affirmed, certainty: 0.8}]\n"),
    site_fault("word for both sides", "phrasing-two-lists", "phrasing: {left: [lt, rt]}\n"),
    site_fault("word for now and before", "phrasing-two-lists", "phrasing: {now: [previously]}\n"),
    site_fault("word of phrasing without letters", "phrasing-nothing", 'phrasing: {asserting: ["--"]}\n'),
    site_fault("word of phrasing as a pattern", "phrasing-nothing", 'phrasing: {verbs: ["demonstrate(s|d)?"]}\n'),
    site_fault("word taken out that is not there", "phrasing-removes-nothing", "phrasing: {remove: [smal]}\n"),
    site_fault("header word in two roles", "header-word-two-roles", "header_words: {comparison: [clinical]}\n"),
    site_fault("header word of two words", "header-word-never", "header_words: {history: [past events]}\n"),
    site_fault("header word that is a finding", "header-word-never", "header_words: {history: [effusion]}\n"),
    site_fault("header word of one letter", "header-word-short", "header_words: {history: [x]}\n"),
    site_fault("language without a vocabulary", "language-unknown", "languages: [en, fr]\n"),
    site_fault("finding as a misheard word", "misheard-known", "grammar: {misheard: {effusion: infusion pump}}\n"),
    site_fault("misheard word for nothing", "misheard-idle", "grammar: {misheard: {fusion: telephone}}\n"),
    site_fault("short word as no slip", "own-word-idle", "grammar: {own_words: [rib]}\n"),
    site_fault(
        "two parts of which one holds nothing",
        "cue-composed-dead",
        """\
        cues:
          - id: hunch
            kind: uncertainty
            certainty: 0.4
            source: our radiologists
            composed: [{first: ["--"], then: [guess]}]
        """,
    ),
)
