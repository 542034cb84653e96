#!/usr/bin/env bash
# A folder from which a machine without internet installs: every wheel by its hash, ours among them.
#   bash deploy/offline.sh deploy/requirements-site.lock glsmed-site        # on a machine of the same system and Python
# At the hospital, from within that folder:
#   sha256sum --check SHA256SUMS
#   python3 -m venv /opt/glsmed
#   /opt/glsmed/bin/pip install --no-index --find-links wheels --require-hashes -r requirements.lock
#   /opt/glsmed/bin/pip install --no-index --no-deps wheels/glsmed-*.whl
set -euo pipefail
if [ $# != 2 ]; then
    echo "usage: bash deploy/offline.sh LOCK FOLDER, as in: bash deploy/offline.sh deploy/requirements-site.lock glsmed-site" >&2
    exit 2
fi
lock=$(realpath "$1")
folder=$(realpath --canonicalize-missing "$2")
if [ -e "$folder" ]; then
    echo "$folder is there already: remove it, or name another folder" >&2
    exit 2
fi
cd "$(dirname "$0")/.."
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/wheels"
"${PYTHON:-python3}" -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-build.lock
"$work/tools/bin/hatchling" build --target wheel >/dev/null
cp "$(ls -t dist/glsmed-*.whl | head -n 1)" "$work/wheels"
"$work/tools/bin/pip" download --disable-pip-version-check --progress-bar off --only-binary :all: --require-hashes \
    --no-deps -r "$lock" --dest "$work/wheels"
cp "$lock" "$work/requirements.lock"
rm -r "$work/tools"
(cd "$work" && sha256sum requirements.lock wheels/* >SHA256SUMS)
mv "$work" "$folder"
echo "$folder: $(find "$folder/wheels" -name '*.whl' | wc -l) wheels; how to install them: deploy/offline.sh"
