"""What a site is: ``config.yaml``, its private state folder, and its key.

In: files that a person wrote. Out: checked settings, or every fault at once with its line. ``state_folder`` alone
knows the names and modes of the files that a site keeps for itself; ``account_file`` is the form that the query
budget and the privacy account share. May import nothing of the client.
"""
