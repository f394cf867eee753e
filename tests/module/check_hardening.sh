#!/usr/bin/env bash
# The built module has the protections that cmake/BuildFlags.cmake asks for.
#
#   check_hardening.sh MODULE BUILD-TYPE
set -euo pipefail

module=$1
build_type=$2
failed=0

complain() {
    echo "$1" >&2
    failed=1
}

segments=$(readelf --program-headers --wide "$module")
grep -q GNU_RELRO <<<"$segments" || complain "no RELRO: what the linker has filled in stays writable"
grep 'GNU_STACK' <<<"$segments" | grep -q 'RW ' || complain "the stack is executable"
if grep LOAD <<<"$segments" | grep -q 'RWE'; then
    complain "a segment is writable and executable"
fi
grep -q 'BIND_NOW\|FLAGS.*NOW' <<<"$(readelf --dynamic --wide "$module")" ||
    complain "functions are bound lazily: their table stays writable"

imported=$(nm --dynamic --undefined-only "$module" | awk '{ sub(/@.*/, "", $NF); print $NF }')
grep -qx '__stack_chk_fail' <<<"$imported" || complain "no stack protector"
# glibc's checked functions are for gcc alone.
is_clang=$(readelf --string-dump=.comment "$module" | grep -c 'clang version') || true
if [[ $build_type != Debug && $is_clang == 0 ]]; then
    grep -q '^__.*_chk$' <<<"$(grep -vx '__stack_chk_fail' <<<"$imported")" ||
        complain "no _FORTIFY_SOURCE"
fi

# Targets of indirect branches are marked: endbr64 of x86-64, bti of arm64.
code=$(objdump --disassemble --no-show-raw-insn --section=.text "$module")
case $(uname -m) in
    x86_64) marks=$(grep -c 'endbr64' <<<"$code") ;;
    aarch64) marks=$(grep -c -E '\<(bti|paciasp)\>' <<<"$code") ;;
    *) marks=1000 ;;
esac
((marks >= 100)) || complain "indirect branches may go anywhere: $marks marks"

# A failed check of clang's control-flow integrity ends in a trap of its own kind.
if [[ $build_type != Debug && $is_clang != 0 ]]; then
    traps=$(grep -c '\<ud1' <<<"$code") || true
    ((traps >= 20)) || complain "no control-flow integrity: $traps traps"
fi

exit "$failed"
