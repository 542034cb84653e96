"""A hospital's own case for management: what its models' alerts do on its test patients, and how common findings are.

In: the site's data, its shipped model, and the model that it trained alone. Out: rates with draws, for the page that
``glsmed.shared.case`` makes. Nothing leaves the site. May import ``data``, ``evaluation``, ``labels``, ``model_use``,
``resident`` and ``settings``.
"""
