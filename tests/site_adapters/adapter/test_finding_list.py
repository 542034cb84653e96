from pathlib import Path

import pytest
import yaml

from glsmed.shared.findings import CANONICAL_FINDINGS, FINDINGS_OF_SOME_LANGUAGES
from glsmed.site_adapters.adapter.finding_list import KnownFinding, known_findings
from glsmed.site_adapters.adapter.layers import VOCABULARIES


def _terms(language: str, finding: str) -> list[str]:
    content = yaml.safe_load((VOCABULARIES / f"{language}_radiology.yaml").read_text(encoding="utf-8"))
    return list(content["findings"][finding]["terms"])


def test_without_an_adapter_all_findings_of_all_languages_are_listed() -> None:
    found = {finding.name: finding for finding in known_findings()}
    assert set(found) == {*CANONICAL_FINDINGS, *FINDINGS_OF_SOME_LANGUAGES}
    languages = ("en", "ja", "es", "de")
    assert found["nodule"].languages == {language: len(_terms(language, "nodule")) for language in languages}
    assert found["nodule"].first_terms == tuple(_terms("en", "nodule")[:4])
    assert list(found["primary_tumour"].languages) == ["ja"]
    assert found["primary_tumour"].first_terms == tuple(_terms("ja", "primary_tumour")[:4])


def test_an_adapters_own_findings_and_terms_count(tmp_path: Path) -> None:
    file = tmp_path / "st-mary.yaml"
    file.write_text(
        "adapter: st-mary\nversion: 1\nextends: en_radiology\nlanguage: en\n"
        "findings:\n  scoliosis: {terms: [scoliosis, scoliotic curve]}\n  nodule: {terms: [coin shadow]}\n"
    )
    found = {finding.name: finding for finding in known_findings(str(file))}
    assert found["scoliosis"] == KnownFinding("scoliosis", 2, ("scoliosis", "scoliotic curve"), {})
    assert found["nodule"].terms == len(_terms("en", "nodule")) + 1


@pytest.mark.parametrize("language", ["en", "ja", "es", "de"])
def test_a_vocabulary_lists_its_own_words(language: str) -> None:
    found = {finding.name: finding for finding in known_findings(f"{language}_radiology")}
    assert found["edema"].first_terms == tuple(_terms(language, "edema")[:4])
