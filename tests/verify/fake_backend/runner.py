"""A runner in NumPy: a network is a class with ``shapes``, ``run`` and ``gradients``."""

from archspec_runner import Computed, Mismatch, Recorder, load_class, serve


class Fake:
    def __init__(self, request):
        self.request = request
        kind, _ = load_class(request, object)
        self.network = kind()

    def versions(self):
        return {"fake": "1.0", "device": "cpu"}

    def expect(self, shapes):
        Mismatch.check(shapes, self.network.shapes)

    def forward(self, weights, inputs, training, shift=None):
        recorder = Recorder(id, lambda value: value)
        outputs = self.network.run(weights, inputs, recorder)
        return Computed(outputs=outputs, arrays=recorder.arrays, records=recorder.records)

    def gradients(self, weights, inputs, cotangents, training):
        computed = self.forward(weights, inputs, training)
        gradients = self.network.gradients(weights, inputs, cotangents)
        inputs = {name: gradients.pop(name) for name in inputs}
        computed.gradients, computed.input_gradients = gradients, inputs
        return computed


if __name__ == "__main__":
    serve(Fake)
