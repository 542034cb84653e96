"""How large the demo is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """A demo that two cores finish within a few minutes.

    Attributes:
        patients: of each hospital; about one in seven comes twice, and as many studies have two images.
        seed: of everything that is drawn, and of the study.
        rounds: of the federation.
        steps_per_round: gradient steps at each hospital in each round.
    """

    patients: int = 500
    seed: int = 1
    rounds: int = 16
    steps_per_round: int = 40
    batch_size: int = 16
    image_size_px: int = 64
    architecture: str = "resnet10_x0_25"
    learning_rate: float = 1e-3
