"""The parts of a study's page, one module each: a frozen dataclass with what is known, and the blocks that show it.

In: the study's record. Out: blocks of ``glsmed.shared.pages``, the same for the page while a study runs and for
``report.html`` at its end. May import ``study_record`` and what it is made of; nothing here asks a site or reads more
than the record.
"""
