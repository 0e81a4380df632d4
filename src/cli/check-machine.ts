/** Looks at this machine: Node, the devices, the embedded model, the terminal's pictures. */
import { arch, platform } from 'node:os';
import { type Check, failed, passed } from '../client/check.js';
import type { PreviewChoice } from '../client/settings.js';
import { toSafelightError } from '../protocol/errors.js';
import { explainGraphics } from '../tui/terminal/explain-graphics.js';
import { openTerminal } from '../tui/terminal/terminal.js';
import { toWords } from './failure.js';
import { checkDevice, describeModel, findModelDir } from './serve.js';

export async function* checkMachine(preview: PreviewChoice): AsyncGenerator<Check> {
  yield passed('node', `${process.version} on ${platform()} ${arch()}`);
  yield await checkCpu();
  yield await checkGpu();
  yield await checkModel();
  yield await checkTerminal(preview);
}

async function checkCpu(): Promise<Check> {
  const check = await checkDevice('cpu');
  if ('ms' in check) return passed('engine', 'onnxruntime runs models on the CPU');
  const { reason } = check.fault;
  return failed(
    'engine',
    `onnxruntime does not run: ${reason}`,
    'run npm ci again; on Linux it needs glibc 2.28 or newer',
  );
}

/** Whoever has none needs none: pictures are made elsewhere. */
async function checkGpu(): Promise<Check> {
  const check = await checkDevice('cuda');
  if ('ms' in check) return passed('gpu', 'CUDA works, and is used');
  const { reason, advice } = check.fault;
  return passed('gpu', `not used: ${reason}`, advice);
}

async function checkModel(): Promise<Check> {
  try {
    return passed('model', await describeModel(await findModelDir(undefined)));
  } catch (thrown) {
    return failed('model', toWords(toSafelightError(thrown)), 'get the package again: its own model is damaged');
  }
}

async function checkTerminal(preview: PreviewChoice): Promise<Check> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY) return passed('terminal', 'none: this is a pipe, or a file');
  const terminal = await openTerminal({ stdin, stdout, env, preview, theme: 'auto' });
  await terminal.close();
  const { graphics, report } = terminal;
  const name = report.version ?? env.TERM_PROGRAM ?? env.TERM ?? 'unknown';
  const { text, advice } = explainGraphics(preview, env, report, graphics);
  return passed('terminal', `${name}, ${stdout.columns}×${stdout.rows}: ${text}`, advice);
}
