"""The coordinating centre: runs the study, checks every update, averages, and keeps the record.

``flwr-server`` (:mod:`cli`) is the only way in. Rooms: ``commands``, ``processes``, ``rounds``, ``folders``,
``flower``. Imports ``glsmed.shared`` only: no report, image or adapter code is on the centre's machine in use.
"""
