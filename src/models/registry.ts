/** Models on the hub that safelight knows: licence, size, and what they need. None is ever pulled unasked. */

export interface KnownModel {
  id: string;
  /** What is asked for when the user names none; the pull pins the commit behind it. */
  revision: string;
  licence: string;
  /** The licence forbids commercial use: it is said at every pull, and such a model is never a default. */
  nonCommercial: boolean;
  /** Of the files that are pulled, roughly. */
  approximateBytes: number;
  device: 'any' | 'cuda';
  note: string;
}

/** No full commit hashes are known to us, so all say `main`. Sizes and licences are those of the repositories' pages. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    id: 'SimianLuo/LCM_Dreamshaper_v7',
    revision: 'main',
    licence: 'mit',
    nonCommercial: false,
    approximateBytes: 4_270_000_000,
    device: 'any',
    note: 'LCM, fp32, a picture in 4 to 8 steps; on a CPU it wants 8 GB of memory',
  },
  {
    id: 'onnx-community/stable-diffusion-v1-5-ONNX',
    revision: 'main',
    licence: 'creativeml-openrail-m',
    nonCommercial: false,
    approximateBytes: 4_270_000_000,
    device: 'any',
    note: 'Stable Diffusion 1.5, fp32; on a CPU it wants 8 GB of memory',
  },
  {
    id: 'nmkd/stable-diffusion-1.5-onnx-fp16',
    revision: 'main',
    licence: 'creativeml-openrail-m',
    nonCommercial: false,
    approximateBytes: 2_135_000_000,
    device: 'any',
    note: 'Stable Diffusion 1.5, fp16: half the size, made for GPUs',
  },
  {
    id: 'tlwu/stable-diffusion-v1-5-onnxruntime',
    revision: 'main',
    licence: 'creativeml-openrail-m',
    nonCommercial: false,
    approximateBytes: 2_130_000_000,
    device: 'cuda',
    note: 'Stable Diffusion 1.5, fp16, graphs fused for CUDA: no other device runs them',
  },
  {
    id: 'tlwu/stable-diffusion-xl-base-1.0-onnxruntime',
    revision: 'main',
    licence: 'openrail++',
    nonCommercial: false,
    approximateBytes: 6_900_000_000,
    device: 'cuda',
    note: 'Stable Diffusion XL, fp16, graphs fused for CUDA: no other device runs them',
  },
  {
    id: 'tlwu/sd-turbo-onnxruntime',
    revision: 'main',
    licence: 'sai-nc-community',
    nonCommercial: true,
    approximateBytes: 2_580_000_000,
    device: 'cuda',
    note: 'SD-Turbo, fp16, one step; graphs fused for CUDA: no other device runs them',
  },
];

export function knownModel(id: string): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => model.id === id);
}
