"""What can go wrong in `datasets`.

DatasetError
├── TruthError     a truth file is missing, broken or of another shape
├── RenderError    a picture or video could not be rendered or written
├── RecipeError    a recipe, folder or export cannot be used, or is not there
└── LabelError     one picture or label file is broken; it is passed over
"""


class DatasetError(Exception):
    """Base of every error that this package raises on purpose."""


class TruthError(DatasetError):
    """A truth file is missing, is no JSON, or lacks a field."""


class RenderError(DatasetError):
    """A picture or video could not be rendered or written."""


class RecipeError(DatasetError):
    """A recipe, folder, export or class map cannot be used, or names what is not there."""


class LabelError(DatasetError):
    """One picture or its label file is broken."""
