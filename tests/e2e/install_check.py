#!/usr/bin/env python3
"""Installs a build into an empty folder and checks that the program there answers on its own.

  install_check.py CMAKE BUILD_FOLDER

The installed program runs from another folder, and one chip is taken out of the installed configs: it
must vanish from the list, which shows that the configs read are the installed ones.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHIP = "ascend910c"


def main(cmake, build):
    with tempfile.TemporaryDirectory(prefix="perfmodel install ") as folder:
        prefix, elsewhere = Path(folder) / "prefix", Path(folder) / "elsewhere"
        elsewhere.mkdir()
        env = {k: v for k, v in os.environ.items() if not k.startswith("PERFMODEL_") and k != "DESTDIR"}
        subprocess.run([cmake, "--install", build, "--prefix", prefix], env=env, check=True, stdout=subprocess.DEVNULL)

        def answer(*arguments):
            done = subprocess.run([prefix / "bin" / "perfmodel", *arguments], cwd=elsewhere, env=env, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if done.returncode != 0:
                raise SystemExit(f"{' '.join(arguments)}: status {done.returncode}\n{done.stderr}")
            return done.stdout

        def listed():
            return re.search(rf"(?<![\w.-]){CHIP}(?![\w.-])", answer("list", "chips")) is not None

        if not listed():
            raise SystemExit(f"the installed program does not list {CHIP}")
        answer("estimate", "--chip", CHIP)
        answer("check")  # holds the installed measurements against their manifest
        (prefix / "share" / "perfmodel" / "configs" / "chips" / f"{CHIP}.yaml").unlink()
        if listed():
            raise SystemExit("the installed program reads configs outside its own prefix")
        if list(elsewhere.iterdir()):
            raise SystemExit("the program left files in the folder it ran in")


if __name__ == "__main__":
    main(*sys.argv[1:])
