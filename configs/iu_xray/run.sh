#!/usr/bin/env bash
# Two hospital systems: exports -> import -> check -> enrol -> three rounds as real processes over TLS -> predict.
#   configs/iu_xray/run.sh [FOLDER] [STUDIES]   FOLDER (default runs/iu_xray) must not exist; STUDIES of each, default all
# GLSMED_DATA names the folder that holds iu_xray and openi_reports. Every command below is one that a person types.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
out=${1:-$project/runs/iu_xray}
export PATH="$project/.venv/bin:$PATH" OMP_NUM_THREADS=1
if [ -e "$out" ]; then echo "$out exists already: remove it or name another folder" >&2; exit 2; fi
mkdir -p "$out"
cd "$out"
say() { printf '\n$ %s\n' "$*"; "$@"; }

echo "== what the hospitals' systems export"
say python "$here/export_systems.py" --out . ${2:+--studies "$2"}

echo "== centre: study folder, authority, certificate"
say flwr-server init centre --name iu-xray --port 8473 --loopback-port 8470
cp "$here/study.yaml" centre/study.yaml

for site in hospital-a hospital-b; do
  echo "== $site: import, check, enroll; centre: admit"
  say glsmed-client init "$site" --study centre/study.yaml --ca centre/pki/ca.crt --adapter en_radiology
  cp "$here/$site.yaml" "$site/config.yaml"
  cp "exports/$site/gold.csv" "$site/gold.csv"
  say glsmed-client --site "$site/config.yaml" import --reports "exports/$site/ris.csv" --images "exports/$site/images" \
    --image-names '(?P<accession_number>CXR\d+)/(?P<patient_id>\d+)_'
  fingerprint=$(say glsmed-client --site "$site/config.yaml" enroll | tee /dev/stderr | grep -o 'SHA256:[A-Za-z0-9+/]*')
  say glsmed-client --site "$site/config.yaml" check
  say flwr-server --study centre/study.yaml admit "$site/request.yaml" --fingerprint "$fingerprint"
  cp "centre/sites/certificates/$site.crt" "$site/keys/site.crt"
done

echo "== the hospitals and the centre"
pids=()
stop_sites() { kill -TERM "${pids[@]}" 2>/dev/null || true; wait "${pids[@]}" 2>/dev/null || true; }
trap stop_sites EXIT
for site in hospital-a hospital-b; do
  glsmed-client --site "$site/config.yaml" > "$site/client.log" 2>&1 &
  pids+=($!)
done
say flwr-server --study centre/study.yaml
stop_sites
trap - EXIT

for site in hospital-a hospital-b; do
  echo "== $site: the model on new patients"
  say glsmed-client --site "$site/config.yaml" predict --in "exports/$site/new" --out "$site/predictions.csv" \
    --html "$site/worklist.html"
  say glsmed-client --site "$site/config.yaml" audit verify
done
echo "results: $out/centre/run/report.html, $out/hospital-*/worklist.html"
