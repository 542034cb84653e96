"""What a site is: ``config.yaml``, its private state folder, and its key.

In: files that a person wrote. Out: checked settings, or every fault at once with its line. ``state_folder`` alone
knows the names and modes of the files that a site keeps for itself. May import nothing of the client.
"""
