#!/usr/bin/env python3
"""Our trees beside XGBoost: the same rows, features, trees, depth, learning rate and threads.

    dotnet build -c Release bench/FraudStreams.Bench
    B=bench/FraudStreams.Bench/bin/Release/net10.0/FraudStreams.Bench
    $B matrix payments.csv features.fsm
    python3 bench/xgboost_reference.py features.fsm --ours $B

Needs numpy, scikit-learn and xgboost (Debian: python3-xgboost, python3-sklearn). Rounds alternate between the libraries and
the best of each counts, so that other work on the machine disturbs both alike. Seconds are by the clock, CPU seconds over all
threads; XGBoost's include its DMatrix, ours the bins and the compilation of a fresh process. Scoring is in batches of 500 rows
on one thread: XGBoost by inplace_predict. On a busy machine compare with --threads 1: XGBoost's threads spin while they wait.
"""
import argparse
import json
import subprocess
import time

import numpy as np
import xgboost
from sklearn.metrics import average_precision_score, roc_auc_score

from feature_matrix import read

BATCH = 500


def xgboost_once(values, labels, train_rows, types, args):
    started, cpu = time.perf_counter(), time.process_time()
    matrix = xgboost.DMatrix(values[:train_rows], labels[:train_rows], feature_types=types, enable_categorical=True, nthread=args.threads)
    settings = {
        "tree_method": "hist", "objective": "binary:logistic", "max_bin": 256,
        "max_depth": args.depth, "eta": args.rate, "nthread": args.threads,
    }
    model = xgboost.train(settings, matrix, args.trees)
    result = {"train_seconds": time.perf_counter() - started, "train_cpu_seconds": time.process_time() - cpu}
    model.set_param({"nthread": 1})
    later = values[train_rows:]
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        scores = np.concatenate([model.inplace_predict(later[at:at + BATCH]) for at in range(0, len(later), BATCH)])
        best = min(best, time.perf_counter() - started)
    result["rows_a_second"] = len(later) / best
    result["average_precision"] = average_precision_score(labels[train_rows:], scores)
    result["roc_auc"] = roc_auc_score(labels[train_rows:], scores)
    return result


def ours_once(args, *more):
    options = [f"trees={args.trees}", f"depth={args.depth}", f"rate={args.rate}", f"threads={args.threads}", *more]
    output = subprocess.run([args.ours, "training", args.matrix, *options], check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def best_of(results):
    pick = {"train_seconds": min, "train_cpu_seconds": min, "rows_a_second": max, "average_precision": max, "roc_auc": max}
    return {key: choose(result[key] for result in results) for key, choose in pick.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("matrix", help="what `FraudStreams.Bench matrix` wrote")
    parser.add_argument("--ours", required=True, help="the built FraudStreams.Bench")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    values, labels, train_rows, kinds = read(args.matrix)
    variants = {
        "ours": lambda: ours_once(args),
        "ours, 31 leaves best first": lambda: ours_once(args, "leaves=31", "depth=10"),
        "xgboost, categories as numbers": lambda: xgboost_once(values, labels, train_rows, ["q"] * len(kinds), args),
        "xgboost, categories": lambda: xgboost_once(values, labels, train_rows, ["c" if k == "category" else "q" for k in kinds], args),
    }
    found = {name: [] for name in variants}
    for _ in range(args.rounds):
        for name, run in variants.items():
            found[name].append(run())
    best = {name: best_of(results) for name, results in found.items()}

    print(f"{train_rows:,} training rows, {len(labels) - train_rows:,} later rows, {len(kinds)} features; "
          f"{args.trees} trees of depth {args.depth}, learning rate {args.rate}, {args.threads} threads; xgboost {xgboost.__version__}; best of {args.rounds}")
    print(f"{'':32}{'avg precision':>14}{'ROC AUC':>9}{'train s':>9}{'CPU s':>8}{'rows/s, batch 500':>19}")
    for name, r in best.items():
        print(f"{name:32}{r['average_precision']:14.4f}{r['roc_auc']:9.4f}{r['train_seconds']:9.2f}"
              f"{r['train_cpu_seconds']:8.2f}{r['rows_a_second']:19,.0f}")
    ours = best["ours"]
    for name, r in best.items():
        if name.startswith("ours"):
            continue
        print(f"{'ours / ' + name[:24]:32}{ours['average_precision'] / r['average_precision']:14.3f}{ours['roc_auc'] / r['roc_auc']:9.3f}"
              f"{ours['train_seconds'] / r['train_seconds']:9.2f}{ours['train_cpu_seconds'] / r['train_cpu_seconds']:8.2f}"
              f"{ours['rows_a_second'] / r['rows_a_second']:19.2f}")


if __name__ == "__main__":
    main()
