#!/usr/bin/env python3
"""Tests accuracy_tables.py on small documents."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).with_name("accuracy_tables.py")
HEADER = "scope,name,kind,title,rows,median,mean,p90,bias,rank\r\n"
NAMES = ("in_sample", "left_out_chip", "left_out_llm", "left_out_stack")


class AccuracyTables(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        (self.root / "docs").mkdir()
        (self.root / "results" / "accuracy").mkdir(parents=True)
        for i, name in enumerate(NAMES):
            self.results(name, f'all,,tpot,"TPOT, aggregated",12,0.1{i},0.2,0.3,1.02,0.9\r\n'
                               "profile,x-2026,tpot,\"TPOT, aggregated\",5,0.5,0.5,0.5,1,1\r\n")
        self.document("README.md", "before\n<!-- accuracy: overview -->\n<!-- /accuracy -->\nafter\n")
        self.document("docs/accuracy.md", "<!-- accuracy: in_sample -->\nold\n<!-- /accuracy -->\n"
                                          "<!-- accuracy: left_out_llm -->\n<!-- /accuracy -->\n")

    def results(self, name, rows):
        (self.root / "results" / "accuracy" / f"{name}.csv").write_text(HEADER + rows, encoding="utf-8", newline="")

    def document(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def run_script(self, *options):
        done = subprocess.run([sys.executable, SCRIPT, "--root", self.root, *options], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout + done.stderr

    def test_update_makes_them_agree(self):
        self.assertEqual(self.run_script()[0], 1)
        self.assertEqual(self.run_script("--update")[0], 0)
        self.assertEqual(self.run_script(), (0, ""))
        readme = (self.root / "README.md").read_text(encoding="utf-8")
        self.assertTrue(readme.startswith("before\n<!-- accuracy: overview -->\n"))
        self.assertTrue(readme.endswith("<!-- /accuracy -->\nafter\n"))
        self.assertIn("| TPOT, aggregated | 12 | 10.0 %, 30.0 % | 11.0 %, 30.0 % | 12.0 %, 30.0 % | 13.0 %, 30.0 % |", readme)
        full = (self.root / "docs" / "accuracy.md").read_text(encoding="utf-8")
        self.assertIn("| TPOT, aggregated | 12 | 10.0 % | 20.0 % | 30.0 % | 1.02 |", full)
        self.assertIn("| TPOT, aggregated | 12 | 12.0 % | 20.0 % | 30.0 % | 1.02 |", full)
        self.assertNotIn("old", full)
        self.assertNotIn("50.0 %", full)

    def test_a_changed_result_is_seen(self):
        self.run_script("--update")
        self.results("left_out_llm", 'all,,tpot,"TPOT, aggregated",12,0.4,0.5,0.6,1,1\r\n')
        code, out = self.run_script()
        self.assertEqual(code, 1)
        self.assertIn("docs/accuracy.md", out)
        self.assertIn("README.md", out)
        self.assertIn("40.0 %", out)

    def test_bad_documents_are_refused(self):
        self.document("README.md", "<!-- accuracy: overview -->\n")
        self.assertIn("README.md", self.run_script()[1])
        self.document("README.md", "no table\n")
        self.assertNotEqual(self.run_script()[0], 0)
        self.document("README.md", "<!-- accuracy: overvew -->\n<!-- /accuracy -->\n")
        self.assertIn("no such table", self.run_script()[1])

    def test_a_missing_result_is_named(self):
        (self.root / "results" / "accuracy" / "left_out_chip.csv").unlink()
        code, out = self.run_script()
        self.assertNotEqual(code, 0)
        self.assertIn("left_out_chip.csv", out)


if __name__ == "__main__":
    unittest.main()
