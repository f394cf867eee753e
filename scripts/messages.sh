# shellcheck shell=bash
# What the scripts share: the repository's root and the form of their messages.
# Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The status that says "skipped"; CTest knows it as SKIP_RETURN_CODE.
# shellcheck disable=SC2034
readonly root exit_skipped=77
# nginx and debootstrap live here, which is not on everyone's path.
export PATH=$PATH:/usr/sbin:/sbin

# Seconds since the shell started, with milliseconds.
started_at=$EPOCHREALTIME
elapsed() {
    local microseconds=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
    printf '%d.%03d' $((microseconds / 1000000)) $((microseconds / 1000 % 1000))
}

# A line of progress, with the time that passed so far.
say() { printf '[%8s s] %s\n' "$(elapsed "$started_at")" "$*"; }

complain() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

fail() {
    complain "$@"
    exit 1
}

skip() {
    complain "skipped: $*"
    exit "$exit_skipped"
}
