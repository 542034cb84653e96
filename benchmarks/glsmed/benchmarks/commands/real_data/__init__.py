"""Commands about real data sets: ``glsmed-benchmark dataset`` and ``real``.

They may import ``real_data`` and the catalogue of methods, when they run.
"""
