"""The tests. One thread for linear algebra: on two cores more only wait for each other."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when NumPy is first imported
    os.environ.setdefault(_name, "1")
