# shellcheck shell=bash
# Pebble, a small ACME CA for tests, with a name server for which every name is 127.0.0.1.
# Sourced; what it starts ends with the shell.

pids=()
end_all() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
}
trap end_all EXIT

# Until the command succeeds, or 30 seconds have passed.
wait_until() { # WHAT COMMAND...
    local what=$1 deadline=$((SECONDS + 30))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || {
            echo "waited in vain for: $what" >&2
            return 1
        }
        sleep 0.1
    done
}

# DIR gets ca.pem, which clients of the CA trust, and visitors.pem, which those trust who
# visit its customers. The CA is at https://localhost:14000/dir.
start_pebble() { # DIR HTTP-PORT TLS-PORT
    local folder=$1 options
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
    cat >"$folder/pebble.json" <<JSON
{"pebble": {
    "listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
    "certificate": "$folder/ca.pem", "privateKey": "$folder/ca.key",
    "httpPort": $2, "tlsPort": $3, "ocspResponderURL": ""
}}
JSON
    options=(-management 127.0.0.1:8055 -defaultIPv4 127.0.0.1 -defaultIPv6 "" -http01 "" -https01 "" -tlsalpn01 "")
    # Later versions call the option differently, and serve DNS over HTTPS too.
    case $(pebble-challtestsrv -h 2>&1 || true) in
        *' -dnsserver '*) options+=(-dnsserver 127.0.0.1:8053 -doh "") ;;
        *' -doh '*) options+=(-dns01 127.0.0.1:8053 -doh "") ;;
        *) options+=(-dns01 127.0.0.1:8053) ;;
    esac
    pebble-challtestsrv "${options[@]}" >"$folder/dns.log" 2>&1 </dev/null &
    pids+=($!)
    PEBBLE_VA_NOSLEEP=1 pebble -config "$folder/pebble.json" -dnsserver 127.0.0.1:8053 \
        >"$folder/pebble.log" 2>&1 </dev/null &
    pids+=($!)
    wait_until "Pebble" curl --silent --fail --cacert "$folder/ca.pem" \
        -o "$folder/visitors.pem" https://localhost:15000/roots/0
}
