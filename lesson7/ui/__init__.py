"""The tabs: what a visitor sees. Nothing here computes; ``lesson7.<model>.predict`` does.

    components.py   what the tabs share: page, theme, launch settings, words for errors
    guard.py        what stands before the server: limits on requests, security headers
    doors.py        the addresses that are answered at all
    sent.py         what strangers send, taken as it comes; words for whatever goes wrong
    events.py       between an event and the function that answers it: turns, places, giving up
    listeners.py    who listens for an answer: nothing is computed for nobody
    housekeeping.py keeps bounded what visitors leave behind
    writable.py     the folder for what they send and get, looked at before anything else
    lanes.py        who computes when: short work and photographs do not wait for each other
    storing.py      pictures that are fetched after the answer that names them
    zero_gpu.py     turns on the card of a ZeroGPU Space
    words.py        what the page says in other languages than English
    mnist.py        the Digits tab; one file per tab, with one ``build()`` each
    lesson_*.py     what a larger tab is made of carries its name in front
    assets/         style sheets, scripts, page fragments and pictures, one folder per tab

The switches below are set here because Gradio reads them while it is imported, and this file
runs before any of the modules above imports it. The app sends no telemetry; and Gradio draws
up no statistics of its queue, which takes longer with every request, for a page that is off.
"""

import os

from lesson7.ui import writable

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(2**62))

writable.check()
