#!/usr/bin/env bash
# Every comparison of benchmarks/results, in a folder that a stopped run goes on in; hours on one core.
#   GLSMED_DATA=FOLDER benchmarks/evidence.sh OUT      FOLDER holds pneumoniamnist/pneumoniamnist.npz
# Each part leaves OUT/tables/PART.md and PART.json; report.html beside the runs has all metrics and figures.
set -euo pipefail
out=${1:?usage: GLSMED_DATA=FOLDER benchmarks/evidence.sh OUT}
export PATH="$(cd "$(dirname "$0")/.." && pwd)/.venv/bin:$PATH" OMP_NUM_THREADS=1
mkdir -p "$out/tables"

compare() { # PART RUNS "METHOD..." OPTION...: the first method is the reference
  local part=$1 runs=$out/$2 methods=()
  for method in $3; do methods+=(--method "$method"); done
  glsmed-benchmark methods --out "$runs" --reference "${3%% *}" "${methods[@]}" "${@:4}"
  cp "$runs/tables.md" "$out/tables/$part.md"
  cp "$runs/summary.json" "$out/tables/$part.json"
}

main="gls-site gls-lexicon u-ones u-zeros u-ones-lsr u-ignore u-multiclass"
few="gls-site u-ones u-ones-lsr u-ignore"
blind="gls-image-informed gls-lexicon u-ones u-zeros u-ones-lsr u-ignore u-multiclass"
robust="ls nls sce gce elr nvum forward mixup u-self-trained"
pairs="co-teaching gls-lexicon-ensemble u-ones-ensemble u-ignore-ensemble"
doubt="--scenario class-conditional --scenario boilerplate --scenario severity-bar --scenario alike"

for p in pneumoniamnist drawn; do
  compare "federated-$p" "$p" "$main" --pixels $p --arm gold-federated --seeds 10
  compare "federated-parts-$p" "$p" "gls-site" --pixels $p --seeds 5 \
    --arm gold-federated --arm gold-no-offset-federated --arm gold-for-the-map-only-federated
  compare "federated-worlds-$p" "$p-worlds" "$few" --pixels $p $doubt --arm gold-federated --seeds 5
  compare "federated-no-gold-$p" "$p" "gls-image-informed gls-lexicon u-ones u-ones-lsr u-ignore" \
    --pixels $p --arm no-gold-federated --seeds 5

  compare "gold-$p" "$p" "$main gls-site-spread gls-negative" --pixels $p --arm gold --seeds 10
  compare "robust-$p" "$p" "gls-site u-ones-ls $robust $pairs gls-gated" --pixels $p --arm gold --seeds 5
  compare "parts-$p" "$p" "gls-site" --pixels $p --seeds 10 \
    --arm gold --arm gold-no-offset --arm gold-for-the-map-only
  compare "no-gold-$p" "$p" "$blind u-ones-ls ls" --pixels $p --arm no-gold --seeds 10 \
    --scenario case-dependent --scenario class-conditional

  compare "longer-gold-$p" "$p-60" "gls-site gls-lexicon u-ones u-ones-lsr u-ignore u-multiclass" \
    --pixels $p --arm gold --seeds 5 --epochs 60
  compare "longer-no-gold-$p" "$p-60" "$blind" --pixels $p --arm no-gold --seeds 5 --epochs 60
  compare "folds-$p" "$p-folds" "gls-site u-ones u-ignore gls-lexicon" --pixels $p --arm gold --folds 5 --seeds 1
  compare "gold-300-$p" "$p-300" "gls-site" --pixels $p --arm gold --gold 300 --seeds 5
  compare "negative-200-$p" "$p-200" "gls-negative" --pixels $p --scenario case-dependent $doubt --arm gold \
    --epochs 200 --seeds 1
done
compare gold-300-more-tests-drawn drawn-300-1000 "gls-site" --pixels drawn --arm gold --gold 300 --test 1000 --seeds 5
compare federated-rare-drawn drawn-worlds "$few" --pixels drawn --scenario rare --arm gold-federated --seeds 5
compare negative-200-rare-drawn drawn-200 "gls-negative" --pixels drawn --scenario rare --arm gold --epochs 200 --seeds 1
compare dividemix-pneumoniamnist pneumoniamnist "gls-site dividemix u-ones-ensemble u-ignore-ensemble" \
  --pixels pneumoniamnist --arm gold --seeds 3
compare longer-federated-pneumoniamnist pneumoniamnist-60 "$few" --pixels pneumoniamnist --arm gold-federated \
  --seeds 5 --epochs 60
compare federated-robust-pneumoniamnist pneumoniamnist "gls-site $robust fednoro" \
  --pixels pneumoniamnist --arm gold-federated --seeds 5

for p in drawn pneumoniamnist; do
  glsmed-benchmark fine-tuning --out "$out/fine-tuning-$p" --pixels $p --jobs "${JOBS:-1}"
  cp "$out/fine-tuning-$p/tables.md" "$out/tables/fine-tuning-$p.md"
  cp "$out/fine-tuning-$p/summary.json" "$out/tables/fine-tuning-$p.json"
done

# JOBS trainings at a time; DEVICE=cuda shares a GPU among them
for p in pneumoniamnist drawn; do
  glsmed-benchmark strategies --out "$out/strategies-$p" --pixels $p --seeds 3 \
    --jobs "${JOBS:-1}" --device "${DEVICE:-cpu}"
  cp "$out/strategies-$p/tables.md" "$out/tables/strategies-$p.md"
  cp "$out/strategies-$p/summary.json" "$out/tables/strategies-$p.json"
done
