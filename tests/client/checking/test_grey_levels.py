import numpy as np
import torch

from glsmed.client.checking.grey_levels import BINS, grey_histogram, histogram_svg


def test_shares_are_numpys_own_histogram() -> None:
    pictures = [
        torch.randint(0, 256, (1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(n))
        for n in (1, 2)
    ]
    expected, _ = np.histogram(torch.stack(pictures).numpy(), bins=BINS, range=(0, 256))
    np.testing.assert_allclose(grey_histogram(pictures), expected / expected.sum())


def test_a_histogram_is_an_image_with_a_name() -> None:
    svg = histogram_svg(grey_histogram([torch.zeros(1, 4, 4, dtype=torch.uint8)]), label="three")
    assert svg.startswith(
        '<svg class="histogram" viewBox="0 0 256 60" role="img" aria-label="three"><polygon points="0,60 '
    )
    assert svg.endswith('256,60"/></svg>')
