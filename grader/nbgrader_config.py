"""The course's configuration of nbgrader, loaded by teacher/nbgrader_config.py. The day: docs/instructor.md.

nbgrader executes this file. Above each line stands the attack, hang or accident that it prevents.
"""
# ruff: noqa: E402  (the path comes first)

import os
import sys
from pathlib import Path

CLONE = str(Path(__file__).parents[1])
PROGRAMS = str(Path(sys.executable).parent)

# "No module named grader": nbgrader starts in teacher/.
if CLONE not in sys.path:
    sys.path.append(CLONE)

# "No such file: alembic": nbgrader calls it by its bare name, which only an activated environment finds.
if PROGRAMS not in os.get_exec_path():
    os.environ["PATH"] = os.pathsep.join([PROGRAMS, *os.get_exec_path()])

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, LimitOutput

from asynclab.exchange import COURSE_ID, exchange_folder
from grader.collect import CarefulCollect
from grader.exporter import RebuiltExporter
from grader.feedback import FeedbackExporter
from grader.harmless_markdown import harmless_markdown
from grader.hostile import MAX_BYTES
from grader.late import ShareForEachDay
from grader.lesson import CODE_STUB, TEXT_STUB
from grader.preprocessor import MarksFromTheJudge, SaveMarks
from grader.sanitise import before_autograding

c = get_config()  # type: ignore[name-defined]  # noqa: F821

# --- where things lie

# Another id than in the learners' folders, and they see no assignment.
c.CourseDirectory.course_id = COURSE_ID

# nbgrader's own place for it, below /usr/local, has to be made by root.
c.Exchange.root = str(exchange_folder())

# Lessons would be fetched to async-ml/01_event_loop, beside the ones that `make lab` has copied.
c.Exchange.path_includes_course = False

# --- what is handed out

# Another blank than in notebooks/, and the release is not the file that learners already have.
c.ClearSolutions.code_stub = {"python": CODE_STUB}
c.ClearSolutions.text_stub = TEXT_STUB

# --- what is taken in

# One folder with an odd name, a pipe or no right to read it ends the collection; a link in it is followed.
c.ExchangeFactory.collect = CarefulCollect

# A second submission is never collected.
c.ExchangeCollect.update = True

# A film beside a notebook is copied at every step. (Learners' own folders have nbgrader's 100 MB.)
c.CourseDirectory.max_file_size = MAX_BYTES // 1000

# Checkpoints are copied along, each of them a whole notebook; and the folder in which progress is kept.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".asynclab"]

# nbgrader opens a pipe and waits for ever, follows a link to somebody else's work, reads 200 MB into memory.
c.Autograde.pre_convert_hook = before_autograding

# The file that was handed in is believed: `skip-execution` tags, forged outputs, deleted or relabelled tests.
# A copied test ends the batch, a damaged file has no row in the gradebook.
c.Autograde.exporter_class = RebuiltExporter

# Should a test be missing all the same, its mark would wait for a person for ever.
c.OverwriteCells.add_missing_cells = True

# --- what gives marks

c.Autograde.autograde_preprocessors = [
    # In place of Execute, which runs learners' code with the instructor's rights, and with which one `await`
    # that never ends voids the whole notebook.
    MarksFromTheJudge,
    ClearMetadataPreprocessor,
    # A million printed lines are in every page of feedback.
    LimitOutput,
    # In place of SaveAutoGrades, which takes a mark from what a cell shows: `-1`, or nothing, is full marks.
    SaveMarks,
    AssignLatePenalties,
    CheckCellMetadata,
]

# A cell that hangs is never stopped; a notebook full of them takes all day.
c.MarksFromTheJudge.cell_cpu_seconds = 10
c.MarksFromTheJudge.cell_seconds = 30
c.MarksFromTheJudge.notebook_seconds = 300

# Validate passes a blank notebook whose tests have the tag `skip-execution`, and waits for a cell that hangs.
c.Execute.skip_cells_with_tag = "__never__"
c.Execute.timeout = 30

# What learners wrote between the words of a text runs as a script in formgrader, and in feedback.
c.TemplateExporter.filters = {"markdown2html": harmless_markdown}

# A page of feedback fetches MathJax from the web, which tells others who reads it.
c.GenerateFeedback.exporter_class = FeedbackExporter

# What was marked is edited by accident.
c.Autograde.permissions = 444

# A late submission costs nothing, or everything: nbgrader knows no other. 0.1 takes a tenth of the points for
# each day that has begun; 0 takes none.
c.AssignLatePenalties.plugin_class = ShareForEachDay
c.ShareForEachDay.share = 0.0
