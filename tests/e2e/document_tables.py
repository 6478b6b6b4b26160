"""Tables of documents that are made from something else: comparing them with it, and writing them anew.

A table stands between `<!-- MARK: NAME -->` and `<!-- /MARK -->`.
"""
import argparse
import difflib
import re
import sys
from pathlib import Path


def parser(description):
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--update", action="store_true")
    options.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    return options


def keep(options, mark, documents, table, source, names=None):
    """The status to end with: 1 where a table of a document is not `table(NAME)`, its lines, and is not to be updated.

    `source` is what they are made from, for messages. With `names` each must be there once, and no other.
    """
    block = re.compile(rf"(<!-- {mark}: (\w+) -->\n)(.*?)(<!-- /{mark} -->)", re.DOTALL)
    differ = 0
    for name in documents:
        path = options.root / name
        text = path.read_text(encoding="utf-8")
        found = [m[1] for m in block.findall(text)]
        if not found or len(found) != text.count(f"<!-- {mark}:"):
            raise SystemExit(f"{path}: needs `<!-- {mark}: NAME -->` lines, each closed by `<!-- /{mark} -->`")
        if names is not None and sorted(found) != sorted(names):
            raise SystemExit(f"{path}: needs `<!-- {mark}: NAME -->` once for each of {', '.join(names)}")
        new = block.sub(lambda m: m[1] + "\n".join(table(m[2])) + "\n" + m[4], text)
        if new == text:
            continue
        if options.update:
            path.write_text(new, encoding="utf-8")
            print(f"{name} rewritten")
            continue
        differ += 1
        print("\n".join(difflib.unified_diff(text.splitlines(), new.splitlines(), name, source, "", "", 0, "")))
        print(f"{name}: tables differ from {source}; {Path(sys.argv[0]).name} --update rewrites them")
    return 1 if differ else 0
