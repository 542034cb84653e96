"""The files that a hospital gives: reports as JSON lines, gold labels and manifests as CSV; progress over long ones.

In: paths or streams. Out: rows, or every fault with its line; ``report_text`` turns the bytes of one report into text.
Imports nothing of this package.
"""
