from collections.abc import Callable
from pathlib import Path
from typing import Any

from glsmed.client.settings.config import load_site
from glsmed.shared.protocol.study import load_study

Typed = Callable[..., Any]


def test_prices_are_written_once_and_then_a_page_is_made(typed: Typed, site_file: Path, tmp_path: Path) -> None:
    page = tmp_path / "case.html"
    assert typed("--site", site_file, "case", "--init").code == 0
    assert typed("--site", site_file, "case", "--init").code == 2
    done = typed("--site", site_file, "case", "--html", page)
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].split("  ")[1:] == ["no model", "the federation's model"]
    assert "The case for management: st-mary" in page.read_text(encoding="utf-8")
    assert typed("--site", site_file, "case", "--language", "ja", "--html", page).code == 0
    assert "経営判断のための資料" in page.read_text(encoding="utf-8")


def test_without_prices_it_says_what_to_do(typed: Typed, site_file: Path) -> None:
    done = typed("--site", site_file, "case")
    assert done.code == 2
    assert "case --init" in done.err


def test_the_page_does_not_replace_what_is_read(typed: Typed, site_file: Path) -> None:
    typed("--site", site_file, "case", "--init")
    done = typed("--site", site_file, "case", "--html", site_file)
    assert (done.code, "must not be written over" in done.err) == (2, True)


def test_training_alone_leaves_a_model_to_compare(typed: Typed, write_config: Callable[..., Path]) -> None:
    config_file = write_config()
    typed("--site", config_file, "case", "--init")
    assert typed("--site", config_file, "train-local").code == 0
    config = load_site(config_file)
    assert (config.state.local_model(load_study(config.study).digest()) / "site.json").is_file()
    done = typed("--site", config_file, "case")
    assert done.code == 0, done.err
    assert "the hospital's own model" in done.out.splitlines()[0]
