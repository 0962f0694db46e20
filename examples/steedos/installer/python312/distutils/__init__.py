"""Stands in for the package that Python left out from 3.12 on: node-gyp 9 takes one name from it, and nothing else."""
