"""What a site uses of Flower's private parts; the client's only room with such names.

``centre_client`` talks to the centre; ``supernode`` is Flower's SuperNode in its own process, ``task_queue`` the
resident's end of it, and ``message_parts`` cuts and joins the model that travels. May import the room around it.
"""
