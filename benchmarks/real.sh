#!/usr/bin/env bash
# The tables of benchmarks/results/real-*.md, from public data sets on this machine; about five hours on one core.
#   GLSMED_DATA=FOLDER benchmarks/real.sh OUT [JOBS]      FOLDER holds busbra/, breast_usg/, iu_xray/ and openi_reports/
#   RESNET_DEALS=2 GLSMED_DATA=FOLDER benchmarks/real.sh OUT [JOBS]      ResNet-18 at 112 pixels, too: an hour a deal
# A stopped run goes on where it was. OUT/busbra, OUT/iu-xray and OUT/resnet18 get tables.md, report.html and summary.json.
set -euo pipefail
out=${1:?usage: GLSMED_DATA=FOLDER benchmarks/real.sh OUT [JOBS]}
jobs=${2:-1}
data=${GLSMED_DATA:?expected GLSMED_DATA=FOLDER with busbra/, breast_usg/, iu_xray/ and openi_reports/}
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" OMP_NUM_THREADS=1
mkdir -p "$out/data"

dataset() { # NAME TABLE
  [ -d "$out/data/$1" ] || glsmed-benchmark dataset --table "$2" --columns "configs/real/$1.yaml" --out "$out/data/$1"
}

dataset busbra "$data/busbra/busbra.csv"
dataset breast-usg "$data/breast_usg/breast_usg.csv"
[ -f "$out/data/iu-xray.csv" ] || python configs/iu_xray/export_systems.py --data "$data" --table "$out/data/iu-xray.csv"
dataset iu-xray "$out/data/iu-xray.csv"

every="--part methods --part federations --part policies"
glsmed-benchmark real --data "$out/data/busbra" --elsewhere "$out/data/breast-usg" $every --leave-out --seeds 10 \
  --jobs "$jobs" --out "$out/busbra"
glsmed-benchmark real --data "$out/data/iu-xray" $every --leave-out --seeds 5 --gold 50 --gold 100 --jobs "$jobs" \
  --out "$out/iu-xray"

if [ "${RESNET_DEALS:-0}" -gt 0 ]; then
  methods=(gls-lexicon gls-image-informed u-ones gls-site gls-beta-ones gold-only)
  glsmed-benchmark real --data "$out/data/busbra" --elsewhere "$out/data/breast-usg" --size 112 --network resnet18 \
    --learning-rate 2e-4 --epochs 12 --bf16 --bare --gold 50 "${methods[@]/#/--method=}" --seeds "$RESNET_DEALS" --jobs "$jobs" \
    --out "$out/resnet18"
fi
