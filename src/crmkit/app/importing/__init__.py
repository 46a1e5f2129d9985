"""Files and frames brought into the store, and what is said of every row that was refused."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from .blocks import ImportedBlock as ImportedBlock
    from .imports import Imports as Imports
    from .outcome import Imported as Imported, Rejected as Rejected
    from .survey_file import SurveyFile as SurveyFile
else:
    from crmkit import _lazy

    __getattr__, __dir__, __all__ = _lazy.names(__name__)
