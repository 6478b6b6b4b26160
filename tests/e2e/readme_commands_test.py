#!/usr/bin/env python3
"""Tests readme_commands.py on small READMEs."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).with_name("readme_commands.py")


class ReadmeCommands(unittest.TestCase):
    def check(self, text, *options):
        with tempfile.TemporaryDirectory() as folder:
            readme = Path(folder) / "README.md"
            readme.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, SCRIPT, *options, readme], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr, readme.read_text(encoding="utf-8")

    def block(self, body, before=""):
        return f"# Title\n{before}\n```console\n{body}\n```\nafter\n"

    def test_equal_output_passes(self):
        self.assertEqual(self.check(self.block("$ printf 'a\\nb\\n'\na\nb\n$ echo c\nc"))[0], 0)

    def test_a_changed_digit_fails(self):
        code, out, _ = self.check(self.block("$ echo 1.25 ms\n1.26 ms"))
        self.assertEqual(code, 1)
        self.assertIn("+1.25 ms", out)

    def test_missing_and_extra_lines_fail(self):
        self.assertEqual(self.check(self.block("$ seq 3\n1\n2"))[0], 1)
        self.assertEqual(self.check(self.block("$ seq 2\n1\n2\n3"))[0], 1)
        self.assertEqual(self.check(self.block("$ true\nsomething"))[0], 1)

    def test_elision_stands_for_any_number_of_lines(self):
        self.assertEqual(self.check(self.block("$ seq 9\n1\n...\n9"))[0], 0)
        self.assertEqual(self.check(self.block("$ seq 9\n...\n5\n...\n9\n..."))[0], 0)
        self.assertEqual(self.check(self.block("$ seq 9\n1\n...\n8"))[0], 1)
        self.assertEqual(self.check(self.block("$ seq 9\n1\n...\n7\n6\n...\n9"))[0], 1)

    def test_noise_is_for_marked_blocks_and_numbers_only(self):
        body = "$ echo '| 110 | GB/s'\n|  90 | GB/s"
        self.assertEqual(self.check(self.block(body))[0], 1)
        self.assertEqual(self.check(self.block(body, "<!-- noisy-numbers: 30% -->"))[0], 0)
        self.assertEqual(self.check(self.block(body, "<!-- noisy-numbers: any -->"))[0], 0)
        self.assertEqual(self.check(self.block(body, "<!-- noisy-numbers: 10% -->"))[0], 1)
        self.assertEqual(self.check(self.block(body.replace("110 | GB", "110 | TB"), "<!-- noisy-numbers: any -->"))[0], 1)

    def test_a_failing_command_fails(self):
        self.assertEqual(self.check(self.block("$ false"))[0], 1)
        self.assertEqual(self.check(self.block("$ sh -c 'exit 3' || echo \"exit $?\"\nexit 3"))[0], 0)

    def test_other_blocks_are_not_run(self):
        text = "```sh\n$ false\n```\n```\n```console\n```\n"
        self.assertEqual(self.check(text + self.block("$ true"))[0], 0)

    def test_a_readme_without_commands_fails(self):
        self.assertEqual(self.check("```sh\n$ true\n```\n")[0], 1)

    def test_commands_continue_after_a_backslash(self):
        self.assertEqual(self.check(self.block("$ echo a \\\n    b\na b"))[0], 0)

    def test_program_replaces_the_launcher(self):
        self.assertEqual(self.check(self.block("$ ./perfmodel x | cat\nx"), "--program", "/bin/echo")[0], 0)

    def test_the_test_command_is_refused(self):
        code, out, _ = self.check(self.block("$ ./perfmodel test"))
        self.assertEqual(code, 1)
        self.assertIn("```sh", out)

    def test_update_writes_the_output_and_keeps_elisions(self):
        text = self.block("$ seq 2\nold\n$ seq 9\n0\n...\n8\n$ echo same\nsame")
        code, _, after = self.check(text, "--update")
        self.assertEqual(code, 0)
        self.assertEqual(after, self.block("$ seq 2\n1\n2\n$ seq 9\n1\n...\n9\n$ echo same\nsame"))
        self.assertEqual(self.check(after)[0], 0)


if __name__ == "__main__":
    unittest.main()
