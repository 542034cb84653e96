"""The files in configs/ load and are what the init commands write; docs/configuration.md is what the schema says."""

import re
import runpy
import typing
from collections.abc import Iterator
from pathlib import Path

import pydantic
import pytest

from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.settings.site_template import site_template
from glsmed.server.folders.study_template import study_template
from glsmed.shared.files.documents import fields_by_key, parse_document, validate
from glsmed.shared.protocol.study import Study, load_study

PROJECT = Path(__file__).resolve().parents[1]
SITES = {"english": ("st-mary", "en"), "japanese": ("sakura", "ja"), "spanish": ("san-lucas", "es")}
DOCUMENT = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")


def _keys(model: type[pydantic.BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in fields_by_key(model).items():
        yield prefix + name
        for kind in typing.get_args(field.annotation) or (field.annotation,):
            if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
                yield from _keys(kind, f"{prefix}{name}.")


def _documented_keys() -> set[str]:
    return set(re.findall(r"^\| `([a-z0-9_.]+)` \|", DOCUMENT, flags=re.MULTILINE))


def test_example_study_is_the_template() -> None:
    text = (PROJECT / "configs" / "study.yaml").read_text(encoding="utf-8")
    assert text == study_template("chest-doubt", public_names=["centre.example.org"])
    assert load_study(PROJECT / "configs" / "study.yaml").study == "chest-doubt"


@pytest.mark.parametrize("language", SITES)
def test_example_sites_are_the_template(language: str) -> None:
    name, code = SITES[language]
    path = PROJECT / "configs" / f"site-{language}.yaml"
    expected = site_template(
        name, centre_address="centre.example.org:8443", adapter=f"{code}_radiology", gold="gold.csv"
    )
    assert path.read_text(encoding="utf-8") == expected
    assert load_site(path).site == name


def test_study_template_shows_every_default() -> None:
    study = validate(parse_document(study_template("x", public_names=["localhost"]), source="study.yaml"), Study)
    default = Study(study="x", findings=study.findings)
    assert study.model_copy(update={"model": default.model}) == default


@pytest.mark.parametrize("model", [Study, SiteConfig])
def test_every_key_is_documented(model: type[pydantic.BaseModel]) -> None:
    missing = [key for key in _keys(model) if f"`{key}`" not in DOCUMENT]
    assert missing == []


def test_the_document_names_no_key_that_is_not_there() -> None:
    assert _documented_keys() <= {*_keys(Study), *_keys(SiteConfig)}


def test_a_key_with_a_digit_is_documented_in_a_row() -> None:
    assert "training.privacy.clip_norm_l2" in _documented_keys()


def test_the_document_is_the_generated_one() -> None:
    generator = runpy.run_path(str(PROJECT / "docs" / "configuration.py"))
    assert generator["page"]() == DOCUMENT, "write it again with: make docs"
