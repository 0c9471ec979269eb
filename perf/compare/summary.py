# SPDX-License-Identifier: BSD-3-Clause
#
# summary.py - medians, spreads and ratios, the same in every comparison.
#
# spread: (max - min) / median of one side over its rounds, that is, of a program against itself.
# A/A: the median of its odd rounds to that of its even ones, as if they were two programs.

import statistics

ROUNDS_MIN = 3  # fewer say nothing about the spread


def stats(values):
    median = statistics.median(values)
    spread = (max(values) - min(values)) / median if median else 0
    return {"median": median, "min": min(values), "max": max(values), "spread": spread, "values": values}


def odd_even(by_round):
    """Round -> value; None when one half is empty or nothing."""
    odd = [v for r, v in by_round.items() if r % 2]
    even = [v for r, v in by_round.items() if r % 2 == 0]
    if not odd or not even or not statistics.median(even):
        return None
    return statistics.median(odd) / statistics.median(even)


def within(ratio, spread):
    """Nearer to 1 than twice the spread; half is as far from 1 as double."""
    return max(ratio, 1 / ratio) - 1 < 2 * spread if ratio > 0 else True


def number(value, digits):
    return f"{value:,.{digits}f}".replace(",", " ")


def ratio_cell(a, b):
    """The first to the second; '-' when it cannot be said."""
    if not a or not b or not a["median"] or not b["median"]:
        return "-"
    ratio = a["median"] / b["median"]
    doubt = within(ratio, max(a["spread"], b["spread"]))
    return f"{ratio:.2f}×" + (" (within twice the spread)" if doubt else "")
