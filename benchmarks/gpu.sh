#!/usr/bin/env bash
# What the training core does on this machine's GPU: its tests there, then speed, memory and copies; under seven minutes.
#   bash benchmarks/gpu.sh OUT [--quick]
#   GPU_STEPS="tests-gpu resnet18-128" GPU_SECONDS=200 bash benchmarks/gpu.sh OUT
# OUT/results.jsonl has one line for each figure and step, as they come; OUT/log.txt all that was printed; OUT/*.xml the
# tests. Each step has a time limit, so that one that fails or hangs does not lose the others; the exit status is 1 if
# one did. GPU_STEPS names the steps to take, GPU_SECONDS is the limit of all together. --quick goes through all of it
# with tiny sizes, also without a GPU: its figures mean nothing.
set -uo pipefail
out=${1:?usage: bash benchmarks/gpu.sh OUT [--quick]}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
[ -x "$python" ] || python=python3
export PYTHONUNBUFFERED=1
wanted=${GPU_STEPS:-}
total=${GPU_SECONDS:-480} # of all steps together
failed=0

step() { # NAME SECONDS COMMAND...: runs it for no longer than that, nor beyond the total
  local name=$1 limit=$2 started=$SECONDS status
  shift 2
  if [ -n "$wanted" ] && [[ " $wanted " != *" $name "* ]]; then return; fi
  if ((limit > total - SECONDS)); then limit=$((total - SECONDS)); fi
  echo "== $name (at most $limit s)" | tee -a "$out/log.txt"
  if ((limit > 0)); then
    timeout --kill-after=5 "$limit" "$@" 2>&1 | tee -a "$out/log.txt"
    status=${PIPESTATUS[0]}
  else
    status=124
  fi
  ((status == 0)) || failed=1
  echo "{\"step\": \"$name\", \"exit\": $status, \"seconds\": $((SECONDS - started))}" | tee -a "$out/results.jsonl"
}

tests() { # NAME SECONDS OPTION...: warnings are no errors, since another release of torch may warn of something else
  step "$1" "$2" "$python" -m pytest -v -W default -p no:cacheprovider -o junit_family=xunit1 --durations 8 --timeout 75 \
    --junitxml "$out/$1.xml" "${@:3}"
}

benchmark=("$python" -c 'from glsmed.benchmarks.cli import main; main()')

measure() { # NAME SECONDS OPTION...
  step "$1" "$2" "${benchmark[@]}" device --out "$out/results.jsonl" "${@:3}"
}

real() { # NAME SECONDS OPTION...: hospitals of a real data set where there is one, else of a drawn one
  local data=$out/data table=${GLSMED_DATA:-../shared/data}/busbra/busbra.csv
  if [ ! -d "$data" ] && [ -f "$table" ]; then
    "${benchmark[@]}" dataset --table "$table" --columns configs/real/busbra.yaml --out "$data" >>"$out/log.txt"
  elif [ ! -d "$data" ]; then
    "${benchmark[@]}" build --studies 200 --out "$data" >>"$out/log.txt"
  fi
  step "$1" "$2" "${benchmark[@]}" real --data "$data" --part federations --out "$out/$1" "${@:3}"
}

step machine 20 nvidia-smi
if [ "${2:-}" = --quick ]; then
  tests tests-gpu 120 -m gpu tests/client/training
  measure copies 120 --kind copies --steps 1 --batch-size 1 --image-size 32 --repeats 1
  measure resnet10 200 --kind speed --kind parts --kind load --kind private \
    --architecture resnet10 --image-size 32 --batch-size 4 --steps 2 --repeats 1 --no-compiled
  real real-resnet10 200 --quick --size 32 --network resnet10_x0_25 --device auto
  exit $failed
fi
tests tests-gpu 110 -m gpu tests/client/training
measure copies 30 --kind copies --steps 1
measure resnet18-128 70 --kind speed --architecture resnet18 --batch-size 128 --steps 20
measure resnet50-128 110 --kind speed --architecture resnet50 --batch-size 128 --steps 12
measure resnet18-32 40 --kind speed --architecture resnet18 --batch-size 32 --steps 40 --no-compiled
measure resnet50-32 40 --kind speed --architecture resnet50 --batch-size 32 --steps 30 --no-compiled
measure resnet18-128-more 70 --kind parts --kind load --kind private --architecture resnet18 --batch-size 128 --steps 16
measure resnet50-128-more 90 --kind parts --kind load --kind private --architecture resnet50 --batch-size 128 --steps 8
real real-resnet18-224 150 --size 224 --network resnet18 --learning-rate 3e-4 --seeds 1 --device auto
exit $failed
