#!/bin/sh
# Installs the programs the tests run, from the system's own packages.
set -eu
as_root=""
if [ "$(id -u)" -ne 0 ]; then
	as_root="sudo -n"
fi
if ! command -v apt-get >/dev/null; then
	echo "install redis-server, openssl, nodejs, npm, chromium, softhsm2 and gcc, then run make test again" >&2
	exit 1
fi
missing=""
command -v redis-server >/dev/null || missing="$missing redis-server"
command -v openssl >/dev/null || missing="$missing openssl"
command -v npm >/dev/null || missing="$missing nodejs npm"
command -v chromium >/dev/null || missing="$missing chromium"
command -v softhsm2-util >/dev/null || missing="$missing softhsm2"
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the words are package names
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq $missing >/dev/null
