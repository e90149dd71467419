#!/bin/sh
# Serves the account of the volume, in the place of this shell, so that signals reach it.
exec "$(dirname "$0")/python" -m flex_chat_lab.mock --host 0.0.0.0 --db "${MOCK_DATA:-/data}/account.db" "$@"
