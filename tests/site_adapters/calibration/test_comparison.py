from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.comparison import compare, judge
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.reading.reader import Reader

Writer = Callable[..., Path]


@pytest.fixture
def changed(adapter_file: Writer) -> Reader:
    """An adapter that takes "possible" for plain presence."""
    return Reader(load_adapter(adapter_file("cues: [{id: possible, remove: [possible]}]")))


def judged(before: Reader, after: Reader, labels: list[tuple[str, int]]) -> dict[str, bool]:
    texts = {str(number): text for number, (text, _) in enumerate(labels)}
    gold = {(str(number), "effusion"): value for number, (_, value) in enumerate(labels)}
    verdicts = judge(gold_cells(before, texts, gold), gold_cells(after, texts, gold))
    return {verdict.measure: verdict.worse for verdict in verdicts}


def test_only_cells_that_are_read_differently_change(english: Reader, changed: Reader) -> None:
    texts = {"a": "Possible effusion. No pneumothorax.", "b": "No effusion."}
    result = compare(english, changed, texts)
    (change,) = result.changes
    assert (change.report_id, change.finding, result.reports, result.cells) == ("a", "effusion", 2, 3)
    assert change.before is not None
    assert change.after is not None
    assert (change.before.cue, change.after.cue) == ("possible", "affirmed_alone")


def test_a_finding_that_is_no_longer_mentioned_changes(english: Reader, adapter_file: Writer) -> None:
    fewer = Reader(load_adapter(adapter_file("findings: {mass: {remove: [mass]}}")))
    (change,) = compare(english, fewer, {"a": "A mass."}).changes
    assert change.after is None


def test_a_number_alone_is_a_change(english: Reader, adapter_file: Writer) -> None:
    other = Reader(load_adapter(adapter_file("cues: [{id: possible, certainty: 0.5}]")))
    assert len(compare(english, other, {"a": "Possible effusion."}).changes) == 1


def test_gold_tells_what_is_worse_and_what_is_better(english: Reader, changed: Reader) -> None:
    labels = [("Possible effusion.", 0)] * 20 + [("There is an effusion.", 1)] * 20
    assert judged(english, changed, labels) == {"brier": True, "log_loss": True, "f1": True}
    assert judged(changed, english, labels) == {"brier": False, "log_loss": False, "f1": False}


def test_the_same_adapter_is_no_worse(english: Reader) -> None:
    assert judged(english, english, [("Possible effusion.", 1)] * 3) == dict.fromkeys(
        ("brier", "log_loss", "f1"), False
    )


def test_what_chance_may_explain_is_no_regression(english: Reader, changed: Reader) -> None:
    labels = [("Possible effusion.", value) for value in (0, 1, 1, 0, 1, 0)]
    assert not judged(english, changed, labels)["brier"]


def test_other_labels_cannot_be_compared(english: Reader) -> None:
    one = gold_cells(english, {"a": "A mass."}, {("a", "mass"): 1})
    with pytest.raises(ValueError, match="same gold labels"):
        judge(one, [])
