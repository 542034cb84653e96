"""Reports from what a hospital's systems export: tables, folders of text, HL7 v2, FHIR and DICOM SR.

``sources`` is the entry: ``reports_from`` looks at each file and hands it to the module of its kind. ``columns`` knows
the names of a table's columns, ``moments`` and ``statuses`` the ways to write dates and states. A part that cannot be
read is named, never guessed. May be imported by commands; imports ``report_record``, and ``images`` for headers.
"""
