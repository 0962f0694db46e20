"""The install of the Steedos example, in Python's standard library alone."""
