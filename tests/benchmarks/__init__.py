"""Measurements beside others, which no test times."""

# For the environment of a process that is to have one thread, before it imports Keras.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)
