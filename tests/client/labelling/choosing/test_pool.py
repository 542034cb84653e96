import numpy as np

from glsmed.client.labelling.choosing.pool import read_pool
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

FINDINGS = ("effusion", "nodule")


def reports(**counts: int) -> dict[str, str]:
    texts = {"doubt": "Effusion cannot be excluded.", "rare": "Probable effusion.", "silent": "The heart is normal."}
    return {f"{kind}{number}": f"FINDINGS: {texts[kind]}" for kind, n in counts.items() for number in range(n)}


def test_strata_are_findings_and_cues_and_rare_cues_join_by_state() -> None:
    pool = read_pool(Reader(load_adapter("en_radiology")), reports(doubt=12, rare=3, silent=20), FINDINGS)
    sizes = dict(zip(pool.names, pool.sizes.tolist(), strict=True))
    assert sizes == {
        "effusion: cannot_exclude": 12,
        "effusion: other words, uncertain": 3,
        "effusion: unmentioned": 20,
        "nodule: unmentioned": 35,
    }
    assert [name for name, doubt in zip(pool.names, pool.doubted, strict=True) if doubt] == list(sizes)[:2]


def test_every_cell_lies_in_the_stratum_of_its_finding() -> None:
    pool = read_pool(Reader(load_adapter("en_radiology")), reports(doubt=12, silent=12), FINDINGS)
    np.testing.assert_array_equal(pool.finding[pool.stratum], np.tile([0, 1], (24, 1)))
    np.testing.assert_array_equal(np.bincount(pool.stratum.ravel()), pool.sizes)


def test_cells_with_gold_from_elsewhere_have_strata_of_their_own() -> None:
    known = [(f"doubt{number}", "effusion") for number in range(4)]
    pool = read_pool(Reader(load_adapter("en_radiology")), reports(doubt=30), FINDINGS, known=known)
    assert pool.sizes[pool.known].tolist() == [4]


def test_only_doubted_cells_are_counted_for_their_cue() -> None:
    texts = {**reports(doubt=12), **{f"no{n}": "FINDINGS: No effusion." for n in range(12)}}
    pool = read_pool(Reader(load_adapter("en_radiology")), texts, FINDINGS)
    assert pool.cue_cells.sum() == 12
    np.testing.assert_allclose(pool.cue_share.sum(1), [0.0 if "unmentioned" in name else 1.0 for name in pool.names])
