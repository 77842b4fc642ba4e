#!/usr/bin/env python3
"""Makes the ONNX files of Stored/ and what they score: `python3 make_models.py Stored`. They have the shapes that skl2onnx and networks have; needs no package.

The scores are computed here, in double precision; ONNX Runtime computes in single precision.
"""
import math
import pathlib
import random
import sys

from onnx_file import FLOAT, INT64, ML, STRING, constant, model, node, sequence_of_maps, tensor

WEIGHTS, BIAS = [0.5, -1.25, 2.0], -0.75
KINDS, OF_KIND, OF_AMOUNT, OF_HOUR = ["food", "fuel", "travel"], [0.25, -0.5, 1.5], 0.125, -0.0625


def sigmoid(margin):
    return 1 / (1 + math.exp(-margin))


def linear(row):
    return sigmoid(sum(w * x for w, x in zip(WEIGHTS, row)) + BIAS)


def tree(row):
    """Two trees; a missing first value goes to the true side, a missing second one to the false side."""
    first = -1.5 if row[0] is None or row[0] <= 0.5 else 2.0
    second = (0.5 if row[2] is not None and row[2] <= 0.25 else 0.75) if row[1] is not None and row[1] <= -0.25 else -0.5
    return sigmoid(first + second + 0.125)


def classifier(output):
    """scikit-learn's logistic regression as skl2onnx writes it: one row of coefficients a class."""
    return [
        node("LinearClassifier", ["float_input"], ["label", "raw"], ML, classlabels_ints=[0, 1], coefficients=[-w for w in WEIGHTS] + WEIGHTS, intercepts=[-BIAS, BIAS],
             multi_class=1, post_transform="LOGISTIC"),
        node("Normalizer", ["raw"], [output], ML, norm="L1"),
    ]


def main(folder):
    rows = {"float_input": tensor(FLOAT, [None, 3])}
    label, two = tensor(INT64, [None]), tensor(FLOAT, [None, 2])
    files = {
        "tensor.onnx": model(classifier("probabilities"), rows, {"label": label, "probabilities": two}),
        "zipmap.onnx": model(
            classifier("scored") + [node("ZipMap", ["scored"], ["output_probability"], ML, classlabels_int64s=[0, 1])],
            rows, {"label": label, "output_probability": sequence_of_maps()}),
        "named.onnx": model(
            classifier("scored") + [node("ZipMap", ["scored"], ["output_probability"], ML, classlabels_strings=["ok", "fraud"])],
            rows, {"label": label, "output_probability": sequence_of_maps(STRING)}),
        "trees.onnx": model(
            [node("TreeEnsembleClassifier", ["float_input"], ["label", "probabilities"], ML, base_values=[0.125], post_transform="LOGISTIC", classlabels_int64s=[0, 1],
                  nodes_treeids=[0, 0, 0, 1, 1, 1, 1, 1], nodes_nodeids=[0, 1, 2, 0, 1, 2, 3, 4], nodes_featureids=[0, 0, 0, 1, 2, 0, 0, 0],
                  nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"],
                  nodes_values=[0.5, 0.0, 0.0, -0.25, 0.25, 0.0, 0.0, 0.0], nodes_truenodeids=[1, 0, 0, 1, 3, 0, 0, 0], nodes_falsenodeids=[2, 0, 0, 2, 4, 0, 0, 0],
                  nodes_missing_value_tracks_true=[1, 0, 0, 0, 0, 0, 0, 0], class_treeids=[0, 0, 1, 1, 1], class_nodeids=[1, 2, 2, 3, 4], class_ids=[0] * 5,
                  class_weights=[-1.5, 2.0, -0.5, 0.5, 0.75])],
            rows, {"label": label, "probabilities": two}),
        # One input a feature, as skl2onnx makes of a data frame; one output, as of a network.
        "columns.onnx": model(
            [node("OneHotEncoder", ["kind"], ["kinds"], ML, cats_strings=KINDS, zeros=1), node("Reshape", ["kinds", "shape"], ["flat"]), node("Cast", ["hour"], ["hours"], to=FLOAT),
             node("Concat", ["amount", "flat", "hours"], ["all"], axis=1), node("Gemm", ["all", "weights", "bias"], ["margin"]), node("Sigmoid", ["margin"], ["score"])],
            {"amount": tensor(FLOAT, [None, 1]), "kind": tensor(STRING, [None, 1]), "hour": tensor(INT64, [None, 1])}, {"score": tensor(FLOAT, [None, 1])},
            [constant("shape", [-1, 3], [2], INT64), constant("weights", [OF_AMOUNT, *OF_KIND, OF_HOUR], [5, 1]), constant("bias", [-0.25], [1])]),
        "logits.onnx": model(
            [node("Gemm", ["x", "weights", "bias"], ["logit"]), node("Abs", ["logit"], ["sureness"])],
            {"x": tensor(FLOAT, [None, 3])}, {"logit": tensor(FLOAT, [None, 1]), "sureness": tensor(FLOAT, [None, 1])},
            [constant("weights", WEIGHTS, [3, 1]), constant("bias", [BIAS], [1])]),
        # What no payment's score may do: depend on the payments beside it.
        "batch.onnx": model(
            [node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1), node("Sub", ["x", "mean"], ["centred"]), node("Gemm", ["centred", "weights", "bias"], ["margin"]),
             node("Sigmoid", ["margin"], ["score"])],
            {"x": tensor(FLOAT, [None, 3])}, {"score": tensor(FLOAT, [None, 1])}, [constant("weights", [0.001] * 3, [3, 1]), constant("bias", [BIAS], [1])]),
        # An exported network whose batch is fixed.
        "fixed.onnx": model(
            [node("Gemm", ["x", "weights", "bias"], ["margin"]), node("Sigmoid", ["margin"], ["score"])],
            {"x": tensor(FLOAT, [4, 3])}, {"score": tensor(FLOAT, [4, 1])}, [constant("weights", WEIGHTS, [3, 1]), constant("bias", [BIAS], [1])]),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)

    made = random.Random(1)
    with open(folder / "scores.csv", "w") as out:
        out.write("a,b,c,linear,trees\n")
        for _ in range(150):
            row = [round(made.uniform(-2, 2), 3) for _ in range(3)]
            gaps = [None if made.random() < 0.2 else value for value in row]
            of_linear = "" if None in gaps else repr(linear(gaps))
            out.write(",".join("" if value is None else str(value) for value in gaps) + f",{of_linear},{tree(gaps)!r}\n")
    with open(folder / "columns.csv", "w") as out:
        out.write("amount,kind,hour,score\n")
        for _ in range(150):
            amount, kind, hour = round(made.uniform(0, 30), 2), made.choice(KINDS + [None]), made.randrange(24)
            of_kind = 0 if kind is None else OF_KIND[KINDS.index(kind)]
            out.write(f"{amount},{kind or ''},{hour},{sigmoid(OF_AMOUNT * amount + of_kind + OF_HOUR * hour - 0.25)!r}\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
