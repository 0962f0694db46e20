"""What bench/apply.py compares Corral with: pyinfra and Ansible, told to keep the same things on the same hosts."""
