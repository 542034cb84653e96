"""What doubt counts as in a federation's hospital: a probability as in every study, or what a policy makes of it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from glsmed.client.labels.label_table import LabelRow
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.resident.preparation import by_split, with_targets
from glsmed.client.resident.site_runtime import SiteRuntime

POLICIES: Mapping[str, float | None] = {"u-ones": 1.0, "u-zeros": 0.0, "u-ignore": None}
"""Label of a doubted cell; None leaves it out of the loss. Irvin et al., CheXpert, AAAI 2019 (arXiv 1901.07031)."""
_PLAIN: Mapping[str, float] = {"present": 1.0, "absent": 0.0}


def under_policy(site: SiteRuntime, policy: str) -> SiteRuntime:
    """The site with labels of 0 and 1 where its reports would give probabilities; gold counts as before.

    Args:
        site: as its process holds it.
        policy: of :data:`POLICIES`.
    """
    rows = [_hard(row, POLICIES[policy]) for row in label_rows(site.inputs)]
    images = {name: examples.images for name, examples in site.splits.items()}
    return replace(site, splits=with_targets(site.inputs, rows, images))


def _hard(row: LabelRow, doubted: float | None) -> LabelRow:
    if row.weight == 0:
        return row
    label = doubted if row.state == "uncertain" else _PLAIN.get(row.state, 0.0)  # unmentioned: taken as absent
    if label is None:
        return row._replace(weight=0.0)
    return row._replace(label=label, rate=0.0, target=label, weight=1.0)


def doubted_in_test(site: SiteRuntime) -> NDArray[np.bool_]:
    """``(M, K)`` which cells of the site's test examinations their reports word with doubt."""
    doubted = {(row.study_id, row.finding) for row in label_rows(site.inputs) if row.state == "uncertain"}
    tested = by_split(site.inputs.manifest, site.config.data.split)["test"]
    return np.array([[(one.study_id, finding) in doubted for finding in site.study.findings] for one in tested])
