"""The folds of a cross-validation put together: their answers are measured as those of one test set."""

from collections.abc import Sequence

import torch

from glsmed.benchmarks.comparison.fitting import Answers
from glsmed.benchmarks.comparison.trial import Part


def joined_answers(folds: Sequence[Answers]) -> Answers:
    """The answers fold by fold; the best epoch and the validation AUROC are means, the largest logit that of any."""
    return Answers(
        last=torch.cat([one.last for one in folds]),
        last_mapped=torch.cat([one.last_mapped for one in folds]),
        best=torch.cat([one.best for one in folds]),
        best_mapped=torch.cat([one.best_mapped for one in folds]),
        best_epoch=round(sum(one.best_epoch for one in folds) / len(folds)),
        validation_auroc=sum(one.validation_auroc for one in folds) / len(folds),
        largest_logit=max(one.largest_logit for one in folds),
        notes=[note for one in folds for note in one.notes],
        elsewhere=folds[-1].elsewhere,
    )


def joined_parts(folds: Sequence[Part]) -> Part:
    """The examinations fold by fold."""
    return Part(*(torch.cat([getattr(one, name) for one in folds]) for name in Part.__dataclass_fields__))
