"""What can go wrong with a model file.

ModelError
├── UnknownModelError       no such name in the catalogue, no such file
├── CatalogueError          the catalogue itself is broken
├── MissingWeightsError     the catalogue names a file that is not there
├── TamperedWeightsError    the file's SHA-256 is not the listed one
├── UnreadableWeightsError  the file is no weight file, or is damaged
├── WrongTaskError          a detector was wanted and something else is in the file
├── ExportError             a converted model could not be made, or disagrees with the original
├── TrainingError           a training recipe or its data cannot be used
└── EvaluationError         what is to be measured on, or compared with, cannot be used
"""


class ModelError(Exception):
    """Base of every error that this package raises on purpose."""


class UnknownModelError(ModelError):
    """The name is neither in the catalogue nor a file."""


class CatalogueError(ModelError):
    """The catalogue cannot be read, or an entry in it lacks a field."""


class MissingWeightsError(ModelError):
    """A listed weight file is not on the disk."""


class TamperedWeightsError(ModelError):
    """A listed weight file is not the one that was listed."""


class UnreadableWeightsError(ModelError):
    """A weight file is empty, damaged or of another format."""


class WrongTaskError(ModelError):
    """A weight file holds a model for another task."""


class ExportError(ModelError):
    """A model could not be converted, or its conversion does not agree with it."""


class TrainingError(ModelError):
    """A training recipe or the data it names cannot be used."""


class EvaluationError(ModelError):
    """The pictures to measure on cannot be read, or hold nothing that can be measured."""
