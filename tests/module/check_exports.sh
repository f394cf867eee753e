#!/usr/bin/env bash
# The built module exports nginx's four symbols and nothing else, needs no text
# relocation and no run path, and uses the OpenSSL of the nginx that loads it.
#
#   check_exports.sh MODULE NGINX
set -euo pipefail

module=$1
nginx=$2
failed=0

complain() {
    echo "$1" >&2
    failed=1
}

exported=$(nm -D --defined-only "$module" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort)
expected=$(printf '%s\n' ngx_http_acme_module ngx_module_names ngx_module_order ngx_modules)
if [ "$exported" != "$expected" ]; then
    complain "exported symbols differ:"
    diff <(echo "$expected") <(echo "$exported") >&2 || true
fi

dynamic=$(readelf --dynamic --wide "$module")
for tag in TEXTREL RPATH RUNPATH; do
    if grep -q "($tag)" <<<"$dynamic"; then
        complain "the module has $tag"
    fi
done
if ! grep -q 'BIND_NOW\|FLAGS.*NOW' <<<"$dynamic"; then
    complain "the module is not linked with -z now"
fi

libssl() { readelf --dynamic --wide "$1" | grep -o 'libssl\.so\.[0-9.]*' | sort -u; }
if [ "$(libssl "$module")" != "$(libssl "$nginx")" ]; then
    complain "module and nginx use different OpenSSL libraries"
fi

exit "$failed"
