# SPDX-License-Identifier: BSD-3-Clause
#
# srtp.py COMMAND ALL.json AVX2.json OUT - two runs of the micro benchmarks become OUT.md and OUT.json.

import json
import statistics
import sys

from summary import number, stats

PROFILES = {"gcm_128": "AES-GCM-128", "cm_sha1_80": "AES-CM-128, HMAC-SHA1-80"}
MUST = {"libsrtp2": 4, "bare": 0.8, "forward": 0.65}  # libsrtp2: of 200 bytes


def runs(path):
    """Name without its tail -> counter -> values of the repetitions."""
    with open(path, encoding="utf-8") as f:
        given = json.load(f)
    rows = {}
    for b in given["benchmarks"]:
        if b["run_type"] != "iteration":
            continue
        row = rows.setdefault(b["run_name"].removesuffix("/manual_time"), {})
        for key, value in b.items():
            if isinstance(value, float):
                row.setdefault(key, []).append(value)
    return given["context"], rows


def ratio(a, b):
    """Of two lists of cycles, the first to the second, with the larger spread of the two."""
    return statistics.median(a) / statistics.median(b), max(stats(a)["spread"], stats(b)["spread"])


def protecting(rows, profile, size):
    at = f"streams:64/bytes:{size}/burst:64"
    cycles = {way: rows[f"srtp/{profile}_{way}/{at}"]["cycles/packet"]
              for way in ("ours", "bare_burst", "bare_jobs", "libsrtp2")}
    bare = min(cycles["bare_burst"], cycles["bare_jobs"], key=statistics.median)
    lib, lib_spread = ratio(cycles["libsrtp2"], cycles["ours"])
    own, own_spread = ratio(bare, cycles["ours"])
    return {"what": f"protect, {PROFILES[profile]}, {size} B", "ours": statistics.median(cycles["ours"]),
            "bare": statistics.median(bare), "libsrtp2": statistics.median(cycles["libsrtp2"]), "to_libsrtp2": lib, "size": size,
            "to_bare": own, "spread": max(lib_spread, own_spread)}


def forwarding(rows, profile, receivers, rooms, size):
    row = rows[f"fanout/{profile}/receivers:{receivers}/rooms:{rooms}/payload:{size}/burst:32"]
    return {"what": f"forward 1 to {receivers}, {PROFILES[profile]}, {size} B", "ours": statistics.median(row["cycles/copy"]),
            "bare": statistics.median(row["bare"]), "to_bare": statistics.median(row["bare/copy"]),
            "spread": stats(row["bare/copy"])["spread"]}


def verdict(found, must):
    return f"{found:.2f}" + (f" (must {must}: {'yes' if found >= must else '**no**'})" if must else "")


def table(rows):
    out = ["| | ours | bare primitive | libsrtp2 | libsrtp2 / ours | bare / ours | spread |", "|---|---|---|---|---|---|---|"]
    for r in rows:
        lib = verdict(r["to_libsrtp2"], MUST["libsrtp2"] if r["size"] == 200 else None) if "to_libsrtp2" in r else "-"
        own = verdict(r["to_bare"], MUST["bare" if "to_libsrtp2" in r else "forward"])
        out.append(f"| {r['what']} | {number(r['ours'], 0)} | {number(r['bare'], 0)} | "
                   f"{number(r['libsrtp2'], 0) if 'libsrtp2' in r else '-'} | {lib} | {own} | {100 * r['spread']:.0f} % |")
    return out


def measured(path):
    context, rows = runs(path)
    found = [protecting(rows, p, size) for p in PROFILES for size in (200, 1200)]
    found += [forwarding(rows, p, n, rooms, size) for n, rooms in ((10, 8), (100, 4)) for p in PROFILES for size in (200, 1000)]
    slow = max(v for r in rows.values() for v in r.get("machine", [1]))
    return {"context": context, "rows": found, "machine_worst": slow}


def main(command, everything, avx2, out):
    result = {"command": command, "all": measured(everything), "avx2": measured(avx2)}
    lines = ["# SRTP and forwarding, cycles a packet", "", f"`{command}`", ""]
    for key, title in (("all", "All instructions of this CPU"),
                       ("avx2", "The same program as on a CPU with AVX2 and AES-NI, without VAES and GFNI")):
        lines += [f"## {title}", "", *table(result[key]["rows"]), ""]
    context = result["all"]["context"]
    lines += ["TSC cycles, medians of the repetitions, which take turns in random order. Bare primitive: libipsec-mb alone on as "
              "many packets of the same size under as many keys, everything prepared. Forwarding: the whole step of the graph "
              "from `rx` to `tx`, receiving and decrypting included, for each copy; its ratio is the median of the rounds' own. "
              "Spread: (max - min) / median over the repetitions, the largest of what is compared. libsrtp2: Debian's, on NSS.", "",
              f"Machine: {context['num_cpus']} CPUs, TSC {float(context['tsc_hz']) / 1e6:.0f} MHz, packets on "
              f"{context['packet_memory']}; its worst phase {max(result[k]['machine_worst'] for k in ('all', 'avx2')):.2f} of its "
              "best. perf/micro/README.md says what each benchmark is.", ""]
    with open(out + ".md", "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    with open(out + ".json", "w", encoding="utf-8") as f:
        json.dump(result, f, separators=(",", ":"))
    print("\n".join(lines))
    print(f"Written: {out}.md .json")


if __name__ == "__main__":
    main(*sys.argv[1:])
