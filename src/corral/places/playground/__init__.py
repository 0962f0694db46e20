"""The whole cluster on one machine: hosts are loopback addresses, everything else is real."""
