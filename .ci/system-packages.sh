#!/usr/bin/env bash
# Installs what tests need beside Python: a browser and the grader's sandbox. As root with apt-get it installs them;
# anywhere else it prints the line to type, and the tests that need them are reported as not run.
set -euo pipefail

missing=()
command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
command -v bwrap >/dev/null || missing+=(bubblewrap)
[ -x /usr/bin/python3 ] || missing+=(python3)  # the grader's sandbox runs in one that every user can execute
[ ${#missing[@]} -gt 0 ] || exit 0

install="apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
    echo "Tests that need ${missing[*]} will not run. Install with your package manager: ${missing[*]}"
elif [ "$(id -u)" != 0 ]; then
    echo "Tests that need ${missing[*]} will not run. To run them, too: sudo apt-get update && sudo $install"
else
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && $install; } ||
        echo "apt-get failed: tests that need ${missing[*]} will not run. Try: apt-get update && $install"
fi
