#!/bin/sh
# Our decode and prefill and llama.cpp's by turns, on the same shapes, with ratios of medians at the end.
#
#   benchmarks/llama-bench.sh CHECKPOINT GGUF [ROUNDS]
#
# Needs llama-bench on PATH. The GGUF must have the shapes of the checkpoint; experts should be Q4_0 repacked directly from
# its INT4 (a converter that goes through floats and quantises again changes the weights): tools/gguf/checkpoint_to_gguf.py
# writes such a file. Each round opens both anew. "foreign" is how many processors everybody else kept busy meanwhile.
#
# THREADS      default: the number of cores
# PROMPT       tokens of prefill; default 512
# TOKENS       tokens of decode; default 32
# DEPTH        positions in the cache before decode; default 0. Ours are random, llama.cpp has to read them first
# REPETITIONS  samples of each round, after one to warm up; default 3
# PHASES       default "prefill decode"
# BACKEND      of ours: vector or native; default auto
# LLAMA        further options for llama-bench, for example "-fa 0"
# LLAMA_DEPTH  a program made from tools/gguf/llama_depth.c, which fills llama.cpp's cache without reading; used if DEPTH is set
# RUN          what runs both programs, for example "taskset -c 0,1"
set -eu
[ $# -ge 2 ] || { sed -n '2,22s/^# \{0,1\}//p' "$0"; exit 2; }
fail() {
    echo "llama-bench.sh: $*" >&2
    exit 1
}
command -v llama-bench >/dev/null || fail "llama-bench is not on PATH; it is a part of llama.cpp"
checkpoint=$1
gguf=$2
rounds=${3:-5}
threads=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
prompt=${PROMPT:-512}
tokens=${TOKENS:-32}
depth=${DEPTH:-0}
repetitions=${REPETITIONS:-3}
phases=${PHASES:-prefill decode}
[ -r "$checkpoint/config.json" ] || fail "$checkpoint/config.json cannot be read; give the folder of a checkpoint"
[ -r "$gguf" ] || fail "$gguf cannot be read; tools/gguf/checkpoint_to_gguf.py writes it"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Each prints tokens per second of a phase, or nothing if the program failed or its table is not as expected.
ours() {
    at=0
    [ "$1" = prefill ] || at=$depth
    # shellcheck disable=SC2086
    ${RUN:-} "$here/../kimi" bench --model "$checkpoint" --backend "${BACKEND:-auto}" --threads "$threads" --prompt "$prompt" \
        --tokens "$tokens" --depth "$at" --phase "$1" --repetitions "$repetitions" --format csv \
        >"$work/ours.csv" 2>"$work/ours.err" || true
    column median_tok_s "$work/ours.csv"
}

llama() {
    if [ "$1" = decode ] && [ "$depth" -gt 0 ] && [ -n "${LLAMA_DEPTH:-}" ]; then
        # shellcheck disable=SC2086
        ${RUN:-} "$LLAMA_DEPTH" "$gguf" "$threads" "$depth" "$tokens" "$repetitions" >"$work/llama.csv" 2>"$work/llama.err" || true
        column avg_ts "$work/llama.csv"
        return
    fi
    if [ "$1" = prefill ]; then
        set -- -p "$prompt" -n 0
    else
        set -- -p 0 -n "$tokens" -d "$depth"
    fi
    # shellcheck disable=SC2086
    ${RUN:-} llama-bench -m "$gguf" -t "$threads" -o csv -r "$repetitions" "$@" ${LLAMA:-} >"$work/llama.csv" 2>"$work/llama.err" || true
    column avg_ts "$work/llama.csv"
}

# Which columns there are changes between versions of llama.cpp, so they are found by name. It quotes all values but no name.
column() {
    awk -v name="$1" 'NR == 1 { n = split($0, h, ","); for (i = 1; i <= n; i++) if (h[i] == name) c = i }
        NR == 2 && c { quoted = /^"/; n = quoted ? split($0, v, "\",\"") : split($0, v, ","); gsub(/"/, "", v[c]); print v[c] }' "$2"
}

median() {
    sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# Time, processor time of everybody, and of what this script has waited for, in hundredths of a second.
clocks() {
    awk '{ print int($1 * 100) }' /proc/uptime 2>/dev/null || echo 0
    awk '/^cpu /{ print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat 2>/dev/null || echo 0
    awk '{ print $16 + $17 }' "/proc/$$/stat" 2>/dev/null || echo 0
}

# measure ours|llama PHASE: appends to the files of results and of foreign load.
measure() {
    clocks >"$work/before"
    "$1" "$2" >"$work/value"
    clocks >"$work/after"
    if ! [ -s "$work/value" ]; then
        cat "$work/$1.csv" >&2
        tail -n 20 "$work/$1.err" >&2
        fail "$1, $2: expected a table with a line of results, found the above"
    fi
    cat "$work/value" >>"$work/$1-$2"
    paste "$work/before" "$work/after" | awk '{ d[NR] = $2 - $1 } END { printf "%.2f\n", d[1] ? (d[2] - d[3]) / d[1] : 0 }' >"$work/foreign"
    cat "$work/foreign" >>"$work/$1-$2-foreign"
    echo "round $round of $rounds: $1, $2: $(cat "$work/value") tokens/s, foreign $(cat "$work/foreign")" >&2
}

about() {
    for name in build_number build_commit backends flash_attn load_mode use_mmap repack; do
        value=$(column "$name" "$work/llama.csv")
        [ -z "$value" ] || printf '%s %s, ' "$name" "$value"
    done
    # A build with several libraries of kernels names the one it chose.
    echo "kernels $(sed -n 's/.*loaded CPU backend from .*\/\(.*\)/\1/p' "$work/llama.err" | tail -n 1)"
    echo "ours: $(column backend "$work/ours.csv")"
}

round=1
while [ "$round" -le "$rounds" ]; do
    for phase in $phases; do
        measure ours "$phase"
        measure llama "$phase"
    done
    [ "$round" -gt 1 ] || about >&2
    round=$((round + 1))
done
echo "phase,depth,threads,ours_tok_s,llama_tok_s,ratio,ours_foreign,llama_foreign"
for phase in $phases; do
    d=0
    [ "$phase" = prefill ] || d=$depth
    awk -v p="$phase" -v d="$d" -v n="$threads" -v o="$(median "$work/ours-$phase")" -v t="$(median "$work/llama-$phase")" \
        -v f="$(median "$work/ours-$phase-foreign")" -v g="$(median "$work/llama-$phase-foreign")" \
        'BEGIN { printf "%s,%d,%d,%.2f,%.2f,%.3f,%.2f,%.2f\n", p, d, n, o, t, o / t, f, g }'
done
