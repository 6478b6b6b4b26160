#!/usr/bin/env python3
"""Every shipped report, made and looked at: the document against its schema, tables against their CSV,
pictures as XML, what-ifs from their terms against the program's own answers.

  report_check.py --program perfmodel [REPORT...]     all of configs/reports, or those named
"""
import argparse
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import xml.dom.minidom
from pathlib import Path

import jsonschema

import report_whatif

ROOT = Path(__file__).resolve().parents[2]
PLACE = '<script type="application/json" id="report-document">{}</script>'
PAGE = f"<!doctype html><title>test</title>{PLACE}<p>end"
# A report that a page shows is made while somebody waits for it; others share the machine, so this is no measurement.
SLOWEST_S = 20.0


def make(program, report, folder, page):
    began = time.monotonic()
    done = subprocess.run([program, "report", report, "-o", str(folder), "--page", str(page)], capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        raise SystemExit(f"{report}: status {done.returncode}\n{done.stderr}")
    return time.monotonic() - began, done.stdout.splitlines()


def same(text, cell):
    """A field of the CSV and the cell of the document that it is of: the very same number."""
    if cell is None:
        return text == ""
    return text == cell if isinstance(cell, str) else float(text) == cell


def finite(value, path):
    if isinstance(value, float) and not math.isfinite(value):
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from finite(inner, f"{path}.{key}")
    if isinstance(value, list):
        for i, inner in enumerate(value):
            yield from finite(inner, f"{path}.{i}")


def problems_of(folder, name, files):
    document = json.loads((folder / f"{name}.json").read_text())
    schema = json.loads((ROOT / "report/document.schema.json").read_text())
    checker = jsonschema.validators.validator_for(schema)(schema)
    for error in list(checker.iter_errors(document))[:5]:
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
    yield from (f"{path}: not finite" for path in finite(document, name))
    if document["whatif"]:
        yield from report_whatif.problems_of(document["whatif"])
    markdown = (folder / f"{name}.md").read_text()
    systems = {s["id"] for s in document["systems"]}
    seen = set()
    for section in document["sections"]:
        if not section["charts"] and not section["tables"]:
            yield f"{section['id']}: neither a chart nor a table"
        for text in section["text"] + [section["title"]]:
            if "{{" in text:
                yield f"{section['id']}: a field was not put in: {text}"
        tables = {t["id"]: t for t in section["tables"]}
        for table in section["tables"]:
            yield from table_problems(folder, table, markdown)
        for chart in section["charts"]:
            if chart["table"] not in tables:
                yield f"{chart['id']}: its table {chart['table']} is not in the section"
            yield from chart_problems(folder, chart, systems)
        for part in section["charts"] + section["tables"]:
            key = part.get("svg") or part["csv"]
            if key in seen:
                yield f"{key}: written twice"
            seen.add(key)
            if key not in markdown:
                yield f"{key}: not in the Markdown"
    expected = {str(folder / f) for f in seen} | {str(folder / f"{name}.{e}") for e in ("json", "md", "html")}
    if set(files) != expected or {str(f) for f in folder.iterdir()} != expected:
        yield f"files listed and written differ: {sorted(set(files) ^ expected)}"
    html = (folder / f"{name}.html").read_text()
    before, after = PAGE.split("{}</script>")
    if not html.startswith(before) or not html.endswith("</script>" + after):
        yield "the page is not the template with the document in it"
    if json.loads(html[len(before):-len("</script>" + after)]) != document:
        yield "the page's document is another"


def table_problems(folder, table, markdown):
    where = table["id"]
    width = len(table["columns"])
    if not table["rows"]:
        yield f"{where}: no rows"
    names = [c["csv_name"] for c in table["columns"]]
    if len(set(names)) != len(names):
        yield f"{where}: columns of one name: {names}"
    for row in table["rows"]:
        if len(row) != width:
            yield f"{where}: a row of {len(row)} cells under {width} columns"
        for cell, column in zip(row, table["columns"]):
            if cell is not None and isinstance(cell, str) == (column["kind"] == "number"):
                yield f"{where}: {cell!r} in the {column['kind']} column {column['name']}"
    raw = (folder / table["csv"]).read_bytes()
    if raw.replace(b"\r\n", b"").count(b"\n") or not raw.endswith(b"\r\n"):
        yield f"{where}: not RFC 4180"
    rows = list(csv.reader(io.StringIO(raw.decode(), newline="")))
    equal = rows[0] == names and len(rows) == len(table["rows"]) + 1
    if not equal or not all(same(t, c) for r, cells in zip(rows[1:], table["rows"]) for t, c in zip(r, cells)):
        yield f"{where}: the CSV differs from the document"
    if table["title"] not in markdown.replace("\\", ""):
        yield f"{where}: not in the Markdown"


def chart_problems(folder, chart, systems):
    where = chart["id"]
    picture = xml.dom.minidom.parse(str(folder / chart["svg"]))
    drawn = sum(len(picture.getElementsByTagName(t)) for t in ("circle", "rect", "polyline"))
    categories = chart["y"]["categories"]
    marks = sum(len(s["points"]) if "points" in s else sum(v is not None for v in s["values"]) for s in chart["series"])
    marks += 2 * len(chart.get("rows", []))
    if marks == 0:
        yield f"{where}: shows nothing"
    if chart["kind"] in ("bars", "tornado") and drawn < marks:
        yield f"{where}: {drawn} shapes for {marks} marks"
    for series in chart["series"]:
        if series["system"] and series["system"] not in systems:
            yield f"{where}: no system {series['system']}"
        for part in ("values", "low", "high"):
            if series.get(part) is not None and len(series[part]) != len(categories):
                yield f"{where}: {len(series[part])} {part} for {len(categories)} categories"
        for point in series.get("points", []):
            for axis, value in (("x", point["x"]), ("y", point["y"])):
                if chart[axis]["scale"] == "log" and value <= 0:
                    yield f"{where}: {value} on a logarithmic axis"
            if point["low"] is not None and not point["low"] <= point["y"] * 1.5:
                yield f"{where}: p10 {point['low']} far above {point['y']}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("reports", nargs="*")
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    reports = args.reports or sorted(p.stem for p in (ROOT / "configs/reports").glob("*.yaml"))
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(PAGE)
        for report in reports:
            folder = Path(scratch) / report
            seconds, files = make(program, report, folder, page)
            problems = list(problems_of(folder, report, files))
            if seconds > SLOWEST_S:
                problems.append(f"took {seconds:.1f} s")
            size = (folder / f"{report}.json").stat().st_size
            print(f"{report}: {seconds:.2f} s, {len(files)} files, document of {size / 1e6:.2f} MB, {len(problems)} problems")
            for problem in problems:
                print(f"  {problem}")
            failed += bool(problems)
        # The same bytes again.
        report = reports[0]
        again = Path(scratch) / "again"
        make(program, report, again, page)
        for file in sorted(again.iterdir()):
            if file.read_bytes() != (Path(scratch) / report / file.name).read_bytes():
                print(f"{report}: {file.name} differs the second time")
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
