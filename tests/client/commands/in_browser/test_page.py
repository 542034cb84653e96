from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.client.cli import app
from glsmed.shared.errors import UsageError
from glsmed.shared.web.local_site import LocalSite


def test_the_page_of_a_site_is_served_until_it_is_stopped(
    write_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[str] = []

    def serve(site: LocalSite, *, port: int, tell: Callable[[str], None]) -> None:
        served.append(f"{site.title} {port} {site.language}")
        tell("http://127.0.0.1:1/?token=x")

    monkeypatch.setattr("glsmed.shared.web.serving.serve", serve)
    done = CliRunner().invoke(app, ["--site", str(write_config()), "page", "--language", "ja"])
    assert done.exit_code == 0, done.output
    assert served == ["施設 st-mary 0 ja"]
    assert done.output == "page: http://127.0.0.1:1/?token=x\n"


def test_predictions_without_their_reports_are_a_wrong_use(write_config: Callable[..., Path]) -> None:
    done = CliRunner().invoke(app, ["--site", str(write_config()), "page", "--predictions", "p.csv"])
    assert isinstance(done.exception, UsageError)
    assert "--predictions and --manifest together" in str(done.exception)
