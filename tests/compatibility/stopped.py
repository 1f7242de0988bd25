"""Runs the command as a user does who presses Ctrl-C when the third epoch begins."""

import runpy
import sys

import keras


def stop_third_epoch(logger, epoch, logs=None):
    if epoch == 2:
        raise KeyboardInterrupt


if __name__ == "__main__":
    keras.callbacks.CSVLogger.on_epoch_begin = stop_third_epoch
    sys.argv[0] = "keras-gen"
    runpy.run_module("keras_gen", run_name="__main__")
