#!/usr/bin/env python3
"""FraudStreams' /predict beside a FastAPI service with the same XGBoost model, on the same requests.

    dotnet build -c Release bench/FraudStreams.Bench
    python3 bench/fastapi_reference.py train.csv test.csv --bench bench/FraudStreams.Bench/bin/Release/net10.0

Both files are payments of schema cards. Trains XGBoost on the first, imports the model into FraudStreams and puts it into service, and serves the same file
with FastAPI under uvicorn. `FraudStreams.Bench api` then asks both for the rows of the second, in turns, one and a hundred a request. First the scores of
both are compared. uvicorn runs with one worker: its own way to start several leaves Nagle's algorithm on, and each answer then takes 44 ms. Needs Debian's python3-xgboost, python3-fastapi and uvicorn.
"""
import argparse
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import numpy as np
import xgboost
from foreign_models import read

# The service, as a team would write it: the model is loaded once, a request's payments are one matrix.
SERVICE = '''
import json
import pathlib

import numpy as np
import xgboost
from fastapi import FastAPI, Request

here = pathlib.Path(__file__).parent
codes = {value: float(code) for code, value in enumerate(json.loads((here / "values.json").read_text()))}
model = xgboost.Booster(model_file=str(here / "model.json"))
model.set_param("nthread", 1)
app = FastAPI()


@app.post("/predict")
async def predict(request: Request):
    payments = await request.json()
    rows = [[float(p["amt"]), codes.get(p["category"], np.nan), float(int(p["unix_time"]) // 3600 % 24)] for p in payments]
    scores = model.inplace_predict(np.array(rows, dtype=np.float32))
    return {"predictions": [{"id": payment["trans_num"], "score": float(score), "prediction": int(score >= 0.4)} for payment, score in zip(payments, scores)]}
'''


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(port, payments):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", json.dumps(payments).encode(), {"Content-Type": "application/json"})
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as refused:
        if refused.code == 503:
            raise
        sys.exit(refused.read().decode())
    with answer:
        return {prediction["id"]: prediction["score"] for prediction in json.load(answer)["predictions"]}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("train")
    arguments.add_argument("test")
    arguments.add_argument("--bench", required=True)
    arguments.add_argument("--rows", type=int, default=200_000)
    arguments.add_argument("--seconds", type=int, default=8)
    arguments.add_argument("--rounds", type=int, default=2)
    options = arguments.parse_args()
    bench = pathlib.Path(options.bench).resolve()

    train, _ = read(options.train, options.rows)
    values = sorted({p["category"] for p in train})
    rows = [[float(p["amt"]), float(values.index(p["category"])), float(int(p["unix_time"]) // 3600 % 24)] for p in train]
    data = xgboost.DMatrix(np.array(rows, dtype=np.float32), np.array([int(p["is_fraud"]) for p in train]), feature_names=["amt", "category", "hour"])
    model = xgboost.train({"objective": "binary:logistic", "max_depth": 6, "tree_method": "hist"}, data, 200)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model.save_model(folder / "model.json")
        (folder / "values.json").write_text(json.dumps(values))
        (folder / "service.py").write_text(SERVICE)
        # Features that the schema has, so that the stream runs it as it is; the category's codes are numbers to this model.
        listed = ", ".join(f'"{value}"' for value in values)
        (folder / "map.conf").write_text(f"features = [\n  {{ name = amt, feature = amt }}\n  {{ name = category, feature = category, values = [{listed}] }}\n  {{ name = hour, feature = hour }}\n]\n")
        program = ["dotnet", str(bench / "FraudStreams.dll")]
        imported = subprocess.run(program + ["models", "import", str(folder / "model.json"), "--schema", "cards", "--features", str(folder / "map.conf"),
                                             "--threshold", "0.4", "--data", str(folder / "data"), "--json"], capture_output=True, text=True)
        if imported.returncode:
            sys.exit(imported.stdout + imported.stderr)
        version = json.loads(imported.stdout)["version"]
        subprocess.run(program + ["models", "promote", version, "--why", "the bench's", "--data", str(folder / "data")], check=True, stdout=subprocess.DEVNULL)
        ports = free_port(), free_port()
        servers = [
            subprocess.Popen(program + ["run", "--roles", "score,api", "--data", str(folder / "data"), "--set", f"api.port={ports[0]}"],
                             stdout=subprocess.DEVNULL),
            subprocess.Popen(["/usr/bin/python3", "-m", "uvicorn", "service:app", "--port", str(ports[1]), "--log-level", "error", "--no-access-log"], cwd=folder)]
        try:
            some = [{name: value for name, value in payment.items() if name} for payment in read(options.test, 1_000)[0]]
            for port in ports:
                for _ in range(300):
                    try:
                        ask(port, some[:1])
                        break
                    except urllib.error.URLError:
                        time.sleep(0.2)
            ours, theirs = (ask(port, some) for port in ports)
            differ = [id for id in ours if abs(ours[id] - theirs[id]) > 1e-6]
            print(f"scores of {len(some):,} payments: {len(differ)} differ by more than 0.000001", flush=True)
            for _ in range(options.rounds):
                for name, port in zip(("FraudStreams", "FastAPI"), ports):
                    for connections in (1, 8):
                        done = subprocess.run([str(bench / "FraudStreams.Bench"), "api", f"127.0.0.1:{port}", options.test, str(options.seconds), str(connections)],
                                              capture_output=True, text=True, check=True)
                        for line in done.stdout.splitlines():
                            print(f"{name:12} {line}", flush=True)
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait()


if __name__ == "__main__":
    main()
