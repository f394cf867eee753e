#!/usr/bin/env bash
# The life of a Debian package, from installation to purge, on the nginx of the release it
# runs in. Its output is its log: what was done, and what came of it.
#
#   debian_life.sh BEFORE NOW          folders with the packages of two versions
#
# Run by scripts/package as root in a debootstrap folder, in a network of its own, where
# nginx and Pebble have the real ports. All that is to be installed has been downloaded.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../packaging/debian/tests/pebble.sh"

before=$1
now=$2
readonly name=www.example.com state=/var/lib/nginx/acme_pebble module=libnginx-mod-http-acme
work=$(mktemp -d)
chmod 755 "$work"

step() { printf '\n== %s\n' "$*"; }
ok() { printf '   ok: %s\n' "$*"; }
fail() {
    printf '   FAILED: %s\n' "$*"
    tail -n 20 /var/log/nginx/error.log
    exit 1
}
expect() { # WHAT COMMAND...
    local what=$1
    shift
    "$@" >/dev/null 2>&1 || fail "$what"
    ok "$what"
}
refuse() { # WHAT COMMAND...
    local what=$1
    shift
    ! "$@" >/dev/null 2>&1 || fail "$what"
    ok "$what"
}

apt() { apt-get -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >"$work/apt.log" 2>&1 || {
    cat "$work/apt.log"
    fail "apt-get $*"
}; }
package() { printf '%s\n' "$1/$2"_*.deb; }
version() { dpkg-query -W -f '${Version}' "$module"; }
service() { invoke-rc.d nginx "$@" 2>/dev/null; } # it complains of the missing init
master() { cat /run/nginx.pid; }
maps() { grep 'ngx_http_acme_module\.so' "/proc/$(master)/maps"; }
runs_old_module() { maps | grep -q ' (deleted)$'; }
runs_module() { maps && ! runs_old_module; }
visit() {
    curl --silent --show-error --fail --max-time 5 --cacert "$work/visitors.pem" \
        --resolve "$name:443:127.0.0.1" "https://$name/"
}
plain() { curl --silent --fail --max-time 5 http://127.0.0.1/; }
serial() {
    openssl s_client -connect 127.0.0.1:443 -servername "$name" </dev/null 2>/dev/null |
        openssl x509 -noout -serial
}

# Visits without a pause, each by a connection of its own; stop_visits tells what failed.
start_visits() {
    (
        trap 'exit 0' TERM
        while true; do
            visit >/dev/null 2>>"$work/failed-visits" || echo "a visit failed" >>"$work/failed-visits"
            echo >>"$work/visits"
        done
    ) &
    visitor=$!
}
stop_visits() {
    kill "$visitor"
    wait "$visitor" 2>/dev/null || true
    [[ ! -s $work/failed-visits ]] || fail "visits failed: $(cat "$work/failed-visits")"
    ok "$(wc -l <"$work/visits") visits meanwhile, all answered"
    rm -f "$work/visits"
}

# Here is no init: its scripts are run all the same.
printf '#!/bin/sh\nexit 0\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

step "nginx as the release has it"
apt install nginx curl openssl pebble procps
service status >/dev/null || service start
nginx -v
wait_until "nginx's own page" plain
ok "nginx serves its own page on port 80"

step "install the version before"
apt install "$(package "$before" $module)" "$(package "$before" acmectl)"
ok "version $(version), $(dpkg-query -W -f 'installed size ${Installed-Size} KiB' $module)"
expect "it depends on nginx's ABI" grep -q nginx-abi- <(dpkg-query -W -f '${Depends}' $module)
expect "the module is enabled" test -e /etc/nginx/modules-enabled/50-mod-http-acme.conf
expect "its configuration says nothing" test -z "$(grep -v '^#' /etc/nginx/conf.d/acme.conf)"
expect "nginx accepts its configuration" nginx -t
wait_until "the reload that the package triggers" runs_module
ok "the running nginx has loaded the module, without a restart"
expect "its own page is still served" plain
expect "acmectl runs" acmectl --version

step "configure, and get a certificate"
start_pebble "$work" 80 443
cat >/etc/nginx/conf.d/site.conf <<CONF
acme_issuer pebble {
    uri https://localhost:14000/dir;
    ssl_trusted_certificate $work/ca.pem;
    accept_terms_of_service;
}
server {
    listen 80;
    listen 443 ssl;
    server_name $name;
    acme pebble;
    location / { return 200 "served by \$server_name\n"; }
}
server {
    listen 127.0.0.1:9180;
    location /acme/ { acme_status write=on; }
}
CONF
sed -i 's|^#acme_log|acme_log|' /etc/nginx/conf.d/acme.conf
nginx -t
service reload
wait_until "a verified answer" visit
serial_before=$(serial)
ok "$(visit), $serial_before"
expect "acmectl lists it" grep -q "$name" <(acmectl -s http://127.0.0.1:9180/acme/ list)
acmectl -s http://127.0.0.1:9180/acme/ list
cat /var/log/nginx/acme.log
ok "the state directory is $(stat -c '%A %U %n' $state)"

step "upgrade"
start_visits
apt install "$(package "$now" $module)" "$(package "$now" acmectl)"
ok "version $(version)"
expect "the administrator's acme.conf is untouched" grep -q '^acme_log' /etc/nginx/conf.d/acme.conf
expect "the package says that a reload does not load it" grep -q 'invoke-rc.d nginx upgrade' "$work/apt.log"
grep -A1 'still runs' "$work/apt.log"
expect "the running nginx goes on with what it has mapped" runs_old_module
service reload
expect "also after a reload" runs_old_module
first_master=$(master)
service upgrade
wait_until "the first master's end" test ! -e "/proc/$first_master"
ok "a new master has taken over"
expect "it runs the new module" runs_module
stop_visits
expect "the same certificate is served" test "$(serial)" == "$serial_before"

step "restart"
service restart
wait_until "a verified answer" visit
expect "it runs the new module" runs_module
expect "the same certificate is served" test "$(serial)" == "$serial_before"

step "reinstall the same version, and restart at once"
apt install --reinstall "$(package "$now" $module)"
service restart
wait_until "a verified answer" visit
expect "the same certificate is served" test "$(serial)" == "$serial_before"

step "remove, while the configuration still needs it"
apt remove $module
expect "the package names the file" grep -qx /etc/nginx/conf.d/site.conf "$work/apt.log"
grep -A2 'will not start again' "$work/apt.log"
refuse "nginx refuses the configuration" nginx -t
expect "the running nginx goes on" visit
expect "the module is disabled" test ! -e /etc/nginx/modules-enabled/50-mod-http-acme.conf

step "install again"
apt install "$(package "$now" $module)"
expect "the module is enabled again" nginx -t
service restart
wait_until "a verified answer" visit
expect "the same certificate is served" test "$(serial)" == "$serial_before"

step "take it out of the configuration, and remove it"
rm /etc/nginx/conf.d/site.conf
sed -i 's|^acme_log|#acme_log|' /etc/nginx/conf.d/acme.conf
service reload
apt remove $module
refuse "the package names no file" grep -q 'will not start again' "$work/apt.log"
service restart
wait_until "nginx's own page" plain
ok "nginx serves without the module"
refuse "and has not loaded it" maps

step "purge"
apt purge $module
expect "the keys stay" test -e $state
expect "no configuration stays" test ! -e /etc/nginx/conf.d/acme.conf
refuse "no link stays" grep -q acme <(ls /etc/nginx/modules-enabled)
apt install "$(package "$now" $module)"
touch /var/lib/nginx/acme_forget_keys
apt purge $module acmectl
refuse "asked for, the keys go as well" grep -q acme <(ls /var/lib/nginx)
wait_until "nginx's own page" plain
ok "nginx still serves"
