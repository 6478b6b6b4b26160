#!/usr/bin/env python3
"""Compares the tables of docs/formats.md with what `perfmodel formats` prints.

  format_tables.py --program PERFMODEL [--update]

A table stands between `<!-- formats: NAME -->` and `<!-- /formats -->`; NAME is weights, activations, logits, speed or
fallback.

--update  writes the tables into the document
"""
import argparse
import difflib
import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = "docs/formats.md"
NAMES = ("weights", "activations", "logits", "speed", "fallback")  # in the order in which they are printed
BLOCK = re.compile(r"(<!-- formats: (\w+) -->\n)(.*?)(<!-- /formats -->)", re.DOTALL)


def tables(program):
    """The lines of each table, by name."""
    done = subprocess.run([program, "formats", "--format", "markdown"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{program} formats: status {done.returncode}\n{done.stderr}")
    sections = done.stdout.split("### ")[1:]
    if len(sections) != len(NAMES):
        raise SystemExit(f"{program} formats: {len(sections)} tables in place of {len(NAMES)}")
    lines = ([line for line in section.splitlines() if line.startswith("|")] for section in sections)
    return dict(zip(NAMES, lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    options = parser.parse_args()
    path = options.root / DOCUMENT
    text = path.read_text(encoding="utf-8")
    if sorted(m[1] for m in BLOCK.findall(text)) != sorted(NAMES) or text.count("<!-- formats:") != len(NAMES):
        raise SystemExit(f"{path}: needs `<!-- formats: NAME -->`, closed by `<!-- /formats -->`, once for each of {', '.join(NAMES)}")
    printed = tables(options.program)
    new = BLOCK.sub(lambda m: m[1] + "\n".join(printed[m[2]]) + "\n" + m[4], text)
    if new == text:
        return 0
    if options.update:
        path.write_text(new, encoding="utf-8")
        print(f"{DOCUMENT} rewritten")
        return 0
    print("\n".join(difflib.unified_diff(text.splitlines(), new.splitlines(), DOCUMENT, "perfmodel formats", "", "", 0, "")))
    print(f"{DOCUMENT}: tables differ; {Path(__file__).name} --update rewrites them")
    return 1


if __name__ == "__main__":
    sys.exit(main())
