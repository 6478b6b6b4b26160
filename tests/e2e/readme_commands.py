#!/usr/bin/env python3
"""Runs the commands that README.md shows and compares what they print with what it shows.

  readme_commands.py [--program FILE] [--scratch] [--update] [README.md]

In fenced blocks marked ```console, a line that begins with "$ " is a command (continued after a
trailing backslash) and the lines up to the next command are its standard output, to the byte apart
from trailing spaces. Other blocks are not run. The commands of all blocks run in order, in the folder
of the README, with /bin/sh; each must end with status 0 (show a failing one as `... || echo "exit $?"`).

A line `...` stands for any number of lines. Numbers that differ from run to run are marked in the line
above the block: `<!-- noisy-numbers: 30% -->` accepts numbers within 30 % of those shown, `any` every
number; the words around them must still agree.

--program FILE  runs FILE where a command says ./perfmodel
--scratch       runs the commands in a new empty folder: for documents whose commands write files
--update        writes what the commands print into the README; `...` lines stay where they are
"""
import argparse
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ELISION = "..."
TIMEOUT_S = 300
NOISY = re.compile(r"<!--\s*noisy-numbers:\s*(any|\d+(?:\.\d+)?%)\s*-->")
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass
class Step:
    command: str
    line: int  # of the command in the README, from 1
    noise: float = 0.0  # accepted relative difference of numbers
    first: int = 0  # lines of the README that hold the expected output: [first, last)
    last: int = 0
    expected: list = field(default_factory=list)


def parse(lines):
    steps, i = [], 0
    while i < len(lines):
        if lines[i].strip() != "```console":
            if lines[i].startswith("```"):  # some other block: skip to its end
                i += 1
                while i < len(lines) and lines[i].rstrip() != "```":
                    i += 1
            i += 1
            continue
        noise, marker = 0.0, NOISY.search(lines[i - 1]) if i else None
        if marker:
            noise = float("inf") if marker[1] == "any" else float(marker[1][:-1]) / 100
        i += 1
        start = i
        while i < len(lines) and lines[i].rstrip() != "```":
            if lines[i].startswith("$ "):
                step = Step(lines[i][2:], i + 1, noise)
                while step.command.endswith("\\") and i + 1 < len(lines):
                    i += 1
                    step.command += "\n" + lines[i].removeprefix("> ")
                step.first = step.last = i + 1
                steps.append(step)
            elif i == start:
                raise SystemExit(f"README line {i + 1}: a console block begins with a command")
            else:
                steps[-1].expected.append(lines[i].rstrip())
                steps[-1].last = i + 1
            i += 1
        if i == len(lines):
            raise SystemExit(f"README line {start}: this block is not closed")
        i += 1
    return steps


def run(step, root, program):
    command = step.command
    if program:
        command = re.sub(r"(?<![\w./-])\./perfmodel(?![\w./-])", lambda _: shlex.quote(program), command)
    elif re.search(r"\./perfmodel\s+test\b", command):
        raise SystemExit(f"README line {step.line}: this test is part of ./perfmodel test; use a ```sh block")
    env = {k: v for k, v in os.environ.items() if not k.startswith("PERFMODEL_")}
    env.update(LC_ALL="C.UTF-8", NO_COLOR="1")
    done = subprocess.run(["/bin/sh", "-c", command], cwd=root, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stderr.decode("utf-8", "replace"))
        raise SystemExit(f"README line {step.line}: status {done.returncode}: {step.command}")
    return [line.rstrip() for line in done.stdout.decode("utf-8").splitlines()]


def same_line(shown, printed, noise):
    if shown == printed:
        return True
    if noise == 0:
        return False
    # Columns move with the widths of numbers, and rules of tables with them.
    words = [re.sub(r"[\s─═-]+", " ", NUMBER.sub("#", text)).strip() for text in (shown, printed)]
    if words[0] != words[1]:
        return False
    pairs = zip(*([float(n.replace(",", "")) for n in NUMBER.findall(t)] for t in (shown, printed)))
    return all(abs(a - b) <= noise * abs(a) for a, b in pairs) if noise != float("inf") else True


def same(shown, printed, noise):
    """Whether the lines shown, with elisions, describe the lines printed."""
    # reachable: how many printed lines the shown ones so far may have used up.
    reachable = {0}
    for line in shown:
        if line == ELISION:
            reachable = set(range(min(reachable), len(printed) + 1))
        else:
            reachable = {n + 1 for n in reachable if n < len(printed) and same_line(line, printed[n], noise)}
        if not reachable:
            return False
    return len(printed) in reachable


def updated(shown, printed):
    """What to show instead: all lines, or as many at both ends as were shown around the elision."""
    if ELISION not in shown:
        return printed
    head = shown.index(ELISION)
    tail = shown[::-1].index(ELISION)
    if head + tail >= len(printed):
        return printed
    return printed[:head] + [ELISION] + printed[len(printed) - tail:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program")
    parser.add_argument("--scratch", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("readme", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / "README.md")
    options = parser.parse_args()
    program = os.path.abspath(options.program) if options.program else None
    lines = options.readme.read_text(encoding="utf-8").splitlines()
    steps = parse(lines)
    if not steps:
        raise SystemExit(f"{options.readme}: no ```console block with a command")
    changes, failed = [], 0
    scratch = tempfile.TemporaryDirectory() if options.scratch else None
    folder = Path(scratch.name) if scratch else options.readme.resolve().parent
    for step in steps:
        printed = run(step, folder, program)
        if same(step.expected, printed, step.noise):
            continue
        failed += 1
        changes.append((step, updated(step.expected, printed)))
        if not options.update:
            print(f"README line {step.line}: $ {step.command}")
            print("\n".join(difflib.unified_diff(step.expected, printed, "README", "printed", lineterm="")))
    if options.update and changes:
        for step, output in reversed(changes):
            lines[step.first:step.last] = output
        options.readme.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{len(steps)} commands, {len(changes)} outputs rewritten")
        return 0
    print(f"{len(steps)} commands, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
