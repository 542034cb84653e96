"""What a site is: ``config.yaml``, its private state folder, and its key.

In: files that a person wrote. Out: checked settings, or every fault at once with its line. ``state_folder`` alone
knows the names and modes of the files that a site keeps for itself; ``account_file`` is the form of the query budget,
``patient_account`` that of the privacy account, which ``privacy_ledger`` pays from and ``privacy_forecast`` puts into
words. May import nothing of the client.
"""
