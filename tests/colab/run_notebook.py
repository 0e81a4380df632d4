"""Runs colab/safelight.ipynb from top to bottom, as its user would: `run_notebook.py NOTEBOOK FOLDER '{"SOURCE": "…"}'`.

What the cells print goes to stdout as it comes. A line on stdin stops the cell that runs then.
"""

import asyncio
import json
import re
import sys
import threading

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

LOOK_SECONDS = 0.05


def fill_in(notebook, form: dict[str, str]) -> None:
    cell = next(cell for cell in notebook.cells if cell.get("id") == "settings")
    for name, value in form.items():
        line = re.compile(rf"^{name} = \"[^\"]*\" # @param", re.MULTILINE)
        if line.search(cell.source) is None:
            raise SystemExit(f"the form has no field {name}")
        cell.source = line.sub(lambda _, of=name, to=value: f"{of} = {json.dumps(to)} # @param", cell.source)


async def show(notebook) -> None:
    """nbclient only collects."""
    shown = 0
    while True:
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        text = "".join(output.get("text", "") or "\n".join(output.get("traceback", [])) for output in outputs)
        sys.stdout.write(text[shown:])
        sys.stdout.flush()
        shown = len(text)
        await asyncio.sleep(LOOK_SECONDS)


def stop_on_line(client: NotebookClient, loop: asyncio.AbstractEventLoop) -> None:
    """In a thread that does not keep this program alive: nobody may ever write a line."""
    if sys.stdin.readline():
        asyncio.run_coroutine_threadsafe(client.km.interrupt_kernel(), loop)


async def main(path: str, folder: str, form: dict[str, str]) -> int:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    fill_in(notebook, form)
    client = NotebookClient(notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": folder}})
    threading.Thread(target=stop_on_line, args=(client, asyncio.get_running_loop()), daemon=True).start()
    showing = asyncio.create_task(show(notebook))
    try:
        await client.async_execute()
        return 0
    except CellExecutionError as error:
        print(f"\n{error.ename}: {error.evalue}")
        return 1
    finally:
        await asyncio.sleep(2 * LOOK_SECONDS)
        showing.cancel()


sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))))
