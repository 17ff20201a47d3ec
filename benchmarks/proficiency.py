"""`make bench-proficiency`: the next answer predicted, beside published figures and the loop to beat, in one run.

Each set is a folder with train.csv.gz and test.csv.gz, tab-separated: user_id, item_id, timestamp, correct, skill_id,
in the order of time; their learners are disjoint. Everything about items and skills is fitted on train and frozen.
Nothing is set for a data set: the constants stand in competencies/fitting.py, and were chosen on a fifth of the train
learners.
"""

import argparse
import csv
import gzip
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from competencies.fitting import Answer, fit
from competencies.learner import Learner
from competencies.prediction import History, Readout

DATA = Path(__file__).parents[2] / "shared/data/knowledge-tracing"
SPIKE = Path(__file__).parents[2] / "shared/bench/knowledge_tracing_spike.py"
PUBLISHED = {  # Gervet et al. 2020, "When is Deep Learning the Best Approach to Knowledge Tracing?", table of AUCs
    "assist09": {"IRT": .69, "PFA": .72, "Best-LR": .77, "DKT": .75, "SAKT": .75},
    "statics": {"IRT": .79, "PFA": .69, "Best-LR": .82, "DKT": .83, "SAKT": .81}}
BINS = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proficiency", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the sets")
    parser.add_argument("--spike", type=Path, default=SPIKE, help="the loop to beat; needs pandas")
    parser.add_argument("sets", nargs="*", help="of these alone")
    options = parser.parse_args()
    print(f"commit {_commit()}, Python {sys.version.split()[0]}, numpy {np.__version__}")
    for folder in sorted(each for each in options.data.iterdir() if (each / "train.csv.gz").exists()):
        if not options.sets or folder.name in options.sets:
            _measure(folder)
    if options.spike.exists():
        print("the loop to beat, both sets, frozen (AUC, RMSE, ECE, seconds of train and test):", flush=True)
        subprocess.run([sys.executable, options.spike, options.data], check=False)


def _measure(folder: Path) -> None:
    train, test = ([*_answers(folder / f"{part}.csv.gz")] for part in ("train", "test"))
    began = time.perf_counter()
    readout = fit(train)
    fitted = time.perf_counter()
    predict(readout, train)
    predicted = np.array(predict(readout, test))
    folded = time.perf_counter()
    right = np.array([answer.is_right for answer in test], float)
    published = ", ".join(f"{name} {figure:.2f}" for name, figure in PUBLISHED.get(folder.name, {}).items())
    answers, each = len(train) + len(test), (folded - fitted) / (len(train) + len(test)) * 1e6
    print(f"{folder.name}: AUC {auc(right, predicted):.4f}  RMSE {np.sqrt(np.mean((right - predicted) ** 2)):.4f}  "
          f"ECE {calibration_error(right, predicted):.4f}  fitted in {fitted - began:.1f} s, "
          f"{answers:,} answers folded in {folded - fitted:.2f} s ({each:.1f} µs each)"
          f"{f'; published: {published}' if published else ''}", flush=True)


def predict(readout: Readout, answers: list[Answer]) -> list[float]:
    """The probability of each answer being right, before it was given; learner by learner, in pure Python."""
    learner, history, who = Learner(readout.spread), History(), object()
    found = []
    for answer in answers:
        if answer.learner != who:
            learner, history, who = Learner(readout.spread), History(), answer.learner
        found.append(readout.answer(learner, history, *answer[1:]))
    return found


def _answers(path: Path) -> Iterator[Answer]:
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            yield Answer(row["user_id"], row["skill_id"], row["item_id"], row["correct"] == "1")


def auc(right: np.ndarray, predicted: np.ndarray) -> float:
    """The chance that a right answer was given a higher probability than a wrong one; a tie counts half."""
    _, places, counts = np.unique(predicted, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    ones = right.sum()
    return float((ranks[right == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(right) - ones)))


def calibration_error(right: np.ndarray, predicted: np.ndarray) -> float:
    """The mean difference between what was predicted and what came, over ten equal bins, by answers."""
    bins = np.minimum((predicted * BINS).astype(int), BINS - 1)
    return float(sum(abs((right - predicted)[bins == each].mean()) * (bins == each).mean() for each in set(bins)))


def _commit() -> str:
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
