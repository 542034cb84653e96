"""What a site gives to the workbench: its reports, gold labels, images, and what its image model said of them.

In: config.yaml. Out: a workbench. The workbench itself knows nothing of sites: it is a room of ``site_adapters``. May
import ``data`` and ``settings``.
"""
