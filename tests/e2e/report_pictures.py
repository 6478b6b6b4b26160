#!/usr/bin/env python3
"""The pictures of the documents, made by the program.

  report_pictures.py --program perfmodel             fails where docs/pictures holds another picture than the program makes
  report_pictures.py --program perfmodel --update    writes them
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs/pictures"
# Report and chart.
SHOWN = [("ascend-vs-nvidia", "interactivity-deepseek-r1.svg"), ("ascend-vs-nvidia", "throughput-deepseek-r1.svg")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for report in dict.fromkeys(r for r, _ in SHOWN):
            out = Path(scratch) / report
            subprocess.run([args.program, "report", report, "-o", str(out)], check=True, capture_output=True)
            for of, name in SHOWN:
                if of != report:
                    continue
                made = (out / name).read_bytes()
                kept = PICTURES / f"{report}-{name}"
                if args.update:
                    kept.parent.mkdir(exist_ok=True)
                    kept.write_bytes(made)
                elif not kept.exists() or kept.read_bytes() != made:
                    print(f"{kept.relative_to(ROOT)} is not what the program makes (--update writes it anew)")
                    failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
