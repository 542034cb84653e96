"""What is said of one mention by the cues that reach it, worked out by hand."""

import pytest

from glsmed.site_adapters.adapter.adapter import Beta, Cue, Place
from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.adapter.schema import Kind, Scope
from glsmed.site_adapters.reading.assertions import Assertion, assertions_of
from glsmed.site_adapters.text.phrases import Hit

PLACE = Place("a.yaml", None, "", inherited=False)
PRIORS = {"affirmation": Beta(0.9, 10), "resolved": Beta(0.02, 20), "negation": Beta(0.02, 20)}
MENTION = Meaning(mentions=(("mass", None),))


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(load_adapter("en_radiology"))


def cue(name: str, kind: Kind, *, mean: float | None = None, scope: Scope = "forward") -> Cue:
    prior = PRIORS.get(kind) if mean is None else Beta(mean, 4)
    return Cue(name, kind, (name,), scope, prior, f"{kind} words", None, None, (), PLACE)


def said(lexicon: Lexicon, *meanings: Meaning) -> list[Assertion]:
    """The assertions of a sentence of phrases of one token each."""
    hits = [Hit(place, place + 1, meaning) for place, meaning in enumerate(meanings)]
    return assertions_of(hits, lexicon, length=len(hits))


def worded(cue: Cue) -> Meaning:
    return Meaning(mentions=(("mass", cue),))


MAYBE = Meaning(cue=cue("maybe", "uncertainty", mean=0.4))
PROBABLY = Meaning(cue=cue("probably", "uncertainty", mean=0.8))
NO = Meaning(cue=cue("no", "negation"))


def test_without_a_cue_a_mention_is_affirmed(lexicon: Lexicon) -> None:
    (assertion,) = said(lexicon, MENTION)
    affirmed = lexicon.adapter.cues["affirmed"]
    assert affirmed.prior is not None
    assert (assertion.state, assertion.cue, assertion.prior) == ("present", "affirmed", affirmed.prior)
    assert (assertion.spread, assertion.cue_places) == (affirmed.prior.spread, ())


def test_an_assertion_has_the_places_of_its_mention_and_cue(lexicon: Lexicon) -> None:
    (assertion,) = said(lexicon, MAYBE, MENTION)
    assert (assertion.mention, assertion.cue_places) == ((1, 2), ((0, 1),))
    assert (assertion.finding, assertion.state, assertion.cue) == ("mass", "uncertain", "maybe")
    assert (assertion.family, assertion.prior) == ("uncertainty words", Beta(0.4, 4))


@pytest.mark.parametrize(
    ("doubt", "state", "mean"),
    [(PROBABLY, "absent", 1 - 0.8), (MAYBE, "uncertain", 0.4)],
)
def test_doubt_over_a_denial_turns_round_where_it_is_likely(
    lexicon: Lexicon, doubt: Meaning, state: str, mean: float
) -> None:
    (assertion,) = said(lexicon, doubt, NO, MENTION)
    assert doubt.cue is not None
    assert assertion.prior is not None
    assert (assertion.state, assertion.cue) == (state, f"{doubt.cue.id}+no")
    assert assertion.prior.mean == pytest.approx(mean)
    assert assertion.cue_places == ((0, 1), (1, 2))


def test_of_two_doubts_the_one_decides_that_leaves_less(lexicon: Lexicon) -> None:
    assert [assertion.cue for assertion in said(lexicon, PROBABLY, MAYBE, MENTION)] == ["maybe"]
    assert [assertion.cue for assertion in said(lexicon, MAYBE, PROBABLY, MENTION)] == ["maybe"]


@pytest.mark.parametrize("kind", ["historical", "conditional"])
def test_what_is_not_evidence_stays_so_under_a_denial(lexicon: Lexicon, kind: Kind) -> None:
    (assertion,) = said(lexicon, Meaning(cue=cue("before", kind)), NO, MENTION)
    assert (assertion.cue, assertion.prior, assertion.spread) == ("before", None, 0.0)


def test_what_is_said_to_be_gone_is_gone_whatever_else_is_said(lexicon: Lexicon) -> None:
    gone = Meaning(cue=cue("gone", "resolved", scope="backward"))
    (assertion,) = said(lexicon, Meaning(cue=cue("before", "historical")), MENTION, gone)
    assert (assertion.cue, assertion.state, assertion.resolved) == ("gone", "absent", True)


@pytest.mark.parametrize(("mentions", "share"), [(2, 1.0), (3, 2 / 3), (4, 1 / 2)])
def test_three_alternatives_or_more_share_a_differential(lexicon: Lexicon, mentions: int, share: float) -> None:
    listed = [Meaning(cue=cue("ddx", "differential", mean=0.3)), *[MENTION] * mentions]
    assertions = said(lexicon, *listed)
    assert [assertion.share for assertion in assertions] == pytest.approx([share] * mentions)
    means = [assertion.prior.mean for assertion in assertions if assertion.prior]
    assert means == pytest.approx([0.3 * share] * mentions)


def test_words_that_imply_a_finding_decide_by_themselves(lexicon: Lexicon) -> None:
    (assertion,) = said(lexicon, worded(cue("implied", "uncertainty", mean=0.2)))
    assert (assertion.state, assertion.cue, assertion.implied) == ("uncertain", "implied", True)


def test_implying_words_under_a_surer_doubt_keep_their_own(lexicon: Lexicon) -> None:
    (assertion,) = said(lexicon, MAYBE, worded(cue("implied", "uncertainty", mean=0.2)))
    assert assertion.cue == "implied"


def test_implying_words_that_are_denied_are_denied(lexicon: Lexicon) -> None:
    (assertion,) = said(lexicon, NO, worded(cue("implied", "uncertainty", mean=0.2)))
    assert (assertion.state, assertion.cue) == ("absent", "no")


def test_general_words_are_evidence_only_where_they_are_denied(lexicon: Lexicon) -> None:
    general = worded(cue("general", "conditional"))
    assert [assertion.prior for assertion in said(lexicon, general)] == [None]
    assert [assertion.state for assertion in said(lexicon, NO, general)] == ["absent"]
