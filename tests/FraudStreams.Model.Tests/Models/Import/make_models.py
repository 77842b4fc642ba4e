#!/usr/bin/env python3
"""Writes the small models in Stored/ and the scores that their own libraries give, which ForeignModelTests expects.

    python3 make_models.py path/to/lib_lightgbm.so

Needs numpy and xgboost (Debian: python3-xgboost) and LightGBM's shared library, as the NuGet package LightGBM has it. Rows: a, b, e are numbers, c and d
categories of 12 and 5 codes; a tenth of the values are missing, some values are thresholds of the models and their neighbours.
"""
import ctypes
import json
import pathlib
import sys

import numpy as np
import xgboost

STORED = pathlib.Path(__file__).parent / "Stored"
NAMES = list("abcde")


class LightGBM:
    """As much of LightGBM's C interface as is needed here."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.LGBM_GetLastError.restype = ctypes.c_char_p

    def check(self, code):
        if code != 0:
            raise RuntimeError(self.lib.LGBM_GetLastError().decode())

    def train(self, x, y, parameters, rounds, names=NAMES):
        x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float32)
        data, booster, done = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()
        text = parameters.encode()
        self.check(self.lib.LGBM_DatasetCreateFromMat(
            x.ctypes.data_as(ctypes.c_void_p), 1, x.shape[0], x.shape[1], 1, text, None, ctypes.byref(data)))
        self.check(self.lib.LGBM_DatasetSetField(data, b"label", y.ctypes.data_as(ctypes.c_void_p), len(y), 0))
        self.check(self.lib.LGBM_DatasetSetFeatureNames(data, (ctypes.c_char_p * len(names))(*[n.encode() for n in names]), len(names)))
        self.check(self.lib.LGBM_BoosterCreate(data, text, ctypes.byref(booster)))
        for _ in range(rounds):
            self.check(self.lib.LGBM_BoosterUpdateOneIter(booster, ctypes.byref(done)))
        return booster

    def save(self, booster, path):
        self.check(self.lib.LGBM_BoosterSaveModel(booster, 0, -1, 0, str(path).encode()))

    def load(self, path):
        booster, rounds = ctypes.c_void_p(), ctypes.c_int()
        self.check(self.lib.LGBM_BoosterCreateFromModelfile(str(path).encode(), ctypes.byref(rounds), ctypes.byref(booster)))
        return booster

    def predict(self, booster, x, raw):
        x = np.ascontiguousarray(x, np.float64)
        out, length = np.empty(len(x)), ctypes.c_int64()
        self.check(self.lib.LGBM_BoosterPredictForMat(
            booster, x.ctypes.data_as(ctypes.c_void_p), 1, x.shape[0], x.shape[1], 1, 1 if raw else 0, 0, -1, b"", ctypes.byref(length),
            out.ctypes.data_as(ctypes.c_void_p)))
        return out


def rows(rng, count, missing):
    x = np.column_stack([rng.normal(size=count) * 100, rng.random(count), rng.integers(0, 12, count), rng.integers(0, 5, count),
                         np.round(rng.normal(size=count), 1)]).astype(np.float64)
    known = np.nan_to_num(x)
    y = ((known[:, 0] > 30) | (np.isin(known[:, 2], [1, 5, 7]) & (known[:, 1] > .3)) | (known[:, 3] == 2) & (known[:, 4] < 0)).astype(int)
    y ^= rng.random(count) < .05
    x[rng.random(x.shape) < missing] = np.nan
    return x, y


def main():
    STORED.mkdir(exist_ok=True)
    light = LightGBM(sys.argv[1])
    rng = np.random.default_rng(7)
    x, y = rows(rng, 3000, .1)
    full, full_y = rows(rng, 3000, 0)

    def matrix(values, labels=None):
        return xgboost.DMatrix(values, labels, feature_names=NAMES, feature_types=["float", "float", "c", "c", "float"], enable_categorical=True)

    settings = dict(objective="binary:logistic", tree_method="hist", max_depth=4, eta=.3, base_score=.21, max_cat_to_onehot=4, nthread=1)
    booster = xgboost.train(settings, matrix(x, y), 6)
    booster.save_model(STORED / "xgboost.json")
    booster.save_model(STORED / "xgboost.ubj")

    common = "objective=binary num_leaves=12 min_data_in_leaf=5 min_data_per_group=5 cat_smooth=1 verbosity=-1 num_threads=1 deterministic=true categorical_feature=2,3"
    light.save(light.train(x, y, common, 6), STORED / "lightgbm.txt")
    light.save(light.train(full, full_y, common, 3), STORED / "lightgbm-none-missing.txt")
    light.save(light.train(x, y, common + " zero_as_missing=true", 3), STORED / "lightgbm-zero-missing.txt")

    test, _ = rows(rng, 200, .1)
    learner = json.loads((STORED / "xgboost.json").read_text())["learner"]
    thresholds = [(tree["split_indices"][n], tree["split_conditions"][n]) for tree in learner["gradient_booster"]["model"]["trees"]
                  for n, left in enumerate(tree["left_children"]) if left != -1 and tree["split_type"][n] == 0]
    at = []
    for feature, threshold in thresholds[:30]:
        single = np.float32(threshold)
        middle = (float(np.nextafter(single, np.float32(-np.inf))) + float(single)) / 2
        for value in (float(single), float(np.nextafter(single, np.float32(-np.inf))), middle, np.nextafter(middle, -np.inf), np.nextafter(middle, np.inf)):
            row = test[len(at) % len(test)].copy()
            row[feature] = value
            at.append(row)
    test = np.vstack([test, at])
    with open(STORED / "scores.csv", "w") as out:
        out.write(",".join(NAMES) + ",xgboost_margin,xgboost,lightgbm_margin,lightgbm,none_missing_margin,none_missing\n")
        columns = [booster.predict(matrix(test), output_margin=True), booster.predict(matrix(test))]
        for file in ("lightgbm.txt", "lightgbm-none-missing.txt"):
            loaded = light.load(STORED / file)
            columns += [light.predict(loaded, test, True), light.predict(loaded, test, False)]
        for row, *scores in zip(test, *columns):
            out.write(",".join(["" if np.isnan(v) else repr(float(v)) for v in row] + [str(s) if isinstance(s, np.float32) else repr(float(s)) for s in scores]) + "\n")


if __name__ == "__main__":
    main()
