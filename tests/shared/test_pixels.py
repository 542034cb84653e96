import pytest
import torch

from glsmed.shared.pixels import BLACK, to_pixels


@pytest.mark.parametrize(("grey", "value"), [(0, BLACK), (255, 2.0), (51, (0.2 - 0.5) / 0.25)])
def test_grey_values_are_brought_to_about_mean_0_and_deviation_1(grey: int, value: float) -> None:
    assert to_pixels(torch.full((1, 1, 2, 2), grey, dtype=torch.uint8)).flatten().tolist() == pytest.approx([value] * 4)


def test_the_images_themselves_are_left_as_they_are() -> None:
    images = torch.full((1, 1, 2, 2), 7, dtype=torch.uint8)
    to_pixels(images)
    assert images.flatten().tolist() == [7] * 4
