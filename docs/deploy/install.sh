#!/bin/sh
# Installs the mock from a copy of the repository: install.sh SOURCE FOLDER
# Packages are those of the lock file beside this script, checked by their hashes.
set -eu
python3 -m venv "$2"
export PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
"$2/bin/pip" install --quiet --no-compile --require-hashes -r "$1/docs/deploy/requirements.lock"
"$2/bin/pip" install --quiet --no-compile --no-deps "$1"
