"""Evidence and demonstration: simulated hospitals, methods to compare with, measurements, the demo.

``glsmed-benchmark`` (:mod:`cli`) and ``glsmed-demo`` (:mod:`demo_cli`) are the ways in. May import everything of
glsmed; nothing imports this package.
"""
