"""Corral turns one file into a running, highly available web-application cluster."""

__version__ = "0.1.0"
