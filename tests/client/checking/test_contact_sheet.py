import base64
import io
import random
from pathlib import Path

import torch
from PIL import Image

from glsmed.client.checking.contact_sheet import data_url, groups_of, suspects_of
from glsmed.client.checking.image_review import Look, ReviewedImage
from glsmed.client.data.image_facts import ImageFacts
from glsmed.client.data.image_suspicions import Suspicion
from glsmed.client.data.manifest import ImageEntry

PICTURE = torch.full((1, 300, 300), 90, dtype=torch.uint8)
CT = Suspicion("modality", "Modality is CT")


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # which images are shown is no secret


def image(
    number: int, *, view: str = "PA", maker: str = "Maker", suspicions: tuple[Suspicion, ...] = ()
) -> ReviewedImage:
    facts = ImageFacts("DICOM", view=view, manufacturer=maker)
    return ReviewedImage(ImageEntry(f"s{number}", "p", Path(f"{number}.dcm")), Look(facts, suspicions), PICTURE)


def test_images_are_grouped_by_view_and_scanner_largest_first() -> None:
    images = [image(n) for n in range(9)] + [image(n, view="AP") for n in range(9, 12)] + [image(12, maker="Other")]
    groups, left_out = groups_of(images, {"s12": "Clear."}, None, seeded(1))
    assert [(group.view, group.scanner, group.count) for group in groups] == [
        ("PA", "Maker", 9),
        ("AP", "Maker", 3),
        ("PA", "Other", 1),
    ]
    assert (len(groups[0].thumbnails), left_out) == (6, 0)
    assert groups[2].thumbnails[0].report[0].text == "Clear."


def test_the_smallest_groups_are_counted_instead_of_shown() -> None:
    groups, left_out = groups_of([image(n, maker=f"M{n}") for n in range(15)], {}, None, seeded(1))
    assert (len(groups), left_out) == (12, 3)


def test_every_check_may_draw_other_images() -> None:
    images = [image(n) for n in range(50)]
    shown = [[one.study_id for one in groups_of(images, {}, None, seeded(seed))[0][0].thumbnails] for seed in (1, 2)]
    assert shown[0] != shown[1]


def test_suspicious_images_are_gathered_by_reason() -> None:
    images = [image(0), *(image(n, suspicions=(CT,)) for n in range(1, 12))]
    (reason,) = suspects_of(images, seeded(1))
    assert (reason.words, reason.count, len(reason.thumbnails)) == ("Modality is CT", 11, 8)


def test_a_thumbnail_is_the_picture_made_small() -> None:
    kind, content = data_url(PICTURE).split(",")
    picture = Image.open(io.BytesIO(base64.b64decode(content)))
    assert kind == "data:image/jpeg;base64"
    assert picture.size == (192, 192)
    assert abs(int(picture.getpixel((90, 90))) - 90) <= 1  # type: ignore[arg-type]  # one channel
