"""Two more tiny models beside those of pipelines.py, for what they do not cover. `python more_models.py OUTDIR`.

tiny-sd-variant: a scalar float timestep, int32 input_ids, hidden states in the text encoder, a VAE of factor 4; cases with
clip_skip and masked img2img. tiny-inpaint: an inpainting UNet of nine channels. pip: as in ../README.md.
"""
import sys, json, os
from pipelines import *
from pipelines import BASE, F
from diffusers import StableDiffusionInpaintPipeline

# diffusers 0.42.1 looks for the final norm where transformers 5 no longer keeps it
CLIPTextModel.text_model = property(lambda self: self)

HW = {0: 'batch_size', 2: 'height', 3: 'width'}
B = {0: 'batch_size'}


def make(seed, out, in_channels=4, vae=(8, 16, 16)):
    torch.manual_seed(seed)
    tk, vocab = tokenizer(f'{out}/tokenizer', seed)
    te = clip(vocab, 32, 4)
    # final_layer_norm starts as the identity; give it something to be found
    with torch.no_grad():
        te.final_layer_norm.weight += torch.randn(32) * 0.3
        te.final_layer_norm.bias += torch.randn(32) * 0.3
    u = UNet2DConditionModel(sample_size=32, in_channels=in_channels, out_channels=4, layers_per_block=1, block_out_channels=(16, 32), norm_num_groups=8,
        attention_head_dim=8, down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D'), up_block_types=('CrossAttnUpBlock2D', 'UpBlock2D'), cross_attention_dim=32).eval()
    v = AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=vae, layers_per_block=1, norm_num_groups=8,
        down_block_types=('DownEncoderBlock2D',) * len(vae), up_block_types=('UpDecoderBlock2D',) * len(vae), sample_size=256, scaling_factor=0.2).eval()
    s = DDIMScheduler.from_config({**BASE, 'clip_sample': False, 'set_alpha_to_one': False, 'steps_offset': 1})
    cls = StableDiffusionInpaintPipeline if in_channels == 9 else StableDiffusionPipeline
    pipe = cls(vae=v, text_encoder=te, tokenizer=tk, unet=u, scheduler=s, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    with torch.no_grad():
        u.conv_out.weight *= 2
        z = torch.randn(1, 4, 32, 32, generator=torch.Generator().manual_seed(3)) * 1.5 / v.config.scaling_factor
        v.decoder.conv_out.weight *= 0.4 / v.decode(z, return_dict=False)[0].std()
    pipe.set_progress_bar_config(disable=True)
    write(pipe, out)
    return pipe


def write(pipe, out):
    te, u, v = pipe.text_encoder, pipe.unet, pipe.vae
    outs = ['last_hidden_state', 'pooler_output'] + [f'hidden_states.{k}' for k in range(te.config.num_hidden_layers + 1)]
    f = lambda m, i: (lambda o: (o.last_hidden_state, o.pooler_output, *o.hidden_states))(m(i.long(), output_hidden_states=True))
    export(F(f, te), (torch.zeros(1, 77, dtype=torch.int32),), f'{out}/text_encoder/model.onnx', ['input_ids'], outs, {'input_ids': B, **{o: B for o in outs}})
    te.config.to_json_file(f'{out}/text_encoder/config.json')
    f = lambda m, x, t, e: m(x, t, e, return_dict=False)[0]
    args = (torch.randn(2, u.config.in_channels, 32, 32), torch.tensor(1.0), torch.randn(2, 77, 32))
    export(F(f, u), args, f'{out}/unet/model.onnx', ['sample', 'timestep', 'encoder_hidden_states'], ['out_sample'],
        {'sample': HW, 'encoder_hidden_states': {0: 'batch_size', 1: 'sequence_length'}, 'out_sample': HW})
    json.dump({k: x for k, x in dict(u.config).items() if not k.startswith('_')}, open(f'{out}/unet/config.json', 'w'), indent=1, default=str)
    export(F(lambda m, z: m.decode(z, return_dict=False)[0], v), (torch.randn(1, 4, 32, 32),), f'{out}/vae_decoder/model.onnx', ['latent_sample'], ['sample'], {'latent_sample': HW, 'sample': HW})
    export(F(lambda m, x: m.encode(x).latent_dist.parameters, v), (torch.randn(1, 3, 64, 64),), f'{out}/vae_encoder/model.onnx', ['sample'], ['latent_parameters'], {'sample': HW, 'latent_parameters': HW})
    for k in ('vae_decoder', 'vae_encoder'): v.save_config(f'{out}/{k}')
    pipe.scheduler.save_pretrained(f'{out}/scheduler')
    json.dump(dict(_class_name=type(pipe).__name__, _diffusers_version='0.42.1'), open(f'{out}/model_index.json', 'w'), indent=1)


def mask_image(out, w, h):
    a = np.zeros((h, w), np.uint8)
    a[h // 4:h // 2 + 5, w // 3:w - 20] = 255
    Image.fromarray(a).save(f'{out}/mask.png')


def run(pipe, out, name, scheduler=None, steps=8, guidance=5.0, seed=21, w=288, h=256, prompt='a dog by the sea', clip_skip=None, strength=None, mask=False):
    base = pipe.scheduler
    if scheduler:
        c, cfg = SCHED[scheduler]
        pipe.scheduler = c.from_config({**BASE, **cfg})
    lat = []
    kw = dict(prompt=prompt, num_inference_steps=steps, guidance_scale=guidance, generator=torch.Generator('cpu').manual_seed(seed),
        callback_on_step_end=lambda p, i, t, d: (lat.append(d['latents'].clone()), d)[1])
    if clip_skip is not None: kw['clip_skip'] = clip_skip
    if strength is not None: kw.update(image=Image.open(f'{out}/init.png'), strength=strength)
    if mask: kw['mask_image'] = Image.open(f'{out}/mask.png')
    P = pipe
    if mask and not isinstance(pipe, StableDiffusionInpaintPipeline): P = StableDiffusionInpaintPipeline.from_pipe(pipe)
    elif strength is not None and not mask: P = StableDiffusionImg2ImgPipeline.from_pipe(pipe)
    P.set_progress_bar_config(disable=True)
    if strength is None or mask: kw.update(width=w, height=h)
    with torch.no_grad(): image = P(**kw).images[0]
    pipe.scheduler = base
    image.save(f'{out}/{name}.png')
    return dict(name=name, prompt=prompt, negativePrompt=None, seed=seed, steps=steps, guidanceScale=guidance, width=w, height=h, scheduler=scheduler,
        strength=strength, init='init.png' if strength is not None else None, mask='mask.png' if mask else None, clipSkip=1 if clip_skip is None else clip_skip + 1,
        images=[f'{name}.png'], firstStepLatents=[round(float(x), 6) for x in lat[0][0].flatten()[:16]],
        finalLatents=[round(float(x), 6) for x in lat[-1][0].flatten()[:16]], finalLatentsMeanAbs=float(lat[-1][0].abs().mean()))


def main(root):
    sd, inp = f'{root}/tiny-sd-variant', f'{root}/tiny-inpaint'
    for out in (sd, inp):
        os.makedirs(out, exist_ok=True)
        init_image(out, 288, 256, 5)
        mask_image(out, 288, 256)
    p = make(50, sd)
    C = [run(p, sd, 'default'), run(p, sd, 'fractional-times', scheduler='euler', steps=6), run(p, sd, 'clip-skip', clip_skip=1), run(p, sd, 'clip-skip-2', clip_skip=2, scheduler='euler_a'),
         run(p, sd, 'unipc', scheduler='unipc', steps=7), run(p, sd, 'masked', mask=True, strength=0.7), run(p, sd, 'masked-euler-a', mask=True, strength=1.0, scheduler='euler_a')]
    save(p, sd, C)
    p = make(60, inp, in_channels=9)
    C = [run(p, inp, 'whole', mask=True, strength=1.0), run(p, inp, 'part', mask=True, strength=0.6, scheduler='euler'), run(p, inp, 'ancestral', mask=True, strength=1.0, scheduler='euler_a', guidance=1.0)]
    save(p, inp, C)


def save(pipe, out, cases):
    tokens = {p: pipe.tokenizer(p, padding='max_length', max_length=77, truncation=True).input_ids for p in ['a photo of a cat', '']}
    json.dump(dict(source='diffusers 0.42.1, torch 2.13.0 float32 CPU', kind='sd', tokens=tokens, cases=cases), open(f'{out}/cases.json', 'w'), indent=1, ensure_ascii=False)


main(sys.argv[1])
