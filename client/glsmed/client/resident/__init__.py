"""The resident process: holds the site's data, model and policy, and answers the centre's requests.

In: configuration, files, requests. Out: replies through ``egress``. ``process`` is the program, ``app`` the ClientApp,
``tasks`` what it answers, ``site_runtime`` all that an answer needs, ``preparation`` the way from files to tensors;
``task_events`` notes what was done. ``readiness`` looks at all of it offline for ``check``; ``training_alone`` trains
without a centre. May import every room but ``commands``.
"""
