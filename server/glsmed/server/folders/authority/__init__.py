"""What the study's authority issues, and the passphrase that opens its key.

``issuing`` makes certificates out of keys; ``passphrase`` finds the words. In: keys and names. Out: certificates and
bytes. Imports no other room of the server.
"""
