import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.client.labelling.agreement import agreement, cohens_kappa, outcome
from glsmed.client.labelling.answers import VALUES, Answer


def pairs_of(agreeing: float, n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    first = rng.choice(VALUES, size=n, p=[0.3, 0.6, 0.1])
    other = rng.choice(VALUES, size=n, p=[0.4, 0.5, 0.1])
    return [(str(a), str(a if rng.random() < agreeing else b)) for a, b in zip(first, other, strict=True)]


@pytest.mark.parametrize("agreeing", [0.0, 0.5, 0.9])
def test_kappa_is_that_of_scikit_learn(agreeing: float) -> None:
    pairs = pairs_of(agreeing, 80, np.random.default_rng(1))
    expected = cohen_kappa_score(*zip(*pairs, strict=True))
    assert cohens_kappa(pairs).kappa == pytest.approx(expected)


def test_the_interval_is_as_wide_as_kappa_varies() -> None:
    rng = np.random.default_rng(2)
    found = [cohens_kappa(pairs_of(0.6, 200, rng)) for _ in range(300)]
    kappas = np.array([one.kappa for one in found])
    half = np.mean([(one.high or 0) - (one.low or 0) for one in found]) / 2
    assert half / 1.96 == pytest.approx(kappas.std(), rel=0.1)
    inside = [(one.low or 0) <= kappas.mean() <= (one.high or 0) for one in found]
    assert 0.91 < np.mean(inside) < 0.98


def test_without_two_answers_or_without_variety_there_is_no_kappa() -> None:
    assert cohens_kappa([]).kappa is None
    same = cohens_kappa([("absent", "absent")] * 5)
    assert (same.kappa, same.agreed, same.n) == (None, 1.0, 5)


def said(reader: str, value: str, role: str = "reader", finding: str = "effusion") -> Answer:
    return Answer(reader, "s", finding, value, "hidden", role)  # type: ignore[arg-type]  # words of the store


@pytest.mark.parametrize(
    ("answers", "gold", "disputed", "untold"),
    [
        ([said("a", "present")], 1, False, False),
        ([said("a", "absent"), said("b", "absent")], 0, False, False),
        ([said("a", "present"), said("b", "absent")], None, True, False),
        ([said("a", "present"), said("b", "cannot tell")], None, True, False),
        ([said("a", "cannot tell")], None, False, True),
        ([said("a", "present"), said("b", "absent"), said("c", "absent", "adjudicator")], 0, False, False),
        ([said("a", "present"), said("b", "present"), said("c", "cannot tell", "adjudicator")], None, False, True),
    ],
)
def test_what_follows_from_answers(answers: list[Answer], gold: int | None, disputed: bool, untold: bool) -> None:
    result = outcome(answers)
    cell = ("s", "effusion")
    assert result.gold.get(cell) == gold
    assert (cell in result.disputed, cell in result.untold) == (disputed, untold)


def test_agreement_is_by_finding_and_leaves_adjudicators_out() -> None:
    answers = [said("a", "present"), said("b", "absent"), said("c", "present", "adjudicator")]
    assert agreement(answers, ["effusion", "nodule"])["effusion"].n == 1
    assert agreement(answers, ["effusion", "nodule"])["nodule"].n == 0
