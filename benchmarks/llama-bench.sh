#!/bin/sh
# Our decode and prefill and llama.cpp's by turns, on the same shapes, with ratios of medians at the end.
#
#   benchmarks/llama-bench.sh CHECKPOINT GGUF [ROUNDS]
#
# Needs llama-bench on PATH. The GGUF must have the shapes of the checkpoint; experts should be Q4_0 repacked directly from
# its INT4 (a converter that goes through floats and quantises again changes the weights). Each round opens both anew.
#
# THREADS   default: the number of cores
# PROMPT    tokens of prefill; default 512
# TOKENS    tokens of decode; default 32
# DEPTH     positions in the cache before decode; default 0
# BACKEND   of ours: vector or native; default auto
# LLAMA     further options for llama-bench, for example "-fa 1"
set -eu
[ $# -ge 2 ] || { sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2; }
command -v llama-bench >/dev/null || { echo "llama-bench.sh: llama-bench is not on PATH" >&2; exit 1; }
checkpoint=$1
gguf=$2
rounds=${3:-5}
threads=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
prompt=${PROMPT:-512}
tokens=${TOKENS:-32}
depth=${DEPTH:-0}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ours() {
    "$here/../kimi" bench --model "$checkpoint" --backend "${BACKEND:-auto}" --threads "$threads" --prompt "$prompt" \
        --tokens "$tokens" --depth "$1" --phase "$2" --repetitions 3 --format csv 2>/dev/null |
        tail -n 1 | cut -d, -f10
}

theirs() {
    # shellcheck disable=SC2086
    llama-bench -m "$gguf" -t "$threads" -o csv -r 1 ${LLAMA:-} "$@" 2>/dev/null >"$work/llama.csv"
    # The column of the mean of tokens per second moves between versions: it is found by its name.
    awk -F '","' 'NR == 1 { for (i = 1; i <= NF; i++) { gsub(/"/, "", $i); split($i, a, ","); if ($i == "avg_ts") c = i }
        if (!c) { n = split($0, h, ","); for (i = 1; i <= n; i++) { gsub(/"/, "", h[i]); if (h[i] == "avg_ts") c = i } } }
        NR == 2 { gsub(/"/, "", $c); print $c }' "$work/llama.csv"
}

median() {
    sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# Processor time of everybody, in hundredths of a second.
busy() {
    awk '/^cpu /{ print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat 2>/dev/null || echo 0
}

llama-bench --help 2>&1 | grep -i -m 1 build >&2 || true
began=$(date +%s)
before=$(busy)
round=1
while [ "$round" -le "$rounds" ]; do
    ours 0 prefill >>"$work/our-prefill"
    theirs -p "$prompt" -n 0 >>"$work/their-prefill"
    ours "$depth" decode >>"$work/our-decode"
    if [ "$depth" -gt 0 ]; then
        theirs -p 0 -n "$tokens" -d "$depth" >>"$work/their-decode"
    else
        theirs -p 0 -n "$tokens" >>"$work/their-decode"
    fi
    echo "round $round of $rounds: prefill $(tail -n 1 "$work/our-prefill") and $(tail -n 1 "$work/their-prefill")," \
        "decode $(tail -n 1 "$work/our-decode") and $(tail -n 1 "$work/their-decode") tokens/s" >&2
    round=$((round + 1))
done
echo "phase,depth,threads,ours_tok_s,llama_tok_s,ratio"
for phase in prefill decode; do
    o=$(median "$work/our-$phase")
    t=$(median "$work/their-$phase")
    d=0
    [ "$phase" = decode ] && d=$depth
    awk -v p="$phase" -v d="$d" -v n="$threads" -v o="$o" -v t="$t" \
        'BEGIN { printf "%s,%d,%d,%.2f,%.2f,%.3f\n", p, d, n, o, t, o / t }'
done
after=$(busy)
awk -v b="$before" -v a="$after" -v s="$began" -v e="$(date +%s)" \
    'BEGIN { if (e > s) printf "processors busy on average, ours, theirs and everybody else'\''s: %.2f\n", (a - b) / 100 / (e - s) }' >&2
