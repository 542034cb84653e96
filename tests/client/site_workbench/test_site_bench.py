import io
from pathlib import Path

import pytest
from PIL import Image

from glsmed.client.data.manifest import read_manifest
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import SiteConfig
from glsmed.client.site_workbench.site_bench import read_opinions, site_bench
from glsmed.client.site_workbench.site_pictures import SitePictures
from glsmed.shared.errors import ConfigurationError


def test_a_site_brings_its_reports_images_and_gold_but_for_test_patients(
    drawn_config: SiteConfig, tmp_path: Path
) -> None:
    bench = site_bench(drawn_config, folder=tmp_path, predictions=None)
    manifest = read_manifest(drawn_config.data.manifest)
    assert bench.corpus.texts == manifest.reports
    splits = {split_of(manifest.patients[name], drawn_config.data.split) for name, _ in bench.corpus.gold}
    assert splits == {"train", "validation"}
    assert bench.file.path == tmp_path / "my_en_radiology.yaml"
    assert isinstance(bench.corpus.pictures, SitePictures)


def test_an_image_is_shown_as_a_grey_picture(drawn_config: SiteConfig) -> None:
    entry = read_manifest(drawn_config.data.manifest).images[0]
    pictures = SitePictures([entry])
    assert pictures.names(entry.study_id) == [entry.image.name]
    assert pictures.names("nobody") == []
    image = Image.open(io.BytesIO(pictures.png(entry.study_id, 0)))
    assert (image.size, image.mode) == ((1024, 1024), "L")


def test_opinions_are_means_over_the_images_of_an_examination(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("study_id,finding,probability,image\na,effusion,0.2,1\na,effusion,0.6,2\nb,nodule,1,1\n")
    assert read_opinions(path) == {("a", "effusion"): pytest.approx(0.4), ("b", "nodule"): 1.0}
    path.write_text("study_id,finding,probability\na,effusion,high\na,nodule,1.2\n")
    with pytest.raises(ConfigurationError, match="expected 0 to 1, got 'high'") as told:
        read_opinions(path)
    assert len(told.value.faults) == 2
