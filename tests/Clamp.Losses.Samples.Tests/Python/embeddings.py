"""Reads a table of embeddings in NumPy's format and as CSV, as a user would, and writes what it found as raw float32."""
import csv
import json
import sys

try:
    import numpy
except ImportError:
    sys.exit(3)

for job in json.load(open(sys.argv[1])):
    array = numpy.load(job["npy"])
    assert array.dtype == numpy.float32 and array.flags.c_contiguous, array.dtype
    with open(job["npy"] + ".json", encoding="utf-8") as beside:
        names = json.load(beside)["Names"]
    with open(job["csv"], newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["name", "label"] + [f"f{i}" for i in range(array.shape[1])], rows[0]
    assert [row[0] for row in rows[1:]] == names == job["names"], names
    numbers = numpy.array([row[2:] for row in rows[1:]], dtype=numpy.float64).astype(numpy.float32)
    assert (numbers == array).all()
    array.tofile(job["output"])
