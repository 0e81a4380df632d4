"""Runs convert.py's main several times: importing torch takes longer than converting a tiny model.

`python convert_many.py RUNS.json`, where RUNS is {name: arguments}; prints {name: {code, stdout, stderr}} as JSON.
"""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "colab"))
import convert


def run(arguments: list[str]) -> dict:
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        code = convert.main(arguments)
    return {"code": code, "stdout": out.getvalue(), "stderr": errors.getvalue()}


if __name__ == "__main__":
    runs = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps({name: run(arguments) for name, arguments in runs.items()}))
