#!/usr/bin/python3
"""Checks the layers of the source tree: which file may include what.

  check_layers.py [ROOT]        prints every violation; status 1 when there is one
  check_layers.py --self-test   proves that each rule is caught when broken

CONTRIBUTING.md states the rules.
"""

import pathlib
import re
import sys
import tempfile

# Bottom up: a folder includes only itself and the folders before it.
CORE_FOLDERS = (
    "env",
    "crypto",
    "net",
    "dns_server",
    "storage",
    "fleet",
    "protocol",
    "monitor",
    "challenge",
    "events",
    "engine",
    "status",
)
# Of the module, each with the rooms before it that it may include: those who
# answer a CA and those who answer visitors know nothing of each other.
MODULE_ROOMS = {
    "nginx": (),
    "shared": ("nginx",),
    "challenge": ("nginx", "shared"),
    "serve": ("nginx", "shared"),
    "status": ("nginx", "shared", "serve"),
    "config": ("nginx", "shared", "challenge", "serve", "status"),
    "helper": ("nginx", "shared", "challenge", "serve", "status", "config"),
}
PROGRAMS = ("ngx_module", "acmectl")
CHECKED_FOLDERS = ("acme_core", *PROGRAMS, "tests", "benchmarks")
SOURCE_SUFFIXES = {".h", ".cpp", ".c"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b(.*)")
VERSION_MACRO = re.compile(
    r"\b(nginx_version|NGINX_VERSION|OPENSSL_VERSION_\w+|OPENSSL_IS_\w+"
    r"|LIBRESSL_VERSION_NUMBER)\b"
)
NGINX_HEADER = re.compile(r"ngx_\w+\.h|nginx\.h")
# The clock's own sleep_for() is the door that tests can fake; a benchmark paces its load.
SLEEP = re.compile(
    r"\bthis_thread::sleep_(?:for|until)\b|(?<![\w.>:])(?:u|nano|clock_nano)?sleep\s*\("
)

# Who may include a library's headers, by path from the root.
LIBRARIES = {
    "openssl": re.compile(r"acme_core/(crypto/.*|secret\.(h|cpp))|ngx_module/(serve|challenge)/(tls|fallback)_.*"),
    "curl": re.compile(r"acme_core/net/curl_.*"),
    "hiredis": re.compile(r"acme_core/fleet/redis_.*"),
    "ldns": re.compile(r"acme_core/(net|dns_server)/dns_.*"),
    "nlohmann": re.compile(
        r"acme_core/(storage|fleet|protocol|monitor|challenge|events|engine|status)/.*(\.cpp|_?json\w*\.h)"
        r"|acme_core/json_text\.(h|cpp)"
        r"|acme_core/crypto/jw[sk]\w*\.cpp"
        r"|acmectl/\w+/\w*json\w*\.cpp"
    ),
}
VERSION_HEADERS = {"ngx_module/nginx/ngx_compat.h", "acme_core/crypto/openssl_compat.h"}
NGINX_INCLUDERS = {"ngx_module/nginx/ngx.h", "ngx_module/modules.c"}
HIDDEN_FROM_MODULE = ("acme_core/crypto/jws", "acme_core/protocol/")


def without_comments(text):
    """The same lines, with comments and the insides of strings blanked."""

    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + token[0]

    pattern = r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\""
    # Keep the names in #include "…".
    lines = [
        line if INCLUDE.match(line) else None for line in text.split("\n")
    ]
    blanked = re.sub(pattern, blank, text, flags=re.DOTALL).split("\n")
    return [kept or line for kept, line in zip(lines, blanked)]


def core_layer(path):
    """The rank of a file of acme_core; -1 for the vocabulary beside the folders."""
    parts = path.split("/")
    if len(parts) == 2:
        return -1
    return CORE_FOLDERS.index(parts[1]) if parts[1] in CORE_FOLDERS else None


def check_include(path, quote, name, exists):
    """Yields what is wrong with one #include of the file at path."""
    area = path.split("/")[0]
    base = name.split("/")[-1]

    if quote == '"' and not exists(name):
        yield f'"{name}" is not a path from the root'

    if NGINX_HEADER.fullmatch(base) and quote == "<" and path not in NGINX_INCLUDERS:
        yield f"<{name}>: nginx's headers come through ngx_module/nginx/ngx.h"

    library = name.split("/")[0]
    if quote == "<" and area not in ("tests", "benchmarks"):
        allowed = LIBRARIES.get(library)
        if allowed and not allowed.fullmatch(path):
            yield f"<{name}>: {library} is not for this file"

    if area == "acme_core":
        yield from check_core_include(path, name)
    if area == "ngx_module":
        yield from check_module_include(path, name)


def check_core_include(path, name):
    area = name.split("/")[0]
    if area in PROGRAMS or area in ("tests", "benchmarks"):
        yield f"{name}: acme_core knows nothing above it"
    if area != "acme_core":
        return
    mine, theirs = core_layer(path), core_layer(name)
    if mine is None:
        yield f"{'/'.join(path.split('/')[:2])} is not one of the layers"
    elif theirs is not None and theirs > mine:
        yield f"{name}: a higher layer"


def check_module_include(path, name):
    if name.startswith(HIDDEN_FROM_MODULE):
        yield f"{name}: the module knows neither JWS nor the protocol"
    parts, theirs = path.split("/"), name.split("/")
    if len(parts) == 2:
        return  # the module as nginx sees it includes all rooms
    room = parts[1]
    if room not in MODULE_ROOMS:
        yield f"ngx_module/{room} is not one of the rooms"
    elif theirs[0] == "ngx_module" and theirs[1] not in (room, *MODULE_ROOMS[room]):
        yield f"{name}: not a room below ngx_module/{room}"


def check_file(path, text, exists):
    """Yields (line number, what is wrong) for one file."""
    for number, line in enumerate(without_comments(text), start=1):
        include = INCLUDE.match(line)
        if include:
            for problem in check_include(path, *include.groups(), exists):
                yield number, problem
            continue
        condition = CONDITION.match(line)
        version = condition and VERSION_MACRO.search(condition.group(1))
        if version and path not in VERSION_HEADERS:
            yield number, f"{version.group(1)} is tested outside the compatibility headers"
        if SLEEP.search(line) and not path.startswith(("acme_core/env/", "benchmarks/")):
            yield number, "sleeps outside acme_core/env: wait on a condition or the Clock"


def check_tree(root):
    """All violations of the tree, as printable lines."""
    found = []
    for folder in CHECKED_FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SOURCE_SUFFIXES:
                continue
            path = file.relative_to(root).as_posix()
            text = file.read_text(encoding="utf-8")
            for number, problem in check_file(path, text, lambda name: (root / name).is_file()):
                found.append(f"{path}:{number}: {problem}")
    return found


# One line of code in one file, and what must be said about it ("" = nothing).
EXAMPLES = [
    ("acme_core/env/clock.cpp", '#include "acme_core/crypto/jws.h"', "a higher layer"),
    ("acme_core/protocol/order.cpp", '#include "acme_core/engine/plan.h"', "a higher layer"),
    ("acme_core/error.h", '#include "acme_core/env/clock.h"', "a higher layer"),
    ("acme_core/net/dns_message.h", '#include "acme_core/dns_server/dns_answer.h"', "a higher"),
    ("acme_core/dns_server/dns_answer.cpp", "#include <ldns/ldns.h>", ""),
    ("acme_core/engine/plan.h", '#include "acme_core/env/clock.h"', ""),
    ("acme_core/env/clock.h", '#include "acme_core/error.h"', ""),
    ("acme_core/misc/x.h", '#include "acme_core/error.h"', "not one of the layers"),
    ("acme_core/env/log.cpp", '#include "ngx_module/config/hooks.h"', "nothing above it"),
    ("acme_core/env/log.cpp", '#include "tests/support/fake.h"', "nothing above it"),
    ("acme_core/env/log.cpp", "#include <ngx_core.h>", "come through ngx_module/nginx/ngx.h"),
    ("ngx_module/config/hooks.cpp", "#include <ngx_http.h>", "come through ngx_module/nginx/ngx.h"),
    ("ngx_module/nginx/ngx.h", "#include <ngx_http.h>", ""),
    ("acme_core/storage/store.cpp", "#include <openssl/evp.h>", "openssl is not for this file"),
    ("acme_core/crypto/csr.cpp", "#include <openssl/evp.h>", ""),
    ("acme_core/secret.h", "#include <openssl/crypto.h>", ""),
    ("ngx_module/config/hooks.cpp", "#include <openssl/ssl.h>", "openssl is not for this file"),
    ("ngx_module/serve/tls_certificate.cpp", "#include <openssl/ssl.h>", ""),
    ("tests/unit/csr_test.cpp", "#include <openssl/evp.h>", ""),
    ("acme_core/net/http_client.cpp", "#include <curl/curl.h>", "curl is not for this file"),
    ("acme_core/net/curl_http_client.cpp", "#include <curl/curl.h>", ""),
    ("ngx_module/config/hooks.cpp", "#include <curl/curl.h>", "curl is not for this file"),
    ("acme_core/fleet/replica.cpp", "#include <hiredis/hiredis.h>", "hiredis is not for this file"),
    ("acme_core/fleet/redis_connection.cpp", "#include <hiredis/hiredis.h>", ""),
    ("acme_core/protocol/order.h", "#include <nlohmann/json.hpp>", "nlohmann is not for"),
    ("acme_core/protocol/json_fields.h", "#include <nlohmann/json.hpp>", ""),
    ("acme_core/protocol/order.cpp", "#include <nlohmann/json.hpp>", ""),
    ("acme_core/challenge/httpreq.cpp", "#include <nlohmann/json.hpp>", ""),
    ("acme_core/challenge/httpreq.h", "#include <nlohmann/json.hpp>", "nlohmann is not for"),
    ("acme_core/crypto/jws.cpp", "#include <nlohmann/json.hpp>", ""),
    ("acme_core/net/http_client.cpp", "#include <nlohmann/json.hpp>", "nlohmann is not for"),
    ("ngx_module/config/hooks.cpp", "#include <nlohmann/json.hpp>", "nlohmann is not for"),
    ("acmectl/import/client_json.cpp", "#include <nlohmann/json.hpp>", ""),
    ("acmectl/import/lego.cpp", "#include <nlohmann/json.hpp>", "nlohmann is not for"),
    ("ngx_module/config/hooks.cpp", '#include "acme_core/crypto/jws.h"', "neither JWS nor"),
    ("ngx_module/config/hooks.cpp", '#include "acme_core/protocol/order.h"', "neither JWS nor"),
    ("ngx_module/config/hooks.cpp", '#include "acme_core/engine/plan.h"', ""),
    ("ngx_module/config/hooks.cpp", '#include "ngx.h"', "not a path from the root"),
    ("ngx_module/nginx/slab.h", '#include "ngx_module/shared/live_txt.h"', "not a room below"),
    ("ngx_module/shared/certificate_zone.cpp", '#include "ngx_module/nginx/slab.h"', ""),
    ("ngx_module/shared/live_txt.h", '#include "ngx_module/challenge/dns_zones.h"', "not a room"),
    ("ngx_module/challenge/dns_zones.h", '#include "ngx_module/shared/live_txt.h"', ""),
    ("ngx_module/challenge/dns_zones.h", '#include "ngx_module/serve/tls_staple.h"', "not a room"),
    ("ngx_module/serve/tls_staple.h", '#include "ngx_module/challenge/dns_zones.h"', "not a room"),
    ("ngx_module/serve/tls_staple.h", '#include "ngx_module/config/hooks.h"', "not a room below"),
    ("ngx_module/config/hooks.cpp", '#include "ngx_module/serve/tls_staple.h"', ""),
    ("ngx_module/config/hooks.cpp", '#include "ngx_module/helper/helper_log.h"', "not a room"),
    ("ngx_module/helper/helper_log.h", '#include "ngx_module/config/hooks.h"', ""),
    ("ngx_module/helper/helper_log.h", '#include "ngx_module/module.h"', "not a room below"),
    ("ngx_module/module.cpp", '#include "ngx_module/helper/helper_log.h"', ""),
    ("ngx_module/pages/page.h", '#include "acme_core/error.h"', "not one of the rooms"),
    ("ngx_module/status/status_request.h", '#include "ngx_module/serve/tls_staple.h"', ""),
    ("ngx_module/status/status_request.h", '#include "ngx_module/config/hooks.h"', "not a room"),
    ("ngx_module/config/tls_listeners.cpp", "#include <openssl/ssl.h>", "openssl is not for"),
    ("tests/unit/a_test.cpp", '#include "../support/fake.h"', "not a path from the root"),
    ("ngx_module/config/hooks.cpp", "#if nginx_version >= 1025000", "compatibility headers"),
    ("ngx_module/config/hooks.cpp", "#if (OPENSSL_VERSION_NUMBER > 1)", "compatibility headers"),
    ("ngx_module/nginx/ngx_compat.h", "#if nginx_version >= 1025000", ""),
    ("ngx_module/config/hooks.cpp", "// #if nginx_version >= 1025000", ""),
    ("tests/unit/a_test.cpp", "std::this_thread::sleep_for(1s);", "wait on a condition"),
    ("acme_core/engine/engine.cpp", "usleep(10);", "wait on a condition"),
    ("acme_core/engine/engine.cpp", "  sleep (1);", "wait on a condition"),
    ("acme_core/engine/engine.cpp", "clock_.sleep_for(pause, stop);", ""),
    ("acme_core/engine/engine.cpp", 'log("sleep(1)");', ""),
    ("acme_core/env/clock.cpp", "std::this_thread::sleep_for(1s);", ""),
    ("benchmarks/system/load.cpp", "std::this_thread::sleep_for(1s);", ""),
]


def self_test():
    """Each example alone in a tree: its violation is reported, and nothing else."""
    targets = {
        INCLUDE.match(line).group(2)
        for _, line, expected in EXAMPLES
        if line.startswith('#include "') and "path from the root" not in expected
    }
    for path, line, expected in EXAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in targets | {path}:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text("", encoding="utf-8")
            (root / path).write_text(f"\n{line}\n", encoding="utf-8")
            found = check_tree(root)
            if not expected:
                assert found == [], f"{path}: {line}: unexpected {found}"
            else:
                assert len(found) == 1, f"{path}: {line}: found {found}"
                assert found[0].startswith(f"{path}:2: "), found
                assert expected in found[0], f"{path}: {line}: found {found}"


def main(arguments):
    if arguments == ["--self-test"]:
        self_test()
        print(f"check_layers: {len(EXAMPLES)} examples as expected")
        return 0
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[1])
    violations = check_tree(root.resolve())
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
