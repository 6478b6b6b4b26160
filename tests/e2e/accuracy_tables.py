#!/usr/bin/env python3
"""Compares the accuracy tables of README.md and docs/accuracy.md with results/accuracy.

  accuracy_tables.py [--update] [--root FOLDER]

A table stands between `<!-- accuracy: NAME -->` and `<!-- /accuracy -->`; NAME is in_sample, left_out_chip,
left_out_llm or left_out_stack (that file in full), overview (the main kinds of numbers, one column per
file), or goals (what the project aims at on left-out groups, and how far it is). results/accuracy/*.csv are written by `perfmodel validate --summary`.

--update  writes the tables into the documents
"""
import csv
import sys

import document_tables

DOCUMENTS = ("README.md", "docs/accuracy.md")
FILES = {"in_sample": "in sample", "left_out_chip": "chip left out", "left_out_llm": "model left out",
         "left_out_stack": "software left out"}
OVERVIEW = ("tpot", "tpot_disaggregated", "output_rate", "static_batch", "offline", "decode_only", "ttft")
# Largest errors aimed at, in the order of the columns of the files.
GOALS = (("tpot", "median", 0.08), ("tpot", "mean", 0.12), ("tpot", "p90", 0.25), ("output_rate", "median", 0.12),
         ("total_rate", "median", 0.12), ("output_rate_disaggregated", "median", 0.12), ("ttft", "median", 0.25),
         ("static_batch", "median", 0.15), ("offline", "median", 0.15), ("decode_only", "median", 0.12),
         ("prefill_only", "median", 0.12))


def percent(text):
    return f"{float(text) * 100:.1f} %"


def read(root, name):
    path = root / "results" / "accuracy" / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["kind"]: row for row in csv.DictReader(file) if row["scope"] == "all"}
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror}") from error


def table(root, name):
    if name == "overview":
        columns = {file: read(root, file) for file in FILES}
        lines = ["| median error, 90th percentile | n | " + " | ".join(FILES.values()) + " |",
                 "|---|---:|" + "---:|" * len(FILES)]
        for kind in OVERVIEW:
            if kind not in columns["in_sample"]:
                continue
            first = columns["in_sample"][kind]
            cells = [f"{percent(c[kind]['median'])}, {percent(c[kind]['p90'])}" if kind in c else "" for c in columns.values()]
            lines.append(f"| {first['title']} | {first['rows']} | " + " | ".join(cells) + " |")
        return lines
    if name == "goals":
        columns = {file: read(root, file) for file in FILES}
        lines = ["| | goal | " + " | ".join(FILES.values()) + " |", "|---|---:|" + "---:|" * len(FILES)]
        for kind, measure, goal in GOALS:
            cells = []
            for rows in columns.values():
                reached = float(rows[kind][measure]) if kind in rows else None
                cells.append("" if reached is None else f"**{percent(reached)}**" if reached <= goal else percent(reached))
            title = {"p90": "90th percentile"}.get(measure, measure)
            lines.append(f"| {columns['in_sample'][kind]['title']}, {title} | {percent(goal)} | " + " | ".join(cells) + " |")
        return lines
    if name not in FILES:
        raise SystemExit(f"accuracy: {name}: no such table (one of goals, overview, {', '.join(FILES)})")
    lines = ["| | n | median | mean | 90th percentile | bias |", "|---|---:|---:|---:|---:|---:|"]
    for row in read(root, name).values():
        numbers = [row["rows"], percent(row["median"]), percent(row["mean"]), percent(row["p90"]),
                   f"{float(row['bias']):.2f}"]
        lines.append(f"| {row['title']} | " + " | ".join(numbers) + " |")
    return lines


def main():
    options = document_tables.parser(__doc__).parse_args()
    return document_tables.keep(options, "accuracy", DOCUMENTS, lambda name: table(options.root, name), "results/accuracy")


if __name__ == "__main__":
    sys.exit(main())
