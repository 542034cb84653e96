"""What every test may ask for: the real data, a GPU, or a skip that says what is missing."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog
import torch
from hypothesis import HealthCheck, settings

torch.set_num_threads(1)

# every run tries the same examples, for as long as they take; others: pytest --hypothesis-profile default
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

PROJECT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Whatever a test draws without a seed of its own is the same in every run, whichever tests came before."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A command sets up the logs of its process, which here is that of all tests: its standard error ends with it."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(autouse=True)
def _umask_as_before() -> Iterator[None]:
    """A centre's command takes every right of others from what its process makes: here that is all tests."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """A function from the name of a real data set to its folder; skips the test where it is not on this machine."""

    def folder(name: str) -> Path:
        root = Path(os.environ.get("GLSMED_DATA", PROJECT.parent / "shared" / "data"))
        if not (root / name).is_dir():
            pytest.skip(f"real data {name!r} is not at {root}: set GLSMED_DATA to the folder that holds it")
        return root / name

    return folder


@pytest.fixture
def gpu() -> Iterator[torch.device]:
    """The first GPU, which computes float32 in float32 during the test; skips the test where there is none."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA GPU on this machine: `bash benchmarks/gpu.sh OUT` runs these tests on one that has it")
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False, fp32_precision="ieee"):
        yield torch.device("cuda", 0)
    torch.cuda.empty_cache()
