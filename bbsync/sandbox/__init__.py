"""Loopback stand-ins for Bitbucket Cloud and JupiterOne, for `bbsync demo`, tests and people's own trials.

They are written from the services' documented behaviour and import nothing of bbsync's kinds, graph or plan: a
stand-in that shares our assumptions proves nothing.
"""
