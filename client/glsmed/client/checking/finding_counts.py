"""What the reports and the gold labels of each split say of each finding."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from glsmed.client.data.examples import SplitName
from glsmed.client.data.splits import SPLITS
from glsmed.client.labels.label_table import SILENT_STATES, STATES, CellState, LabelRow
from glsmed.site_adapters.inputs.gold_labels import Gold


@dataclass(frozen=True, slots=True)
class FindingCounts:
    """One finding in one split.

    Attributes:
        states: examinations by what their reports say.
        prevalence: mean probability in 0–1 over the examinations whose report mentions it; None where none does.
        gold: how many gold labels are 0 and how many 1.
    """

    finding: str
    split: SplitName
    states: Mapping[CellState, int]
    prevalence: float | None
    gold: tuple[int, int]


def count_findings(
    rows: Sequence[LabelRow], gold: Gold, split_of_examination: Mapping[str, SplitName]
) -> Iterator[FindingCounts]:
    """The counts of every finding in every split, finding by finding.

    Args:
        rows: the label table.
        gold: the site's gold labels.
        split_of_examination: the split of every examination of the manifest.
    """
    states: Counter[tuple[str, SplitName, CellState]] = Counter()
    means: dict[tuple[str, SplitName], float] = {}
    for row in rows:
        split = split_of_examination[row.study_id]
        states[row.finding, split, row.state] += 1
        if row.state not in SILENT_STATES:
            means[row.finding, split] = means.get((row.finding, split), 0.0) + row.posterior_mean
    labels = Counter(
        (finding, split_of_examination.get(study_id), value) for (study_id, finding), value in gold.items()
    )
    for finding in dict.fromkeys([*(row.finding for row in rows), *(finding for _, finding in gold)]):
        for split in SPLITS:
            of_split = {name: states[finding, split, name] for name in STATES}
            mentioned = sum(count for name, count in of_split.items() if name not in SILENT_STATES)
            mean = means[finding, split] / mentioned if mentioned else None
            counts = (labels[finding, split, 0], labels[finding, split, 1])
            yield FindingCounts(finding, split, of_split, mean, counts)
