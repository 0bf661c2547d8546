"""What the page says in other languages than English, which is written where it is said.

Every language is a folder ``assets/words/<language>/`` with one table per tab, named as the
class of the tab's section, and two for all: ``page.json`` and ``errors.json``. A table is
``{English: translation}``; ``{0}``, ``{1}``, ... stand for what varies. On the page,
``assets/words.js`` looks up whatever appears. To add a language, add its folder, and its name
in ``words.js``. The folder of English has but one table: of what Gradio says by itself, in our
words.

    tables      {language: {table: {English: translation}}}
    script      the script for the page's head
"""

import json
from pathlib import Path

_ASSETS = Path(__file__).parent / "assets"


def tables() -> dict[str, dict[str, dict[str, str]]]:
    """Every language's tables, read from their files."""
    return {
        folder.name: {
            file.stem: json.loads(file.read_text(encoding="utf-8"))
            for file in sorted(folder.glob("*.json"))
        }
        for folder in sorted((_ASSETS / "words").iterdir())
    }


def script() -> str:
    """A ``<script>`` that speaks the visitor's language from the first word on."""
    words = json.dumps(tables(), ensure_ascii=False).replace("</", "<\\/")
    source = (_ASSETS / "words.js").read_text(encoding="utf-8")
    return f"<script>\n(() => {{\nconst WORDS = {words};\n{source}}})();\n</script>"
