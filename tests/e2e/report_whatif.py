"""The what-if of a report, evaluated from the terms in its document by the formula of docs/reports.md: what the page does."""
import math

TOLERANCE = 1e-3  # asked of the page; other languages' powers and logarithms differ in the last digits only


class Engine:
    """One system's engine on hardware times the inputs."""

    def __init__(self, terms, inputs):
        self.t = terms
        self.bandwidth, self.peak = inputs["bandwidth"], inputs["peak"]
        self.link, self.capacity = inputs["link"], inputs["capacity"]
        self.tpot_limit = inputs["tpot"] / 1e3
        self.one = self.prefill(1)
        self.full = self.prefill(terms["full"]) if terms["full"] > 1 else self.one

    def spill(self, touched):
        return touched * (touched / (touched + self.t["spill_bytes"])) if touched > 0 else 0.0

    def slower(self, row):
        share, best = row["share"], self.t["best_share"]
        if self.t["shares_fall"] and share < best:
            share = best / (1 + (best / share - 1) * self.peak)
        return min(1, row["share"] * row["efficiency"]) / (self.peak * min(1, share * row["efficiency"]))

    def smooth(self, *times):
        most, p = max(times), self.t["sharpness"]
        return most if p <= 0 or most <= 0 else most * sum((x / most) ** p for x in times) ** (1 / p)

    def hot(self, routing, n):
        if routing is None or routing["ranks"] <= 1:
            return 1.0
        load, log = routing["load"] * n, math.log(routing["ranks"])
        return min(routing["ranks"], self.t["imbalance"] * (1 + math.sqrt(2 * log / load) + log / (3 * load)))

    def plain(self, r, n):
        memory = (r["memory"] * n + self.spill(r["touched"] * n) * r["by_byte"]) / self.bandwidth
        return self.smooth(r["compute"] * n * self.slower(r), memory, r["vector"] * n / self.peak)

    def product(self, r, n):
        routing = r["routing"]
        if routing is None:
            groups, rows, weights = r["groups"], r["rows"] * n, r["weights"]
            in_tiles = active = rows
        else:
            load = routing["load"] * n
            groups = -routing["local"] * math.expm1(routing["tokens"] * n * routing["log_miss"])
            rows, weights = load / groups, r["weights"] * groups
            in_tiles, active = rows * self.hot(routing, n), load * self.hot(routing, n)
        share = in_tiles / r["tile"]
        steps = max(1, share + 0.5) if groups > 1 else math.ceil(share)
        waves = groups * max(1, steps * r["by_tall"]) * r["columns"] / r["cores"]
        idle = math.ceil(waves) / waves if waves >= 1 else max(1, 1 / (waves * r["split"]))
        compute = r["compute"] * self.slower(r) * groups * steps * (1 + (idle - 1) * r["wave_share"])
        by_byte = r["by_byte"] if rows > 1 else r["by_byte_single"]
        memory = (weights + self.spill(r["touched"] * active)) * by_byte / self.bandwidth
        return self.smooth(compute, memory) + self.spill(r["converted"] * active) * r["by_byte_converted"] / self.bandwidth

    def time_of(self, p, n):
        sums = list(p["constant_s"])
        for r in p["plain"]:
            sums[r["stream"]] += r["count"] * self.plain(r, n)
        for r in p["products"]:
            sums[r["stream"]] += r["count"] * self.product(r, n)
        for r in p["lines"]:
            sums[r["stream"]] += min(zero + slope * r["rows"] * n / self.link for zero, slope in r["lines"])
        for r in p["exchange"]:
            sums[r["stream"]] += r["seconds"] * n * self.hot(r["routing"], n) / self.link
        hidden = sums[1] * self.t["overlap_shared"] + min(sums[2], sums[0]) * self.t["overlap_exchange"]
        return (sum(sums) - hidden + p["layers_s"]) * self.t["stage_excess"] + self.t["step_s"] + self.t["sequence_s"] * n

    def prefill(self, n):
        return self.time_of(self.t["prefill"], n) * self.t["prefill_passes"]

    def at(self, batch):
        t = self.t
        step = self.time_of(t["decode"], max(1, batch / t["pp"]))
        together = min(max(batch / t["output"], 1), t["full"])
        of = self.one * together
        if t["full"] > 1:
            of = self.one + (self.full - self.one) * (together - 1) / (t["full"] - 1)
        tpot = step / t["yield"] + of / together * (batch / t["output"] * t["interference"] / t["pp"])
        ttft = t["request_s"] + self.one + step / 2
        rate = batch * t["dp"] * t["output"] / (ttft + tpot * max(0, t["output"] - 1))
        return {"batch": batch, "tpot_ms": tpot * 1e3, "ttft_ms": ttft * 1e3, "output_per_chip": rate * t["engines"] / t["chips"]}

    def fits(self, batch):
        m = self.t["memory"]
        rows = batch * m["rows_per_sequence"]
        used = m["weights_bytes"] + m["sequence_bytes"] * batch + m["row_bytes"] * max(rows, m["prefill_rows"])
        return used + m["logit_bytes"] * rows <= m["capacity_bytes"] * self.capacity * m["use"]

    def largest(self):
        if not self.fits(1):
            return 0
        low, high = 1, 2
        while self.fits(high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.fits(middle) else (low, middle)
        return low

    def meets(self, s):
        limit = self.t["ttft_limit_s"]
        return s["tpot_ms"] <= self.tpot_limit * 1e3 and (limit is None or s["ttft_ms"] <= limit * 1e3)

    def best(self):
        """The best batch under the promise and in the memory by the program's branch and bound; None where there is none."""
        largest, best, ranges = self.largest(), None, []

        def look(batch, high):
            nonlocal best
            s = self.at(batch)
            if not self.meets(s):
                return
            if best is None or s["output_per_chip"] > best["output_per_chip"]:
                best = s
            if batch < high:
                ranges.append((batch, high, s["output_per_chip"]))

        if largest < 1:
            return None
        look(1, largest)
        if ranges:
            _, _, rate = ranges.pop()
            ranges.append((1, largest - 1, rate))
            look(largest, largest)
        while ranges:
            low, high, rate = max(ranges, key=lambda r: (r[2] * (r[1] / r[0]), r[1]))
            ranges.remove((low, high, rate))
            if low >= high:
                continue
            if rate * (high / low) <= best["output_per_chip"] * 1.001:
                break
            middle = math.floor(math.sqrt(low * high)) if high > 4 * low else (low + high + 1) // 2
            middle = min(max(middle, low + 1), high)
            ranges.append((low, middle - 1, rate))
            look(middle, high)
        return best


def problems_of(what_if):
    terms = {s["id"]: s["terms"] for s in what_if["systems"] if "terms" in s}
    for check in what_if["checks"]:
        if set(check["expected"]) != set(terms):
            yield f"what-if: checks of {sorted(check['expected'])}, terms of {sorted(terms)}"
            return
        for system, expected in check["expected"].items():
            got = Engine(terms[system], check["inputs"]).best()
            if (got is None) != ("infeasible" in expected):
                yield f"what-if: {system} at {check['inputs']}: {got} for {expected}"
            elif got is not None:
                for key, value in expected.items():
                    if abs(got[key] / value - 1) > TOLERANCE:
                        yield f"what-if: {system} at {check['inputs']}: {key} {got[key]} for {value}"
