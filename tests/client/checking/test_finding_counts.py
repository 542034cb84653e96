from glsmed.client.checking.finding_counts import count_findings
from glsmed.client.labels.label_table import CellState, LabelRow

ROW = LabelRow("", "", "", "present", "", 0, 1, "", 0.5, 0.5, 0.1, 1.0, 0.0, 1.0, 1.0, "a@1")


def row(study: str, finding: str, state: CellState, mean: float) -> LabelRow:
    return ROW._replace(study_id=study, finding=finding, state=state, posterior_mean=mean)


def test_states_prevalence_and_gold_are_counted_by_finding_and_split() -> None:
    rows = [
        row("s1", "mass", "present", 0.9),
        row("s2", "mass", "uncertain", 0.3),
        row("s3", "mass", "unmentioned", 0.0),
        row("s4", "mass", "absent", 0.1),
    ]
    gold = {("s1", "mass"): 1, ("s2", "mass"): 0, ("s4", "hernia"): 1, ("lost", "mass"): 1}
    counts = list(count_findings(rows, gold, {"s1": "train", "s2": "train", "s3": "train", "s4": "test"}))
    assert [(one.finding, one.split) for one in counts] == [
        (finding, split) for finding in ("mass", "hernia") for split in ("train", "validation", "test")
    ]
    train, validation, test = counts[:3]
    assert train.states == {"present": 1, "uncertain": 1, "absent": 0, "not assessable": 0, "unmentioned": 1}
    assert train.prevalence is not None
    assert abs(train.prevalence - 0.6) < 1e-12
    assert (train.gold, validation.gold, test.gold) == ((1, 1), (0, 0), (0, 0))
    assert validation.prevalence is None
    assert counts[5].gold == (0, 1)
