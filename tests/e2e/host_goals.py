"""The goals that the host's kernels were given, each beside what results/host has of it.

A goal is a share of a roof sampled in the same process, a ratio to a library's time or to another row, or a bound of
an error. What is in no file is "not measured", and comes by itself when it is.
"""
from dataclasses import dataclass, field

E4M3, UE8M0 = "e4m3/128x128", "e4m3/128x128-ue8m0"
FROM_MEMORY = ("m1n4096k4096", "m1n18432k7168")
LIBRARY_ROWS = (8, 32, 128, 512, 2048)
NOT_MEASURED = "not measured"


def square(m):
    return f"m{m}n4096k4096"


@dataclass
class Line:
    what: str
    shapes: list
    of: str
    reached: list = field(default_factory=list)  # one for each shape that was measured
    goal: float = 0.0
    unit: str = "%"
    why: str = ""  # where it is missed
    most: bool = False  # the goal is an upper bound

    def met(self, value):
        # What the table shows is what counts.
        shown = float(self.text(value))
        return shown <= self.goal if self.most else shown >= self.goal

    def text(self, value):
        return {"%": f"{value:.1f}", "x": f"{value:.2f}"}.get(self.unit, f"{value:.1e}")

    def row(self):
        shapes = self.shapes[0] if len(self.shapes) == 1 else f"{len(self.shapes)} shapes"
        unit = {"%": " %", "x": " x"}.get(self.unit, "")
        goal = f"{'<=' if self.most else '>='} {self.goal:g}{unit}"
        if not self.reached:
            return [self.what, shapes, self.of, "", goal, NOT_MEASURED, ""]
        low, high = self.text(min(self.reached)), self.text(max(self.reached))
        met = sum(map(self.met, self.reached))
        verdict = "met" if met == len(self.reached) else "missed" if met == 0 else f"met by {met} of {len(self.reached)}"
        if len(self.reached) < len(self.shapes):
            verdict += f", {len(self.shapes) - len(self.reached)} {NOT_MEASURED}"
        return [self.what, shapes, self.of, f"{low}{unit}" if low == high else f"{low} .. {high}{unit}", goal, verdict,
                self.why if met < len(self.reached) else ""]


def not_run(what, of, goal, why):
    return [what, "", of, "", goal, "not run here", why]


class Goals:
    """`read(name)` gives the rows of a file, or none where it may be lacking."""

    def __init__(self, read):
        self.read = read
        self.rows = {}
        for name in ("gemv", "gemm", "grouped_gemm", "attention_gqa", "attention_mla", "other"):
            self.rows.update({(r["kernel"], r["shape"]): r for r in read(name)})
        self.against = {(r["kernel"], r["shape"]): r for r in read("against") if r["library"] == "onednn"}
        roofs = {r["roof"]: float(r["value"]) for r in read("roofs")}
        self.ratio = roofs["flops_bf16"] / roofs["flops_fp32"]
        self.no_amx = f"the goal presumes AMX, where BF16 has 13 times FP32's rate; here it has {self.ratio:.1f} times"

    def column(self, kernel, shapes, name):
        return [float(self.rows[kernel, s][name]) for s in shapes if (kernel, s) in self.rows and self.rows[kernel, s][name]]

    def share(self, kernel, shapes, of, goal, why=""):
        return Line(f"`{kernel}`", shapes, f"of {of}", self.column(kernel, shapes, f"of_{of}_percent"), goal, why=why).row()

    def shares(self, kernel, shapes, of, goal, why=""):
        return [self.share(kernel, [s], of, goal, why) for s in shapes]

    def versus(self, kernel, shape, goal, why=""):
        row = self.against.get((kernel, shape))
        return Line(f"`{kernel}`", [shape], f"oneDNN's time ({row['call']})" if row else "oneDNN's time",
                    [float(row["speedup"])] if row else [], goal, "x", why).row()

    def gemv(self):
        kernel = f"gemv/{E4M3}/bf16"
        yield from self.shares(kernel, FROM_MEMORY, "read", 88)
        yield Line(f"`{kernel}`", list(FROM_MEMORY), "error", self.column(kernel, FROM_MEMORY, "error"), 1e-6, "", most=True).row()
        yield not_run("FP8 GEMV that adds in FP16", "of read", ">= 92 %", "the tier `avx512fp16`: this processor has no such instructions")
        for name in ("bf16/bf16", "fp16/fp16"):
            yield self.share(f"gemv/{name}", [FROM_MEMORY[0]], "read", 92, "what a call begins with is a part of so short a read")
            yield self.share(f"gemv/{name}", [FROM_MEMORY[1]], "read", 92)
        for name in ("bf16/bf16", "fp16/fp16"):
            for shape in FROM_MEMORY:
                yield self.versus(f"gemv/{name}", shape, 1, "both wait for the memory")

    def gemm(self):
        for m, goal in zip(LIBRARY_ROWS, (2.5, 2.2, 2.3, 2.5, 2.5)):
            yield self.versus(f"gemm/{UE8M0}/bf16", square(m), goal, self.no_amx)
        amx = "the goal is of AMX fed from its cache; the roof here is that of `VDPBF16PS`"
        yield from self.shares(f"gemm/{E4M3}/bf16", (square(512), "m1024n2048k2048", square(2048)), "flop", 63, amx)
        for m in LIBRARY_ROWS[2:]:
            yield self.versus("gemm/bf16/bf16", square(m), 2, "as above: both multiply at the processor's rate")
        yield from self.shares("gemm/bf16/bf16", [square(m) for m in LIBRARY_ROWS[2:]], "flop", 55, amx)
        for m in LIBRARY_ROWS[2:]:
            yield self.versus("gemm/fp16/fp16", square(m), 3, "without AMX both sides multiply in FP32, the library weights that it widened beforehand")
        yield not_run("FP16 GEMM with AVX512-FP16", "of flop", ">= 85 %", "the tier `avx512fp16`: this processor has no such instructions")

    def grouped(self):
        for kernel in (f"{E4M3}/bf16", "bf16/bf16"):
            for m in (32, 128, 1024):
                dense = self.column(f"gemm/{kernel}", [f"m{m}n2048k2048"], "gflop_per_s")
                own = self.column(f"grouped_gemm/{kernel}", [f"m{m}n2048k2048g32"], "gflop_per_s")
                why = f"{m} rows are {m / 32:g} an expert: the weights of all experts are read for them, dense ones once for all"
                yield Line(f"`grouped_gemm/{kernel}`", [f"m{m}n2048k2048g32"], "of dense, as many rows",
                           [100 * o / d for o, d in zip(own, dense)], 85, why=why).row()

    def attention(self):
        for kind, file, wanted in (("gqa", "attention_gqa", "g8"), ("mla", "attention_mla", "")):
            for cache in ("bf16", "e4m3"):
                kernel = f"attention_decode/{kind}/{cache}/bf16"
                rows = [r for r in self.read(file) if r["kernel"] == kernel and r["shape"].endswith(wanted)]
                shapes = [r["shape"] for r in rows]
                needs = [0.8 * float(r["roof_read_gb_per_s"]) * float(r["gflop"]) / float(r["megabytes"]) * 1e3 for r in rows]
                has = min(float(r["roof_gflop_per_s"]) for r in rows)
                low, high = f"{min(needs):.0f}", f"{max(needs):.0f}"
                why = f"80 % of reading takes {low if low == high else f'{low} to {high}'} GFLOP/s, the roof is {has:.0f}"
                if max(needs) < has:
                    why += "; widening, exponentials and the rounding of their results come on top"
                yield self.share(kernel, shapes, "read", 80, why)
                yield self.share(kernel, shapes, "roof", 80, "widening bytes to BF16 and the exponentials come on top of the products")

    def moved(self):
        size, copy = ["m8192n7168k1"], "m1n100663296k1"
        for kernel in ("rmsnorm/bf16", "softmax/fp32"):
            yield self.share(kernel, size, "copy", 85)
        yield from self.shares("gather/rows", ("m16384n3584k1", "m131072n256k1"), "copy", 85,
                               "rows lie at random: reading them from memory reaches no more (`kernels/README.md`)")
        yield self.share("stream/copy_nt", [copy], "copy", 85)
        yield self.share("dequantise/bf16", size, "copy", 85)
        yield self.share("quantise/e4m3", size, "copy", 70)
        yield self.share("rmsnorm_quantise/e4m3", size, "copy", 70, "products wait in FP32 for the largest of their block: more work for each byte")

    def two_threads(self):
        found = pairs(self.read)
        if not found:
            return [Line("two threads over one", ["`two_threads.csv`"], "rate", [], 1.85, "x").row()]

        def bound(p):
            memory = float(p["one"]["of_read_percent"]) > float(p["one"]["of_flop_percent"])
            gains = f"reading by two gains {p['read']:.2f} x, copying {p['copy']:.2f} x" if memory else f"the arithmetic roof gains {p['flop']:.2f} x"
            return f"the roofs beside it: {gains}"
        return [Line(f"two threads: `{p['kernel']}`", [p["shape"]], "rate of one", [p["rate"]], 1.85, "x", bound(p)).row()
                for p in found]

    def table(self):
        parts = (self.gemv, self.gemm, self.grouped, self.attention, self.moved, self.two_threads)
        return [row for part in parts for row in part()]


def pairs(read):
    """Rates by two threads over those by one, of the kernel and of the roofs beside it."""
    rows = {(r["kernel"], r["shape"], r["threads"]): r for r in read("two_threads")}
    found = []
    for (kernel, shape, threads), one in rows.items():
        two = rows.get((kernel, shape, "2"))
        if threads != "1" or two is None:
            continue
        def ratio(column):
            return float(two[column]) / float(one[column])
        found.append({"kernel": kernel, "shape": shape, "one": one, "two": two, "rate": 1 / ratio("time_us"),
                      "read": ratio("roof_read_gb_per_s"), "copy": ratio("roof_copy_gb_per_s"), "flop": ratio("roof_gflop_per_s")})
    return found
