"""The coordinating centre: runs the study, checks every update, averages, and keeps the record.

``flwr-server`` (:mod:`cli`) is the only way in. Rooms: ``commands``, ``readiness``, ``admission``, ``processes``,
``rounds``, ``folders``, ``flower``. Imports ``glsmed.shared`` only: the centre runs without any code that reads reports
or images.
"""
