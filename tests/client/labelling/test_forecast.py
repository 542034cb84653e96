import numpy as np
import pytest

from glsmed.client.labelling.choosing.pool import read_pool
from glsmed.client.labelling.forecast import forecasts
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.reading.reader import Reader

REPORTS = {f"{n}": "FINDINGS: Effusion cannot be excluded." for n in range(60)}


def test_the_interval_now_is_that_of_the_calibration_and_narrows_as_labels_come() -> None:
    reader = Reader(load_adapter("en_radiology"))
    pool = read_pool(reader, REPORTS, ("effusion", "nodule"))
    gold = {(str(n), "effusion"): int(n % 3 == 0) for n in range(30)}
    (forecast,) = forecasts(pool, gold)
    cells = gold_cells(reader, REPORTS, gold)
    calibration = calibrate(reader.adapter, cells)
    assert cells[0].cell is not None
    assert forecast.now == pytest.approx(1.96 * calibration(cells[0].cell)[1], rel=1e-3)
    assert (forecast.finding, forecast.cells) == ("effusion", 60)
    more = {(str(n), "effusion"): int(n % 3 == 0) for n in range(55)}
    (later,) = forecasts(pool, more)
    assert forecast.after == pytest.approx(later.now, rel=0.05)
    assert forecast.after < forecast.now
    assert np.isfinite(forecasts(pool, {})[0].now)
