"""A small convolutional network on MNIST: the thing being tuned.

Read in this order: data.py, model.py, train.py, evaluate.py. Nothing here knows which server
it reports to; it speaks to Weights & Biases through the stock client only.
"""

import logging
import os

# TensorFlow reads these once, when it is first imported, so they are set before that. What the
# user has set stays. "3" hides start-up notes about CPU features; errors still raise.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

# A warm process builds a network per run, on purpose; TensorFlow warns that this is slow.
logging.getLogger("tensorflow").setLevel(logging.ERROR)
