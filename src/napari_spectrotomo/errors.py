"""What can go wrong, each with a sentence a scientist can act on."""


class SpectrotomoError(Exception):
    """A scan, a parameter or a result is not what it must be; the message says what was found and how to mend it."""


class ReadError(SpectrotomoError):
    """A file or folder cannot be read as what it claims to be."""


class DataError(SpectrotomoError):
    """Data that were read do not fit together, or cannot be processed."""


class ParameterError(SpectrotomoError):
    """A parameter has a value it cannot have."""


class ReconstructionError(SpectrotomoError):
    """A volume cannot be reconstructed."""


class RegistrationError(SpectrotomoError):
    """Volumes cannot be registered."""


class ProjectError(SpectrotomoError):
    """A project folder is not what it must be, or cannot be written."""


class Aborted(SpectrotomoError):
    """The user asked to stop; what was finished before is kept."""

    def __init__(self, message: str = "Stopped on request; what was finished is kept.") -> None:
        super().__init__(message)
