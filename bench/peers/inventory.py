"""pyinfra's inventory: the hosts of hosts.json, with what is wanted of each as its data."""

import json
import os
from pathlib import Path

cluster = [
    (
        host["name"],
        {
            **host,
            "ssh_hostname": host["address"],
            "ssh_user": host["user"],
            "ssh_key": host["key"],
            "ssh_known_hosts_file": host["known_hosts"],
            "ssh_strict_host_key_checking": "yes",
            "ssh_allow_agent": False,
            "ssh_look_for_keys": False,
        },
    )
    for host in json.loads(Path(os.environ["CORRAL_BENCH_HOSTS"]).read_text())
]
