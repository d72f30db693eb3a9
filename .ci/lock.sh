#!/usr/bin/env bash
# Resolves pyproject.toml into requirements.lock, one list for every Python and platform of the course.
# uv only resolves here: it downloads metadata, and pip is what installs. `.ci/lock.sh --upgrade` takes newer releases.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${1:?"say the Python to use first: .ci/lock.sh .venv/bin/python"}
shift
[ -x build/uv/bin/uv ] || { "$python" -m venv build/uv && build/uv/bin/pip install --quiet uv; }

lock=requirements.lock
resolved=build/resolved.lock
cp "$lock" "$resolved" 2>/dev/null || rm -f "$resolved"  # its pins are kept unless --upgrade says otherwise
build/uv/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
    --no-header --no-emit-index-url --no-emit-find-links --annotation-style line \
    --output-file "$resolved" --quiet "$@"

{
    echo '# Made by `make lock` from pyproject.toml (all extras; Python 3.11 to 3.13; Linux, macOS, Windows). Do not edit.'
    echo '# The CUDA packages of the default Linux build of torch are left out: pip adds them where that build is wanted.'
    grep -Ev '^(cuda|nvidia|triton)' "$resolved"
} > "$lock.new"
mv "$lock.new" "$lock"
echo "wrote $lock: $(grep -c == "$lock") pins"
