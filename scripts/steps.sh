# The steps that `check` and `test` have in common; `source` it after common.sh.
# Every step runs, also after a failure: one run shows all there is to mend.
# shellcheck shell=bash

failed=()

step() {
  local name=$1
  shift
  headline "$name"
  "$@" </dev/null || failed+=("$name")
}

# By `python -m`, so that a checkout that was moved still works.
static_checks() {
  local python=$VENV/bin/python
  step "Format (ruff format)" "$python" -m ruff format --check .
  step "Lint (ruff)" "$python" -m ruff check --output-format concise .
  step "Types (mypy)" "$python" -m mypy
  step "Types (pyright)" "$python" -m pyright --pythonpath "$python"
}

verdict() {
  [ ${#failed[@]} -eq 0 ] && return 0
  local name
  printf '\nfailed:' >&2
  for name in "${failed[@]}"; do printf ' [%s]' "$name" >&2; done
  printf '\n' >&2
  return 1
}
