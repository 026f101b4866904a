"""Linear layers of an exported tower in int8, as OpenVINO multiplies it on processors that can (VNNI, AMX).

Weights are rounded once, with a scale for each output; what they are multiplied by is rounded as it comes,
with a scale for each token (vector-wise quantisation; Dettmers et al., LLM.int8(), NeurIPS 2022), so no
sample of a catalogue is needed to calibrate it. Convolutions, norms and softmaxes stay as they are.
"""

from math import gcd
from typing import Any

import numpy as np

_LARGEST = 127


def quantise(graph: Any) -> dict[str, int]:
    """Replace the weights of an `openvino.Model` in place; returns the properties to compile it with.

    They say how many numbers of a token share a scale: as many as every layer's width is a multiple of,
    since OpenVINO multiplies the weights out again where it cannot keep to that. A wider layer's tokens have
    several scales.
    """
    import openvino
    from openvino import opset13

    shared = 0
    for node in graph.get_ordered_ops():
        if node.get_type_name() != "MatMul" or not node.get_attributes()["transpose_b"]:
            continue
        source = node.input(1).get_source_output().get_node()
        if source.get_type_name() != "Constant" or source.get_element_type() != openvino.Type.f32:
            continue
        weights = source.get_data()
        if weights.ndim != 2:
            continue
        scale = (np.abs(weights).max(axis=1, keepdims=True) / _LARGEST).astype(np.float16)
        if scale.min() < np.finfo(np.float16).smallest_normal:
            continue  # weights so small that the scale itself would be rounded away
        rounded = np.rint(weights / scale.astype(np.float32)).clip(-_LARGEST, _LARGEST)
        # This chain of operators is what OpenVINO takes for quantised weights; others it multiplies out.
        stored = opset13.convert(opset13.constant(rounded.astype(np.int8)), "f16")
        restored = opset13.convert(opset13.multiply(stored, opset13.constant(scale)), "f32")
        node.input(1).replace_source_output(restored.output(0))
        shared = gcd(shared, weights.shape[1])
    return {"DYNAMIC_QUANTIZATION_GROUP_SIZE": shared}
