#!/usr/bin/env bash
# "cmake --install --strip" puts every file where it belongs, below DESTDIR alone: the
# module where nginx looks for it, stripped, and the rest where GNUInstallDirs has it. The
# bill of materials lists them with their checksums.
#
#   check_install.sh BUILD-FOLDER NGINX
set -euo pipefail

build=$1
nginx=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

complain() {
    echo "$1" >&2
    failed=1
}

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
prefix=$(cached CMAKE_INSTALL_PREFIX)
modules=$("$nginx" -V 2>&1 | grep -o -- '--modules-path=[^ ]*')
modules=${modules#*=}

DESTDIR=$folder/root cmake --install "$build" --strip >"$folder/log" || {
    cat "$folder/log"
    exit 1
}
bill=$prefix/share/doc/ngx_acme/ngx_acme.spdx
expected=("$modules/ngx_http_acme_module.so" "$bill")
if [[ $(cached ACME_BUILD_CTL) != OFF ]]; then
    zsh=$(cached ACME_ZSH_COMPLETIONS_DIR)
    [[ $zsh == /* ]] || zsh=$prefix/$zsh
    expected+=("$prefix/bin/acmectl" "$prefix/share/man/man1/acmectl.1"
        "$prefix/share/bash-completion/completions/acmectl" "$zsh/_acmectl")
fi
diff <(printf '%s\n' "${expected[@]}" | sort) <(cd "$folder/root" && find . -type f -printf '/%P\n' | sort) >&2 ||
    complain "other files than expected ('<') are installed"

module=$folder/root$modules/ngx_http_acme_module.so
! readelf --sections --wide "$module" | grep -q '\.symtab' || complain "the module is not stripped"
size=$(stat -c %s "$module")
if [[ $(cached CMAKE_BUILD_TYPE) != Debug ]] && ((size > 2500000)); then
    complain "the module has $size bytes"
fi

# Every file but the bill itself is in it, with its checksum.
listed=$(awk '/^FileName: / { name = substr($2, 2) } /^FileChecksum: SHA256: / { print $3 "  ." name }' \
    "$folder/root$bill")
(cd "$folder/root" && sha256sum --check --quiet <<<"$listed") || complain "a checksum is wrong"
[[ $(wc -l <<<"$listed") == $((${#expected[@]} - 1)) ]] || complain "the bill does not list all files: $listed"
openssl=$(openssl version | cut -d ' ' -f 2)
grep -qx "PackageVersion: $openssl" "$folder/root$bill" || complain "the bill does not name OpenSSL $openssl"

exit "$failed"
