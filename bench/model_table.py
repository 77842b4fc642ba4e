#!/usr/bin/env python3
"""Models of this program's trainers and of other libraries on the same payments and features: one table, by one command.

    dotnet build -c Release src/FraudStreams && dotnet build -c Release bench/FraudStreams.Bench
    python3 bench/model_table.py cards=fraudTrain.csv handbook=handbook-transactions.csv --work /tmp/table \\
        --program src/FraudStreams/bin/Release/net10.0/FraudStreams --bench bench/FraudStreams.Bench/bin/Release/net10.0/FraudStreams.Bench --lightgbm lib_lightgbm.so

Each data set is SCHEMA=CSV, in order of time, of which the first 400,000 rows are taken (--rows): the first 80% of them are learnt from (of them the last 20% stop the training), the last 20% are measured on, with windows
that know what came before. XGBoost and LightGBM learn here, from the features as the program computes them, and are imported with `models import`; so is XGBoost
once more without categories, as trees and as ONNX (a TreeEnsembleClassifier, as onnxmltools makes of it). The other models are of `train --trainer`. All have at most
300 trees of 31 leaves, a learning rate of 0.1; where a library has it, the least sum of second derivatives in a leaf is 1. Rows a second: the scorer alone, batches of 500, one thread.

Needs numpy and xgboost (Debian: python3-xgboost) and LightGBM's shared library (in the NuGet package LightGBM).
"""
import argparse
import ctypes
import itertools
import json
import pathlib
import subprocess
import sys

import numpy as np
import xgboost

HERE = pathlib.Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "tests/FraudStreams.Model.Tests/Models/Import"), str(HERE.parent / "tests/FraudStreams.Model.Tests/Models/External")]
from feature_matrix import read  # noqa: E402
from make_models import LightGBM  # noqa: E402
from onnx_file import FLOAT, INT64, ML, model, node, tensor  # noqa: E402

TREES, LEAVES, RATE, STOP = 300, 31, 0.1, 30
OURS = ["trees", "logistic", "fasttree", "lightgbm"]


def xgboost_trained(values, labels, end, kinds):
    fit = int(end * 0.8)
    def matrix(start, stop):
        return xgboost.DMatrix(values[start:stop], labels[start:stop], feature_types=kinds, enable_categorical=True)
    settings = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": LEAVES, "max_depth": 10, "eta": RATE, "max_bin": 256, "eval_metric": "aucpr"}
    booster = xgboost.train(settings, matrix(0, fit), TREES, evals=[(matrix(fit, end), "later")], early_stopping_rounds=STOP, verbose_eval=False)
    return booster[:booster.best_iteration + 1]


def average_precision(labels, scores):
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(labels[order])
    # One point for rows of one score.
    last = np.append(np.nonzero(np.diff(scores[order]))[0], len(order) - 1)
    return float(np.sum(np.diff(hits[last], prepend=0) / hits[-1] * hits[last] / (last + 1)))


def lightgbm_trained(library, values, labels, end, kinds, names, path):
    """Keeps as many trees as rank the later rows best."""
    light, fit = LightGBM(library), int(end * 0.8)
    categories = ",".join(str(i) for i, kind in enumerate(kinds) if kind == "category")
    parameters = f"objective=binary num_leaves={LEAVES} learning_rate={RATE} min_sum_hessian_in_leaf=1 verbosity=-1 max_bin=255" + (f" categorical_feature={categories}" if categories else "")
    booster = light.train(values[:fit], labels[:fit], parameters, TREES, names)
    later = np.ascontiguousarray(values[fit:end], np.float64)

    def precision_of(trees):
        out, length = np.empty(len(later)), ctypes.c_int64()
        light.check(light.lib.LGBM_BoosterPredictForMat(
            booster, later.ctypes.data_as(ctypes.c_void_p), 1, len(later), later.shape[1], 1, 1, 0, trees, b"", ctypes.byref(length), out.ctypes.data_as(ctypes.c_void_p)))
        return average_precision(labels[fit:end], out)

    best = max(range(10, TREES + 1, 10), key=precision_of)
    light.check(light.lib.LGBM_BoosterSaveModel(booster, 0, best, 0, str(path).encode()))


def onnx_of(xgboost_json, features):
    """The trees of an XGBoost model without categories as a TreeEnsembleClassifier."""
    learner = json.loads(pathlib.Path(xgboost_json).read_text())["learner"]
    base = float(learner["learner_model_param"]["base_score"])
    n = {key: [] for key in ["treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true"]}
    leaves = {"treeids": [], "nodeids": [], "ids": [], "weights": []}
    for number, tree in enumerate(learner["gradient_booster"]["model"]["trees"]):
        for at, left in enumerate(tree["left_children"]):
            is_leaf = left < 0
            row = (number, at, 0 if is_leaf else tree["split_indices"][at], "LEAF" if is_leaf else "BRANCH_LT", 0.0 if is_leaf else float(tree["split_conditions"][at]),
                   0 if is_leaf else left, 0 if is_leaf else tree["right_children"][at], 0 if is_leaf else int(tree["default_left"][at]))
            for column, value in zip(n.values(), row):
                column.append(value)
            if is_leaf:
                for column, value in zip(leaves.values(), (number, at, 0, float(tree["split_conditions"][at]))):
                    column.append(value)
    attributes = {f"nodes_{key}": column for key, column in n.items()} | {f"class_{key}": column for key, column in leaves.items()}
    return model([node("TreeEnsembleClassifier", ["input"], ["label", "probabilities"], ML, base_values=[float(np.log(base / (1 - base)))], post_transform="LOGISTIC",
                       classlabels_int64s=[0, 1], **attributes)],
                 {"input": tensor(FLOAT, [None, features])}, {"label": tensor(INT64, [None]), "probabilities": tensor(FLOAT, [None, 2])})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="SCHEMA=CSV")
    parser.add_argument("--program", required=True)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--lightgbm", required=True)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    args = parser.parse_args()

    def run(*command):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
        return done.stdout

    table = {}
    for given in args.data:
        schema, file = given.split("=", 1)
        work = args.work / schema
        work.mkdir(parents=True, exist_ok=True)
        fsm, data = work / "features.fsm", work / "data"
        with open(file) as source, open(work / "all.csv", "w") as taken:
            taken.writelines(itertools.islice(source, args.rows + 1))
        file = work / "all.csv"
        print(f"{schema}: {run(args.bench, 'matrix', file, fsm, schema).strip()}", flush=True)
        values, labels, end, kinds = read(fsm)
        names = [feature["name"] for feature in json.loads(fsm.open("rb").readline())["features"]]
        with open(file) as source, open(work / "earlier.csv", "w") as earlier, open(work / "later.csv", "w") as later:
            header = source.readline()
            earlier.write(header)
            later.write(header)
            for row, line in enumerate(source):
                (earlier if row < end else later).write(line)

        folders = {}
        for trainer in OURS:
            made = json.loads(run(args.program, "train", "--input", work / "earlier.csv", "--schema", schema, "--trainer", trainer, "--data", work / trainer, "--keep-champion", "--json"))
            folders[{"trees": "ours"}.get(trainer, f"ML.NET {trainer}")] = work / trainer / "models" / made["version"]

        has_categories = "category" in kinds
        files = {}
        booster = xgboost_trained(values, labels, end, ["c" if kind == "category" else "float" for kind in kinds])
        booster.save_model(work / "xgboost.json")
        files["XGBoost"] = work / "xgboost.json"
        lightgbm_trained(args.lightgbm, values, labels, end, kinds, names, work / "lightgbm.txt")
        files["LightGBM"] = work / "lightgbm.txt"
        xgboost_trained(values, labels, end, None).save_model(work / "xgboost-numbers.json")
        if has_categories:
            files["XGBoost, codes as numbers"] = work / "xgboost-numbers.json"
        (work / "xgboost-numbers.onnx").write_bytes(onnx_of(work / "xgboost-numbers.json", len(names)))
        files["the same as ONNX" if has_categories else "XGBoost as ONNX"] = work / "xgboost-numbers.onnx"
        for name, path in files.items():
            made = json.loads(run(args.program, "models", "import", path, "--schema", schema, "--features", f"{fsm}.map.conf", "--threshold", "0.5", "--data", data, "--json"))
            folders[name] = data / "models" / made["version"]

        for name, line in zip(folders, run(args.bench, "models", work / "later.csv", work / "earlier.csv", *folders.values()).strip().splitlines()):
            table.setdefault(name, {})[schema] = json.loads(line)
            print(f"  {name}: {line}", flush=True)

    sets = [given.split("=")[0] for given in args.data]
    print("\n| model | " + " | ".join(f"{schema}: average precision | rows/s" for schema in sets) + " |\n| --- |" + " --- | --- |" * len(sets))
    for name, of in table.items():
        print(f"| {name} | " + " | ".join(f"{of[s]['average_precision']:.4f} | {of[s]['rows_a_second']:,.0f}" if s in of else "– | –" for s in sets) + " |")


if __name__ == "__main__":
    main()
