"""The tabs. One file each, one ``build()`` each; Gradio is imported here and in app.py alone."""
