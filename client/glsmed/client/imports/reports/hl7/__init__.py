"""Reports in HL7 v2: results (ORU) and documents (MDM), alone or in batches.

``reports`` is the entry: a file in, records out, and each message that gives none with why. ``messages`` takes bytes
apart, ``observations`` makes text of OBX and NTE, ``identifiers`` finds what a report is joined by; ``results`` and
``documents`` know the two kinds of message. May import the modules beside this room, and ``report_record``.
"""
