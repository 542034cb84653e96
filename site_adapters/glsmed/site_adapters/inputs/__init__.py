"""The files that a hospital gives: reports as JSON lines or named by a manifest, gold labels; progress over long ones.

In: paths or streams. Out: rows, reports and labels, with what was tolerated, or every fault with its line. ``tables``
reads CSV as people and spreadsheets write it, ``report_text`` one report in any encoding and format. Imports nothing of
this package.
"""
