#!/usr/bin/env python3
"""Compares the tables of docs/host.md and docs/model.md with results/host and results/accuracy/host*.csv.

  host_tables.py [--update] [--root FOLDER]

A table stands between `<!-- host: NAME -->` and `<!-- /host -->`; NAME is machine, roofs, noise, gemv, gemm,
attention, prefill, grouped_gemm, other, rows, above, goals, two_threads, against, coverage, prediction, largest, steps,
classes or forms. The files are written by tools/host/measure, `perfmodel bench --predict` and tools/host/forms.

--update  writes the tables into the document
"""
import collections
import csv
import math
import statistics
import sys

import document_tables
import host_goals

MEASURED = ("gemv", "gemv_small", "gemm", "grouped_gemm", "attention_gqa", "attention_mla", "attention_prefill", "other", "rows", "transformer")
OPTIONAL = ("two_threads",)
CLASSES = ("gemv", "gemm", "grouped_gemm", "attention_prefill", "attention_decode", "rows")


def read(root, name, folder="host"):
    path = root / "results" / folder / f"{name}.csv"
    if name in OPTIONAL and not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror}") from error


def lines(header, rows, text_columns=1):
    marks = ["---"] * text_columns + ["--:"] * (len(header) - text_columns)
    return ["| " + " | ".join(header) + " |", "|" + "|".join(marks) + "|",
            *("| " + " | ".join(row) + " |" for row in rows)]


def at(values, share):
    """Between the two values beside the rank, as `perfmodel bench --predict` has it."""
    values = sorted(values)
    rank = share * (len(values) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(values) - 1)
    return values[low] * (low + 1 - rank) + values[high] * (rank - low)


def percent(values, share):
    return f"{at(values, share):.1f} %"


def time(microseconds):
    us = float(microseconds)
    return f"{us:.3g} us" if us < 1e3 else f"{us / 1e3:.3g} ms"


def machine(root):
    row = read(root, "gemv")[0]
    return lines(["", ""], [["processor", row["cpu"]], ["threads measured", row["threads"]],
                            ["caches", f"{row['l1d_kib']} KiB L1d, {row['l2_kib']} KiB L2, {row['l3_mib']} MiB L3 (shared)"],
                            ["compiler", row["compiler"]]], 2)


def roofs(root):
    return lines(["roof", "value", "median", "quartiles", "best", "what"],
                 [[r["roof"], f"{r['value']} {r['unit']}", r["median"], f"{r['q1']} .. {r['q3']}", r["best"], r["what"]]
                  for r in read(root, "roofs")])


def noise(root):
    rows = []
    for name in MEASURED:
        data = read(root, name)
        spread = [float(r["canary_spread_percent"]) for r in data]
        own = [(float(r["time_q3_us"]) / float(r["time_q1_us"]) - 1) * 100 for r in data]
        read_roof = [float(r["roof_read_gb_per_s"]) for r in data]
        rows.append([f"`{name}.csv`", str(len(data)), percent(spread, 0.5), percent(spread, 1), percent(own, 0.5),
                     percent(own, 1), f"{min(read_roof):.3g} .. {max(read_roof):.3g}"])
    return lines(["file", "rows", "canary, median", "worst", "quartiles of the rows, median", "worst", "read roof, GB/s"], rows)


def kernel_rows(data):
    return [[f"`{r['kernel']}`", r["shape"], time(r["time_us"]), r["gb_per_s"], r["gflop_per_s"],
             f"{float(r['of_roof_percent']):.0f} %", r["error"] or "-"] for r in data]


KERNEL_HEADER = ["kernel", "shape", "time", "GB/s", "GFLOP/s", "of roof", "error"]
MOVED_HEADER = ["kernel", "shape", "tier", "time", "GB/s", "GFLOP/s", "of read", "of copy", "error"]


def moved_rows(data):
    return [[f"`{r['kernel']}`", r["shape"], r["tier"], time(r["time_us"]), r["gb_per_s"], r["gflop_per_s"],
             f"{float(r['of_read_percent']):.0f} %", f"{float(r['of_copy_percent']):.0f} %", r["error"] or "-"] for r in data]


def gemv(root):
    return lines(KERNEL_HEADER, kernel_rows([r for r in read(root, "gemv") if r["shape"] in ("m1n4096k4096", "m1n18432k7168")]), 2)


def gemm(root):
    data = {(r["kernel"], int(r["m"])): r for r in read(root, "gemm") if (r["n"], r["k"]) == ("4096", "4096")}
    rows_of = sorted({m for _, m in data})
    kernels = list(dict.fromkeys(kernel for kernel, _ in data))
    return lines(["GFLOP/s at n = k = 4096, m ="] + [str(m) for m in rows_of],
                 [[f"`{k}`"] + [f"{float(data[k, m]['gflop_per_s']):.0f}" if (k, m) in data else "" for m in rows_of]
                  for k in kernels])


def against(root):
    rows = []
    for r in read(root, "against"):
        rows.append([f"`{r['kernel']}`", r["shape"], r["library"], r["call"], time(r["our_time_us"]), time(r["library_time_us"]),
                     f"{float(r['speedup']):.2f}", f"{float(r['speedup_q1']):.2f} .. {float(r['speedup_q3']):.2f}"])
    return lines(["ours", "shape", "library", "its call", "our time", "its time", "its time over ours", "quartiles"], rows, 4)


def goals(root):
    return lines(["kernel", "shape", "what", "measured", "goal", "reached", "where it is missed"],
                 host_goals.Goals(lambda name: read(root, name)).table(), 7)


def two_threads(root):
    rows = [[f"`{p['kernel']}`", p["shape"], time(p["one"]["time_us"]), time(p["two"]["time_us"]),
             *(f"{p[what]:.2f}" for what in ("rate", "read", "copy", "flop"))]
            for p in host_goals.pairs(lambda name: read(root, name))]
    return lines(["kernel", "shape", "one thread", "two threads", "rate over that of one", "read roof", "copy roof", "arithmetic roof"], rows, 2)


MUCH = 110  # percent of a roof that wants a reason
SLOW = 0.8  # of the median of what the roof is elsewhere


def reason_above(row, usual, cache):
    """Why a row is above the roof that it is held against, as far as its own figures say."""
    roof = float(row["roof_read_gb_per_s"])
    if row["tier"] == "scalar":
        return f"the roof is what the scalar tier's own loop reads, {roof:.3g} GB/s, and memory gives {usual:.3g}"
    if roof < SLOW * usual:
        return f"the roof's samples met a slow spell: {roof:.3g} GB/s in place of {usual:.3g}"
    if float(row["of_copy_percent"]) <= 100:
        return f"written as well as read, past the caches: {float(row['of_copy_percent']):.0f} % of the copy"
    if float(row["megabytes"]) <= cache:
        return f"{float(row['megabytes']):.3g} MB, part of which stays in the last-level cache"
    return f"the roof's samples were slower than the kernel's spell: {roof:.3g} GB/s"


def above(root):
    data = {name: read(root, name) for name in MEASURED}
    usual = statistics.median(float(r["roof_read_gb_per_s"]) for rows in data.values() for r in rows if r["tier"] != "scalar")
    rows = [[f"`{r['kernel']}`", r["shape"], f"{float(r['of_roof_percent']):.0f} %", reason_above(r, usual, 1.048576 * float(r["l3_mib"]))]
            for name in MEASURED for r in data[name] if float(r["of_roof_percent"]) > MUCH]
    return lines(["kernel", "shape", "of roof", "why"], rows, 4)


def coverage(root):
    """What of the measured rows the predictions have. A kernel that is in none of them is one that the models have no operator for;
    what else is left out is so by the rule of the last-level cache, the one other that refuses rows."""
    measured, predicted = (collections.Counter(), collections.Counter())
    for name in MEASURED:
        if name != "transformer":
            measured.update(r["kernel"].split("/")[0] for r in read(root, name))
    predicted.update(r["kernel"].split("/")[0] for r in read(root, "host", "accuracy"))
    rows = []
    for family, count in measured.items():
        out = count - predicted[family]
        why = "" if out == 0 else "keys and values below twice the last-level cache" if predicted[family] else "no operator in the models"
        rows.append([family, str(count), str(predicted[family]), str(out) if out else "", why])
    rows.append(["all", str(measured.total()), str(predicted.total()), str(measured.total() - predicted.total()), ""])
    return lines(["kernels", "measured rows", "predicted", "left out", "why"], rows, 5)


def prediction(root):
    data = read(root, "host", "accuracy")
    kinds = [*dict.fromkeys(sorted(r["class"] for r in data)), "all"]
    hows = ("engine", "fitted", "left_out", "roofline")
    rows = []
    for kind in kinds:
        chosen = [r for r in data if kind in (r["class"], "all")]
        row = [kind, str(len(chosen))]
        for how in hows:
            errors = [abs(float(r[f"{how}_error_percent"])) for r in chosen]
            row.append(f"{percent(errors, 0.5)}, {percent(errors, 0.9)}")
        rows.append(row)
    return lines(["median, 90th percentile of the error", "rows", "family's curves", "with factors of the kernel",
                  "shape left out", "plain roofline"], rows)


LARGEST = 12  # rows of the table of errors


def largest(root):
    data = sorted(read(root, "host", "accuracy"), key=lambda r: -abs(float(r["left_out_error_percent"])))[:LARGEST]
    return lines(["kernel", "shape", "measured", "predicted with the shape left out", "error"],
                 [[f"`{r['kernel']}`", r["shape"], time(r["measured_us"]), time(r["left_out_us"]),
                   f"{float(r['left_out_error_percent']):+.1f} %"] for r in data], 2)


FORM_CLASSES = {"gemv": "one row", "gemm M<64": "2 to 63 rows", "gemm M>=64": "64 rows and more", "grouped_gemm": "experts",
                "attention_decode": "decode attention, GQA", "mla_decode": "MLA"}


def forms(root):
    """Errors with the shape left out, by the form of the models; of steps with factors of the kernel."""
    data = read(root, "host_forms", "accuracy")
    found = {(r["form"], r["class"], r["prediction"]): r for r in data}

    def cell(form, kind, how):
        row = found[form, kind, how]
        return f"{float(row['median_error_percent']):.1f} %, {float(row['p90_error_percent']):.1f} %"
    return lines(["median, 90th percentile of the error", "all kernels", *FORM_CLASSES.values(), "whole steps"],
                 [[form, *(cell(form, kind, "left_out") for kind in ("all", *FORM_CLASSES)), cell(form, "steps", "fitted")]
                  for form in dict.fromkeys(r["form"] for r in data)])


WITHIN = 15  # percent, the goal of a step


def steps(root):
    data = read(root, "host_steps", "accuracy")
    rows = [[f"`{r['kernel']}`", r["shape"], time(r["measured_us"]),
             time(r["engine_us"]), f"{float(r['engine_error_percent']):+.1f} %",
             time(r["fitted_us"]), f"{float(r['fitted_error_percent']):+.1f} %"] for r in data]
    errors = {how: [abs(float(r[f"{how}_error_percent"])) for r in data] for how in ("engine", "fitted")}
    for name, share in (("median", 0.5), ("90th percentile", 0.9)):
        rows.append([name, "", "", "", percent(errors["engine"], share), "", percent(errors["fitted"], share)])
    within = {how: f"{sum(e <= WITHIN for e in errors[how])} of {len(data)}" for how in errors}
    rows.append([f"within {WITHIN} %", "", "", "", within["engine"], "", within["fitted"]])
    return lines(["step", "shape", "measured", "family's curves", "error", "with factors of the kernel", "error"], rows, 2)


def classes(root):
    rows = []
    for r in read(root, "host_steps", "accuracy"):
        total = float(r["fitted_us"])
        shares = [float(r[f"fitted_{c}_us"]) / total * 100 for c in CLASSES]
        rows.append([f"`{r['kernel']}`", r["shape"], *(f"{s:.1f} %" if s else "" for s in shares)])
    return lines(["share of the predicted time", "shape", *CLASSES], rows, 2)


TABLES = {
    "steps": steps, "classes": classes,
    "prefill": lambda root: lines(KERNEL_HEADER, kernel_rows(read(root, "attention_prefill")), 2),
    "rows": lambda root: lines(MOVED_HEADER, moved_rows(read(root, "rows")), 3),
    "machine": machine, "roofs": roofs, "noise": noise, "gemv": gemv, "gemm": gemm, "against": against,
    "grouped_gemm": lambda root: lines(KERNEL_HEADER, kernel_rows(read(root, "grouped_gemm")), 2),
    "attention": lambda root: lines(KERNEL_HEADER, kernel_rows(read(root, "attention_gqa") + read(root, "attention_mla")), 2),
    "other": lambda root: lines(MOVED_HEADER, moved_rows(read(root, "other")), 3),
    "prediction": prediction, "goals": goals, "above": above, "two_threads": two_threads, "coverage": coverage,
    "largest": largest, "forms": forms,
}


def table(root, name):
    if name not in TABLES:
        raise SystemExit(f"host: {name}: no such table (one of {', '.join(TABLES)})")
    return TABLES[name](root)


def main():
    options = document_tables.parser(__doc__).parse_args()
    return document_tables.keep(options, "host", ["docs/host.md", "docs/model.md"], lambda name: table(options.root, name), "results/host")


if __name__ == "__main__":
    sys.exit(main())
