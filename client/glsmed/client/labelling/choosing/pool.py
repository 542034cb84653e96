"""The cells that may be asked about, sorted into strata by what their report says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glsmed.site_adapters.calibration.calibration_fit import UNMENTIONED_PRIOR, cue_priors
from glsmed.site_adapters.calibration.hierarchy import Priors, places
from glsmed.site_adapters.inputs.progress import track
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

SILENT = "unmentioned"
_HAS_GOLD = "has gold, "
_LEAST_CELLS = 10  # of a cue and a finding that make a stratum of their own; rarer ones join by what they say


@dataclass(frozen=True, slots=True)
class Pool:
    """N examinations, K findings, H strata; a stratum holds cells of one finding whose reports say alike.

    Attributes:
        study_ids: the N examinations.
        findings: the K names.
        stratum: ``(N, K)`` place of each cell's stratum.
        names: of the strata: ``effusion: cannot_exclude``.
        sizes: ``(H,)`` cells in each stratum.
        finding: ``(H,)`` place of its finding.
        doubted: ``(H,)`` bool: whether its words leave doubt.
        said: ``(H,)`` mean of P(finding | words) before any label.
        cue_share: ``(H, C)`` share of each cue among its cells; 0 in a row of unmentioned cells.
        cue_cells: ``(C, K)`` how many doubted cells each cue decides.
        priors: of the C cues.
        known: ``(H,)`` bool: whether its cells have gold labels from elsewhere, so that none is asked about.
    """

    study_ids: tuple[str, ...]
    findings: tuple[str, ...]
    stratum: Integers
    names: tuple[str, ...]
    sizes: Integers
    finding: Integers
    doubted: NDArray[np.bool_]
    said: Floats
    cue_share: Floats
    cue_cells: Floats
    priors: Priors
    known: NDArray[np.bool_]

    def labels(self, cells: Sequence[tuple[int, int]]) -> Integers:
        """``(H,)`` how many of the cells, given by their place, lie in each stratum."""
        rows = [int(self.stratum[cell]) for cell in cells]
        return np.bincount(np.array(rows, dtype=np.intp), minlength=len(self.names))


def read_pool(
    reader: Reader, reports: Mapping[str, str], findings: Sequence[str], *, known: Collection[tuple[str, str]] = ()
) -> Pool:
    """The pool of all cells of these reports.

    Args:
        reader: the site's adapter, ready to read.
        reports: text by examination.
        findings: those of the study.
        known: cells that have gold labels from elsewhere.
    """
    told = track(reports.items(), description="reading reports", total=len(reports))
    read = {study_id: reader.read(text).cells for study_id, text in told}
    return make_pool(reader, read, findings, known=known)


def make_pool(
    reader: Reader,
    read: Mapping[str, Mapping[str, Cell]],
    findings: Sequence[str],
    *,
    known: Collection[tuple[str, str]] = (),
) -> Pool:
    """The pool of what was read already: cells by examination and finding. Arguments as of :func:`read_pool`."""
    names, cells = tuple(findings), [said.get(name) for said in read.values() for name in findings]
    given = np.array([(study_id, name) in known for study_id in read for name in names], dtype=bool)
    priors = cue_priors(reader.adapter, [cell for cell in cells if cell is not None], {})
    stratum, strata = _strata(cells, names, given)
    where = places(priors.cues)
    cue = np.array([-1 if one is None else where[one.cue] for one in cells], dtype=np.intp)
    said = np.array([UNMENTIONED_PRIOR.mean if one is None else one.probability for one in cells])
    doubt = np.array([one is not None and one.state == "uncertain" for one in cells], dtype=bool)
    size = np.bincount(stratum, minlength=len(strata))
    column = np.tile(np.arange(len(names)), len(read))
    return Pool(
        study_ids=tuple(read),
        findings=names,
        stratum=stratum.reshape(len(read), len(names)),
        names=strata,
        sizes=size,
        finding=np.array([names.index(name.split(": ")[0]) for name in strata], dtype=np.intp),
        doubted=np.bincount(stratum, doubt, len(strata)) > 0,
        said=np.bincount(stratum, said, len(strata)) / size,
        cue_share=_pairs(stratum, cue, (len(strata), len(priors.cues))) / size[:, None],
        cue_cells=_pairs(np.where(doubt, cue, -1), column, (len(priors.cues), len(names))),
        priors=priors,
        known=np.bincount(stratum, given, len(strata)) > 0,
    )


def _strata(
    cells: Sequence[Cell | None], findings: Sequence[str], given: NDArray[np.bool_]
) -> tuple[Integers, tuple[str, ...]]:
    """``(N K,)`` the stratum of each cell, and the names; cues that are rare for a finding join by state."""
    prefix = [f"{findings[place % len(findings)]}: {_HAS_GOLD * one}" for place, one in enumerate(given.tolist())]
    fine = np.array([start + _words(cell) for start, cell in zip(prefix, cells, strict=True)], dtype=str)
    coarse = np.array([start + _state(cell) for start, cell in zip(prefix, cells, strict=True)], dtype=str)
    _, place, count = np.unique(fine, return_inverse=True, return_counts=True)
    names, stratum = np.unique(np.where(count[place] < _LEAST_CELLS, coarse, fine), return_inverse=True)
    return stratum.astype(np.intp), tuple(map(str, names))


def _words(cell: Cell | None) -> str:
    return SILENT if cell is None else cell.cue


def _state(cell: Cell | None) -> str:
    return SILENT if cell is None else f"other words, {cell.state}"


def _pairs(rows: Integers, columns: Integers, shape: tuple[int, int]) -> Floats:
    """How often each pair of row and column occurs; pairs with a place of -1 are left out."""
    known = (rows >= 0) & (columns >= 0)
    flat = np.bincount(rows[known] * shape[1] + columns[known], minlength=shape[0] * shape[1])
    return flat.astype(np.float64).reshape(shape)
