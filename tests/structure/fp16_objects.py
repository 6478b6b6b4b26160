#!/usr/bin/env python3
"""Checks which instructions of AVX512-FP16 the compiler put into which units.

  fp16_objects.py OBJDUMP OBJECT...   one line per problem, exit status 1 if there is one

The units of the tier need its multiply-adds, and may have no other instruction of the extension than those
that tests carry out in software; units of other tiers may have none at all. Instructions of the extension are
those of EVEX maps 5 and 6.
"""
import re
import subprocess
import sys

KNOWN = {"vmulph", "vfmadd132ph", "vfmadd213ph", "vfmadd231ph", "vcvtph2psx"}


def of_extension(listing):
    """Mnemonics of instructions whose bytes begin with an EVEX prefix of map 5 or 6."""
    for code, mnemonic in re.findall(r"^\s*[0-9a-f]+:\s((?:[0-9a-f]{2} )+)\s*\t(\w+)", listing, re.MULTILINE):
        first, *rest = (int(byte, 16) for byte in code.split())
        if first == 0x62 and rest and rest[0] & 0xF in (5, 6):
            yield mnemonic


def problems_of(listing, of_tier):
    found = set(of_extension(listing))
    if not of_tier:
        yield from (f"{name} is for avx512fp16 only" for name in sorted(found))
        return
    yield from (f"{name}, which no test carries out" for name in sorted(found - KNOWN))
    if not any(name.startswith("vfmadd") for name in found):
        yield "no multiply-add of FP16"


def self_test():
    add = "  27:\t62 f6 75 48 b8 c2    \tvfmadd231ph %zmm2,%zmm1,%zmm0\n"
    move = "  30:\t62 f5 7d 08 6e c0    \tvmovw  %eax,%xmm0\n"
    llvm = "      27: 62 f6 75 48 b8 c2            \tvfmadd231ph\t%zmm2, %zmm1, %zmm0\n"
    other = "  36:\t62 f2 75 48 b8 c2    \tvfmadd231ps %zmm2,%zmm1,%zmm0\n"
    assert not list(problems_of(add + other, True))
    assert not list(problems_of(llvm + other, True))
    assert list(problems_of(add + move, True)) == ["vmovw, which no test carries out"]
    assert list(problems_of(other, True)) == ["no multiply-add of FP16"]
    assert list(problems_of(add, False)) == ["vfmadd231ph is for avx512fp16 only"]
    assert not list(problems_of(other, False))


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    self_test()
    problems = units = 0
    for path in arguments[1:]:
        of_tier = "_avx512fp16.cpp." in path
        units += of_tier
        listing = subprocess.run([arguments[0], "-d", "-w", path], capture_output=True, text=True, check=True).stdout
        for problem in problems_of(listing, of_tier):
            print(f"{path}: {problem}")
            problems += 1
    print(f"{units} unit(s), {problems} problem(s)")
    return 1 if problems or not units else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
