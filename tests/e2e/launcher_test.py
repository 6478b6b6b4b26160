#!/usr/bin/env python3
"""Tests the launcher in a scratch tree with stand-ins for cmake, ctest, dpkg-query and apt-get."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

STANDINS = {
    # Configures (--preset) or builds (--build) as the real one leaves it behind.
    "cmake": r"""#!/bin/sh
echo "cmake $*" >> "$LOG"
echo "build output"
case $1 in
  --preset)
    mkdir -p build/release
    echo "CMAKE_HOME_DIRECTORY:INTERNAL=$(pwd -P)" > build/release/CMakeCache.txt
    touch build/release/build.ninja ;;
  --build)
    [ ! -e "$SCRATCH/fail" ] || exit 1
    sleep "${BUILD_S:-0}"
    mkdir -p "$2/cli"
    printf '#!/bin/sh\nfor a; do echo "<$a>"; done\n[ "$1" != no ]\n' > "$2/cli/perfmodel"
    chmod +x "$2/cli/perfmodel" ;;
esac
""",
    "ctest": '#!/bin/sh\necho "ctest $*" >> "$LOG"\necho tests ran\n',
    "dpkg-query": """#!/bin/sh
[ -e "$SCRATCH/missing" ] && exit 1
shift 3
for p; do echo "installed $p"; done
""",
    "apt-get": '#!/bin/sh\necho "apt-get $*" >> "$LOG"\nrm -f "$SCRATCH/missing"\n',
    "id": '#!/bin/sh\n[ -e "$SCRATCH/user" ] && echo 1000 || echo 0\n',
    "sudo": "#!/bin/sh\nexit 1\n",
}


class Launcher(unittest.TestCase):
    def setUp(self):
        self.scratch = Path(tempfile.mkdtemp(prefix="perfmodel launcher "))
        self.addCleanup(shutil.rmtree, self.scratch)
        self.tree = self.scratch / "tree"
        for folder in ("models/units", "cli", "cmake", "configs", "page/src", "page/tests", "tools"):
            (self.tree / folder).mkdir(parents=True)
        for name in ("CMakeLists.txt", "CMakePresets.json", "models/units/a.cpp", "cli/main.cpp", "configs/a.yaml",
                     "page/src/main.ts", "page/tests/a.ts"):
            (self.tree / name).touch()
        shutil.copy2(ROOT / "perfmodel", self.tree)
        shutil.copytree(ROOT / "tools" / "packages", self.tree / "tools" / "packages")
        standins = self.scratch / "bin"
        standins.mkdir()
        for name, text in STANDINS.items():
            (standins / name).write_text(text)
            (standins / name).chmod(0o755)
        self.log = self.scratch / "log"
        self.log.touch()
        # Sources older than any build, so that no test hangs on the resolution of file times.
        self.age(self.tree)
        self.env = dict(os.environ, PATH=f"{standins}:{os.environ['PATH']}", LOG=str(self.log), SCRATCH=str(self.scratch))

    def age(self, folder):
        then = time.time() - 1000
        for path in [folder, *folder.rglob("*")]:
            if "build" not in path.parts:
                os.utime(path, (then, then))

    def start(self, *arguments, path=None, cwd=None, **env):
        return subprocess.Popen([path or self.tree / "perfmodel", *arguments], cwd=cwd or self.scratch, text=True,
                                env=dict(self.env, **env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def run_it(self, *arguments, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def calls(self, word=""):
        lines = [line for line in self.log.read_text().splitlines() if word in line]
        self.log.write_text("")
        return lines

    def test_first_run_builds_and_only_the_answer_is_on_stdout(self):
        code, out, err = self.run_it("estimate", "two words", "")
        self.assertEqual((code, out), (0, "<estimate>\n<two words>\n<>\n"))
        self.assertIn("build output", err)
        self.assertEqual(len(self.calls("cmake")), 2)

    def test_later_runs_are_silent_and_call_nothing(self):
        self.run_it("x")
        self.calls()
        self.assertEqual(self.run_it("x"), (0, "<x>\n", ""))
        self.assertEqual(self.calls(), [])

    def test_the_programs_status_is_passed_on(self):
        self.assertEqual(self.run_it("no")[0], 1)

    def test_a_changed_added_or_removed_source_builds_again(self):
        self.run_it("x")
        added = self.tree / "models/units/b.cpp"
        for change in ((self.tree / "cli/main.cpp").touch, (self.tree / "page/src/main.ts").touch, added.touch,
                       added.unlink):
            self.calls()
            stamp = self.tree / "build/release/launcher.stamp"
            os.utime(stamp, (time.time() - 500,) * 2)
            change()
            self.assertEqual(self.run_it("x")[:2], (0, "<x>\n"))
            self.assertEqual(len(self.calls("--build")), 1)
            self.age(self.tree)

    def test_what_is_read_at_run_time_or_by_tests_does_not_build(self):
        self.run_it("x")
        self.calls()
        (self.tree / "configs/a.yaml").write_text("b")
        (self.tree / "page/tests/a.ts").write_text("b")
        self.run_it("x")
        self.assertEqual(self.calls(), [])

    def test_works_through_links_and_from_any_directory(self):
        links = self.scratch / "links"
        links.mkdir()
        (links / "first").symlink_to("../tree/perfmodel")
        (links / "second").symlink_to(links / "first")
        self.assertEqual(self.run_it("x", path=links / "second", cwd="/")[:2], (0, "<x>\n"))
        self.assertEqual(self.run_it("y", path="./perfmodel", cwd=self.tree)[:2], (0, "<y>\n"))
        self.assertEqual(self.run_it("z", path="../perfmodel", cwd=self.tree / "cli"), (0, "<z>\n", ""))

    def test_concurrent_first_runs_build_once(self):
        runs = [self.start(str(i), BUILD_S="1") for i in range(4)]
        for i, process in enumerate(runs):
            self.assertEqual((process.communicate(timeout=60)[0], process.returncode), (f"<{i}>\n", 0))
        self.assertEqual(len(self.calls("--build")), 1)

    def test_a_failed_build_ends_with_2_and_the_next_run_tries_again(self):
        (self.scratch / "fail").touch()
        code, out, err = self.run_it("x")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("the build failed", err)
        (self.scratch / "fail").unlink()
        self.assertEqual(self.run_it("x")[:2], (0, "<x>\n"))

    def test_a_failed_rebuild_does_not_run_the_old_program(self):
        self.run_it("x")
        os.utime(self.tree / "build/release/launcher.stamp", (time.time() - 500,) * 2)
        (self.tree / "cli/main.cpp").touch()
        (self.scratch / "fail").touch()
        self.assertEqual(self.run_it("x")[:2], (2, ""))
        self.assertEqual(self.run_it("x")[:2], (2, ""))

    def test_a_moved_tree_is_built_afresh(self):
        self.run_it("x")
        self.calls()
        moved = self.scratch / "moved"
        self.tree.rename(moved)
        self.assertEqual(self.run_it("x", path=moved / "perfmodel")[:2], (0, "<x>\n"))
        self.assertEqual(len(self.calls("--fresh")), 1)

    def test_missing_packages_are_installed_by_root(self):
        (self.scratch / "missing").touch()
        self.assertEqual(self.run_it("x")[:2], (0, "<x>\n"))
        self.assertIn("libyaml-cpp-dev", self.calls("install")[0])

    def test_without_rights_the_command_is_printed(self):
        (self.scratch / "missing").touch()
        (self.scratch / "user").touch()
        code, out, err = self.run_it("x")
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, r"sudo apt-get install .*g\+\+ .*libyaml-cpp-dev")
        self.assertEqual(self.calls(), [])

    def test_test_builds_everything_and_runs_ctest_last(self):
        self.run_it("x")
        self.calls()
        code, out, _ = self.run_it("test", "-R", "a b")
        self.assertEqual((code, out), (0, "tests ran\n"))
        calls = self.calls()
        self.assertIn("--target all", calls[-2])
        self.assertTrue(calls[-1].startswith("ctest --preset release") and calls[-1].endswith("-R a b"), calls)


if __name__ == "__main__":
    unittest.main()
