"""Has ONNX's own checker read files: the format, every operator's schema, and the shapes that it infers.

Usage: onnx_check.py JOBS.json, a list of objects with a file; exit code 3 where onnx is missing.
"""
import json
import sys

try:
    import onnx
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

for job in json.load(open(sys.argv[1])):
    onnx.checker.check_model(job["file"], full_check=True)
    model = onnx.load(job["file"])
    declared = [dimension.dim_param or dimension.dim_value for dimension in model.graph.output[0].type.tensor_type.shape.dim]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph.output[0].type.tensor_type
    shape = [dimension.dim_param or dimension.dim_value for dimension in inferred.shape.dim]
    assert shape == declared, f"{job['file']}: declared {declared}, inferred {shape}"
