# SPDX-License-Identifier: BSD-2-Clause
"""What the sources can write into a log at level warn or above, as text: found by
reading them, not by running them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("acme_core", "ngx_module")

# Calls that write a line, and errors that become one.
CALL = re.compile(r"\b(?:warn|error|write|remark|refuse|write_line|Error|ngx_log_error|"
                  r"ngx_conf_log_error)(?: \w+)?\(")
LEVEL = re.compile(r"NGX_LOG_(?:WARN|ERR|CRIT|ALERT|EMERG)|LogLevel::k(?:Warn|Error)")
STOPPED = re.compile(r"^\(\s*ErrorKind::kStopped")  # nothing went wrong
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
CHARACTER = re.compile(r"'(?:[^'\\\n]|\\.)'")
COMMENT = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
FORMAT = re.compile(r"%[*\d.]*(?:uz|ui|uD|[sdVDzip])")
SHORTEST = 20  # of a fragment that tells one message from others


@dataclass(frozen=True)
class Fragment:
    """Words that stand in a line as they are here."""

    where: str  # file:line
    text: str


def fragments() -> list[Fragment]:
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.cpp")):
            found.extend(_of_file(path))
    return found


def _of_file(path: Path) -> Iterator[Fragment]:
    source = COMMENT.sub("", path.read_text())
    for match in CALL.finditer(source):
        call = re.sub(r"^\(\s*", "(", call_at(source, match.end() - 1))
        if not _is_loud(match.group(), call):
            continue
        line = source.count("\n", 0, match.start()) + 1
        for literal in LITERAL.finditer(call):
            for text in FORMAT.split(_value(literal.group())):
                if len(text.strip(" ;:,()\"")) >= SHORTEST:
                    yield Fragment(f"{path.relative_to(ROOT)}:{line}", text.strip())


def _is_loud(name: str, call: str) -> bool:
    if name.startswith("Error"):
        return call.startswith("(ErrorKind::") and not STOPPED.match(call)
    if name.startswith(("warn", "error", "refuse")):
        return True
    return bool(LEVEL.search(call))


def _value(literal: str) -> str:
    """Of neighbouring literals, as the compiler joins them."""
    joined = re.sub(r'(?<!\\)"\s*"', "", literal)
    return re.sub(r"\\(.)", r"\1", joined[1:-1])


def call_at(text: str, start: int) -> str:
    """From one bracket to its partner, whatever strings have in them."""
    depth, in_string, i = 0, False, start
    while i < len(text):
        if in_string:
            if text[i] == "\\":
                i += 1
            elif text[i] == '"':
                in_string = False
        elif text[i] == '"':
            in_string = True
        elif character := CHARACTER.match(text, i):
            i = character.end() - 1
        elif text[i] in "()":
            depth += 1 if text[i] == "(" else -1
            if depth == 0:
                return text[start:i + 1]
        i += 1
    raise AssertionError("a bracket without a partner")
