"""The connection to the centre: Flower's SuperNode, watched and kept alive.

``supervisor`` runs the SuperNode and the resident process and starts them again after a crash; the room ``flower`` is
the client's only one with names that are private to Flower; ``bell`` says that a message has come; ``bundle_check``
refuses a run bundle that the site has not accepted; the room ``gate`` refuses tasks that the centre has not signed.
``proxy`` is the way to the centre; ``connection_faults`` and ``refusals`` say in words why it does not answer as it
should, and ``online_check`` where on the way. In: requests from the centre. Out: replies that the resident made. May
import ``monitoring``, ``settings``.
"""
