"""What centre and site say to each other, and how each knows that the other means the same.

In: objects. Out: records that Flower carries; or an error that names the field. ``study`` is study.yaml and its
digest; ``messages`` lists the messages, ``codec`` turns them into records, ``metric_names`` says which numbers may
travel and within which range; ``strategy_settings`` and ``local_layers`` say how sites learn together; ``bundle`` is
what the centre submits, with its ``inert_client_app``; ``enrolment`` a site's signed request to join. May import
``wire``, ``files`` and ``errors``.
"""
