"""Models behind HTTP: REST with OpenAPI, the Open Inference Protocol, metrics. Needs `keras_gen[serve]`."""

from typing import TYPE_CHECKING

from keras_gen.on_first_use import lazily

if TYPE_CHECKING:
    from keras_gen.serving.app import create_app as create_app
    from keras_gen.serving.limits import Limits as Limits
    from keras_gen.serving.server import serve as serve

__all__ = ["Limits", "create_app", "serve"]

__getattr__ = lazily(__name__, {"Limits": "limits", "create_app": "app", "serve": "server"})
