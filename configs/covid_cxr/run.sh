#!/usr/bin/env bash
# Federates three rounds over three sites of public case reports, as real processes over TLS, on this machine.
#   configs/covid_cxr/run.sh [FOLDER]      FOLDER (default runs/covid_cxr) must not exist
# GLSMED_DATA names the folder that holds covid_cxr; every command below is one that a centre or a hospital types.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
out=${1:-$project/runs/covid_cxr}
export PATH="$project/.venv/bin:$PATH" OMP_NUM_THREADS=1
if [ -e "$out" ]; then echo "$out exists already: remove it or name another folder" >&2; exit 2; fi
mkdir -p "$out"

echo "== centre: study folder, authority, certificate"
flwr-server init "$out/centre" --name covid-cxr --port 8463 --loopback-port 8460
cp "$here/study.yaml" "$out/centre/study.yaml"

echo "== sites: manifests, adapters, configuration"
python "$here/build_sites.py" --out "$out" --study "$out/centre/study.yaml"
for site in spain usa rest; do
  echo "== $site: check, enroll; centre: admit"
  cp "$out/centre/pki/ca.crt" "$out/$site/ca.crt"
  fingerprint=$(glsmed-client --site "$out/$site/config.yaml" enroll | tee /dev/stderr | grep -o 'SHA256:[A-Za-z0-9+/]*')
  glsmed-client --site "$out/$site/config.yaml" check
  flwr-server --study "$out/centre/study.yaml" admit "$out/$site/request.yaml" --fingerprint "$fingerprint"
  cp "$out/centre/sites/certificates/$site.crt" "$out/$site/keys/site.crt"
done

echo "== three hospitals and the centre"
pids=()
stop_sites() { kill -TERM "${pids[@]}" 2>/dev/null || true; wait "${pids[@]}" 2>/dev/null || true; }
trap stop_sites EXIT
for site in spain usa rest; do
  glsmed-client --site "$out/$site/config.yaml" > "$out/$site/client.log" 2>&1 &
  pids+=($!)
done
flwr-server --study "$out/centre/study.yaml"
stop_sites
trap - EXIT

for site in spain usa rest; do glsmed-client --site "$out/$site/config.yaml" audit verify; done
echo "results: $out/centre/run"
