"""Two dense layers with a ReLU between them, with gradients by hand."""

import numpy as np


class TwoDense:
    shapes = {  # noqa: RUF012
        "body.dense1.kernel": (6, 8),
        "body.dense1.bias": (8,),
        "body.dense2.kernel": (8, 3),
        "body.dense2.bias": (3,),
    }

    def run(self, weights, inputs, recorder):
        x = inputs["x"]
        x = x @ weights["body.dense1.kernel"] + weights["body.dense1.bias"]
        recorder.module("body.dense1", "Dense", x)
        x = np.maximum(x, 0)
        recorder.module("body.relu1", "Relu", x)
        x = x @ weights["body.dense2.kernel"] + weights["body.dense2.bias"]
        recorder.module("body.dense2", "Dense", x)
        return {"output": x}

    def gradients(self, weights, inputs, cotangents):
        first = inputs["x"] @ weights["body.dense1.kernel"] + weights["body.dense1.bias"]
        back = cotangents["output"]
        through = (back @ weights["body.dense2.kernel"].T) * (first > 0)
        return {
            "body.dense2.kernel": np.maximum(first, 0).T @ back,
            "body.dense2.bias": back.sum(0),
            "body.dense1.kernel": inputs["x"].T @ through,
            "body.dense1.bias": through.sum(0),
            "x": through @ weights["body.dense1.kernel"].T,
        }
