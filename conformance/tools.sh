#!/bin/sh
# Installs the programs the tests run: from the system's own packages, and an emulator of AWS KMS from Python's, each
# version and hash of it pinned, under the user's cache.
set -eu
as_root=""
if [ "$(id -u)" -ne 0 ]; then
	as_root="sudo -n"
fi
moto="${XDG_CACHE_HOME:-$HOME/.cache}/justice-wallet/moto-5.2.5"
missing=""
command -v redis-server >/dev/null || missing="$missing redis-server"
command -v openssl >/dev/null || missing="$missing openssl"
command -v npm >/dev/null || missing="$missing nodejs npm"
command -v chromium >/dev/null || missing="$missing chromium"
command -v softhsm2-util >/dev/null || missing="$missing softhsm2"
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
python3 -c "import ensurepip, venv" 2>/dev/null || missing="$missing python3 python3-venv"
if [ -n "$missing" ]; then
	if ! command -v apt-get >/dev/null; then
		echo "install redis-server, openssl, nodejs, npm, chromium, softhsm2, gcc and python3, then run make test again" >&2
		exit 1
	fi
	$as_root apt-get update -qq
	# shellcheck disable=SC2086 # the words are package names
	DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq $missing >/dev/null
fi
if [ ! -e "$moto/installed" ]; then
	python3 -m venv --clear "$moto"
	"$moto/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$(dirname "$0")/../keys/keystest/moto/requirements.txt"
	touch "$moto/installed"
fi
