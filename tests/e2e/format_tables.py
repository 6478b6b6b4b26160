#!/usr/bin/env python3
"""Compares the tables of docs/formats.md with what `perfmodel formats` prints.

  format_tables.py --program PERFMODEL [--update]

A table stands between `<!-- formats: NAME -->` and `<!-- /formats -->`; NAME is weights, activations, logits, speed or
fallback.

--update  writes the tables into the document
"""
import subprocess
import sys

import document_tables

NAMES = ("weights", "activations", "logits", "speed", "fallback")  # in the order in which they are printed


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
    parser = document_tables.parser(__doc__)
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    return document_tables.keep(options, "formats", ["docs/formats.md"], tables(options.program).get, "perfmodel formats", NAMES)


if __name__ == "__main__":
    sys.exit(main())
