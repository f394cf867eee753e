# SPDX-License-Identifier: BSD-2-Clause
"""docs/build.md lists all options that CMake has."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFINED = re.compile(r"^\s*(?:option\(((?:ACME|NGINX)_\w+)"
                     r"|set\(((?:ACME|NGINX)_\w+)\s[^)]*\bCACHE (?!INTERNAL))", re.MULTILINE)
LISTED = re.compile(r"^\| `((?:ACME|NGINX)_\w+)` \|", re.MULTILINE)


def test_the_page_has_each_option() -> None:
    files = [ROOT / "CMakeLists.txt", *ROOT.glob("cmake/*.cmake"), *ROOT.glob("*/CMakeLists.txt")]
    defined = {first or second for file in files
               for first, second in DEFINED.findall(file.read_text())}

    assert {"ACME_BUILD_TESTS", "ACME_STATE_PREFIX", "NGINX_BUILD_DIR"} <= defined
    assert defined - set(LISTED.findall((ROOT / "docs/build.md").read_text())) == set()
