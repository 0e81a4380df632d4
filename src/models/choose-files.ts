/** Which files of a repository the engine reads; the rest (weights for torch, OpenVINO, Flax, pictures) stays there. */
import { SafelightError } from '../protocol/errors.js';
import type { HubFile } from './hub.js';

const ROOT_FILES = new Set(['model_index.json', 'safelight.json']);
const PARTS = /^(?:scheduler|tokenizer(?:_\d)?|text_encoder(?:_\d)?|unet|vae_decoder|vae_encoder|preview_decoder)$/;
const TEXT = /\.(?:json|txt)$/;
/** External data goes by many names: `model.onnx_data`, `model.onnx.data`, `model.onnx_data_1`, `weights.pb`. */
const DATA = /(?:\.onnx[._]data(?:[._]\d+)?|\.data|\.pb)$/;
/** Without these there is no ONNX model, however much else a repository holds. */
const NEEDED = ['model_index.json', 'unet/model.onnx', 'vae_decoder/model.onnx'];

/** Configs first: they are small, and what they say is wanted early. @throws SafelightError UNSUPPORTED: no ONNX model */
export function chooseFiles(id: string, files: HubFile[]): HubFile[] {
  const paths = new Set(files.map(({ path }) => path));
  const missing = NEEDED.filter((path) => !paths.has(path));
  if (missing.length > 0) {
    const words = `${id} has no ${missing.join(', no ')}; safelight reads ONNX folders as Optimum exports them`;
    throw new SafelightError('UNSUPPORTED', words);
  }
  const chosen = files.filter(({ path }) => isRead(path, paths));
  return chosen.sort((a, b) => Number(TEXT.test(b.path)) - Number(TEXT.test(a.path)) || a.path.localeCompare(b.path));
}

function isRead(path: string, paths: Set<string>): boolean {
  const [part, name, ...deeper] = path.split('/');
  if (name === undefined) return ROOT_FILES.has(part);
  if (deeper.length > 0 || !PARTS.test(part)) return false;
  return name === 'model.onnx' || TEXT.test(name) || (DATA.test(name) && !isOfAnotherGraph(part, name, paths));
}

/** `model_fp16.onnx_data` beside `model_fp16.onnx` is not ours; a shared `weights.pb` is. */
function isOfAnotherGraph(part: string, name: string, paths: Set<string>): boolean {
  const graph = name.match(/^.*\.onnx(?=[._]data)/)?.[0];
  return graph !== undefined && graph !== 'model.onnx' && paths.has(`${part}/${graph}`);
}
