"""`python -m keras_gen` is `keras-gen`."""

from keras_gen.app.cli import main

main()
