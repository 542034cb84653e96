"""From the bytes of a report to its text: which encoding they are in, and HTML, RTF or CDA read away.

In: bytes or text of one report. Out: text, or a ValueError in plain words. ``encodings`` decides by evidence, with the
plausibility of each reading from ``letters`` and ``iso_2022``; ``mojibake`` finds text that was decoded wrongly before;
``html_text``, ``rtf_text`` and ``cda_text`` each know one format. ``report_text`` beside this room puts them together.
Imports nothing of this package.
"""
