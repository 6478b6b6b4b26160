#!/usr/bin/env python3
"""tools/host/measure with a program of its own making, which counts its processes: medians, largest errors, rows in
their order, nothing measured twice, and nothing written where a process fails or says something else."""
import csv
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

MEASURE = Path(__file__).resolve().parents[2] / "tools" / "host" / "measure"

# Answers each call with the next of its times; `host` by the same for its roofs.
PROGRAM = """#!{PYTHON} -IS
import os, re, sys
words, here = sys.argv[1:], os.path.dirname(os.path.abspath(__file__))
with open(here + "/calls", "a+") as calls:
    calls.write(" ".join(words) + "\\n")
    calls.seek(0)
    number = sum(1 for line in calls if line.startswith(words[0]))
if os.path.exists(here + "/fails"):
    sys.exit("no such kernel")
time = {TIMES}[(number - 1) % 3]
def of(word):
    return [words[i + 1] for i, w in enumerate(words) if w == word]
out = open(of("--out")[0], "w", newline="")
if words[0] == "host":
    out.write(f"chip read {time}")
    print("roof,value\\r\\nread_dram,%s\\r\\nclock,%s\\r" % (time, number), end="\\n")
    sys.exit()
threads = words[words.index("--threads") + 1:words.index("--repetitions")]
kernels = re.fullmatch(r"\\^\\((.*)\\)/m\\[0-9\\]", of("--filter")[0])[1].split("|")
out.write("kernel,shape,tier,threads,rounds,time_us,error,max_error\\r\\n")
for kernel in kernels:
    for shape in of("--shape") or ["m1n0k8"]:
        for t in threads:
            tier = "scalar" if os.path.exists(here + "/tiers") and number == 2 else "avx2"
            out.write(f"{kernel},{shape},{tier},{t},{of('--repetitions')[0]},{float(time) * len(shape):.4g},{time}e-7,1e-6\\r\\n")
"""


class Measure(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "results/host").mkdir(parents=True)
        (self.root / "configs/chips").mkdir(parents=True)
        self.program = self.root / "program"
        self.program.write_text(PROGRAM.replace("{TIMES}", '["3", "10", "2"]').replace("{PYTHON}", sys.executable), encoding="utf-8")
        self.program.chmod(0o755)

    def file(self, name, *rows):
        path = self.root / f"results/host/{name}.csv"
        path.write_text("\n".join(["kernel,shape,tier,threads,rounds,time_us,error,max_error", *rows, ""]), encoding="utf-8")
        return path

    def measure(self, *words):
        return subprocess.run([sys.executable, "-IS", MEASURE, "--root", self.root, "--program", self.program, "--scratch",
                               self.root / "scratch", *words], capture_output=True, text=True, check=False)

    def calls(self):
        path = self.root / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def rows(self, path):
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_writes_the_median_of_each_column_and_the_largest_error(self):
        path = self.file("gemv", "gemv/bf16/bf16,m1n8k8,avx2,1,5,99,1e-9,1e-6", "gemv/fp16/fp16,m1n8k8,,1,5", "gemv/bf16/bf16,m1n16k16,,1,5")
        done = self.measure("gemv")
        self.assertEqual(done.returncode, 0, done.stderr)
        # Times are 3, 10 and 2 by the length of the shape. Two commands by process, as one kernel has a shape more.
        self.assertEqual(len(self.calls()), 6)
        self.assertEqual([(r["kernel"], r["shape"]) for r in self.rows(path)],
                         [("gemv/bf16/bf16", "m1n8k8"), ("gemv/fp16/fp16", "m1n8k8"), ("gemv/bf16/bf16", "m1n16k16")])
        for row in self.rows(path):
            self.assertEqual(row["time_us"], str(3 * len(row["shape"])))
            self.assertEqual([row[c] for c in ("error", "tier", "max_error", "rounds")], ["10e-7", "avx2", "1e-6", "5"])
        self.assertIn(b"1e-6\r\n", path.read_bytes())

    def test_continues_where_it_was_and_measures_nothing_twice(self):
        self.file("gemv", "gemv/bf16/bf16,m1n8k8,,1,5")
        self.measure("gemv", "--processes", "2")
        self.assertEqual(len(self.calls()), 2)
        self.measure("gemv")
        self.assertEqual(len(self.calls()), 3)
        # A row that the old processes did not have.
        path = self.file("gemv", "gemv/bf16/bf16,m1n8k8,,1,5", "gemv/bf16/bf16,m1n9k9,,1,5")
        self.measure("gemv")
        self.assertEqual(len(self.calls()), 6)
        self.assertEqual(len(self.rows(path)), 2)

    def test_measures_numbers_of_threads_in_one_process(self):
        path = self.file("two_threads", "gemv/bf16/bf16,m1n8k8,,1,5", "gemv/bf16/bf16,m1n8k8,,2,5")
        self.measure("two_threads", "--processes", "1")
        self.assertEqual(len(self.calls()), 1)
        self.assertIn("--threads 1 2 ", self.calls()[0])
        self.assertEqual([r["threads"] for r in self.rows(path)], ["1", "2"])

    def test_steps_run_once_on_their_own_shapes(self):
        self.file("transformer", "transformer/dense/bf16,m1n0k8,,1,9")
        self.assertEqual(self.measure().returncode, 0)
        self.assertEqual(len(self.calls()), 1)
        self.assertNotIn("--shape", self.calls()[0])

    def test_roofs_and_the_chip_are_of_the_process_in_the_middle(self):
        done = self.measure("roofs")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([r["value"] for r in self.rows(self.root / "results/host/roofs.csv")], ["3", "1"])
        self.assertEqual((self.root / "configs/chips/host.yaml").read_text(encoding="utf-8"), "chip read 3")

    def test_writes_nothing_where_something_is_wrong(self):
        path = self.file("gemv", "gemv/bf16/bf16,m1n8k8,,1,5")
        before = path.read_bytes()
        (self.root / "tiers").touch()
        self.assertIn("processes differ in tier: avx2, scalar", self.measure("gemv").stderr)
        (self.root / "fails").touch()
        failed = self.measure("gemv", "--processes", "5")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("no such kernel", failed.stderr)
        self.assertEqual(path.read_bytes(), before)
        self.file("rows", "gemv/bf16/bf16,m1n8k8,,,5")
        self.assertIn("needs kernel, shape, threads and rounds", self.measure("rows").stderr)
        self.assertIn("none.csv: No such file", self.measure("none").stderr)


if __name__ == "__main__":
    unittest.main()
