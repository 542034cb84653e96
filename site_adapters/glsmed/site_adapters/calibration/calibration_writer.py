"""From gold labels to a site's calibration file, with a report of how reliable the probabilities are."""

from collections.abc import Sequence
from pathlib import Path

from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.calibration.calibration import calibration_file
from glsmed.site_adapters.calibration.calibration_file import save_calibration_file
from glsmed.site_adapters.calibration.calibration_fit import fit_labels
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.calibration.learned_scoring import learn
from glsmed.site_adapters.calibration.reliability import reliability_report
from glsmed.site_adapters.calibration.shared_priors import load_shared_prior, shared_cue_priors


def write_calibration(
    adapter: Adapter, cells: Sequence[GoldCell], *, prior: Path | None, target: Path, learned: bool
) -> list[str]:
    """Fit and write a calibration file; gives the lines of the report of reliability.

    Args:
        adapter: that read the reports.
        cells: the gold labels to learn from.
        prior: file of the prior that sites share.
        target: the file to write.
        learned: fit the learned scoring too.

    Raises:
        ConfigurationError: with every fault of the file ``prior``.
    """
    shared = {} if prior is None else shared_cue_priors(adapter, load_shared_prior(prior))
    fit = fit_labels(adapter, cells, shared)
    file = calibration_file(adapter, cells, fit, learn(cells, fit) if learned else None)
    save_calibration_file(target, file)
    return [*reliability_report(cells, fit, file), f"wrote {target}"]
