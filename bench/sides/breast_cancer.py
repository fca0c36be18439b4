"""The classifier that the Python sides share; `python breast_cancer.py FILE` keeps it for those that load one."""

import sys

import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = load_breast_cancer()
labels = [str(name) for name in data.target_names]
model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=5000))
model.fit(data.data, data.target)

if __name__ == "__main__":
    joblib.dump(model, sys.argv[1])
