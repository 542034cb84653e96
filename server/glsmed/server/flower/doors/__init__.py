"""Who may connect to the SuperLink, with how much, and for how long: decided before a byte of a body is read.

A listener that counts and times its connections, the node keys of sites on the public address, their own answers as
all that they may push, and the secret of the centre's own processes on the loopback interface. In: limits,
certificates, the SuperLink's state. Out: requests that may be served. May import ``settings`` of its room.
"""
