import numpy as np
import pytest

from glsmed.client.labelling.choosing.pool import read_pool
from glsmed.client.labelling.forecast import forecasts
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

REPORTS = {f"{n}": "FINDINGS: Effusion cannot be excluded." for n in range(60)}


def test_the_interval_now_is_that_of_the_calibration_and_narrows_as_labels_come() -> None:
    reader = Reader(load_adapter("en_radiology"))
    pool = read_pool(reader, REPORTS, ("effusion", "nodule"))
    gold = {(str(n), "effusion"): int(n % 3 == 0) for n in range(30)}
    (forecast,) = forecasts(pool, gold)
    prior = reader.adapter.cues["cannot_exclude"].prior
    assert prior is not None
    strength = 1 / (1 / (prior.strength + 30) + 1 / 32) + 30
    assert forecast.now == pytest.approx(1.96 * np.sqrt(1 / 3 * 2 / 3 / (strength + 1)), rel=0.05)
    assert (forecast.finding, forecast.cells) == ("effusion", 60)
    more = {(str(n), "effusion"): int(n % 3 == 0) for n in range(55)}
    (later,) = forecasts(pool, more)
    assert forecast.after == pytest.approx(later.now, rel=0.05)
    assert forecast.after < forecast.now
    assert np.isfinite(forecasts(pool, {})[0].now)
