"""Hosts as recordings: what `corral plan` is given of a thousand machines that don't exist."""
