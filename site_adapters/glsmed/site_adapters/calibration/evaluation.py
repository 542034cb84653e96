"""How good an adapter's probabilities are against gold labels: all cells and hedged cells, in total and by finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.site_adapters.calibration.calibration import Calibration
from glsmed.site_adapters.calibration.calibration_fit import UNMENTIONED_PRIOR
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.calibration.scores import Scores, score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores over ``all`` gold labels, those on ``mentioned`` findings, and those whose words are ``hedged``.

    Attributes:
        by_finding: scores over all gold labels of each finding, and over its hedged ones.
    """

    reports: int
    all: Scores
    mentioned: Scores
    hedged: Scores
    by_finding: Mapping[str, tuple[Scores, Scores]]

    def as_dict(self) -> dict[str, object]:
        """The scores as they are printed."""
        findings = {
            finding: {"all": every.as_dict(), "hedged": hedged.as_dict()}
            for finding, (every, hedged) in self.by_finding.items()
        }
        return {
            "reports": self.reports,
            "all": self.all.as_dict(),
            "mentioned": self.mentioned.as_dict(),
            "hedged": self.hedged.as_dict(),
            "findings": findings,
        }


def probabilities(cells: Sequence[GoldCell], calibration: Calibration | None = None) -> NDArray[np.float64]:
    """``(N,)`` P(finding) of each gold cell: the prior, or the posterior by the calibration."""
    if calibration is None:
        said = [UNMENTIONED_PRIOR.mean if gold.cell is None else gold.cell.probability for gold in cells]
    else:
        said = [
            calibration.unmentioned if gold.cell is None else calibration(gold.cell, gold.report)[0] for gold in cells
        ]
    return np.array(said, dtype=np.float64)


def evaluate(cells: Sequence[GoldCell], calibration: Calibration | None = None) -> Evaluation:
    """The scores of the priors, or of a calibration, which should not have been fitted to these labels."""
    said = probabilities(cells, calibration)
    value = np.array([gold.value for gold in cells], dtype=np.float64)
    mentioned = np.array([gold.cell is not None for gold in cells], dtype=bool)
    hedged = np.array([gold.hedged for gold in cells], dtype=bool)
    finding = np.array([gold.finding for gold in cells])
    by_finding = {
        name: (score(said[of], value[of]), score(said[of & hedged], value[of & hedged]))
        for name in sorted({gold.finding for gold in cells})
        for of in [finding == name]
    }
    return Evaluation(
        reports=len({gold.report_id for gold in cells}),
        all=score(said, value),
        mentioned=score(said[mentioned], value[mentioned]),
        hedged=score(said[hedged], value[hedged]),
        by_finding=by_finding,
    )
