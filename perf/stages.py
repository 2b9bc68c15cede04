"""Sorts what valgrind and perf say of functions into the stages of a verification; called by perf/stages."""

import collections
import re
import sys

# A stage, the functions whose whole cost is its, callees included, and the names of what runs within it.
STAGES = [
    ("receive", ["Reactor__Receive", "ConnectionInput__GetReceiveSpan", "EpollReactor__Receive"], r"Receive|GetReceiveSpan|recv|BufferPool__Rent"),
    ("parse the head", ["HttpParser__ParseHead", "HttpParser__TryRepeat"], r"Http|FieldLine|Head|FixedTime|LineBreaking|Authority|RequestLine|RequestTarget"),
    ("read the body", ["VerifyKeyRequestReader__TryRead", "MediaType__IsJson"], r"Json(?!Text)|VerifyKeyRequest|VerifyKeyMembers|RememberedBody|PlainAscii|VerifyKeyLimitList|TextScratch|TagList|StringBreaking|MediaType|Utf8"),
    ("hash the key", ["KeyDigest__Of", "KeyChecksum__IsBroken", "KeyTable__Begin"], r"[Ss][Hh][Aa]256|sha256|KeyDigest|KeyChecksum|OPENSSL|DigestHash"),
    ("caller", ["CallerResolver__TryGet"], r"CallerResolver|CallerCache|CallerAddress"),
    ("lookup", ["KeyTable__TryFind", "KeyTable__Continue"], r"KeySlots|KeyTable"),
    ("permissions", ["PermissionQuery__IsSatisfiedBy", "PermissionQuery__TryParse", "VerifyGrant__Allows"], r"Permission|VerifyGrant|TextHash|BigMul"),
    ("limits", ["Verifier__TryCollectLimits", "Verifier__TryTakeTokens"], r"Bucket|TokenBucket|Limit|TakeTokens"),
    ("credits and order", [], r"Verifier|VerifyResult|Credit|AllowsIp|Registry"),
    ("event", ["DecisionEvents__Verified"], r"Event"),
    ("write the answer", ["VerifyKeyEndpoint__Write", "RequestIds__Next"], r"ResponseWriter|Ascii__|JsonHead|VerifyKeyBody|RequestIds|StatusLines|VerifyKeyEndpoint__Write|GetSpan"),
    ("send", ["Reactor__SendUnsent"], r"Send|send|Sent|Latency|Histogram|BufferPool__Return|clock_gettime|Timestamp|hires"),
]
VERIFY = "Verifier__Verify"
TOTAL = "PROGRAM TOTALS"


def instructions(path, answers):
    """Inclusive counts of one thread's functions, and the answers they are for."""
    counts = {}
    for line in open(path, encoding="utf-8", errors="replace"):
        match = re.match(r"\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*)", line)
        if match:
            name = re.sub(r"<.*", "", re.sub(r" \[.*", "", match[2].split(":")[-1].strip()))
            counts[name] = max(counts.get(name, 0), int(match[1].replace(",", "")) / answers)

    def of(name):
        return max((count for key, count in counts.items() if re.search(rf"(^|_){name}(_\d+)?$", key)), default=0)

    rows = {stage: sum(of(name) for name in names if not (name == "Reactor__Receive")) for stage, names, _ in STAGES}
    verify = of(VERIFY)
    rows["credits and order"] = verify - sum(rows[stage] for stage in ("lookup", "permissions", "limits"))
    total = counts[TOTAL]
    sha = sum(count for key, count in counts.items() if key.startswith("sha256_block"))
    print("| stage | instructions a request |\n|---|--:|")
    for stage, count in rows.items():
        note = f" (of these {sha:,.0f} rounds of SHA-256 in software)" if stage == "hash the key" else ""
        print(f"| {stage}{note} | {count:,.0f} |")
    print(f"| the rest: loop, routing, connection | {total - sum(rows.values()):,.0f} |")
    print(f"| **all** | **{total:,.0f}** |")


def time(path):
    """Samples in user space by the function they fell into, one a line."""
    counts = collections.Counter()
    for line in open(path, encoding="utf-8", errors="replace"):
        words = line.split()
        if len(words) < 2:
            continue
        for stage, _, pattern in STAGES:
            if re.search(pattern, words[1]):
                counts[stage] += 1
                break
        else:
            counts["copying and clearing" if re.search(r"[Mm]em(move|cpy|set)|Clear|SequenceEqual|memcmp", words[1]) else "the rest: loop, routing, connection"] += 1
    total = sum(counts.values())
    print("| stage | share of the user time |\n|---|--:|")
    for stage in [row[0] for row in STAGES] + ["copying and clearing", "the rest: loop, routing, connection"]:
        print(f"| {stage} | {100 * counts[stage] / max(total, 1):.1f} % |")
    print(f"\n{total} samples")


if __name__ == "__main__":
    if sys.argv[1] == "instructions":
        instructions(sys.argv[2], int(sys.argv[3]))
    else:
        time(sys.argv[2])
