# shellcheck shell=sh
# What stands before every script on a host, each line a command. Programs are found whatever PATH sudo and the account's
# shell give; and no variable that somebody set there for their own use (/etc/environment, sudo's env_keep) leads docker,
# compose, systemd, the package managers or tar elsewhere. The daemon is named, since also a `docker context use` of the
# account leads elsewhere: a socket that is named counts more. Where registries' passwords are (DOCKER_CONFIG) stays.
export PATH="${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export DOCKER_HOST=unix:///var/run/docker.sock
unset DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION DOCKER_DEFAULT_PLATFORM CONTAINER_HOST
unset COMPOSE_FILE COMPOSE_PROJECT_NAME COMPOSE_PROFILES COMPOSE_ENV_FILES COMPOSE_REMOVE_ORPHANS COMPOSE_COMPATIBILITY
unset COMPOSE_API_VERSION COMPOSE_TLS_VERSION COMPOSE_PARALLEL_LIMIT COMPOSE_STATUS_STDOUT COMPOSE_ANSI
unset SYSTEMD_OFFLINE SYSTEMD_IGNORE_CHROOT SYSTEMD_UNIT_PATH SYSTEMD_LOG_LEVEL SYSTEMD_LOG_TARGET DBUS_SYSTEM_BUS_ADDRESS
unset APT_CONFIG DPKG_ROOT DPKG_ADMINDIR DPKG_FORCE DPKG_FRONTEND_LOCKED RPM_CONFIGDIR
unset TAR_OPTIONS GREP_OPTIONS QUOTING_STYLE BLOCK_SIZE BLOCKSIZE DF_BLOCK_SIZE CDPATH NGINX
