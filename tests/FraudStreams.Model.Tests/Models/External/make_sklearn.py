#!/usr/bin/env python3
"""Makes sklearn-*.onnx of Stored/ with scikit-learn and skl2onnx, and sklearn.csv: rows and what scikit-learn itself says of them.

    python3 make_sklearn.py Stored [ROWS]

Needs scikit-learn, skl2onnx and pandas (made with 1.2.1, 1.14.0 and 1.5.3). ROWS (300) go to the file. Amounts are single-precision numbers, as the models' inputs are.
"""
import pathlib
import sys

import numpy as np
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

KINDS = ["food", "fuel", "travel"]
NUMBERS = ["amount", "distance", "age"]


def payments(count, seed):
    random = np.random.default_rng(seed)
    rows = pandas.DataFrame({
        "amount": np.exp(random.normal(3, 1, count)).round(2).astype(np.float32),
        "distance": random.exponential(40, count).round(1).astype(np.float32),
        "age": random.integers(18, 90, count).astype(np.float32),
        "hour": random.integers(0, 24, count),
        "kind": random.choice(KINDS, count),
    })
    risk = 0.02 * rows.amount + 0.01 * rows.distance + 1.5 * (rows.kind == "travel") + 1.2 * (rows.hour < 5) - 0.02 * rows.age - 2
    rows["fraud"] = random.random(count) < 1 / (1 + np.exp(-risk))
    rows.loc[random.random(count) < 0.1, "distance"] = np.nan
    return rows


def main(folder, count):
    learnt, asked = payments(20_000, 1), payments(count, 2)
    columns = make_pipeline(
        ColumnTransformer([
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS), ("hours", StandardScaler(), ["hour"]),
            ("kinds", OneHotEncoder(handle_unknown="ignore"), ["kind"])]),
        LogisticRegression(max_iter=1000))
    boosting = GradientBoostingClassifier(n_estimators=25, max_depth=3, random_state=1)
    forest = make_pipeline(SimpleImputer(strategy="median"), RandomForestClassifier(n_estimators=12, max_depth=5, random_state=1))
    float_input = [("float_input", FloatTensorType([None, len(NUMBERS)]))]
    complete = learnt.dropna()
    models = {
        "logistic": (columns.fit(learnt, learnt.fraud), asked, [(name, FloatTensorType([None, 1])) for name in NUMBERS] + [("hour", Int64TensorType([None, 1])), ("kind", StringTensorType([None, 1]))]),
        "boosting": (boosting.fit(complete[NUMBERS].to_numpy(), complete.fraud), asked[NUMBERS].fillna(0).to_numpy(), float_input),
        "forest": (forest.fit(learnt[NUMBERS].to_numpy(), learnt.fraud), asked[NUMBERS].to_numpy(), float_input),
    }
    for name, (fitted, rows, inputs) in models.items():
        converted = convert_sklearn(fitted, name, initial_types=inputs, options={id(fitted): {"zipmap": False}})
        (folder / f"sklearn-{name}.onnx").write_bytes(converted.SerializeToString())
        asked[name] = fitted.predict_proba(rows)[:, 1]
    with open(folder / "sklearn.csv", "w") as out:
        out.write(",".join(NUMBERS + ["hour", "kind", *models]) + "\n")
        for _, row in asked.iterrows():
            out.write(",".join("" if row[name] != row[name] else repr(float(row[name])) for name in NUMBERS) + f",{row.hour},{row.kind}," + ",".join(repr(float(row[name])) for name in models) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300)
