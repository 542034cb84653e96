"""What centre and site say to each other, and how each knows that the other means the same.

``study.yaml`` and its digest, the messages and their encoding, the layout of the model's arrays (``model_manifest``),
limits on size, the run bundle with its inert client app, and a site's signed request to join. In: objects. Out:
records that Flower carries; or an error that names the field. May import ``files`` and ``errors``.
"""
