import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.client.resident.tasks.asked_site import EGRESS, STUDY, Asked


@pytest.fixture(autouse=True)
def _quiet(answers_about_any_model: None) -> Iterator[None]:
    """Without structlog's own pictures of tracebacks, which take a minute each."""
    with capture_logs():
        yield


@pytest.fixture(scope="session")
def loaded_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a site's cache and label table are kept once they were made."""
    return tmp_path_factory.mktemp("loaded") / "state"


@pytest.fixture
def start(write_config: Callable[..., Path], loaded_state: Path) -> Callable[[], Asked]:
    """A function that starts the site, again and again on the same state folder."""
    config = write_config(replace={"cpu_threads: 1\n": EGRESS})
    if loaded_state.is_dir():
        shutil.copytree(loaded_state, config.parent / "state")

    def run() -> Asked:
        site = Asked(config)
        if not loaded_state.is_dir():
            shutil.copytree(site.state, loaded_state)
        return site

    return run


@pytest.fixture
def comparing(write_config: Callable[..., Path]) -> Callable[..., Asked]:
    """A function that starts a site of a study that compares; it measures at most two other sites' models."""

    def run(study: str = STUDY) -> Asked:
        text = study + "federation: {cross_site_evaluation: true}\n"
        egress = EGRESS.replace("max_runs: 1", "max_runs: 1, max_peer_models: 2")
        return Asked(write_config(study=text, replace={"cpu_threads: 1\n": egress}))

    return run
