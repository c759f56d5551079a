"""Files of continuous glucose monitors: what portals and apps export, read into a trace.

`read_cgm` reads any of them; what it cannot know it asks, and every row it does not use it counts.
"""

from screening.interop.cgm.assemble import CgmFile
from screening.interop.cgm.questions import Question, Unsettled
from screening.interop.cgm.reading import read_cgm
from screening.interop.cgm.report import Import, Unused

__all__ = ["CgmFile", "Import", "Question", "Unsettled", "Unused", "read_cgm"]
