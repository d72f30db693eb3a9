#!/usr/bin/env bash
# Makes .venv from requirements.lock, or says nothing and ends at once when it is there and up to date.
#   PYTHON=python3.12    the Python to make it with, instead of the first one that works
#   TORCH_INDEX=URL      where Linux looks for the CPU build of torch first; TORCH_INDEX=skip: nowhere
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH_INDEX=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}
stamp=.venv/set-up-for
wanted=$(cat requirements.lock pyproject.toml etc/jupyter/labconfig/* .ci/setup.sh | cksum)

# Whether .venv was finished, and where it is: its scripts hold absolute paths, so a moved one is of no use.
finished_here() {
    [ -f "$stamp" ] && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        grep -qF "$(cd .venv && pwd -P)" .venv/bin/activate
}

if finished_here && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

# What a link points to belongs to another folder: it is used as it is, and never cleared or changed from here.
if [ -L .venv ]; then
    target=$(readlink .venv)
    if finished_here; then
        echo "Using .venv as it is: a link to $target, which was set up for other versions of the course's files." >&2
        exit 0
    fi
    echo ".venv is a link to $target, where no set-up was finished, and nothing is changed through a link." \
        "Run make setup in the folder that it belongs to, or remove the link: rm .venv" >&2
    exit 1
fi

# Prints the first Python that is supported and can make a venv. Each is run: a version manager's shim may be
# on the path and fail.
find_python() {
    local candidate version found=""
    local candidates=(python3.13 python3.12 python3.11 python3 python)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        case $version in
            3.11 | 3.12 | 3.13)
                if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
                    echo "$candidate"
                    return
                fi
                version="$version without its venv module"
                ;;
        esac
        found="$found, $candidate is $version"
    done
    found=${found#, }
    echo "This course needs Python 3.11, 3.12 or 3.13 with its venv module; found: ${found:-no Python that runs}." \
        "Install one, or name it: make lab PYTHON=/path/to/python3.12" >&2
    return 1
}

quiet=""
if finished_here; then
    rm "$stamp"
    echo "Bringing .venv up to date with requirements.lock."
    quiet=--quiet  # most of it is there already, and pip would say so package by package
else
    # Anything half done is thrown away: pip takes a package whose copying was interrupted for an installed one.
    python=$(find_python)
    echo "Making .venv with $("$python" --version) ($python); this takes a few minutes once."
    "$python" -m venv --clear .venv
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check $quiet "$@"; }

# The default Linux build of torch brings gigabytes of CUDA that the course does not use.
if [ "$(uname -s)" = Linux ] && [ "$TORCH_INDEX" != skip ]; then
    torch=$(grep -o '^torch==[^ ]*' requirements.lock)
    pip install --no-deps --retries 0 --timeout 5 --index-url "$TORCH_INDEX" "$torch" 2>/dev/null ||
        echo "No $torch at $TORCH_INDEX: taking the default build of torch instead."
fi
pip install -r requirements.lock
pip install --quiet --no-deps --editable .
echo "$wanted" > "$stamp"
