"""Precision, recall and F1 from counts that add up."""

from dataclasses import dataclass


@dataclass(slots=True)
class Retrieval:
    """Counts of what was predicted and what is gold.

    Attributes:
        right: predictions that hit gold; found: gold items that a prediction hit (spans may differ in number).
    """

    right: int = 0
    predicted: int = 0
    found: int = 0
    gold: int = 0

    def add(self, *, right: int, predicted: int, found: int, gold: int) -> None:
        """Add the counts of one more text."""
        self.right += right
        self.predicted += predicted
        self.found += found
        self.gold += gold

    def numbers(self, prefix: str) -> dict[str, float]:
        """``{prefix}_precision``, ``_recall``, ``_f1`` in [0, 1] and ``_gold``, the gold items; 0 where nothing is."""
        precision = self.right / self.predicted if self.predicted else 0.0
        recall = self.found / self.gold if self.gold else 0.0
        total = precision + recall
        return {
            f"{prefix}_precision": precision,
            f"{prefix}_recall": recall,
            f"{prefix}_f1": 2 * precision * recall / total if total else 0.0,
            f"{prefix}_gold": self.gold,
        }
