"""The resident process: holds the site's data, model and policy, and answers the centre's requests.

``site_inputs`` reads what the hospital gives, once; ``preparation`` makes tensors of it; ``site_runtime`` holds all
that a request needs; ``app`` is the ClientApp that answers; ``resident`` is the process; ``readiness`` looks at
everything offline for ``check``. In: configuration, files, requests. Out: replies through ``egress``. May import
every room but ``commands``.
"""
