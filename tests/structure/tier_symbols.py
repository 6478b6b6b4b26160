#!/usr/bin/env python3
"""Checks that objects compiled for one instruction set define no symbol that the linker may share.

  tier_symbols.py NM OBJECT...   one line per problem, exit status 1 if there is one

A weak symbol, such as an inline function of a header that was not inlined, exists in many objects and the
linker keeps any one of them. If it keeps the one compiled for AVX-512, code that runs on every machine
calls instructions that only some have.
"""
import subprocess
import sys

# Weak functions; weak data holds no instructions.
SHARED = {"W", "w"}
# clang's landing pad of noexcept: two calls, no vectors. The rest is data of sanitizers and exceptions.
HARMLESS = ("__clang_call_terminate", "DW.ref.", "__llvm", "__asan", "__odr_asan", "asan.")


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems = 0
    for path in arguments[1:]:
        listing = subprocess.run([arguments[0], "--defined-only", "-C", path], capture_output=True, text=True,
                                 check=True).stdout
        for line in listing.splitlines():
            _, kind, name = line.split(" ", 2)
            if kind in SHARED and not name.startswith(HARMLESS):
                print(f"{path}: {name} is a function that the linker may share")
                problems += 1
    print(f"{problems} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
