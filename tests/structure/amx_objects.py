#!/usr/bin/env python3
"""Checks what the compiler made of the AMX units.

  amx_objects.py OBJDUMP OBJECT...   one line per problem, exit status 1 if there is one

Tiles must be loaded, multiplied, stored and released; and LDTILECFG must read a constant of the object:
g++ 12 has dropped the stores to a configuration that was filled in at run time, as its intrinsic says that
8 of the 64 bytes are read.
"""
import re
import subprocess
import sys

NEEDED = ("ldtilecfg", "tilezero", "tileloadd", "tdpbf16ps", "tilestored", "tilerelease")


def problems_of(listing):
    found = {name: re.findall(rf"\t{name}\b([^\n]*)", listing) for name in NEEDED}
    for name in NEEDED:
        if not found[name]:
            yield f"no {name}"
    for operand in found["ldtilecfg"]:
        if "(%rip)" not in operand:
            yield f"ldtilecfg reads {operand.strip()}, no constant"


def self_test():
    good = "".join(f"  0:\t{n} 0x0(%rip)\n" for n in NEEDED)
    assert not list(problems_of(good))
    assert list(problems_of(good.replace("\ttdpbf16ps", "\tnop"))) == ["no tdpbf16ps"]
    assert len(list(problems_of(good.replace("\tldtilecfg 0x0(%rip)", "\tldtilecfg (%rsp)")))) == 1


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    self_test()
    problems = 0
    units = [path for path in arguments[1:] if "_amx.cpp." in path]
    for path in units:
        listing = subprocess.run([arguments[0], "-d", "--no-show-raw-insn", path], capture_output=True, text=True,
                                 check=True).stdout
        for problem in problems_of(listing):
            print(f"{path}: {problem}")
            problems += 1
    print(f"{len(units)} unit(s), {problems} problem(s)")
    return 1 if problems or not units else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
