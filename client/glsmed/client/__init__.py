"""The hospital: reads its reports, trains on its images, and decides what may leave.

``glsmed-client`` (:mod:`cli`) is the only way in. Rooms, from the door inwards: ``commands``, ``resident`` (the
process that answers the centre), ``egress``, ``evaluation``, ``training``, ``labels``, ``data``, ``node``,
``learning``, ``settings``. Imports ``glsmed.site_adapters`` and ``glsmed.shared``, never the server.
"""
