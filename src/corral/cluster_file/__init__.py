"""The cluster file: read with positions, checked, made into the model, shown.

`parse` is the way in, `build` the way to the model, `show` prints the whole. Nothing is imported here, so
that `corral --help` doesn't pay for pydantic and ruamel.yaml.
"""
