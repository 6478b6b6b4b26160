#!/usr/bin/env python3
"""Checks the structure of the source tree: who includes whom, what the library must not do, file sizes.

  include_check.py ROOT        one line per problem, exit status 1 if there is one
  include_check.py --self-test checks that each rule catches what it is there for
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Layer -> the layers directly under it. One way only; what those rest on is allowed too.
UNDER = {
    "units": [],
    "spec": ["units"],
    "csv": ["spec"],
    "diff": ["csv"],
    "hw": ["spec"],
    "llm": ["spec"],
    "ops": ["hw", "llm"],
    "mapping": ["ops"],
    "cost": ["ops"],
    "phase": ["mapping", "cost"],
    "serving": ["phase"],
    "power": ["serving"],
    "tco": ["power"],
    "search": ["tco"],
    "sweep": ["search"],
    "uncertainty": ["search"],
    "fleet": ["uncertainty"],
    "calibrate": ["power", "csv"],
    "report": ["units"],
    "kernels": ["units"],
}
UNDER["cli"] = list(UNDER)

# Third-party header -> the only layers that may know it.
ONLY_IN = {"yaml-cpp/": {"spec"}, "CLI/": {"cli"}, "csv.h": {"csv"}, "nettle/": {"cli"},
           "coin/": {"fleet"}}

# The library in models/ computes: no input or output, and it never ends the process.
MODELS_HEADERS = {"iostream", "fstream", "cstdio", "stdio.h", "print", "syncstream"}
MODELS_CALLS = re.compile(
    r"(?<![\w.>:])(?:(?:std)?::)?(exit|_exit|_Exit|quick_exit|abort|terminate|v?f?printf|puts|fputs|putchar|fopen)\s*\("
    r"|\b(fmt::f?print|std::print|std::println|std::c(?:out|err|log))\b")

MAX_LINES = 400
CODE = {".cpp", ".hpp", ".h", ".py", ".sh", ".cmake"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
# Home and work folders of one machine. Not preceded by what makes it part of a URL or a longer path.
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:home|root|Users|work|workspace|mnt|media|builds)/[\w.]+")


def closure(layer):
    seen = {layer}
    todo = [layer]
    while todo:
        for below in UNDER[todo.pop()]:
            if below not in seen:
                seen.add(below)
                todo.append(below)
    return seen


ALLOWED = {layer: closure(layer) for layer in UNDER}


def layer_of(path):
    """Layer of a path relative to the root, or None where no rule of layers applies."""
    parts = path.parts
    if parts[0] == "models" and len(parts) > 2:
        return parts[1]
    return parts[0] if parts[0] in ("report", "kernels", "cli") else None


def blank_out(text):
    """The text with comments, strings and character literals replaced by spaces, lines kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)

    def spaces(match):
        start = match.start()
        if match.group()[0] == "'" and start and text[start - 1].isalnum():
            return match.group()  # a digit separator
        return re.sub(r"[^\n]", " ", match.group())

    return pattern.sub(spaces, text)


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def check_includes(root, path, text, problem):
    layer = layer_of(path)
    if layer is None:
        return
    if layer not in UNDER:
        problem(path, 1, f"folder models/{layer} is not a known layer: name what it rests on in UNDER")
        return
    for match in INCLUDE.finditer(without_comments(text)):
        line = text.count("\n", 0, match.start(2)) + 1
        quoted, name = match.group(1) == '"', match.group(2)
        first = name.split("/")[0]
        for prefix, users in ONLY_IN.items():
            if name.startswith(prefix) and layer not in users:
                problem(path, line, f"{layer} includes {name}: only {', '.join(sorted(users))} may")
        if path.parts[0] == "models" and name in MODELS_HEADERS:
            problem(path, line, f"models/ includes <{name}>: the library does no input or output")
        if "/" in name and first in UNDER:
            if first not in ALLOWED[layer]:
                problem(path, line, f"{layer} includes {name}, against the one-way rule")
        elif quoted and (".." in name.split("/") or not any(
                (folder / name).is_file() for folder in ((root / path).parent, root / path.parts[0]))):
            problem(path, line, f'{layer} includes "{name}": write "<layer>/...", or <...> for others')


def check_models_calls(path, text, problem):
    if path.parts[0] != "models":
        return
    for match in MODELS_CALLS.finditer(blank_out(text)):
        name = match.group(1) or match.group(2)
        problem(path, text.count("\n", 0, match.start()) + 1,
                f"models/ uses {name}: return a result with a reason, or throw on a broken invariant")


def files_of(root):
    """Tracked files, and untracked ones that are not ignored; without git, all files outside build/."""
    git = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, check=False) if (root / ".git").exists() else None
    if git is not None and git.returncode == 0:
        names = {Path(name) for name in git.stdout.decode().split("\0") if name}
    else:
        names = {path.relative_to(root) for path in root.rglob("*")}
    skip = {".git", "build", ".cache", "__pycache__"}
    return sorted(n for n in names if not skip & set(n.parts) and (root / n).is_file())


def check(root):
    problems = []

    def problem(path, line, message):
        problems.append(f"{path}:{line}: {message}")

    for path in files_of(root):
        data = (root / path).read_bytes()
        if b"\0" in data:
            continue
        text = data.decode("utf-8", "replace")
        if path.suffix in (".cpp", ".hpp", ".h"):
            check_includes(root, path, text, problem)
            check_models_calls(path, text, problem)
        if path.suffix in CODE or path.name == "CMakeLists.txt":
            lines = text.count("\n")
            if lines > MAX_LINES:
                problem(path, lines, f"{lines} lines, more than {MAX_LINES}: a file does one thing")
        for match in MACHINE_PATH.finditer(text):
            problem(path, text.count("\n", 0, match.start()) + 1,
                    f"{match.group()} is a path of one machine")
    return problems


# Path, content, and a part of the message expected; None where the file is right.
SELF_TEST = [
    ("models/units/a.hpp", "#pragma once\n#include <cmath>\n", None),
    ("models/spec/a.hpp", '#include "units/a.hpp"\n#include <yaml-cpp/yaml.h>\n', None),
    ("models/units/b.hpp", '#include "spec/a.hpp"\n', "units includes spec/a.hpp"),
    ("models/hw/a.hpp", '#include "llm/a.hpp"\n', "hw includes llm/a.hpp"),
    ("models/hw/b.cpp", "#include <yaml-cpp/yaml.h>\n", "only spec may"),
    ("models/cost/a.cpp", '#include "units/a.hpp"\n#include "hw/a.hpp"\n#include "llm/a.hpp"\n', None),
    ("models/cost/b.cpp", "#include <mapping/plan.hpp>\n", "cost includes mapping/plan.hpp"),
    ("models/ops/a.cpp", '  # include  "phase/a.hpp"\n', "ops includes phase/a.hpp"),
    ("models/serving/a.cpp", '#include "phase/a.hpp"\n#include "units/a.hpp"\n', None),
    ("models/phase/a.hpp", '// #include "serving/a.hpp"\n/* #include <iostream> */\n', None),
    ("models/phase/b.cpp", "#include <iostream>\n", "includes <iostream>"),
    ("models/phase/c.cpp", "#include <fstream>\n", "includes <fstream>"),
    ("models/phase/d.cpp", "#include <cstdio>\n", "includes <cstdio>"),
    ("models/phase/e.cpp", "void f() { std::exit(1); }\n", "uses exit"),
    ("models/phase/f.cpp", "void f() { abort(); }\n", "uses abort"),
    ("models/phase/g.cpp", 'void f() { printf("x"); }\n', "uses printf"),
    ("models/phase/h.cpp", 'void f() { fmt::print("x"); }\n', "uses fmt::print"),
    ("models/phase/i.cpp", 'auto s = "exit(1)"; int big = 1\'000; void g() { on_exit(2); h.abort(); }\n', None),
    ("models/phase/j.cpp", '#include "../units/a.hpp"\n', 'write "<layer>/..."'),
    ("models/phase/k.cpp", '#include "nowhere.hpp"\n', 'write "<layer>/..."'),
    ("models/newlayer/a.cpp", "int x;\n", "not a known layer"),
    ("report/table.cpp", '#include "report/record.hpp"\n#include "units/a.hpp"\n', None),
    ("report/csv.cpp", '#include "serving/a.hpp"\n', "report includes serving/a.hpp"),
    ("kernels/gemm/gemm.cpp", '#include "kernels/registry.hpp"\n#include "units/a.hpp"\n', None),
    ("kernels/gemm/bad.cpp", '#include "ops/a.hpp"\n', "kernels includes ops/a.hpp"),
    ("cli/main.cpp", '#include "search/a.hpp"\n#include "report/record.hpp"\n#include <CLI/CLI.hpp>\n', None),
    ("models/search/a.cpp", '#include "cli/main.hpp"\n', "search includes cli/main.hpp"),
    ("tests/long.cpp", "int x;\n" * (MAX_LINES + 1), f"more than {MAX_LINES}"),
    ("tests/short.cpp", "int x;\n" * MAX_LINES, None),
    ("docs/a.md", "See /ho" + "me/someone/perfmodel.\n", "path of one machine"),
    ("docs/b.md", "See https://example.org/home/page, usr/home/x and ${HOME}/root/x.\n", None),
]


def self_test():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content, _ in SELF_TEST:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        problems = check(root)
        for name, _, expected in SELF_TEST:
            found = [p for p in problems if p.startswith(name + ":")]
            if expected is None and found:
                failures.append(f"{name}: reported without reason: {found}")
            if expected is not None and not (len(found) == 1 and expected in found[0]):
                failures.append(f"{name}: expected one problem with '{expected}', got {found}")
    return failures


def main(arguments):
    if arguments == ["--self-test"]:
        problems = self_test()
    elif len(arguments) == 1 and Path(arguments[0]).is_dir():
        problems = check(Path(arguments[0]).resolve())
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for line in problems:
        print(line)
    print(f"{len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
