"""What one run of a federation is made of."""

from dataclasses import dataclass

from glsmed.benchmarks.rounds_cost.instruments.line import LineSpeed

WARM_UP_ROUNDS = 2  # the first round warms up the sites, the second is the first whole cycle
_TRAINING_BATCH = 8


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One study on this machine.

    Attributes:
        sites: number of sites.
        rounds: rounds that are measured, after two that warm things up.
        architecture: the model, if ``model_megabytes`` is not given.
        model_megabytes: size of a made-up model instead.
        light: sites that answer at once, all in one process, instead of real hospital processes.
        speed: of each site's line; None: as fast as the loopback interface.
        image_size_px: side of the hospitals' images; a larger one makes a training step longer.
        sample_memory: sample the centre's memory all the time, which takes some of the processor.
        is_masked: hospitals approve a roster, and the centre sees only the sum of their changes.
        sums_metrics: under masks, metrics of the model are in the sum too.
    """

    sites: int = 2
    rounds: int = 5
    architecture: str = "resnet18"
    model_megabytes: float | None = None
    light: bool = False
    speed: LineSpeed | None = None
    image_size_px: int = 64
    sample_memory: bool = False
    is_masked: bool = False
    sums_metrics: bool = False

    @property
    def site_names(self) -> tuple[str, ...]:
        """The sites' names."""
        return tuple(f"site-{number:02d}" for number in range(1, self.sites + 1))

    @property
    def rounds_of_study(self) -> int:
        """Rounds that the study runs."""
        return self.rounds + WARM_UP_ROUNDS

    def study_changes(self) -> dict[str, object]:
        """What study.yaml has other than at its defaults."""
        return {
            "findings": ["effusion"],
            "model": {"architecture": self.architecture, "image_size_px": self.image_size_px},
            "training": {"rounds": self.rounds_of_study, "steps_per_round": 1, "batch_size": _TRAINING_BATCH},
            "federation": {
                "quorum": self.sites,
                "round_deadline_minutes": 60,
                "secure_aggregation": "on" if self.is_masked else "off",
                "summed_metrics": self.sums_metrics,
            },
        }
