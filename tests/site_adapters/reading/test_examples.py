from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.examples import check_examples

Writer = Callable[..., Path]


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ("examples: [{text: No effusion., expect: {effusion: absent}}]", []),
        (
            "examples: [{text: No effusion., expect: {effusion: present, mass: absent}}]",
            [
                "'No effusion.': effusion: expected present, got absent (cue 'negated')",
                "'No effusion.': mass: expected absent, got unmentioned",
            ],
        ),
        (
            "cues: [{id: possible, examples: [Possible mass., Likely mass.]}]",
            ["expected cue 'possible' to decide, got"],
        ),
        ("cues: [{id: no_change, examples: [No change in the mass.]}]", []),
        ("cues: [{id: no_change, examples: [A mass.]}]", ["expected cue 'no_change' to decide"]),
    ],
)
def test_each_example_that_does_not_hold_is_a_fault_with_its_line(
    adapter_file: Writer, body: str, messages: list[str]
) -> None:
    faults = check_examples(load_adapter(adapter_file(body)))
    assert len(faults) == len(messages)
    assert all(message in fault.message for message, fault in zip(messages, faults, strict=True)), faults
    assert all(fault.line == 3 for fault in faults)


def test_a_parents_example_counts_only_when_asked_for(adapter_file: Writer) -> None:
    adapter = load_adapter(adapter_file("cues: [{id: if_any, remove: [if any]}]"))
    assert check_examples(adapter) == []
    (fault,) = check_examples(adapter, inherited=True)
    assert "expected cue 'if_any' to decide" in fault.message
    assert fault.source.endswith("en_radiology.yaml")
