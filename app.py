"""The demo: a list of tabs. ``python app.py`` serves it at http://127.0.0.1:7860.

Address and port come from GRADIO_SERVER_NAME and GRADIO_SERVER_PORT. ``demo`` is here for
the ``gradio`` command, which reloads the page while a tab is being edited.
"""

from lesson7.ui import bedrooms, components, human_numbers, lesson, mnist, restoration

TABS: list[components.Tab] = [
    ("Digits", mnist.build),
    ("Restoration", restoration.build),
    ("Bedrooms", bedrooms.build),
    ("Human numbers", human_numbers.build),
    ("Lesson", lesson.build),
]

demo = components.page(TABS)

if __name__ == "__main__":
    demo.launch(**components.LAUNCH)
