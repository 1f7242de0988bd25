"""What a preset's config may name: nothing else of it is ever given to Keras."""

import keras

# Layers that compute with their weights and their config alone. Not among them: those that hold code
# (Lambda, the wrappers of other frameworks' modules) and those that read files (vocabularies).
_LAYERS = frozenset(
    """
    Activation ActivityRegularization Add AlphaDropout Attention Average AveragePooling1D
    AveragePooling2D AveragePooling3D BatchNormalization CategoryEncoding CenterCrop Concatenate Conv1D
    Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose Cropping1D Cropping2D Cropping3D Dense
    DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU EinsumDense Embedding Flatten GaussianDropout
    GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization GroupQueryAttention
    Identity InputLayer LayerNormalization LeakyReLU MaxPooling1D MaxPooling2D MaxPooling3D Maximum
    Minimum MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization ReLU RepeatVector
    Rescaling Reshape Resizing SeparableConv1D SeparableConv2D Softmax SpatialDropout1D SpatialDropout2D
    SpatialDropout3D SpectralNormalization Subtract UnitNormalization UpSampling1D UpSampling2D
    UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905
)
_INITIALIZERS = frozenset(
    """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal
    LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal
    VarianceScaling Zeros
    """.split()  # noqa: SIM905
)
_KERAS = {
    "keras.layers": _LAYERS,
    "keras.initializers": _INITIALIZERS,
    "keras.regularizers": frozenset(("L1", "L1L2", "L2", "OrthogonalRegularizer")),
    "keras.constraints": frozenset(("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm")),
    "keras": frozenset(("DTypePolicy", "Functional", "Sequential")),
    "keras.src.models.functional": frozenset(("Functional",)),
    "keras.src.models.sequential": frozenset(("Sequential",)),
    "keras.models": frozenset(("Functional", "Sequential")),
}
_PACKAGE = "keras_gen"


def check_config(config, source, custom_objects=None):
    """Refuses a serialised model that names anything but known classes.

    It looks at the parsed JSON alone, before Keras is given any of it.

    Args:
        config: Parsed JSON of `config.json`.
        source: String, the file's name for the error.
        custom_objects: Dict from names to classes of the user's own that may be named too.

    Raises:
        ValueError: If the config names another class, a function, or a module that is not the
            class's own.
    """
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(
            f"{source} must hold the config of one model, an object with a class_name. Received: "
            f"{str(config)[:80]}"
        )
    _check(config, source, {*(custom_objects or {})})


def _check(value, source, custom):
    if isinstance(value, dict):
        if value.keys() & {"class_name", "registered_name", "module"}:
            _check_class(value, source, custom)
        for child in value.values():
            _check(child, source, custom)
    elif isinstance(value, list):
        for child in value:
            _check(child, source, custom)


def _check_class(node, source, custom):
    name, module = node.get("class_name"), node.get("module")
    registered = node.get("registered_name")
    strings = all(isinstance(part, str | None) for part in (name, module, registered))
    if strings and (
        (name == "__keras_tensor__" and module is None and registered is None)
        or (name in _KERAS.get(module, ()) and registered in (None, name))
        or _is_ours(name, module, registered)
        or (custom & {name, registered} and not (module or "").startswith("builtins"))
    ):
        return
    raise ValueError(
        f"{source} names {registered or name!r} of module {module!r}, which is none of the classes "
        "that a preset may hold, so nothing of it was loaded. If it is a class of your own, pass it in "
        "`custom_objects`."
    )


def _is_ours(name, module, registered):
    if registered != f"{_PACKAGE}>{name}" or not (module or "").startswith(f"{_PACKAGE}."):
        return False
    found = keras.saving.get_registered_object(registered)  # The name decides: files may move.
    return getattr(found, "__module__", "").startswith(f"{_PACKAGE}.") and found.__name__ == name
