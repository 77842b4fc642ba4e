"""Reads what `FraudStreams.Bench matrix` wrote."""
import json

import numpy as np


def read(path):
    """Values, labels, number of training rows, and kind of each feature."""
    with open(path, "rb") as file:
        header = json.loads(file.readline())
        rows, width = header["rows"], len(header["features"])
        values = np.fromfile(file, "<f8", rows * width).reshape(rows, width)
        labels = np.fromfile(file, "u1", rows)
    return values, labels, header["trainRows"], [f["kind"] for f in header["features"]]
