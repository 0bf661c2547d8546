"""Languages: everything that is said has its words in each, and nothing is lost on the way."""

import re

import pytest

from lesson7.ui import words
from lesson7.ui.guard import FULL_SAYS
from lesson7.ui.lesson_rungs import PAPERS
from tests import spoken

TABLES = words.tables()
GRADIOS = TABLES.pop("en")["page"]  # what Gradio says by itself: in our words

# What is the same in every language: names, signs, and addresses.
NAMES = {
    "Del", "PSNR", "SSIM", "PNG", "{0} dB", "lc-line lc-{0}", "br-key br-key-{0}",
    "Stop", "Home", "End", "Escape", "Delete", "Backspace", "Files", "Enter",
    "{0} .rs-score b", "{0} .rs-score span",
    *(title for title, _ in PAPERS.values()),
}  # fmt: skip
NAME = re.compile(r"lesson7-[\w-]+\.ipynb|[−+]?[\d.]+ dB|SSIM .*|\[data-[\w-]+\]")

# What scripts put together before it is seen: the whole has its entry, the parts have none.
PARTS = {
    "{0} right", ", then a mistake", "{0} right{1}", " Right would be “{0}”.", "After “… {0}”.{1}",
    "{0}, {1} sure{2}", ", the lesson’s", "Kept room {0}: number {1} of seed {2}{3}", " {0} maps",
    "the restored picture is closer to the truth.", "the damaged picture was closer to the truth.",
    "Crop at {0} across, {1} down", "Walking", "Making the GIF", "{0}: sixteen rooms {1}",
}  # fmt: skip
PASSED_ON = {"{0}: {1} or {2}."}  # its parts are names


@pytest.mark.parametrize("language", sorted(TABLES))
def test_everything_that_is_said_is_translated(language: str):
    tables = TABLES[language]
    missing = [
        f"{table}: {text} ({where})"
        for table, where, text in spoken.everything()
        if text not in NAMES | PARTS
        and not NAME.fullmatch(text)
        and spoken.key_of(text.strip(), {**tables["page"], **tables["errors"], **tables[table]})
        is None
    ]
    assert missing == []


@pytest.mark.parametrize("language", sorted(TABLES))
def test_translations_keep_what_varies_and_leave_no_english(language: str):
    for name, table in TABLES[language].items():
        for english, translation in table.items():
            where = f"{language}/{name}: {english}"
            assert sorted(re.findall(r"{\d}", english)) == sorted(
                re.findall(r"{\d}", translation)
            ) or english.startswith("{0} The weights of"), where
            assert english == english.strip() == " ".join(english.split(" ")), where
            if language == "zh":
                assert re.search(r"[\u3400-\u9fff]", translation) or english in SHARED, where
                assert not re.search(r"[\u3400-\u9fff][,;:?!]", translation), f"{where}: , or ，?"


SHARED = {
    "GAN", "RNN", "GRU", "Top-k", "PSNR", "Del", "epochs",
    "{0}, {1}", "{0}; {1}", "{0}, %", "{0}, dB", "{0} on a GPU", "{0} by ResNet-18",
}  # fmt: skip


def test_all_languages_have_the_same_entries():
    first, *others = TABLES.values()
    for other in others:
        assert {name: set(table) for name, table in other.items()} == {
            name: set(table) for name, table in first.items()
        }


def test_what_gradio_says_by_itself_is_said_in_our_words_in_every_language():
    assert set(GRADIOS.values()) == {FULL_SAYS}  # as callers are told
    for tables in TABLES.values():
        assert set(GRADIOS) <= set(tables["page"])


def test_the_script_is_safe_in_a_page(monkeypatch: pytest.MonkeyPatch):
    """Also where a table holds what would end it."""
    hostile = {"zh": {"page": {"one": "</script><script>alert(1)</script>"}}}
    for tables in (words.tables(), hostile):
        monkeypatch.setattr(words, "tables", lambda tables=tables: tables)
        script = words.script()
        assert script.count("</script>") == 1
        assert script.rstrip().endswith("</script>")
