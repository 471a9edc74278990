"""What can go wrong in `datasets`.

DatasetError
├── TruthError     a truth file is missing, broken or of another shape
├── RenderError    a picture or video could not be rendered or written
├── RecipeError    a merge recipe is broken, or names what is not there
└── LabelError     one picture or label file is broken; it is passed over
"""


class DatasetError(Exception):
    """Base of every error that this package raises on purpose."""


class TruthError(DatasetError):
    """A truth file is missing, is no JSON, or lacks a field."""


class RenderError(DatasetError):
    """A picture or video could not be rendered or written."""


class RecipeError(DatasetError):
    """A merge recipe cannot be read, or names a folder, class or file that is not there."""


class LabelError(DatasetError):
    """One picture or its label file is broken."""
