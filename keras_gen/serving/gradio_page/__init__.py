"""The page of a browser, by Gradio: a client, within the process, of the routes that everybody has."""
