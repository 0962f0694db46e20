"""Test hosts: Debian machines as containers with systemd, sshd, sudo and docker. `python -m lab --help`."""
