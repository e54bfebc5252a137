#!/bin/sh
# Installs the programs the tests run, from the system's own packages.
set -eu
as_root=""
if [ "$(id -u)" -ne 0 ]; then
	as_root="sudo -n"
fi
if ! command -v apt-get >/dev/null; then
	echo "install redis-server and openssl, then run make test again" >&2
	exit 1
fi
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq redis-server openssl >/dev/null
