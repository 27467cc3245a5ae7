"""Runs as scripts make them, with the stock client; tests/e2e/test_runs.py looks at what came.

Writes said.json: what the client said back that the server cannot know.
"""

import json
import math
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import wandb
from PIL import Image
from scripts.waiting import wait_for_rows, wait_until, work_for

P = "runs"
said: dict[str, object] = {}


# The client interrupts a script by SIGINT, which one started in the background may ignore.
HEAD = f"""
import wandb, os, pathlib, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from scripts.waiting import wait_for_rows, wait_until, work_for
signal.signal(signal.SIGINT, signal.default_int_handler)
"""


def child(code: str, *, wait: bool = True) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HEAD + code],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if wait:
        process.wait(120)
    return process


def attempt(**words: object) -> str:
    try:
        with wandb.init(project=P, **words) as run:
            run.log({"n": 1})
        return "ok"
    except Exception as error:
        return str(error)


# Processes that go on beside the rest.
shared = [
    child(
        f"""
is_primary = {label == "a"}
s = wandb.Settings(
    mode="shared", x_label={label!r}, x_primary=is_primary, x_file_stream_transmit_interval=0.3
)
with wandb.init(project={P!r}, id="shared", settings=s, config={{{label!r}: 1}}) as run:
    if is_primary:
        run.define_metric("from_a", summary="min")
    for i in range(3):
        run.log({{"from_" + {label!r}: i}})
    print("line of", {label!r})
    for i in range(5):
        if is_primary and i == 4:  # it goes on after the worker has ended
            wait_until(lambda: os.path.exists("worker.ended"), "the worker goes on and on")
        print("\\rbar of", {label!r}, i, end="", flush=True)
        work_for(0.4)
    print()
if not is_primary:
    pathlib.Path("worker.ended").touch()
""",
        wait=False,
    )
    for label in "ab"
]
AT_ONCE = "settings=wandb.Settings(x_file_stream_transmit_interval=0.3)"
doomed = {  # dealt with below, once a row of theirs has come
    run_id: child(
        f"""
run = wandb.init(project={P!r}, id={run_id!r}, {AT_ONCE})
for i in range(6000):
    run.log({{"n": i}})
    run.config.update({{"i": i}}, allow_val_change=True)
    work_for(0.1)
""",
        wait=False,
    )
    for run_id in ("killed", "stopped", "deleted")
}


exits = [
    child(f'wandb.init(project="{P}", id="code3"); sys.exit(3)', wait=False),
    child(f'wandb.init(project="{P}", id="raised"); raise ValueError("no")', wait=False),
    child(
        f"""
r = wandb.init(project={P!r}, id="preempting", {AT_ONCE})
r.log({{"a": 1}})
r.mark_preempting()
wait_until(lambda: wandb.Api().run("{P}/preempting").state == "preempting", "nobody heard it")
sys.exit(1)
""",
        wait=False,
    ),
    child(f'r = wandb.init(project="{P}", id="code7"); r.finish(exit_code=7)', wait=False),
    child(
        f"""
run = wandb.init(project={P!r}, id="gone", {AT_ONCE})
run.log({{"a": 1}})
wait_for_rows("{P}/gone")
os._exit(0)
""",
        wait=False,
    ),
]

# Resuming.
said["must_missing"] = attempt(id="none", resume="must")
said["allow_new"] = attempt(id="resumed", resume="allow")
said["allow_again"] = attempt(id="resumed", resume="allow")
said["must_again"] = attempt(id="resumed", resume="must")
said["never_again"] = attempt(id="resumed", resume="never")
said["same_id_again"] = [attempt(id="overwritten"), attempt(id="overwritten")]
with wandb.init(project=P, id="auto1", resume="auto") as run:
    run.log({"n": 1})
    said["resumed_flag"] = run.resumed

# Forks and rewinding.
with wandb.init(project=P, id="parent", config={"lr": 1}) as run:
    for i in range(10):
        run.log({"loss": float(i)})
with wandb.init(project=P, id="fork", fork_from="parent?_step=4") as run:
    for i in range(3):
        run.log({"loss": 100.0 + i})
with wandb.init(project=P, id="forkfork", fork_from="fork?_step=6") as run:
    run.log({"loss": 1000.0})
with wandb.init(project=P, id="rewound") as run:
    for i in range(10):
        run.log({"loss": float(i)})
with wandb.init(project=P, id="rewound", resume_from="rewound?_step=6") as run:
    run.log({"loss": -1.0})

with wandb.init(project=P, id="mother") as run:
    for i in range(6):
        run.log({"q": i})
with wandb.init(project=P, id="child", fork_from="mother?_step=3") as run:
    run.log({"q": 100})
with wandb.init(project=P, id="mother", resume_from="mother?_step=1") as run:
    run.log({"q": -1})
with wandb.init(project=P, id="child", resume="must") as run:
    run.log({"q": 101})
said["fork_of_none"] = attempt(id="orphan", fork_from="nobody?_step=1")

# Runs whose processes do not end by themselves.
for run_id in doomed:
    wait_for_rows(f"{P}/{run_id}")
doomed["killed"].kill()
wandb.Api().run(f"{P}/stopped").stop()
wandb.Api().run(f"{P}/deleted").delete()
doomed["killed"].wait(60)
with wandb.init(project=P, id="killed") as run:
    run.log({"n": "again"})

# Several runs in one process.
first = wandb.init(project=P, id="reinit1", reinit="create_new")
second = wandb.init(project=P, id="reinit2", reinit="create_new")
first.log({"a": 1})
second.log({"a": 2})
second.finish()
first.finish()

# Everything one may say about a run, and values of every kind.
Path("code.py").write_text("print('saved code')")
rng = np.random.default_rng(0)
with wave.open("tone.wav", "wb") as sound:
    sound.setnchannels(1)
    sound.setsampwidth(2)
    sound.setframerate(8000)
    sound.writeframes(bytes(1600))
Path("clip.gif").write_bytes(b"")
frames = [Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)) for _ in range(3)]
frames[0].save("clip.gif", save_all=True, append_images=frames[1:])
table = wandb.Table(columns=["x", "ÿ"], data=[[i, "é" * i] for i in range(4)])
with wandb.init(
    project=P,
    id="rich",
    name="ünï name",
    group="g1",
    job_type="train",
    tags=["a b", "ü"],
    notes="notes\n**bold**",
    config={"lr": 0.1, "netz": {"tiefe": 3, "größe": [1, 2]}, "none": None},
    save_code=True,
    settings=wandb.Settings(x_stats_sampling_interval=0.5),
) as run:
    run.define_metric("epoch")
    run.define_metric("val/*", step_metric="epoch", summary="max")
    run.define_metric("best", summary="min,max,mean")
    for i in range(5):
        run.log({"epoch": i, "val/acc": 0.1 * i, "best": [3, 1, 2, 5, 4][i]})
    run.log({"nested": {"tief": {"größe": 7}}, "mit.punkt": 1, "日本": 2, "a b/c": 3})
    run.log({"odd": math.nan, "inf": math.inf, "neg": -math.inf, "big": 2**53 - 1, "no": None})
    run.log(
        {
            "histogram": wandb.Histogram([1, 2, 2, 3]),
            "image": wandb.Image(
                frames[0],
                caption="ü",
                boxes={
                    "p": {
                        "box_data": [
                            {
                                "position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4},
                                "class_id": 1,
                            }
                        ]
                    }
                },
            ),
            "images": [wandb.Image(f) for f in frames],
            "audio": wandb.Audio("tone.wav", caption="tone"),
            "video": wandb.Video("clip.gif"),
            "cloud": wandb.Object3D(rng.random((20, 3))),
            "html": wandb.Html("<b>bold</b>"),
            "table": table,
        }
    )
    growing = wandb.Table(columns=["i"], log_mode="INCREMENTAL")
    for i in range(3):
        growing.add_data(i)
        run.log({"growing": growing})
    scores = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]
    run.log(
        {
            "line": wandb.plot.line(table, "x", "x", title="L"),
            "scatter": wandb.plot.scatter(table, "x", "x"),
            "bar": wandb.plot.bar(table, "ÿ", "x"),
            "hist": wandb.plot.histogram(table, "x"),
            "series": wandb.plot.line_series([0, 1], [[1, 2], [3, 4]], keys=["u", "v"]),
            "roc": wandb.plot.roc_curve([0, 1, 0], scores),
            "pr": wandb.plot.pr_curve([0, 1, 0], scores),
            "confusion": wandb.plot.confusion_matrix(y_true=[0, 1, 0], preds=[0, 1, 1]),
        }
    )
    own = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "mark": "bar"}
    chart = wandb.Api().create_custom_chart(
        entity=run.entity,
        name="mine",
        display_name="Mine",
        spec_type="vega2",
        access="private",
        spec=own,
    )
    said["chart"] = chart
    run.log({"own": wandb.plot_table(chart, table, {"x": "x"}, {"title": "t"})})
    for _ in range(2):
        run.alert("watch out", "loss is **high**", level="WARN", wait_duration=60)
    run.log_code(".", include_fn=lambda path: path.endswith("code.py"))
    run.summary["by hand"] = {"deep": 1}
    print("plain line")
    print("\x1b[31mred\x1b[0m ünï", file=sys.stderr)
    for i in range(101):
        print(f"\rprogress {i} %", end="")
        if i % 25 == 0:
            work_for(0.1)
    print()
    wait_until(
        lambda: len(wandb.Api().run(f"{P}/rich").history(stream="system", pandas=False)) > 0,
        "no system metrics",
    )
with wandb.init(project=P, id="plain", settings=wandb.Settings(console="wrap")) as run:
    print("wrapped line")

# Sizes.
with wandb.init(project=P, id="long") as run:
    for i in range(100_000):
        run.log({"v": 1e6 if i == 77_777 else math.sin(i / 1000)})
with wandb.init(project=P, id="wide") as run:
    run.log({f"key/{i}": i for i in range(10_000)})

for process in [*shared, *exits, doomed["stopped"]]:
    process.wait(120)
said["stopped"] = wandb.Api().run(f"{P}/stopped").state
with wandb.init(project=P, id="stopped", resume="must") as run:
    run.log({"n": "resumed"})
doomed["deleted"].kill()
Path("said.json").write_text(json.dumps(said))
