"""Noticeboard, the example application of `corral up`: notes that are live in every open browser.

It knows nothing of Corral: it reads its environment, listens, and stops on SIGTERM, like any application
that a user would bring along. Nothing heavy is imported here, because eleven of these start at once on a
small machine.
"""
