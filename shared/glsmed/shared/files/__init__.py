"""Files that are read strictly and written whole: YAML and JSON documents, the audit log, locks.

In: paths. Out: checked pydantic models, or every fault at once as ``file:line: key: …``. ``atomic`` writes to a
temporary file and renames; ``audit`` is the hash-chained log. May import ``errors``.
"""
