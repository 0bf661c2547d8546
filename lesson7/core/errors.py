"""The errors that this project raises on purpose.

    Lesson7Error
    ├── InputError              a visitor, a caller or a file gave something unusable
    │   ├── ImageError          the picture cannot be read or is out of bounds
    │   └── NotADigitError      the picture is blank, a scribble, a letter, several digits
    ├── ConfigError             a developer chose options that cannot work together
    ├── DataError               a data set is missing or not what it says it is
    └── WeightsError            a weights file cannot be used
        ├── WeightsMissing      it is not there
        └── WeightsDamaged      it is there, and it is not what the index promises

The message of an ``InputError`` is shown to visitors as it stands: it says in plain
words what to do next, and holds no path, no class name and no traceback. Everything
that is not in this tree is a defect of ours and is left to crash where it happens.
"""


class Lesson7Error(Exception):
    """Everything below: catch this to tell our errors from defects."""


class InputError(Lesson7Error, ValueError):
    """What was given cannot be used; the message tells a visitor what to do."""


class ImageError(InputError):
    """The picture cannot be read, or is too large, too small or too long."""


class NotADigitError(InputError):
    """There is no single digit in the picture."""


class ConfigError(Lesson7Error, ValueError):
    """Options that cannot work, alone or together; the message names them."""


class DataError(Lesson7Error):
    """A data set is missing, incomplete or damaged; the message says how to get it."""


class WeightsError(Lesson7Error):
    """A weights file cannot be used; the message names the file and the remedy."""


class WeightsMissing(WeightsError):
    """The file is not in the folder, or not in the Hub repository."""


class WeightsDamaged(WeightsError):
    """The file's content is not what ``index.json`` promises, or holds NaN."""
