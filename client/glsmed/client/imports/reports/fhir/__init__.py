"""Reports in FHIR (R4 and R5), as JSON, as one resource a line, or as XML.

``reports`` is the entry: a file in, records out, and each DiagnosticReport that gives none with why. ``documents``
takes files apart into resources, ``xml`` makes of XML what JSON would say, ``attachments`` makes text of what is
attached. Read as plain data rather than with a library of models: those refuse a whole resource for one loose field,
and each knows one release only. May import the modules beside this room, and ``report_record``.
"""
