# SPDX-License-Identifier: BSD-2-Clause
"""docs/security.md claims nothing that no test shows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def names(pattern: str, files: list[Path]) -> set[str]:
    return {name for file in files for name in re.findall(pattern, file.read_text())}


def test_every_test_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text().partition("## Fuzzing")[0]
    end_to_end = names(r"def (test_\w+)", list((ROOT / "tests/e2e").glob("test_*.py")))
    end_to_end |= {file.stem for file in (ROOT / "tests/e2e").glob("test_*.py")}
    unit = [f"{suite}.{name}" for file in (ROOT / "tests/unit").rglob("*.cpp")
            for suite, name in re.findall(r"^TEST\w*\((\w+),\s*(\w+)\)", file.read_text(),
                                          re.MULTILINE)]
    targets = {file.name.removesuffix("_fuzz.cpp")
               for file in (ROOT / "tests/fuzz").glob("*_fuzz.cpp")}

    claims = 0
    for line in re.findall(r"^\| .* \|$", page, re.MULTILINE):
        suite = ""
        for word in re.findall(r"`([^`]+)`", line.rpartition(" | ")[2]):
            if re.fullmatch(r"test_\w+", word):
                assert word in end_to_end, word
            elif re.fullmatch(r"\w*\.\w+", word):
                suite = word.partition(".")[0] or suite
                assert f"{suite}.{word.partition('.')[2]}" in unit, word
            elif re.fullmatch(r"[A-Z]\w+", word):
                suite = word
                assert any(name.startswith(f"{word}.") for name in unit), word
            elif re.fullmatch(r"[a-z_]+", word) and "fuzz" in line:
                assert word in targets or word == "folder", word
            else:
                continue
            claims += 1
    assert claims > 40


def test_every_fuzz_target_is_on_the_page_and_has_seeds() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    for file in (ROOT / "tests/fuzz").glob("*_fuzz.cpp"):
        target = file.name.removesuffix("_fuzz.cpp")
        assert f"| `{target}` |" in page, target
        assert list((ROOT / "tests/fuzz/seeds" / target).iterdir()), target
