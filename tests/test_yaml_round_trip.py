"""Settings and vocabularies that other YAML tools have rewritten still load as what they were."""

from pathlib import Path

import pydantic
import pytest
import yaml

from glsmed.client.settings.config import SiteConfig
from glsmed.shared.errors import ConfigurationError
from glsmed.shared.files.documents import parse_document, read_document, validate
from glsmed.shared.protocol.study import Study
from glsmed.site_adapters.adapter.layers import VOCABULARIES
from glsmed.site_adapters.adapter.schema import AdapterFile

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
FILES: list[tuple[Path, type[pydantic.BaseModel]]] = [
    (CONFIGS / "study.yaml", Study),
    (CONFIGS / "covid_cxr" / "study.yaml", Study),
    (CONFIGS / "iu_xray" / "study.yaml", Study),
    *((path, SiteConfig) for path in sorted(CONFIGS.glob("site-*.yaml"))),
    *((path, AdapterFile) for path in sorted(VOCABULARIES.glob("*.yaml"))),
]


@pytest.mark.parametrize(("path", "model"), FILES, ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_what_safe_dump_writes_of_loaded_settings_loads_again(path: Path, model: type[pydantic.BaseModel]) -> None:
    loaded = validate(read_document(path), model)
    text = yaml.safe_dump(loaded.model_dump(mode="json", exclude_unset=True, by_alias=True), allow_unicode=True)
    assert validate(parse_document(text, source=path.name), model) == loaded


@pytest.mark.parametrize(("path", "model"), FILES, ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_a_file_that_a_tool_of_yaml_1_1_has_rewritten_loads_as_before(
    path: Path, model: type[pydantic.BaseModel]
) -> None:
    rewritten = yaml.safe_dump(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert validate(parse_document(rewritten, source=path.name), model) == validate(read_document(path), model)


STUDY = "study: s\nfindings: [effusion]\n"
SITE = "site: s\ncentre: {address: 'c:1'}\ndata: {manifest: m.csv, adapter: en_radiology}\n"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (STUDY + "model: {calibration_map: WORD}\n", Study),
        (STUDY + "labels: {negative_rates: WORD}\n", Study),
        (STUDY + "training: {mixed_precision: WORD}\n", Study),
        (SITE + "compile: WORD\n", SiteConfig),
    ],
)
def test_false_means_off_and_true_means_nothing(text: str, model: type[pydantic.BaseModel]) -> None:
    off, false = (validate(parse_document(text.replace("WORD", word), source="f"), model) for word in ("off", "false"))
    assert false == off
    with pytest.raises(ConfigurationError, match=r"expected .*'off'.*, got True"):
        validate(parse_document(text.replace("WORD", "true"), source="f"), model)
