"""Run by the interpreter of negspacy's own environment: how fast it reads the same reports for the same terms.

Usage: ``python negspacy_run.py reports.jsonl terms.json``; prints one line of JSON. It imports nothing of glsmed. What
is timed goes from JSON lines to JSON lines, as ``extract`` does: each finding with its place and whether it is denied.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPEATS = 3


def main() -> None:
    """Print reports per second, the best of three runs, and the versions."""
    # These two stand in this environment only, not in glsmed's.
    import spacy
    from negspacy.negation import Negex  # type: ignore[import-not-found]  # noqa: F401  # registers the component

    reports = Path(sys.argv[1]).read_bytes().splitlines()
    terms = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    reader = spacy.blank("en")
    reader.add_pipe("sentencizer")
    ruler: Any = reader.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": finding, "pattern": term} for finding, found in terms.items() for term in found])
    reader.add_pipe("negex", config={"ent_types": list(terms)})
    runs = [_seconds(reader, reports) for _ in range(REPEATS)]
    told = {
        "reports_per_second": len(reports) / min(run[0] for run in runs),
        "reports_per_processor_second": len(reports) / min(run[1] for run in runs),
        "negspacy": version("negspacy"),
        "spacy": version("spacy"),
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _seconds(reader: Any, lines: list[bytes]) -> tuple[float, float]:
    """By the clock and by processor time."""
    start, worked = time.perf_counter(), time.process_time()
    reports = [json.loads(line) for line in lines]
    documents = reader.pipe([report["text"] for report in reports])
    answers = [_answer(report["id"], document) for report, document in zip(reports, documents, strict=True)]
    seconds = time.perf_counter() - start, time.process_time() - worked
    if len(answers) != len(lines):
        raise RuntimeError(f"{len(lines)} reports gave {len(answers)} answers")
    return seconds


def _answer(report_id: str, document: Any) -> str:
    findings = [
        {"finding": entity.label_, "start": entity.start_char, "end": entity.end_char, "denied": entity._.negex}
        for entity in document.ents
    ]
    return json.dumps({"id": report_id, "findings": findings})


if __name__ == "__main__":
    main()
