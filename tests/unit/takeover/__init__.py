"""Clusters that an earlier Corral has left, recorded, and taken over by the code of today.

data/ was recorded in November 2026 from Corral 0.1.0, by the two scripts beside it: a playground, and the lab's seven
hosts twice. Passwords and keys in it are those of clusters that are gone.
"""
