#!/usr/bin/env python3
"""Models of XGBoost and LightGBM in FraudStreams beside the libraries: how many scores differ.

    dotnet build -c Release src/FraudStreams
    python3 bench/foreign_models.py train.csv test.csv --program src/FraudStreams/bin/Release/net10.0/FraudStreams --lightgbm lib_lightgbm.so

Both files are payments of schema cards. Trains on the first, scores the rows of the second with the library, and imports the model with these scores as
--expect: FraudStreams reads the payments, computes the features with its own code and refuses the model at the first score with another bit. Needs numpy and
xgboost (Debian: python3-xgboost) and LightGBM's shared library (in the NuGet package LightGBM); without --lightgbm that part is left out.
"""
import argparse
import csv
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import xgboost

sys.path.append(str(pathlib.Path(__file__).parent.parent / "tests/FraudStreams.Model.Tests/Models/Import"))
from make_models import LightGBM  # noqa: E402

NUMBERS = ["amt", "city_pop", "lat", "long", "merch_lat", "merch_long"]
CATEGORIES = ["category", "gender", "state"]
NAMES = NUMBERS + CATEGORIES + ["hour"]


def read(path, rows):
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        return [row for _, row in zip(range(rows), reader)], reader.fieldnames


def matrix(payments, values):
    codes = {name: {value: float(code) for code, value in enumerate(values[name])} for name in CATEGORIES}
    return np.array([[float(p[n]) for n in NUMBERS] + [codes[n].get(p[n], np.nan) for n in CATEGORIES] + [float(int(p["unix_time"]) // 3600 % 24)]
                     for p in payments])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("train")
    arguments.add_argument("test")
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--lightgbm")
    arguments.add_argument("--rows", type=int, default=250_000)
    arguments.add_argument("--trees", type=int, default=200)
    options = arguments.parse_args()

    train, _ = read(options.train, options.rows)
    test, header = read(options.test, options.rows)
    # Of the states half are left out: payments of the others have a missing value.
    values = {name: sorted({p[name] for p in train}) for name in CATEGORIES}
    values["state"] = values["state"][::2]
    x, y, t = matrix(train, values), np.array([int(p["is_fraud"]) for p in train]), matrix(test, values)
    print(f"{len(x):,} rows to train on, {len(t):,} to compare, {int(np.isnan(t).sum()):,} values missing")

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        listed = {name: "[" + ", ".join(f'"{v}"' for v in values[name]) + "]" for name in CATEGORIES}
        entries = [f"  {{ name = {n}, number = {n} }}" for n in NUMBERS] \
            + [f"  {{ name = {n}, category = {n}, values = {listed[n]} }}" for n in CATEGORIES] + ["  { name = hour, feature = hour }"]
        (folder / "map.conf").write_text("features = [\n" + "\n".join(entries) + "\n]\n")

        def compare(what, model, scores):
            with open(folder / "scores.csv", "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow([name for name in header if name] + ["score"])
                for payment, score in zip(test, scores):
                    writer.writerow([payment[name] for name in header if name] + [str(score) if isinstance(score, np.float32) else repr(float(score))])
            start = time.perf_counter()
            done = subprocess.run(
                [options.program, "models", "import", str(model), "--schema", "cards", "--features", str(folder / "map.conf"), "--threshold", "0.4",
                 "--expect", str(folder / "scores.csv"), "--data", str(folder / what.replace(" ", "-"))], capture_output=True, text=True)
            print(f"{what}: {time.perf_counter() - start:.1f} s, exit code {done.returncode}: {(done.stdout + done.stderr).strip()}", flush=True)

        types = ["float"] * len(NUMBERS) + ["c"] * len(CATEGORIES) + ["c"]
        data = xgboost.DMatrix(x, y, feature_names=NAMES, feature_types=types, enable_categorical=True)
        test_data = xgboost.DMatrix(t, feature_names=NAMES, feature_types=types, enable_categorical=True)
        booster = xgboost.train(dict(objective="binary:logistic", tree_method="hist", max_depth=6, eta=.1, max_cat_to_onehot=4), data, options.trees)
        scores = booster.predict(test_data)
        for extension in ("json", "ubj"):
            booster.save_model(folder / f"model.{extension}")
            compare(f"XGBoost {xgboost.__version__} {extension}", folder / f"model.{extension}", scores)

        if options.lightgbm:
            light = LightGBM(options.lightgbm)
            light.save(light.train(x, y, "objective=binary num_leaves=31 learning_rate=.1 verbosity=-1 categorical_feature=6,7,8,9", options.trees, NAMES), folder / "model.txt")
            compare("LightGBM", folder / "model.txt", light.predict(light.load(folder / "model.txt"), t, False))


if __name__ == "__main__":
    main()
