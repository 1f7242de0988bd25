"""`python -m keras_gen` is `keras-gen`."""

from keras_gen.cli import main

main()
