"""Every rule of lint with its id and severity: an error certainly reads something wrong."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from glsmed.shared.errors import Fault
from glsmed.site_adapters.lint import (
    certainty_rules,
    cue_rules,
    file_rules,
    finding_rules,
    phrase_rules,
    phrasing_rules,
    section_rules,
    spelling_rules,
)
from glsmed.site_adapters.lint.lint_context import Subject

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong; ``check`` yields a fault for each place where it is."""

    id: str
    severity: Severity
    check: Callable[[Subject], Iterator[Fault]]


RULES: Sequence[Rule] = (
    Rule("phrase-empty", "error", spelling_rules.empty),
    Rule("phrase-pattern", "error", spelling_rules.looks_like_pattern),
    Rule("phrase-placeholder", "error", spelling_rules.placeholder),
    Rule("phrase-invisible", "error", spelling_rules.invisible),
    Rule("phrase-alphabets", "error", spelling_rules.mixed_alphabets),
    Rule("phrase-long", "warning", spelling_rules.too_long),
    Rule("phrase-sentences", "error", spelling_rules.crosses_sentences),
    Rule("phrase-encoding", "error", spelling_rules.broken_encoding),
    Rule("phrase-signs", "error", spelling_rules.signs_around),
    Rule("phrase-colon", "warning", spelling_rules.colon),
    Rule("phrase-stop", "error", spelling_rules.full_stop),
    Rule("phrase-several", "error", spelling_rules.several_in_one),
    Rule("phrase-two-cues", "error", phrase_rules.two_cues),
    Rule("phrase-taken-over", "warning", phrase_rules.taken_over),
    Rule("phrase-twice", "warning", phrase_rules.twice_in_one),
    Rule("phrase-repeated", "warning", phrase_rules.repeats_parent),
    Rule("phrase-removed-added", "error", phrase_rules.removed_and_added),
    Rule("phrase-term-and-cue", "error", phrase_rules.term_is_cue),
    Rule("phrase-two-findings", "warning", phrase_rules.two_findings),
    Rule("phrase-joiner", "error", phrase_rules.joiner_is_phrase),
    Rule("phrase-filler", "error", phrase_rules.filler_is_phrase),
    Rule("phrase-denying-filler", "error", phrase_rules.filler_denies),
    Rule("phrase-mild-filler", "warning", phrase_rules.filler_is_mild_phrase),
    Rule("cue-dead", "error", cue_rules.dead_phrase),
    Rule("cue-common-words", "error", cue_rules.too_common),
    Rule("cue-hedged-denial", "warning", cue_rules.hedged_denial),
    Rule("cue-hedged-affirmation", "warning", cue_rules.hedged_affirmation),
    Rule("cue-no-effect", "error", cue_rules.no_effect),
    Rule("cue-untested", "warning", cue_rules.untested),
    Rule("cue-scope", "error", cue_rules.looks_the_wrong_way),
    Rule("cue-doubt-as-denial", "error", cue_rules.doubt_as_denial),
    Rule("cue-denial-without-doubt", "error", cue_rules.denial_without_its_doubt),
    Rule("cue-change-denied", "error", cue_rules.swallowed_change),
    Rule("cue-doubt-denied", "error", cue_rules.denied_doubt),
    Rule("cue-plain-misread", "error", cue_rules.plain_misread),
    Rule("cue-no-pseudo", "error", cue_rules.no_pseudo),
    Rule("cue-near-id", "warning", cue_rules.near_parent_id),
    Rule("cue-near-family", "warning", cue_rules.near_family),
    Rule("cue-named-as-finding", "error", cue_rules.named_as_finding),
    Rule("cue-kind-changed", "warning", cue_rules.changed_kind),
    Rule("cue-idle-field", "warning", cue_rules.idle_fields),
    Rule("example-fails", "error", cue_rules.failing_example),
    Rule("example-parent-fails", "warning", cue_rules.failing_parent_example),
    Rule("example-contradiction", "error", cue_rules.contradicting_examples),
    Rule("certainty-sure-doubt", "error", certainty_rules.sure_doubt),
    Rule("certainty-likely-denial", "error", certainty_rules.likely_denial),
    Rule("certainty-unlikely-affirmation", "error", certainty_rules.unlikely_affirmation),
    Rule("certainty-no-evidence", "error", certainty_rules.graded_no_evidence),
    Rule("certainty-strength", "warning", certainty_rules.odd_strength),
    Rule("certainty-far-from-parent", "warning", certainty_rules.far_from_parent),
    Rule("certainty-not-monotone", "error", certainty_rules.not_monotone),
    Rule("certainty-ladder", "error", certainty_rules.out_of_ladder),
    Rule("certainty-bare-form", "warning", certainty_rules.one_bare_form),
    Rule("certainty-family", "warning", certainty_rules.mixed_family),
    Rule("finding-near-name", "error", finding_rules.near_canonical),
    Rule("finding-holds-name", "warning", finding_rules.holds_canonical),
    Rule("finding-unreachable-term", "error", finding_rules.unreachable_term),
    Rule("finding-excluded-term", "error", finding_rules.excluded_term),
    Rule("finding-idle-exclude", "warning", finding_rules.idle_exclusion),
    Rule("finding-swallowing-exclude", "warning", finding_rules.swallowing_exclusion),
    Rule("finding-cue-in-term", "error", finding_rules.cue_in_term),
    Rule("finding-doubt-in-term", "warning", finding_rules.doubt_in_term),
    Rule("finding-worded-contradiction", "warning", finding_rules.contradicting_words),
    Rule("finding-term-in-cue", "error", finding_rules.term_in_cue),
    Rule("finding-term-in-pseudo", "warning", finding_rules.term_in_silent_cue),
    Rule("finding-short-term", "error", finding_rules.too_short),
    Rule("finding-worded-twice", "error", finding_rules.worded_twice),
    Rule("finding-untested", "warning", finding_rules.untested),
    Rule("section-two-roles", "error", section_rules.two_roles),
    Rule("section-moved", "warning", section_rules.moved),
    Rule("section-twice", "warning", section_rules.twice),
    Rule("section-is-phrase", "error", section_rules.header_is_phrase),
    Rule("section-pattern", "error", spelling_rules.looks_like_header_pattern),
    Rule("section-unrecognised", "error", section_rules.unrecognised),
    Rule("section-no-evidence", "error", section_rules.no_evidence_anywhere),
    Rule("section-question", "error", section_rules.question_as_evidence),
    Rule("section-impression", "warning", section_rules.impression_outranked),
    Rule("section-idle-weight", "warning", section_rules.weight_without_header),
    Rule("phrasing-two-lists", "error", phrasing_rules.two_lists),
    Rule("phrasing-nothing", "error", phrasing_rules.nothing_to_find),
    Rule("phrasing-removes-nothing", "error", phrasing_rules.removes_nothing),
    Rule("header-word-two-roles", "error", phrasing_rules.header_word_two_roles),
    Rule("header-word-never", "error", phrasing_rules.header_word_never_matches),
    Rule("header-word-short", "error", phrasing_rules.header_word_too_short),
    Rule("language-unknown", "error", phrasing_rules.unknown_language),
    Rule("misheard-known", "error", phrasing_rules.misheard_is_known),
    Rule("misheard-idle", "warning", phrasing_rules.misheard_to_nothing),
    Rule("own-word-idle", "warning", phrasing_rules.own_word_is_safe),
    Rule("cue-composed-dead", "error", phrasing_rules.dead_composed),
    Rule("file-name", "error", file_rules.name_taken),
    Rule("file-language", "error", file_rules.other_language),
    Rule("file-foreign-phrase", "error", file_rules.foreign_phrase),
    Rule("file-idle-grammar", "warning", file_rules.idle_grammar),
    Rule("file-says-nothing", "warning", file_rules.says_nothing),
)
