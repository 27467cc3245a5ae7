"""One long run of the unmodified client: history, console, files, artifacts, until told to end.

    python stock.py ID FOLDER

Ends when FOLDER holds `over`; writes what it did to FOLDER/ID.json. Knows only the client.
"""

import json
import sys
import time
from pathlib import Path

import wandb

name, folder = sys.argv[1], Path(sys.argv[2])
done: dict[str, list[int]] = {"rows": [], "printed": [], "files": [], "versions": []}
own = folder / name
own.mkdir()
with wandb.init(project="kills", id=name, dir=own) as run:
    step = 0
    while not (folder / "over").exists():
        run.log({"loss": 1 / (1 + step), "n": step})
        done["rows"].append(step)
        if step % 10 == 0:
            print(f"{name} says {step}", flush=True)
            done["printed"].append(step)
        if step % 100 == 50:
            path = own / f"saved{step}.txt"
            path.write_text(f"{name} {step}" * 1000)
            run.save(path, base_path=own, policy="now")
            done["files"].append(step)
        if step % 150 == 100:
            art = wandb.Artifact(f"model-{name}", "model")
            with art.new_file("w.txt") as file:
                file.write(f"{name} {step}")
            run.log_artifact(art)
            done["versions"].append(step)
        step += 1
        time.sleep(0.05)
(folder / f"{name}.json").write_text(json.dumps(done))
