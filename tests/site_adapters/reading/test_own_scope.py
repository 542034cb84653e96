"""A cue that says all itself ("afebrile") is marked, and governs no finding."""

from collections.abc import Callable
from pathlib import Path

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.examples import check_examples
from glsmed.site_adapters.reading.reader import Reader

BODY = "cues: [{id: afebrile, kind: negation, scope: own, phrases: [afebrile], examples: [Afebrile today.]}]"


def test_it_is_marked_with_itself_as_scope_and_leaves_the_finding_alone(adapter_file: Callable[..., Path]) -> None:
    adapter = load_adapter(adapter_file(BODY))
    assert check_examples(adapter) == []
    reader = Reader(adapter)
    assert reader.read("Afebrile effusion.").cells["effusion"].state == "present"
    (mark,) = reader.marks("An afebrile effusion.")
    assert (mark.kind, mark.scope) == ("negation", (3, 11))
