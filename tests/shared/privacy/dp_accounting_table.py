"""Writes the table that our accounting is compared with, by the PLD accountant of the package dp-accounting.

dp-accounting pins old versions of common packages, so it is not one of ours. In an environment of its own:

    pip install dp-accounting && python tests/shared/privacy/dp_accounting_table.py > tests/shared/privacy/pld.json
"""

import json
import sys

CASES: list[tuple[list[tuple[float, float, int]], float]] = [
    ([(1.0, 32 / 500, 800)], 1e-5),
    ([(1.0, 32 / 5000, 5000)], 1e-5),
    ([(0.6, 0.01, 1000)], 1e-5),
    ([(0.4, 0.002, 300)], 1e-5),
    ([(2.0, 0.1, 5000)], 1e-5),
    ([(4.0, 1.0, 1)], 1e-5),
    ([(10.0, 1.0, 100)], 1e-6),
    ([(8.0, 0.5, 2000)], 1e-4),
    ([(1.2, 0.001, 100_000)], 1e-6),
    ([(1.0, 0.05, 1)], 1e-5),
    ([(0.8, 0.3, 10)], 1e-3),
    ([(50.0, 0.2, 10_000)], 1e-5),
    ([(1.0, 0.05, 200), (2.0, 0.1, 500)], 1e-5),
    ([(0.7, 0.004, 900), (1.5, 0.2, 60), (6.0, 1.0, 20)], 1e-6),
    ([(1.0, 0.02, 3000)], 1e-8),
]


def main() -> None:
    """Write the table to standard output."""
    import dp_accounting  # type: ignore[import-not-found]
    from dp_accounting import pld

    rows = []
    for history, delta in CASES:
        accountant = pld.PLDAccountant()
        for noise, rate, steps in history:
            gaussian = dp_accounting.GaussianDpEvent(noise)
            accountant.compose(dp_accounting.PoissonSampledDpEvent(rate, gaussian), steps)
        rows.append({"history": history, "delta": delta, "epsilon": accountant.get_epsilon(delta)})
        sys.stderr.write(f"{rows[-1]}\n")
    sys.stdout.write(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
