"""What ``--help`` says; a backspace before a paragraph keeps its line breaks."""

from typing import Final

APP: Final = """\
A video of a person at work goes in; a 3D body in motion, joint angles over time and
ergonomic scores (RULA, REBA, OWAS, ISO 11226, EN 1005-4, NV 361/2007, NIOSH) come out,
with a report to hand over. Everything runs on this machine: no account, no Docker, no
GPU.

\b
First steps:
  ergomesh doctor                            is everything there?
  ergomesh analyze clip.mp4 --out results    analyse a clip
  ergomesh up                                keep it running: HTTP API, events

\b
With results:
  ergomesh rescore results/clip --task t.toml  other facts, same motion
  ergomesh compare before/clip after/clip      what a change was worth
  ergomesh shift operations.toml               decree 361/2007 over a shift
"""

UP: Final = """\
Run ergomesh on this machine until Ctrl-C.

Starts the broker, the object store and the five services, with an HTTP API, and shows
its address and that of the events. State lies in the data folder: started again,
open jobs go on where they were. A process that dies is started again, five times in
a row at most. Ctrl-C stops all of them in order; a second Ctrl-C does not wait.

\b
Examples:
  ergomesh up
  ergomesh up --http-port 9000 --pose-workers 2
  ergomesh up --data-dir /mnt/big/ergomesh

Exit codes: 0 stopped as asked, 2 an option, folder or port cannot be used, 3 did not
start or broke down.
"""

ANALYZE: Final = """\
Analyse clips and write a folder of results for each.

Uses the running stack (ergomesh up), or starts one for itself and stops it
afterwards. Several clips go at once; one that fails does not stop the others. What
no video shows is a fact to tell (load, grip, ...); what is not told is assumed, and
the result says so.

\b
Examples:
  ergomesh analyze clip.mp4 --out results
  ergomesh analyze monday/*.mp4 --out results --preset fast --no-overlay
  ergomesh analyze lift.mov --out results --load-kg 12 --coupling fair --standing
  ergomesh analyze lift.mov --out results --task task.toml --language cs
  ergomesh analyze two.mp4 --out results --person 0.7,0.5@3.2
  ergomesh analyze clip.mp4 --out results --url http://server:8080

\b
A task file holds every fact there is, by name; leave out what you do not know:
  load_kg = 12                    mass handled; without it NIOSH gives limits only
  load_pattern = "intermittent"   or static_or_repeated, shock
  coupling = "fair"               the grip: good, fair, poor, unacceptable
  seated = false                  and, likewise true or false: arms_supported,
                                  trunk_supported, head_supported, shoulder_raised,
                                  gravity_assisted, rapid_or_unstable, long_use,
                                  static_or_repeated (RULA, REBA)
  lifts_per_min = 2               NIOSH: how often, and
  lifting_h = 4                   for how many hours of the shift
  control_at_destination = true   NIOSH: the load is placed with care
  height_m = 1.78                 the worker's, in shoes; and, as the options below:
                                  neutral_start_s, neutral_end_s,
                                  field_of_view_deg, tilt_deg, roll_deg
  workplace = "Hall 2, line 4"    for the head of report.pdf; in no score
  assessed_by = "Jana Novotná"    likewise, and on the line to sign on
(# starts a comment; docs/task-facts.md explains each and what is assumed without it)

\b
Writes into results/clip/:
  report.pdf     what to hand over: a page per method, pictures, assumptions
  workbook.xlsx  times per angle class, holds, every frame, with live formulas
  charts.zip     the report's charts, as SVG and PNG
  result.json    the same for programs: scores, episodes, warnings, assumptions
  angles.csv     joint angles per frame
  scores.csv     scores per frame
  motion.npz     body motion (AMASS-like)
  scene.glb      the body in motion, for any glTF viewer
  overlay.mp4    the clip with skeleton, body and scores, faces blurred
  people.json    who was seen, and who was taken for the worker
  job.json       the job's id and state, for "ergomesh rescore"
  clip.json, landmarks.npz, fit.json
                 what the stages hand on (intermediate)

Exit codes: 0 all clips done, 1 a clip failed (why is on stderr), 2 something is wrong
with the options, the task file or a path (every mistake is on stderr, before anything
is done), 3 the stack did not start or is out of reach, 130 stopped with Ctrl-C (jobs
are cancelled).
"""

DOCTOR: Final = """\
Check every part; say what is missing.

Looks at the Python packages, the models and the video codecs, keeps an event in the
broker, puts and gets an object, and asks every service for an answer. Uses the
running stack, or starts a throwaway one.

\b
Examples:
  ergomesh doctor
  ergomesh doctor --quick      throwaway broker and store, no services

Exit codes: 0 everything works, 1 something does not, 2 a folder cannot be used, 130
stopped with Ctrl-C.
"""

STATUS: Final = """\
Say what runs on the data folder.

Prints the addresses of the HTTP API and of the events, and each process with its
memory.

Exit codes: 0 a stack runs, 1 none does.
"""

DOWN: Final = """\
Stop what "ergomesh up" runs.

The same as Ctrl-C there. Open jobs go on at the next start.

Exit codes: 0 stopped or nothing ran, 3 it does not stop, or is not of "ergomesh up".
"""
