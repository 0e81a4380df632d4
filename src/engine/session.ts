/**
 * EDGE: the only import of onnxruntime-node. One ONNX graph, fed and read in float32 and plain integers: the dtypes and
 * ranks of its inputs come from the graph itself, as every exporter chooses others (docs/models.md).
 */
import './float16-guard.js';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import * as ort from 'onnxruntime-node';
import { SafelightError } from '../protocol/errors.js';
import { fromFloat16, toFloat16 } from './float16.js';

/** Values in row-major order with their shape; integers are given as numbers and cast to what the graph wants. */
export interface TensorData {
  data: Float32Array | readonly number[];
  dims: readonly number[];
}

export interface Session {
  /** Named like `unet`, for messages. */
  readonly name: string;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Shape as declared: a number where it is fixed, a name where it is free. */
  inputShape(name: string): readonly (number | string)[];
  /**
   * Runs the graph. It blocks this thread until it is done (docs/architecture.md), so callers check their signal between runs.
   * @throws SafelightError OUT_OF_MEMORY when the runtime could not allocate
   */
  run(feeds: Record<string, TensorData>): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>>;
  release(): Promise<void>;
}

const OUT_OF_MEMORY = /out of memory|failed to allocate|bad_alloc|CUBLAS_STATUS_ALLOC_FAILED/i;

/**
 * Opens `path`; weights stored beside the graph (external data) are found by the runtime itself.
 * @throws SafelightError MODEL_INVALID naming the file
 */
export async function openSession(path: string, device: string): Promise<Session> {
  const name = basename(dirname(path));
  if (!existsSync(path)) throw new SafelightError('MODEL_INVALID', `${path} is missing`);
  try {
    const session = await ort.InferenceSession.create(path, {
      executionProviders: [device],
      logSeverityLevel: 3,
    });
    return wrapSession(name, session);
  } catch (cause) {
    throw new SafelightError('MODEL_INVALID', `${path} cannot be loaded: ${firstLine(cause)}`, { cause });
  }
}

function wrapSession(name: string, session: ort.InferenceSession): Session {
  const inputs = new Map(session.inputMetadata.map((input) => [input.name, input]));
  return {
    name,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputShape: (input) => {
      const metadata = inputs.get(input);
      return metadata?.isTensor ? metadata.shape : [];
    },
    async run(feeds) {
      const tensors = Object.entries(feeds).map(([input, value]) => {
        const metadata = inputs.get(input);
        return [input, toTensor(metadata?.isTensor ? metadata.type : 'float32', value)] as const;
      });
      const outputs = await runOrExplain(name, session, Object.fromEntries(tensors));
      return Object.fromEntries(Object.entries(outputs).map(([output, tensor]) => [output, fromTensor(tensor)]));
    },
    release: () => session.release(),
  };
}

async function runOrExplain(name: string, session: ort.InferenceSession, feeds: Record<string, ort.Tensor>) {
  try {
    return await session.run(feeds);
  } catch (cause) {
    const words = firstLine(cause);
    if (OUT_OF_MEMORY.test(words)) {
      throw new SafelightError('OUT_OF_MEMORY', `not enough memory for ${name}: try a smaller picture`, { cause });
    }
    throw new SafelightError('ENGINE_FAILED', `${name} could not run: ${words}`, { cause });
  }
}

function toTensor(type: string, { data, dims }: TensorData): ort.Tensor {
  switch (type) {
    case 'float32':
      return new ort.Tensor('float32', data instanceof Float32Array ? data : Float32Array.from(data), dims);
    case 'float16':
      return new ort.Tensor('float16', toFloat16(data), dims);
    case 'float64':
      return new ort.Tensor('float64', Float64Array.from(data), dims);
    case 'int64':
      return new ort.Tensor('int64', BigInt64Array.from(Array.from(data, (value) => BigInt(Math.round(value)))), dims);
    case 'int32':
      return new ort.Tensor('int32', Int32Array.from(data, Math.round), dims);
    default:
      throw new SafelightError('MODEL_INVALID', `a graph asks for ${type} input, which is not supported`);
  }
}

function fromTensor(tensor: ort.Tensor): { data: Float32Array; dims: readonly number[] } {
  const { data, dims } = tensor;
  if (data instanceof Float32Array) return { data, dims };
  if (data instanceof Uint16Array) return { data: fromFloat16(data), dims };
  return { data: Float32Array.from(data as ArrayLike<number | bigint>, Number), dims };
}

function firstLine(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n')[0];
}
