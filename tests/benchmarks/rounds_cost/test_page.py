"""Figures as tables, by hand."""

from glsmed.benchmarks.rounds_cost.page import figures_page, markdown_table

TIMED = {"median": 2.5, "middle_half": [2.0, 3.25], "each": [2.0, 3.0]}
FIGURES = {
    "bars": [{"bar": "whole cycle, seconds", "measured": 4.5, "at_most": 4.0, "reached": False}],
    "rounds": {"cycle_seconds": TIMED, "processor_seconds_of_cycle": {"SuperLink": 0.8}},
    "scale_sites": {
        "rows": [
            {
                "sites": 2,
                "model_megabytes": 45.0,
                "round_beside_training_seconds": 3.1,
                "above_idle_over_model": 1.5,
            }
        ]
    },
}


def test_every_measured_part_has_its_row() -> None:
    assert figures_page(FIGURES).splitlines() == [
        "| bar | measured | at most | reached |",
        "| --- | ---: | ---: | ---: |",
        "| whole cycle, seconds | 4.5 | 4 | no |",
        "",
        "| run | round beside training, s | whole cycle, s | slowest training, s | bytes over needed |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| hospitals, loopback | – | 2.5 (2–3.25) | – | – |",
        "",
        "| process | processor seconds in a cycle |",
        "| --- | ---: |",
        "| SuperLink | 0.8 |",
        "",
        "| sites | MB | round beside training, s | above idle over the model |",
        "| --- | ---: | ---: | ---: |",
        "| 2 | 45 | 3.1 | 1.5 |",
    ]


def test_a_table_without_rows_is_empty() -> None:
    assert markdown_table(["a", "b"], []) == ""
    assert figures_page({"bars": []}) == ""
