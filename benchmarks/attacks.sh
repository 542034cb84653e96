#!/usr/bin/env bash
# Every attack that has figures, one command each; about forty minutes on one core that is free.
#   bash benchmarks/attacks.sh OUT
# OUT/labels-SEED/labels.md, OUT/poison.md, OUT/membership.md, OUT/inversion.md and its picture, OUT/privacy/privacy.md.
# The tests in tests/attacks show that each attack is blocked, with a control that succeeds; here it is counted how far
# one comes.
set -euo pipefail
out=${1:?usage: bash benchmarks/attacks.sh OUT}
export PATH="$(cd "$(dirname "$0")/.." && pwd)/.venv/bin:$PATH" OMP_NUM_THREADS=1

for seed in 0 1 2; do
  glsmed-benchmark attacks --part labels --bound 1.5 --rounds 50 --steps 5 --seed $seed --out "$out/labels-$seed"
done
glsmed-benchmark attacks --part poison --seeds 3 --out "$out"
glsmed-benchmark attacks --part membership --seeds 3 --out "$out"
glsmed-benchmark attacks --part inversion --seeds 3 --out "$out"
glsmed-benchmark privacy --seeds 3 --out "$out/privacy"
